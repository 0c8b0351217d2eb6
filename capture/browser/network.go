package browser

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// maxNotes bounds what is remembered of one page's failures, and of the
// documents it asks for: a hostile page cannot fill the memory.
const maxNotes = 100

// traffic is what was heard of a tab's page so far; Tab.mu guards it.
type traffic struct {
	frame    cdp.FrameID                   // the main one; set before anything is loaded
	flight   map[network.RequestID]request // under way
	document *document                     // the main frame's; the zero value before there is one
	asked    map[string]*document          // what the main frame asked for, by loader; a download never becomes its document
	failed   map[string]string             // address -> why, for pictures that failed
	blocked  []string
	started  int           // requests begun so far
	changed  chan struct{} // closed and replaced whenever any of this changes
}

func newTraffic() traffic {
	return traffic{
		changed: make(chan struct{}), flight: map[network.RequestID]request{}, failed: map[string]string{},
		document: &document{gone: make(chan struct{})}, asked: map[string]*document{},
	}
}

// document is what the network said of the page itself.
type document struct {
	id       string            // its loader's, which is its request's too; empty for the blank page of a new tab
	response *network.Response // nil until there is one
	loaded   bool              // all that it asked for at first has come
	gone     chan struct{}     // closed when another takes its place

	unreachable string // see Tab.Unreachable
}

type request struct {
	url    string
	image  bool
	loader cdp.LoaderID // of the document that asked
}

// hear takes the tab's events, in order. It may neither wait nor call.
func (t *Tab) hear(ev any) {
	switch e := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		// A dialog stops the page until it is answered, and answering waits
		// for messages that only this goroutine can read.
		go chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) //nolint:errcheck // gone with the tab
	case *network.EventRequestWillBeSent:
		t.requestSent(e)
	case *page.EventFrameNavigated:
		t.navigated(e.Frame)
	case *page.EventLoadEventFired:
		t.loaded()
	case *page.EventFrameStoppedLoading:
		if e.FrameID == t.frame { // the end of a document whose load event a download took away
			t.loaded()
		}
	case *network.EventResponseReceived:
		t.responded(e)
	case *network.EventLoadingFinished:
		t.mu.Lock()
		t.ended(e.RequestID)
		t.mu.Unlock()
	case *network.EventLoadingFailed:
		t.loadingFailed(e)
	case *fetch.EventRequestPaused:
		go t.paused(e) // which answers it
	}
}

func (t *Tab) requestSent(e *network.EventRequestWillBeSent) {
	switch e.Type {
	case network.ResourceTypeWebSocket, network.ResourceTypeEventSource, network.ResourceTypePing, network.ResourceTypeMedia, network.ResourceTypePrefetch:
		return // these stay open, or show nothing
	}
	if strings.HasPrefix(e.Request.URL, "blob:") || strings.HasPrefix(e.Request.URL, "data:") {
		return // nothing is fetched, and the end of a worker's own script is never heard of
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Type == network.ResourceTypeDocument && e.FrameID == t.frame {
		if id := string(e.RequestID); t.asked[id] == nil { // a redirect keeps its id
			if len(t.asked) == maxNotes {
				clear(t.asked)
			}
			t.asked[id] = &document{id: id, gone: make(chan struct{})}
		}
	}
	t.flight[e.RequestID] = request{e.Request.URL, e.Type == network.ResourceTypeImage, e.LoaderID}
	t.started++
	t.notify()
}

// navigated takes note of the document that a frame shows from now on.
func (t *Tab) navigated(f *cdp.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.ID != t.frame {
		return
	}
	next := t.asked[string(f.LoaderID)]
	if next == t.document {
		return
	}
	if next == nil {
		next = &document{id: string(f.LoaderID), gone: make(chan struct{})} // about:blank and its like, for which nothing is asked
	}
	for id, r := range t.flight {
		if r.loader != f.LoaderID {
			delete(t.flight, id) // of the end of these, nothing may be heard
		}
	}
	next.unreachable = f.UnreachableURL
	close(t.document.gone)
	t.document = next
	t.notify()
}

func (t *Tab) loaded() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.document.loaded = true
	t.notify()
}

func (t *Tab) responded(e *network.EventResponseReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil {
		d.response = e.Response
		t.notify()
	}
	if r := t.flight[e.RequestID]; r.image && e.Response.Status >= 400 {
		t.noteFailed(r.url, fmt.Sprintf("HTTP %d", e.Response.Status))
	}
}

func (t *Tab) loadingFailed(e *network.EventLoadingFailed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch r := t.flight[e.RequestID]; {
	case e.Canceled || r.url == "":
	case t.door.Refused(hostPort(r.url)):
		t.blocked = append(t.blocked, r.url)
	case r.image:
		t.noteFailed(r.url, t.Why(r.url, e.ErrorText))
	}
	t.ended(e.RequestID)
}

func (t *Tab) ended(id network.RequestID) {
	delete(t.flight, id)
	t.notify()
}

func (t *Tab) noteFailed(address, why string) {
	if len(t.failed) < maxNotes {
		t.failed[address] = why
	}
}

// notify wakes whoever waits for a change; mu is held.
func (t *Tab) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// Response is what the network said of the page's document; nil if nothing was
// asked of it.
func (t *Tab) Response() *network.Response {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.document.response
}

// Refused are the addresses the page asked for and was not given.
func (t *Tab) Refused() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.blocked)
}

// Refuses says whether the guard has turned away requests for the host and
// port of this address.
func (t *Tab) Refuses(address string) bool { return t.door.Refused(hostPort(address)) }

// Why is the browser's reason for a request that brought nothing, in the words
// of net/base/net_error_list.h, and the guard's if there was no connection.
func (t *Tab) Why(address, reason string) string {
	if err := t.door.Failure(hostPort(address)); err != nil {
		return fmt.Sprintf("%s (%v)", reason, err)
	}
	return reason
}

// Unreachable is the address at which there was nothing, if what the page shows
// now is the browser's own account of that; else it is empty.
func (t *Tab) Unreachable() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.document.unreachable
}

// Failed says why pictures failed, by their addresses.
func (t *Tab) Failed() map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.failed)
}

// Started counts the requests begun so far: it rises when scrolling makes images load.
func (t *Tab) Started() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.started
}

// Waiting lists the addresses of the requests under way.
func (t *Tab) Waiting() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var urls []string
	for _, r := range t.flight {
		urls = append(urls, r.url)
	}
	slices.Sort(urls)
	return urls
}

// Loaded waits until there is a document and all that it asked for at first has
// come, at most until limit has passed, and says whether it has.
func (t *Tab) Loaded(ctx context.Context, limit time.Duration) (bool, error) {
	return t.until(ctx, limit, func() bool { return t.document.id != "" && t.document.loaded })
}

// Quiet waits until no request has been under way for as long as calm, at most
// until limit has passed, and says whether it became quiet.
func (t *Tab) Quiet(ctx context.Context, calm, limit time.Duration) (bool, error) {
	end := time.Now().Add(limit)
	for {
		idle, err := t.until(ctx, time.Until(end), func() bool { return len(t.flight) == 0 })
		if err != nil || !idle || calm <= 0 {
			return idle, err
		}
		stirred, err := t.until(ctx, calm, func() bool { return len(t.flight) > 0 })
		if err != nil || !stirred {
			return err == nil, err
		}
	}
}

// until waits until cond holds, which is asked, with mu held, at every change;
// at most until limit has passed. It says whether cond came to hold.
func (t *Tab) until(ctx context.Context, limit time.Duration, cond func() bool) (bool, error) {
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		t.mu.Lock()
		ok, changed := cond(), t.changed
		t.mu.Unlock()
		if ok {
			return true, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-t.ctx.Done():
			return false, t.explain(ctx, t.ctx.Err())
		}
	}
}

// hostPort is an address's host and port, as a proxy is asked for it.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port) // with brackets around an IPv6 address, as the guard is asked
}
