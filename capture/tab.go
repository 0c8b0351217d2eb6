package capture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// errCrashed happens if the page's renderer process ends, by its own doing or for want of memory.
var errCrashed = fault.New(fault.Internal, "the page crashed its renderer")

// tab is one page in its own browser context: no cookie, cache or storage is
// shared with another. It answers dialogs, refuses downloads and keeps count of
// the page's requests. It is used by one goroutine and thrown away.
type tab struct {
	ctx     context.Context
	cancel  context.CancelFunc
	browser context.Context
	guard   *guard
	release func()
	world   runtime.ExecutionContextID // our isolated world in a document
	gone    chan struct{}              // closed when that document is replaced

	mu       sync.Mutex
	crashed  bool
	frame    cdp.FrameID                   // the main one; set before anything is loaded
	flight   map[network.RequestID]request // under way
	document *document                     // the main frame's; the zero value before there is one
	asked    map[string]*document          // what the main frame asked for, by loader; a download never becomes its document
	failed   map[string]string             // address -> why, for pictures that failed
	blocked  []string
	started  int           // requests begun so far
	dialogs  int           // alert, confirm, prompt and beforeunload answered
	changed  chan struct{} // closed and replaced whenever any of this changes
}

// document is what the network said of the page itself.
type document struct {
	id       string            // its loader's, which is its request's too; empty for the blank page of a new tab
	response *network.Response // nil until there is one
	loaded   bool              // all that it asked for at first has come
	gone     chan struct{}     // closed when another takes its place
}

type request struct {
	url    string
	image  bool
	loader cdp.LoaderID // of the document that asked
}

func newTab(ctx context.Context, parent context.Context, g *guard) (*tab, error) {
	t := &tab{
		browser: parent, guard: g, changed: make(chan struct{}),
		flight: map[network.RequestID]request{}, failed: map[string]string{}, document: &document{gone: make(chan struct{})}, asked: map[string]*document{},
	}
	t.ctx, t.cancel = chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.hear))
	// The first run binds the tab to the context it is given, so that one has
	// no deadline; the job's is watched beside it.
	stop := context.AfterFunc(ctx, t.cancel)
	err := chromedp.Do(t.ctx)
	if !stop() || err != nil {
		t.cancel()
		return nil, t.explain(ctx, err)
	}
	t.mu.Lock()
	t.frame = cdp.FrameID(chromedp.FromContext(t.ctx).Target.TargetID) // a tab's main frame has its target's id
	t.mu.Unlock()
	limit := browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: chromedp.FromContext(t.ctx).BrowserContextID}
	if _, err := chromedp.CallBrowser(t.ctx, browser.SetDownloadBehavior, limit); err != nil {
		t.cancel()
		return nil, t.explain(ctx, err)
	}
	return t, nil
}

// close gives the tab back. Whatever state the page is in, its browser context goes.
func (t *tab) close() {
	t.cancel()
	if t.release != nil {
		t.release()
	}
}

// call runs a protocol command on the tab for as long as ctx allows.
func call[P, R any](ctx context.Context, t *tab, cmd cdp.Command[P, R], params P) (R, error) {
	run, cancel := context.WithCancel(t.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	r, err := chromedp.Call(run, cmd, params)
	return r, t.explain(ctx, err)
}

// errLeft happens if the page goes elsewhere while it is asked something: a
// promise of the document it left may never be answered.
var errLeft = errors.New("the page went elsewhere")

// evaluate runs a script in our isolated world, where the page cannot have
// replaced the functions it uses, and awaits its promise.
func evaluate[T any](ctx context.Context, t *tab, script string) (T, error) {
	run, cancel := context.WithCancel(t.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	gone := t.gone
	go func() {
		select {
		case <-gone:
			cancel()
		case <-run.Done():
		}
	}()
	v, err := chromedp.Run(run, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise, func(p *runtime.EvaluateParams) {
		p.ContextID = t.world
	}))
	var protocol *cdproto.Error
	if err != nil && ctx.Err() == nil && t.ctx.Err() == nil {
		select {
		case <-gone:
			return v, errLeft
		default:
		}
		if errors.As(err, &protocol) {
			return v, fmt.Errorf("%w: %w", errLeft, protocol)
		}
	}
	return v, t.explain(ctx, err)
}

// explain says what really happened behind a failed command: the job's time
// ran out, the renderer crashed, the browser is gone, or the command failed.
func (t *tab) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	t.mu.Lock()
	crashed := t.crashed
	t.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case crashed:
		return errCrashed
	case t.browser.Err() != nil:
		return errBrowserGone
	case errors.Is(err, context.Canceled), errors.Is(err, chromedp.ErrTargetDetached):
		return fault.New(fault.Transient, "the tab closed in mid-page: %v", err)
	}
	return err
}

// hear takes the tab's events, in order. It may neither wait nor call.
func (t *tab) hear(ev any) {
	switch e := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		t.mu.Lock()
		t.dialogs++
		t.mu.Unlock()
		// A dialog stops the page until it is answered, and answering waits
		// for messages that only this goroutine can read.
		go chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) //nolint:errcheck // gone with the tab
	case *inspector.EventTargetCrashed:
		t.mu.Lock()
		t.crashed = true
		t.mu.Unlock()
		t.cancel() // a pending command would wait for ever
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
	}
}

func (t *tab) requestSent(e *network.EventRequestWillBeSent) {
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
func (t *tab) navigated(f *cdp.Frame) {
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
	close(t.document.gone)
	t.document = next
	t.notify()
}

func (t *tab) loaded() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.document.loaded = true
	t.notify()
}

func (t *tab) responded(e *network.EventResponseReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil {
		d.response = e.Response
		t.notify()
	}
	if _, refused := e.Response.Headers[refusedHeader]; refused {
		t.blocked = append(t.blocked, e.Response.URL)
	} else if r := t.flight[e.RequestID]; r.image && e.Response.Status >= 400 {
		if why, failed := e.Response.Headers[failedHeader]; failed {
			t.noteFailed(r.url, fmt.Sprint(why))
			return
		}
		t.noteFailed(r.url, fmt.Sprintf("HTTP %d", e.Response.Status))
	}
}

func (t *tab) loadingFailed(e *network.EventLoadingFailed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch r := t.flight[e.RequestID]; {
	case e.Canceled || r.url == "":
	case t.guard.refusedURL(hostPort(r.url)):
		t.blocked = append(t.blocked, r.url)
	case r.image:
		t.noteFailed(r.url, e.ErrorText)
	}
	t.ended(e.RequestID)
}

func (t *tab) ended(id network.RequestID) {
	delete(t.flight, id)
	t.notify()
}

func (t *tab) noteFailed(address, why string) {
	if len(t.failed) < maxNotes {
		t.failed[address] = why
	}
}

// notify wakes whoever waits for a change; mu is held.
func (t *tab) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// refused are the addresses the page asked for and was not given.
func (t *tab) refused() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.blocked
}

// requestsStarted counts the requests begun so far: it rises when scrolling makes images load.
func (t *tab) requestsStarted() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.started
}

// open lists the addresses of the requests under way.
func (t *tab) open() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var urls []string
	for _, r := range t.flight {
		urls = append(urls, r.url)
	}
	slices.Sort(urls)
	return urls
}

// until waits until cond holds, which is asked, with mu held, at every change;
// at most until limit has passed. It says whether cond came to hold.
func (t *tab) until(ctx context.Context, limit time.Duration, cond func() bool) (bool, error) {
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

// quiet waits until no request has been under way for as long as calm, at most
// until limit has passed, and says whether it became quiet.
func (t *tab) quiet(ctx context.Context, calm, limit time.Duration) (bool, error) {
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
	return u.Hostname() + ":" + port
}
