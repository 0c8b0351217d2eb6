package browser

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	pages "github.com/pageinspect/pageinspect/shared/page"
)

// traffic is what was heard of a tab's page so far; Tab.mu guards it.
type traffic struct {
	frame    cdp.FrameID                   // the main one; set before anything is loaded
	flight   map[network.RequestID]request // under way
	document *document                     // the main frame's; the zero value before there is one
	asked    map[string]*document          // what the main frame asked for, by loader; a download never becomes its document
	failures failures
	blocked  []string            // up to MaxNotes, each up to MaxNoteBytes
	pictures map[string]struct{} // addresses of pictures that were answered well, up to maxPictures
	streams  map[network.RequestID]*stream
	started  int           // requests begun so far
	granted  int           // budgets of the page's time given so far
	expired  int           // and how many of them ran out
	given    time.Duration // the sum of them
	clocked  time.Time     // when the first was
	changed  chan struct{} // closed and replaced whenever any of this changes
}

func newTraffic() traffic {
	return traffic{
		changed: make(chan struct{}), flight: map[network.RequestID]request{}, streams: map[network.RequestID]*stream{},
		pictures: map[string]struct{}{},
		document: &document{gone: make(chan struct{})}, asked: map[string]*document{}, failures: failures{},
	}
}

// tail is how much of a document's end is looked at, in bytes.
const tail = 500

// maxPictures bounds the pictures whose addresses are kept, at MaxNoteBytes each.
const maxPictures = 2000

// document is what the network said of the page itself.
type document struct {
	id          string            // its loader's, which is its request's too; empty for the blank page of a new tab
	response    *network.Response // nil until there is one
	parsed      bool              // its HTML has come and is read
	loaded      bool              // all that it asked for at first has come
	broken      string            // why its HTML did not come whole
	unreachable string            // see Tab.Unreachable
	gone        chan struct{}     // closed when another takes its place
}

// request is one under way.
type request struct {
	url    string // as it was asked for first, before any redirect: that is what the page knows it by
	last   string // where redirects led to
	kind   network.ResourceType
	frame  cdp.FrameID  // that asked; a frame's document is asked for by the frame itself
	loader cdp.LoaderID // of the document that asked
	late   bool         // it is not waited for any more
	begun  bool         // its answer has begun
	parsed bool         // it stands in the document or a style sheet; no script made it up
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
	case *page.EventDomContentEventFired:
		t.mu.Lock()
		t.document.parsed = true
		t.notify()
		t.mu.Unlock()
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
	case *emulation.EventVirtualTimeBudgetExpired:
		t.mu.Lock()
		t.expired++
		t.notify()
		t.mu.Unlock()
	default:
		t.hearStream(ev)
	}
}

func (t *Tab) requestSent(e *network.EventRequestWillBeSent) {
	switch e.Type {
	case network.ResourceTypeEventSource:
		t.mu.Lock()
		t.openStream(e.RequestID, false)
		t.mu.Unlock()
		return
	case network.ResourceTypeWebSocket, network.ResourceTypePing, network.ResourceTypeMedia, network.ResourceTypePrefetch:
		return // these stay open, or show nothing
	case network.ResourceTypeScript:
		if e.LoaderID == "" {
			return // a worker's own script: it shows nothing, and its end is never heard of
		}
	}
	if strings.HasPrefix(e.Request.URL, "blob:") || strings.HasPrefix(e.Request.URL, "data:") {
		return // nothing is fetched
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Type == network.ResourceTypeDocument && e.FrameID == t.frame {
		if id := string(e.RequestID); t.asked[id] == nil { // a redirect keeps its id
			if len(t.asked) == pages.MaxNotes {
				clear(t.asked)
			}
			t.asked[id] = &document{id: id, gone: make(chan struct{})}
		}
	}
	r := request{
		url: Key(e.Request.URL), last: Key(e.Request.URL), kind: e.Type, frame: e.FrameID, loader: e.LoaderID,
		parsed: e.Initiator != nil && e.Initiator.Type == network.InitiatorTypeParser,
	}
	if was, again := t.flight[e.RequestID]; again {
		r.url = was.url
	}
	t.flight[e.RequestID] = r
	t.started++
	t.notify()
}

// navigated takes note of the document that a frame shows from now on.
func (t *Tab) navigated(f *cdp.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures.forget(f, f.ID == t.frame)
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
	next.unreachable = f.UnreachableURL
	for id, r := range t.flight {
		if r.loader != f.LoaderID {
			delete(t.flight, id) // of the end of these, nothing may be heard
		}
	}
	clear(t.streams)
	clear(t.pictures)
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

// drawable are the types of documents that a browser without plugins shows in a frame.
var drawable = regexp.MustCompile(`^$|^(text|image|video|audio|multipart)/|[/+](xml|json)$|/(x-)?javascript$`)

func (t *Tab) responded(e *network.EventResponseReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil {
		d.response = e.Response
		t.notify()
	}
	r, ours := t.flight[e.RequestID]
	switch {
	case !ours:
	case e.Response.Status >= 400:
		t.fail(r, fmt.Sprintf("HTTP %d", e.Response.Status), e.Response.Status)
		if r.kind == network.ResourceTypeFetch { // of a body that no script reads, the end is never heard of
			t.ended(e.RequestID)
		}
	default:
		r.begun = true
		t.flight[e.RequestID] = r
		t.failures.mend(r)
		if r.kind == network.ResourceTypeDocument && r.frame != t.frame && !drawable.MatchString(e.Response.MimeType) {
			t.fail(r, e.Response.MimeType+" cannot be drawn", e.Response.Status)
		}
		if r.kind == network.ResourceTypeImage && len(t.pictures) < maxPictures {
			t.pictures[r.url] = struct{}{}
		}
	}
}

func (t *Tab) loadingFailed(e *network.EventLoadingFailed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil && !e.Canceled {
		d.broken = e.ErrorText
	}
	switch r, ours := t.flight[e.RequestID]; {
	case e.Canceled || !ours || e.BlockedReason != "": // what a policy of the page's own forbids, no shopper sees either
	case t.door.Refused(hostPort(r.last)):
		t.refused(r.last)
	default:
		t.fail(r, t.Why(r.last, e.ErrorText), 0)
	}
	t.ended(e.RequestID)
}

func (t *Tab) ended(id network.RequestID) {
	delete(t.flight, id)
	delete(t.streams, id)
	t.notify()
}

// refused notes an address that the guard turned away; mu is held.
func (t *Tab) refused(address string) {
	if address = pages.Cut(address, pages.MaxNoteBytes); len(t.blocked) < pages.MaxNotes && !slices.Contains(t.blocked, address) {
		t.blocked = append(t.blocked, address)
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

// Started counts the requests begun so far: it rises when scrolling makes images load.
func (t *Tab) Started() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.started
}

// Pending is a request under way.
type Pending struct {
	ID    network.RequestID
	URL   string // see Key
	Kind  network.ResourceType
	Frame cdp.FrameID // that asked; a frame's document is asked for by the frame itself
	Late  bool        // it was given up
	Begun bool        // its answer has begun
}

// Waiting lists the requests under way, by their addresses.
func (t *Tab) Waiting() []Pending {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Pending
	for id, r := range t.flight {
		all = append(all, Pending{id, r.url, r.kind, r.frame, r.late, r.begun})
	}
	slices.SortFunc(all, func(a, b Pending) int {
		return cmp.Or(strings.Compare(a.URL, b.URL), strings.Compare(string(a.ID), string(b.ID)))
	})
	return all
}

// GiveUp no longer waits for what is under way now.
func (t *Tab) GiveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, r := range t.flight {
		r.late = true
		t.flight[id] = r
	}
	t.notify()
}

// awaited counts the requests under way that are still waited for; mu is held.
func (t *Tab) awaited() (n int) {
	for _, r := range t.flight {
		if !r.late {
			n++
		}
	}
	return n
}

// IsMain says whether a frame is the page itself.
func (t *Tab) IsMain(frame cdp.FrameID) bool { return frame == t.frame }

// Loaded waits until there is a document and all that it asked for at first has
// come, at most until limit has passed, and says whether it has. From grace on
// it is enough that the document itself has come: what else is on its way is
// then waited for as far as it matters.
func (t *Tab) Loaded(ctx context.Context, grace, limit time.Duration) (bool, error) {
	loaded, err := t.load(ctx, min(grace, limit), func() bool { return t.document.id != "" && t.document.loaded })
	if loaded || err != nil {
		return loaded, err
	}
	return t.load(ctx, limit-grace, func() bool {
		_, coming := t.flight[network.RequestID(t.document.id)]
		return t.document.id != "" && (t.document.loaded || t.document.parsed && !coming)
	})
}

// Ends says how the document's source ends, if it was sent compressed: of that,
// Chromium takes a part for the whole. It is empty if it was not, or cannot be told.
func (t *Tab) Ends(ctx context.Context) string {
	t.mu.Lock()
	d := t.document
	t.mu.Unlock()
	if d.response == nil || !strings.Contains(d.response.MimeType, "html") {
		return ""
	}
	for name := range d.response.Headers {
		if strings.EqualFold(name, "Content-Encoding") {
			res, err := Call(ctx, t, network.GetResponseBody, network.GetResponseBodyParams{RequestID: network.RequestID(d.id)})
			if err != nil {
				return ""
			}
			source := strings.TrimSpace(string(res.Body))
			return source[max(0, len(source)-tail):]
		}
	}
	return ""
}

// Left waits until another document has taken the place of the one that was
// entered last, at most until limit has passed, and says whether it has.
func (t *Tab) Left(ctx context.Context, limit time.Duration) (bool, error) {
	return t.load(ctx, limit, func() bool { return t.document.gone != t.gone })
}

// Broken says why the document's HTML did not come whole; empty if it did, or is still coming.
func (t *Tab) Broken() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.document.broken
}

// Quiet waits until no request has been under way for as long as calm, at most
// until limit has passed, and says whether it became quiet.
func (t *Tab) Quiet(ctx context.Context, calm, limit time.Duration) (bool, error) {
	end := time.Now().Add(limit)
	for {
		idle, err := t.until(ctx, time.Until(end), func() bool { return t.awaited() == 0 })
		if err != nil || !idle || calm <= 0 {
			return idle, err
		}
		stirred, err := t.until(ctx, calm, func() bool { return t.awaited() > 0 })
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

// hostPort is an address's host and port, as the guard is asked for it.
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
