package browser

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser/guard"
	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/sync/errgroup"
)

// ErrCrashed happens if the page's renderer process ends by its own doing.
var ErrCrashed = fault.New(fault.Internal, "the page crashed its renderer")

// errKilled happens if somebody else ends the page's renderer process: the
// kernel, as a rule, for want of memory.
var errKilled = fault.New(fault.Transient, "the page's renderer was killed; has the instance memory enough?")

// ErrLeft happens if the page goes elsewhere while it is asked something: a
// promise of the document it left may never be answered.
var ErrLeft = errors.New("the page went elsewhere")

// Tab is one page in its own browser context: no cookie, cache or storage is
// shared with another. It answers dialogs, refuses downloads and keeps count of
// the page's requests. It is used by one goroutine and thrown away.
type Tab struct {
	ctx     context.Context
	cancel  context.CancelFunc
	process *process
	door    *guard.Door
	profile cdp.BrowserContextID       // the browser context: cookies, cache and storage of its own
	free    func()                     // its place may be taken; called as soon as it is closed
	left    func()                     // its browser context is gone; called some 20 ms later
	world   runtime.ExecutionContextID // our isolated world in a document
	gone    chan struct{}              // closed when that document is replaced

	mu      sync.Mutex
	fate    error             // why the page has ended; nil as long as it lives
	headers map[string]string // sent to the addresses that are allowed to have them
	allowed func(address string) bool
	traffic
}

func (b *Browser) newTab(ctx context.Context, p *process, allow []netip.AddrPort) (*Tab, error) {
	t := &Tab{ctx: p.ctx, cancel: func() {}, process: p, traffic: newTraffic()}
	door, err := b.guard.Open(allow, b.bytes, func() {
		t.end(fault.New(fault.Invalid, "the page received more than %d MB; if it may, raise CAPTURE_PAGE_BYTES_MB", b.bytes>>20))
	})
	if err != nil {
		return nil, err
	}
	t.door = door
	p.watch.tabs.Add(1)
	if err := t.open(ctx); err != nil {
		err = t.explain(ctx, err)
		t.discard()
		return nil, err
	}
	return t, nil
}

func (t *Tab) open(ctx context.Context) error {
	id, err := t.process.newContext(ctx, t.door.Address())
	if err != nil {
		return err
	}
	t.profile = id
	t.ctx, t.cancel = chromedp.NewContext(t.process.ctx, chromedp.WithExistingBrowserContext(t.profile), chromedp.WithListener(t.hear))
	// The first run binds the tab to the context it is given, so that one has
	// no deadline; the job's is watched beside it.
	chromedp.ListenBrowser(t.ctx, t.hearBrowser)
	stop := context.AfterFunc(ctx, t.cancel)
	if err := chromedp.Do(t.ctx); err != nil || !stop() {
		return errors.Join(ctx.Err(), err)
	}
	t.mu.Lock()
	t.frame = cdp.FrameID(chromedp.FromContext(t.ctx).Target.TargetID) // a tab's main frame has its target's id
	t.mu.Unlock()
	return Together(
		func() error {
			deny := browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: t.profile}
			_, err := chromedp.CallBrowser(t.ctx, browser.SetDownloadBehavior, deny)
			return err
		},
		// chromedp follows the document's nodes and styles, which costs each change of them, and nobody here asks.
		func() error { _, err := Call(ctx, t, css.Disable, cdp.Empty{}); return err },
		func() error { _, err := Call(ctx, t, dom.Disable, cdp.Empty{}); return err },
	)
}

// Together runs commands side by side: the browser takes them in any case one
// by one, but none waits for the answer to another.
func Together(commands ...func() error) error {
	var g errgroup.Group
	for _, c := range commands {
		g.Go(c)
	}
	return g.Wait()
}

// Agent is the browser's own user agent string.
func (t *Tab) Agent() string { return t.process.agent }

// Close gives the tab back. Whatever state the page is in, its browser context
// goes; that is not waited for, so that the next page can begin meanwhile.
func (t *Tab) Close() {
	t.free()
	go func() {
		t.discard()
		t.left()
	}()
}

// hearBrowser takes the events of all pages. It may neither wait nor call.
func (t *Tab) hearBrowser(ev any) {
	if e, crash := ev.(*target.EventTargetCrashed); crash {
		t.mu.Lock()
		ours := cdp.FrameID(e.TargetID) == t.frame
		t.mu.Unlock()
		if ours {
			t.end(t.process.watch.fate(e))
		}
	}
}

// end has every command fail from now on, those that wait too, with the reason.
func (t *Tab) end(why error) {
	t.mu.Lock()
	if t.fate == nil {
		t.fate = why
	}
	t.mu.Unlock()
	go t.cancel() // it waits for the browser, whose events the caller may be holding up
}

// discard ends the page with all that is its own.
func (t *Tab) discard() {
	t.door.Close()
	t.process.watch.tabs.Add(-1)
	if t.profile != "" {
		t.process.dispose(t.profile)
	}
	t.cancel()
}

// Call runs a protocol command on the tab for as long as ctx allows.
func Call[P, R any](ctx context.Context, t *Tab, cmd cdp.Command[P, R], params P) (R, error) {
	run, cancel := context.WithCancel(t.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	r, err := chromedp.Call(run, cmd, params)
	return r, t.explain(ctx, err)
}

// Enter makes an isolated world of ours in the document that the page shows
// now: the page can neither see what is defined in it nor replace what it uses.
// A document that is replaced takes its world along.
func (t *Tab) Enter(ctx context.Context) error {
	t.mu.Lock()
	t.gone = t.document.gone
	frame := t.frame
	t.mu.Unlock()
	res, err := Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "pageinspect"})
	t.world = runtime.ExecutionContextID(res.ExecutionContextID)
	if IsProtocol(err) {
		return errors.Join(ErrLeft, err) // between two documents
	}
	return err
}

// IsProtocol says whether it was the browser that answered a command with an error.
func IsProtocol(err error) bool {
	_, yes := errors.AsType[*cdproto.Error](err)
	return yes
}

// Evaluate runs a script in our isolated world and awaits its promise. It is
// ErrLeft if the document that the world was made in is gone.
func Evaluate[T any](ctx context.Context, t *Tab, script string) (T, error) {
	return here(ctx, t, func(ctx context.Context) (T, error) {
		v, err := evaluateIn[T](ctx, t, t.world, script)
		if IsProtocol(err) {
			err = errors.Join(ErrLeft, err)
		}
		return v, err
	})
}

// Objects runs a script in our isolated world, of a frame if one is named, and returns what is in the list
// that it returns: objects of the page, by which the protocol knows them.
func (t *Tab) Objects(ctx context.Context, frame cdp.FrameID, script string) ([]runtime.RemoteObjectID, error) {
	world, err := t.worldOf(ctx, frame)
	if err != nil {
		return nil, err
	}
	list, err := CallHere(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ContextID: world})
	if err != nil || list.Result.ObjectID == "" {
		return nil, err
	}
	yes := true
	has, err := CallHere(ctx, t, runtime.GetProperties, runtime.GetPropertiesParams{ObjectID: list.Result.ObjectID, OwnProperties: &yes})
	var out []runtime.RemoteObjectID
	for _, p := range has.Result {
		if p.Value != nil && p.Value.ObjectID != "" && p.Enumerable {
			out = append(out, p.Value.ObjectID)
		}
	}
	return out, err
}

// Give calls a function of our isolated world, of a frame if one is named, with a node of the page.
func (t *Tab) Give(ctx context.Context, frame cdp.FrameID, function string, node cdp.BackendNodeID) error {
	world, err := t.worldOf(ctx, frame)
	if err != nil {
		return err
	}
	there, err := CallHere(ctx, t, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node, ExecutionContextID: world})
	if err != nil {
		return err
	}
	_, err = CallHere(ctx, t, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: "function() { " + function + "(this) }", ObjectID: there.Object.ObjectID,
	})
	return err
}

// CallHere is Call for what is about the document that was entered. It is
// ErrLeft if that is gone, during the command or by the time it is answered.
func CallHere[P, R any](ctx context.Context, t *Tab, cmd cdp.Command[P, R], params P) (R, error) {
	return here(ctx, t, func(ctx context.Context) (R, error) { return Call(ctx, t, cmd, params) })
}

func here[T any](ctx context.Context, t *Tab, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gone := t.gone
	go func() {
		select {
		case <-gone:
			cancel(ErrLeft)
		case <-ctx.Done():
		}
	}()
	stop := t.tick(ctx)
	v, err := do(ctx)
	stop()
	select {
	case <-gone:
		return v, ErrLeft
	default:
		return v, err
	}
}

// EvaluateIn runs a script in an isolated world, made for it alone, of one of the page's frames.
func EvaluateIn[T any](ctx context.Context, t *Tab, frame cdp.FrameID, script string) (v T, err error) {
	world, err := t.worldOf(ctx, frame)
	if err != nil {
		return v, err
	}
	defer t.tick(ctx)() // out of the window, a frame has timers to wait for, and no animation frames
	return evaluateIn[T](ctx, t, world, script)
}

// worldOf is our isolated world in a frame; in the page itself if none is named.
func (t *Tab) worldOf(ctx context.Context, frame cdp.FrameID) (runtime.ExecutionContextID, error) {
	if frame == "" {
		return t.world, nil
	}
	res, err := Call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "pageinspect"})
	return runtime.ExecutionContextID(res.ExecutionContextID), err
}

func evaluateIn[T any](ctx context.Context, t *Tab, world runtime.ExecutionContextID, script string) (v T, err error) {
	yes := true
	res, err := Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ContextID: world, AwaitPromise: &yes, ReturnByValue: &yes})
	switch {
	case err != nil:
		return v, err
	case res.ExceptionDetails != nil:
		return v, fault.New(fault.Internal, "our script failed in the page: %s", exception(res.ExceptionDetails))
	case len(res.Result.Value) == 0: // undefined
		return v, nil
	}
	return v, json.Unmarshal(res.Result.Value, &v)
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// explain says what really happened behind a failed command: the job's time
// ran out, the page was ended, the browser is gone, or the command failed.
func (t *Tab) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	t.mu.Lock()
	fate := t.fate
	t.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case fate != nil:
		return fate
	case t.process.dead():
		return errGone
	case errors.Is(err, context.Canceled), errors.Is(err, chromedp.ErrTargetDetached):
		return fault.New(fault.Transient, "the tab closed in mid-page: %v", err)
	}
	return err
}
