package browser

// What is asked of a page's traffic, and waited for: its document, its requests under way, its rest.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

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

// Dialogs are what the page said in dialogs, which were answered at once.
func (t *Tab) Dialogs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.dialogs)
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

// Passing says whether the browser's reason for a document that did not come may
// be over when it is asked for again: the server hung up before it answered, or
// its name was not resolved in time.
func (t *Tab) Passing(address, reason string) bool {
	switch reason {
	case "":
		return false
	case "net::ERR_EMPTY_RESPONSE", "net::ERR_CONNECTION_RESET", "net::ERR_CONNECTION_CLOSED":
		return true
	}
	dns, is := errors.AsType[*net.DNSError](t.door.Failure(hostPort(address)))
	return is && (dns.IsTemporary || dns.IsTimeout) && !dns.IsNotFound
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
	Poll  bool        // a script asks for it again and again, and was answered
}

// Waiting lists the requests under way, by their addresses.
func (t *Tab) Waiting() []Pending {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Pending
	for id, r := range t.flight {
		all = append(all, Pending{id, r.url, r.kind, r.frame, r.late, r.begun, t.poll(r)})
	}
	slices.SortFunc(all, func(a, b Pending) int {
		return cmp.Or(strings.Compare(a.URL, b.URL), strings.Compare(string(a.ID), string(b.ID)))
	})
	return all
}

// Sheets lists the addresses of the style sheets under way.
func (t *Tab) Sheets() (all []string) {
	for _, p := range t.Waiting() {
		if p.Kind == network.ResourceTypeStylesheet {
			all = append(all, p.URL)
		}
	}
	return all
}

// Came waits until no request of a kind is under way, at most until limit has
// passed, and says whether that is so.
func (t *Tab) Came(ctx context.Context, kind network.ResourceType, limit time.Duration) (bool, error) {
	return t.until(ctx, limit, func() bool {
		for _, r := range t.flight {
			if r.kind == kind {
				return false
			}
		}
		return true
	})
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
		if !r.late && !t.poll(r) {
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
	if d.response == nil || !strings.Contains(d.response.MimeType, "html") || t.Header("Content-Encoding") == "" {
		return ""
	}
	res, err := Call(ctx, t, network.GetResponseBody, network.GetResponseBodyParams{RequestID: network.RequestID(d.id)})
	if err != nil {
		return ""
	}
	source := strings.TrimSpace(string(res.Body))
	return source[max(0, len(source)-tail):]
}

// Header is one of the document's response header; empty if it has none of that name.
func (t *Tab) Header(name string) string {
	if r := t.Response(); r != nil {
		for n, value := range r.Headers {
			if strings.EqualFold(n, name) {
				return fmt.Sprint(value)
			}
		}
	}
	return ""
}

// Shows waits until the page shows the document of a loader, at most until limit
// has passed, and says whether it does.
func (t *Tab) Shows(ctx context.Context, loader cdp.LoaderID, limit time.Duration) (bool, error) {
	return t.until(ctx, limit, func() bool { return t.document.id == string(loader) })
}

// Left waits until another document has taken the place of the one that was
// entered last, at most until limit has passed, and says whether it has.
func (t *Tab) Left(ctx context.Context, limit time.Duration) (bool, error) {
	return t.load(ctx, limit, func() bool { return t.document.gone != t.gone })
}

// Broken says why the document's HTML did not come whole, and how much of it
// came, in bytes, inflated; why is empty if it did, or is still coming.
func (t *Tab) Broken() (why string, came int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.document.broken, t.document.received
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

// Origin parses an address as far as its path. What comes after that may be cut
// off (see Key), or be no URL to Go and one to Chromium: "/100%.jpg".
func Origin(address string) (*url.URL, error) {
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
			address = scheme + "://" + rest[:end]
		}
	}
	return url.Parse(address)
}

// hostPort is an address's host and port, as the guard is asked for it.
func hostPort(address string) string {
	u, err := Origin(address)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port) // with brackets around an IPv6 address, as the guard is asked
}
