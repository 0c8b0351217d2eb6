package browser

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/io"
	"github.com/chromedp/cdproto/network"
	pages "github.com/pageinspect/pageinspect/shared/page"
)

// Failure is a request of the page that brought nothing, or not all there is.
type Failure struct {
	URL    string // as the page asked for it; see Key
	Kind   network.ResourceType
	Frame  cdp.FrameID // that asked; a frame's document is asked for by the frame itself
	Why    string      // HTTP 503, net::ERR_CONNECTION_REFUSED
	Status int64       // the HTTP status; 0 if there was no answer, or it broke off
	Came   int64       // of a document that broke off: how much of it came, in bytes, inflated
	Parsed bool        // it stands in the document or a style sheet; no script made it up
	loader cdp.LoaderID
}

// Passing says that the failure may be over when it is asked for again. What a
// server says is not there, or is not for us, it says to every shopper.
func (f Failure) Passing() bool {
	return f.Status == 0 || f.Status >= 500 || f.Status == 408 || f.Status == 425 || f.Status == 429
}

// Empty says that it is a frame whose document came, and has not a byte.
func (f Failure) Empty() bool { return f.Why == emptyDocument }

// Key is what an address is known by: addresses without end, and lists of them
// without end, do not fill the memory. Nothing that is told apart by what comes
// after MaxNoteBytes is worth telling apart.
func Key(address string) string {
	return address[:min(len(address), pages.MaxNoteBytes)]
}

// failures are what failed, by kind and address: up to MaxNotes of each kind, so
// that trackers that fail by the hundred do not hide a picture that does. A nil
// entry says that there were more.
type failures map[network.ResourceType]map[string]*Failure

// more is the address under which a kind says that not all its failures are kept.
const more = ""

func (t *Tab) fail(r request, why string, status int64) {
	of := t.failures[r.kind]
	if of == nil {
		of = map[string]*Failure{}
		t.failures[r.kind] = of
	}
	id := r.id()
	if _, known := of[id]; !known && len(of) >= pages.MaxNotes {
		of[more] = nil
		return
	}
	of[id] = &Failure{r.url, r.kind, r.frame, pages.Cut(why, pages.MaxNoteBytes), status, r.came, r.parsed, r.loader}
}

// id tells a request from others of its kind. A frame's document is its frame:
// whatever it shows next takes the place of what failed.
func (r request) id() string {
	if r.kind == network.ResourceTypeDocument {
		return string(r.frame)
	}
	return r.url
}

// mend takes a failure back when the same request is answered well.
func (f failures) mend(r request) {
	if was := f[r.kind][r.id()]; was != nil {
		delete(f[r.kind], r.id())
	}
}

// forget drops what was asked for by documents that are gone now that a frame
// shows another; with the main frame's, all of them are.
func (f failures) forget(now *cdp.Frame, main bool) {
	for _, of := range f {
		for id, was := range of {
			if was != nil && was.loader != now.LoaderID && (main || was.Frame == now.ID) {
				delete(of, id)
			}
		}
	}
}

// Picture is one that was answered well. Whether a browser can draw it is
// another matter.
type Picture struct {
	URL       string // see Key
	MediaType string // as the server says
	request   network.RequestID
}

// Pictures lists the pictures that were answered well.
func (t *Tab) Pictures() []Picture {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.pictures))
}

// Barred says whether a picture, known by its address as Key has it, is forbidden
// by a policy: no shopper sees it.
func (t *Tab) Barred(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.barred[address]
}

// OwnPicture is the document itself, if it is a picture.
func (t *Tab) OwnPicture() []Picture {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.document.response
	if r == nil || !strings.HasPrefix(r.MimeType, "image/") {
		return nil
	}
	return []Picture{{URL: Key(r.URL), MediaType: r.MimeType, request: network.RequestID(t.document.id)}}
}

// Bytes are those of a picture as it came, if the browser still has them: it
// keeps 20 MB of one, and 200 MB of a page (blink's inspector_network_agent.cc).
func (t *Tab) Bytes(ctx context.Context, p Picture) ([]byte, error) {
	body, err := Call(ctx, t, network.GetResponseBody, network.GetResponseBodyParams{RequestID: p.request})
	if err != nil {
		return nil, err
	}
	return body.Body, nil
}

// startBytes is how much of a picture tells what it is.
const startBytes = 64 << 10

// Start are the first bytes of what is at an address, at most 64 KiB of it. The
// page asks for it anew: the browser may have it, and does not fetch more.
func (t *Tab) Start(ctx context.Context, address string) ([]byte, error) {
	got, err := Call(ctx, t, network.LoadNetworkResource, network.LoadNetworkResourceParams{
		FrameID: t.frame, URL: address, Options: &network.LoadNetworkResourceOptions{IncludeCredentials: true}})
	if err != nil {
		return nil, err
	}
	if got.Resource == nil || got.Resource.Stream == "" {
		return nil, fmt.Errorf("%s cannot be asked for anew", address)
	}
	defer func() { _, _ = Call(ctx, t, io.Close, io.CloseParams{Handle: got.Resource.Stream}) }()
	part, err := Call(ctx, t, io.Read, io.ReadParams{Handle: got.Resource.Stream, Size: startBytes})
	return part.Data, err
}

// Failures lists what the page asked for in vain and was not given later, and
// the kinds of which there were more than are kept.
func (t *Tab) Failures() (list []Failure, full []network.ResourceType) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for kind, of := range t.failures {
		for _, f := range of {
			if f != nil {
				list = append(list, *f)
			} else {
				full = append(full, kind)
			}
		}
	}
	return list, full
}
