// Package browser runs the one browser of an instance and hands out tabs in it.
//
// # What it promises
//
// A browser that crashes, hangs or has done its pages is replaced; nothing
// waits for one longer than its context allows, and a start has a limit. A tab
// is a page in a browser context of its own, whose end, however it comes,
// touches no other. Everything that a page asks of the network goes through a
// guard that lets it reach public addresses only.
package browser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser/guard"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// errGone happens if the browser process ended while a page was using it.
var errGone = fault.New(fault.Transient, "the browser ended in mid-page")

// lately is how long a tab that opened is proof enough that others would.
const lately = 10 * time.Second

// Browser is the one browser of this instance. A page that fails costs its own
// tab; pages in a browser that is being replaced finish there.
type Browser struct {
	*supervisor
	path     string
	guard    *guard.Guard
	bytes    int64 // that one page may receive
	slots    chan struct{}
	patience time.Duration // how long an idle browser may take to open a tab (44 ms on two cores) before it is taken for hung
	opened   atomic.Int64  // when a tab last did, in Unix nanoseconds
}

// Start finds and starts the browser, so that a machine without one fails
// here, clearly, and not at the first page.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Browser, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	path, err := Find(cfg.Path)
	if err != nil {
		return nil, err
	}
	g, err := guard.New(cfg.Allow)
	if err != nil {
		return nil, err
	}
	b := &Browser{
		path: path, guard: g, slots: make(chan struct{}, cfg.Tabs), patience: 30 * time.Second,
		bytes: int64(cmp.Or(cfg.PageBytes, defaultPageBytes)) << 20,
	}
	memory := int64(cmp.Or(cfg.PageMemory, defaultPageMemory)) << 20
	b.supervisor = newSupervisor(func(ctx context.Context) (*process, error) { return launch(ctx, path, memory, log) }, cfg, log)
	removeStale(log)
	if err := b.ready(ctx); err != nil {
		b.Close(context.WithoutCancel(ctx)) // to its end, though ctx may be over
		return nil, &fault.Error{Kind: fault.Internal, Op: "start " + path, Err: err}
	}
	return b, nil
}

// Path is the executable in use.
func (b *Browser) Path() string { return b.path }

// Slot is the right to have one tab open. It is given back when its tab is
// closed or, if it never had one, by Release.
type Slot struct {
	b    *Browser
	once sync.Once
}

// Reserve waits for a free tab and for a browser that runs, as long as ctx
// allows. Its errors are fault.Busy: nothing of the work has begun, so it is
// taken before whatever counts as an attempt.
func (b *Browser) Reserve(ctx context.Context) (*Slot, error) {
	select {
	case b.slots <- struct{}{}: // a free one is taken even if ctx has just ended
	default:
		select {
		case b.slots <- struct{}{}:
		case <-b.life.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, fault.Busy(fmt.Errorf("all %d tabs were in use: %w", cap(b.slots), ctx.Err()))
		}
	}
	s := &Slot{b: b}
	if err := b.ready(ctx); err != nil {
		s.Release()
		return nil, err
	}
	return s, nil
}

// Release gives the slot back. More than once does no harm.
func (s *Slot) Release() { s.once.Do(func() { <-s.b.slots }) }

// Open opens an isolated context, whose page may visit these addresses even if
// they are not public. The caller closes the tab, and its slot is free then; if
// there is an error, the slot is still the caller's.
func (s *Slot) Open(ctx context.Context, allow ...netip.AddrPort) (*Tab, error) {
	t, err := s.b.openTab(ctx, allow)
	if err != nil {
		return nil, err
	}
	t.free = s.Release
	return t, nil
}

// Open is Reserve and Slot.Open in one.
func (b *Browser) Open(ctx context.Context, allow ...netip.AddrPort) (*Tab, error) {
	s, err := b.Reserve(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.Open(ctx, allow...)
	if err != nil {
		s.Release()
	}
	return t, err
}

// openTab opens a tab, in another browser if the first one hangs.
func (b *Browser) openTab(ctx context.Context, allow []netip.AddrPort) (t *Tab, err error) {
	for range 2 {
		var p *process
		if p, err = b.enter(ctx); err != nil {
			return nil, err
		}
		limited, cancel := context.WithTimeout(ctx, b.patience)
		t, err = b.newTab(limited, p, allow)
		cancel()
		if err == nil {
			b.opened.Store(time.Now().UnixNano())
			t.free, t.left = func() {}, func() { b.leave(p) }
			return t, nil
		}
		hung := ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || p.dead())
		if hung {
			b.replace(p, err)
			err = fault.Busy(fmt.Errorf("the browser did not open a tab: %w", err))
		}
		b.leave(p)
		if !hung {
			return nil, err
		}
	}
	return nil, err
}

// Healthy says why no page could be opened now, and nil if one could: a tab
// opened within the last ten seconds, or it opens one, beside those in use.
func (b *Browser) Healthy(ctx context.Context) error {
	if b.life.Err() != nil {
		return errClosed
	}
	if time.Since(time.Unix(0, b.opened.Load())) < lately {
		return nil
	}
	t, err := b.openTab(ctx, nil)
	if err != nil {
		return fault.Wrap(fault.Transient, err, "open a tab")
	}
	t.Close()
	return nil
}

// Close ends every browser, one that is only starting too; what still lives
// when ctx or five seconds have passed is left to die. Pages in progress fail with a
// transient error, and nobody waits for a tab any longer.
func (b *Browser) Close(ctx context.Context) {
	b.supervisor.close(ctx)
}
