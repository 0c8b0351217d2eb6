package browser

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/network"
	pages "github.com/pageinspect/pageinspect/shared/page"
)

// stream is a connection that stays open, by which a page is told what to show.
type stream struct {
	socket bool // a WebSocket; else an EventSource
	told   int  // messages so far
}

// hearStream takes the events of streams, in order.
func (t *Tab) hearStream(ev any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventWebSocketCreated:
		t.openStream(e.RequestID, true)
	case *network.EventWebSocketFrameReceived:
		t.told(e.RequestID)
	case *network.EventWebSocketClosed:
		delete(t.streams, e.RequestID)
	case *network.EventEventSourceMessageReceived:
		t.told(e.RequestID)
	default:
		return
	}
	t.notify()
}

func (t *Tab) openStream(id network.RequestID, socket bool) {
	if len(t.streams) < pages.MaxNotes {
		t.streams[id] = &stream{socket: socket}
	}
}

func (t *Tab) told(id network.RequestID) {
	if s := t.streams[id]; s != nil {
		s.told++
	}
}

// Told waits until every stream that is open has brought something and then
// none has for as long as calm, at most until limit has passed. With sockets
// false it does not wait for WebSockets that are silent: chat windows keep them
// open in case somebody speaks.
func (t *Tab) Told(ctx context.Context, sockets bool, calm, limit time.Duration) error {
	end := time.Now().Add(limit)
	sum := 0
	silent := func() (n int) {
		sum = 0
		for _, s := range t.streams {
			if sum += s.told; s.told == 0 && (sockets || !s.socket) {
				n++
			}
		}
		return n
	}
	t.mu.Lock()
	none := len(t.streams) == 0
	t.mu.Unlock()
	if none {
		return nil
	}
	if all, err := t.until(ctx, limit, func() bool { return silent() == 0 }); err != nil || !all {
		return err
	}
	for time.Until(end) > 0 {
		before := sum
		more, err := t.until(ctx, min(calm, time.Until(end)), func() bool { silent(); return sum != before })
		if err != nil || !more {
			return err
		}
	}
	return nil
}
