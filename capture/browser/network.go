package browser

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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
	barred   map[string]bool      // pictures that a policy of the page's own, or of their server's, forbids, up to maxPictures
	framed   map[cdp.FrameID]bool // frames that have shown a document, up to maxFrames
	dialogs  []string             // what the page said in dialogs, up to MaxNotes, each up to MaxNoteBytes
	blocked  []string             // likewise
	pictures map[string]Picture   // that were answered well, up to maxPictures, by address
	answers  map[string]int       // how often a script's GET of an address was answered, of up to maxPictures
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
		pictures: map[string]Picture{}, answers: map[string]int{}, barred: map[string]bool{}, framed: map[cdp.FrameID]bool{},
		document: &document{gone: make(chan struct{})}, asked: map[string]*document{}, failures: failures{},
	}
}

// tail is how much of a document's end is looked at, in bytes.
const tail = 500

// maxPictures bounds the pictures whose addresses are kept, at MaxNoteBytes each.
const maxPictures = 2000

// maxFrames bounds the frames that are known to have shown something.
const maxFrames = 2000

// document is what the network said of the page itself.
type document struct {
	id          string            // its loader's, which is its request's too; empty for the blank page of a new tab
	response    *network.Response // nil until there is one
	parsed      bool              // its HTML has come and is read
	loaded      bool              // all that it asked for at first has come
	broken      string            // why its HTML did not come whole
	received    int64             // how much of its HTML came, in bytes, inflated
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
	status int64        // its answer's HTTP status, once it has
	came   int64        // of a document: how much of it came, in bytes, inflated
	get    bool         // it is a GET
	parsed bool         // it stands in the document or a style sheet; no script made it up
}

// hear takes the tab's events, in order. It may neither wait nor call.
func (t *Tab) hear(ev any) {
	switch e := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		// A dialog stops the page until it is answered, and answering waits
		// for messages that only this goroutine can read.
		go chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) //nolint:errcheck // gone with the tab
		t.mu.Lock()
		if e.Type != page.DialogTypeBeforeunload {
			note(&t.dialogs, e.Message)
		}
		t.mu.Unlock()
	case *network.EventRequestWillBeSent:
		t.requestSent(e)
	case *page.EventFrameNavigated:
		t.navigated(e.Frame)
	case *page.EventFrameDetached:
		t.mu.Lock()
		delete(t.framed, e.FrameID)
		t.mu.Unlock()
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
	case *network.EventDataReceived:
		t.received(e)
	case *network.EventLoadingFinished:
		t.finished(e.RequestID)
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
		get:    e.Request.Method == http.MethodGet,
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
		if f.UnreachableURL == "" && f.URL != "about:blank" && len(t.framed) < maxFrames {
			t.framed[f.ID] = true
		}
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
	clear(t.answers)
	clear(t.barred)
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

// contentRange says which bytes of how many an answer has (RFC 9110, 14.4).
var contentRange = regexp.MustCompile(`^\s*bytes\s+(\d+)-(\d+)/(\d+)\s*$`)

// part says whether an answer says of itself that it is not the whole.
func part(r *network.Response) bool {
	if r.Status != http.StatusPartialContent {
		return false
	}
	for name, value := range r.Headers {
		if found := contentRange.FindStringSubmatch(fmt.Sprint(value)); found != nil && strings.EqualFold(name, "Content-Range") {
			last, _ := strconv.ParseInt(found[2], 10, 64)
			whole, _ := strconv.ParseInt(found[3], 10, 64)
			return found[1] != "0" || last+1 < whole
		}
	}
	return false
}

// xsl are the types of style sheets that make another document of an XML one.
var xsl = regexp.MustCompile(`[/+]x(sl|ml|slt)(\+xml)?$`)

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
		r.begun, r.status = true, e.Response.Status
		t.flight[e.RequestID] = r
		t.failures.mend(r)
		if r.data() && r.get && (t.answers[r.url] > 0 || len(t.answers) < maxPictures) {
			t.answers[r.url]++
		}
		if r.kind == network.ResourceTypeDocument && r.frame != t.frame && !drawable.MatchString(e.Response.MimeType) {
			t.fail(r, e.Response.MimeType+" cannot be drawn", e.Response.Status)
		}
		if part(e.Response) && r.kind != network.ResourceTypeFetch && r.kind != network.ResourceTypeXHR {
			const why = "HTTP 206: a part of it, for which nobody asked"
			if d := t.asked[string(e.RequestID)]; d != nil {
				d.broken = why
			}
			t.fail(r, why, 0)
		}
		if r.kind == network.ResourceTypeStylesheet && xsl.MatchString(e.Response.MimeType) {
			t.ended(e.RequestID) // what it makes of the document takes its place: its end is never heard of
		}
		if r.kind == network.ResourceTypeImage && len(t.pictures) < maxPictures {
			t.pictures[r.url] = Picture{URL: r.url, MediaType: e.Response.MimeType, request: e.RequestID}
		}
	}
}

// data says that a script asked for it, to do with it what it likes.
func (r request) data() bool {
	return r.kind == network.ResourceTypeFetch || r.kind == network.ResourceTypeXHR
}

// polled is how often an address was answered whose next answer brings nothing
// that the others did not.
const polled = 5

// poll says whether a request is one of those; mu is held. One that is answered within
// a second the page's own time waits for all the same.
func (t *Tab) poll(r request) bool { return r.data() && r.get && t.answers[r.url] >= polled }

func (t *Tab) received(e *network.EventDataReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil {
		d.received += e.DataLength
	} else if r, ours := t.flight[e.RequestID]; ours && r.kind == network.ResourceTypeDocument {
		r.came += e.DataLength
		t.flight[e.RequestID] = r
	}
}

func (t *Tab) finished(id network.RequestID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.flight[id]; r.kind == network.ResourceTypeDocument && r.frame != t.frame && r.begun && r.came == 0 {
		t.fail(r, emptyDocument, r.status) // unless a script fills it
	}
	t.ended(id)
}

// emptyDocument is why a frame failed whose document came, and has not a byte.
const emptyDocument = "a document with nothing in it"

func (t *Tab) loadingFailed(e *network.EventLoadingFailed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.asked[string(e.RequestID)]; d != nil && !e.Canceled {
		d.broken = e.ErrorText
	}
	switch r, ours := t.flight[e.RequestID]; {
	case e.Canceled && r.begun && r.kind == network.ResourceTypeDocument && r.frame != t.frame && !t.framed[r.frame]:
		// Its place stays empty, unless the next document comes to it.
		why := "what came is a download"
		if r.status != http.StatusOK {
			why = fmt.Sprintf("HTTP %d, which shows nothing", r.status)
		}
		t.fail(r, why, r.status)
	case ours && e.BlockedReason != "": // what a policy of the page's own forbids, no shopper sees either
		if r.kind == network.ResourceTypeImage && len(t.barred) < maxPictures {
			t.barred[r.url] = true
		}
	case e.Canceled || !ours:
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
	note(&t.blocked, address)
}

// note keeps a text once, cut to MaxNoteBytes, and no more than MaxNotes of them.
func note(list *[]string, text string) {
	if text = pages.Cut(text, pages.MaxNoteBytes); len(*list) < pages.MaxNotes && !slices.Contains(*list, text) {
		*list = append(*list, text)
	}
}

// notify wakes whoever waits for a change; mu is held.
func (t *Tab) notify() {
	close(t.changed)
	t.changed = make(chan struct{})
}
