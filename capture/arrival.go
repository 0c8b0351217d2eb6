package capture

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
)

const (
	// loadGrace is how long all that a document asks for at first may take,
	// before it is enough that the document itself has come.
	loadGrace = 5 * time.Second
	// loadLimit is how long a document may go on loading before what there is
	// of it is captured, as partial.
	loadLimit = 30 * time.Second
	// loadShare is the part of the time left that loading may take at most.
	loadShare = 0.3
	// refreshLimit is up to how many seconds a refresh to another page is
	// followed at once: nobody looks at what is gone so soon.
	refreshLimit = 10
	// visits is how often a page may load itself anew: once to set a cookie, once more for luck.
	visits = 3
	// moves is how often a page is followed when it goes elsewhere by itself.
	moves = 5
)

// arrival is how a page came to be the one that is shown.
type arrival struct {
	greeted int            // the document that a hand was seen in, as worlds counts them
	moved   int            // how often it went elsewhere by itself
	visits  map[string]int // how often it came to an address
	broke   bool           // its document broke off once, and was asked for again
	retried bool           // what failed in it was asked for again
}

// arrive waits for the document that the page shows now, notes what it is, and
// makes our world in it. A page that goes on to another is followed a few times.
func (s *shot) arrive(ctx context.Context) error {
	for {
		limit := atMost(ctx, loadLimit, loadShare)
		loaded, err := s.tab.Loaded(ctx, loadGrace, limit)
		if err != nil {
			return err
		}
		if !loaded {
			s.partial(fmt.Sprintf("the page was still loading after %v", limit.Round(100*time.Millisecond)))
			if err := s.insist(ctx, s.stopLoading); err != nil {
				return err
			}
		}
		err = s.insist(ctx, s.describe)
		if err == nil {
			err = s.unblock(ctx, limit)
		}
		if err == nil {
			err = s.whole(ctx)
		}
		if !errors.Is(err, browser.ErrLeft) {
			return err
		}
		if s.moved++; s.moved > moves {
			return fault.New(fault.Unreachable, "%s goes from page to page and does not stay", s.req.URL)
		}
	}
}

// follow arrives at the document to which the page went by itself.
func (s *shot) follow(ctx context.Context) error {
	if s.moved++; s.moved > moves {
		return fault.New(fault.Unreachable, "%s goes from page to page and does not stay", s.req.URL)
	}
	return s.arrive(ctx)
}

// stopLoading ends what is under way, and a refresh that is yet to come.
func (s *shot) stopLoading(ctx context.Context) error {
	_, err := browser.Call(ctx, s.tab, cdppage.StopLoading, cdp.Empty{})
	if browser.IsProtocol(err) {
		return nil // between two documents nothing is loading
	}
	return err
}

// unblock sees to it that the page is drawn at all: a browser shows nothing as
// long as a style sheet is on its way. One that does not come is done without.
func (s *shot) unblock(ctx context.Context, limit time.Duration) error {
	sheets := s.tab.Sheets()
	if len(sheets) == 0 || s.halted {
		return nil
	}
	end := time.Now().Add(limit)
	for {
		drawn, err := facts[bool](ctx, s, "drawn")
		if err != nil || drawn {
			return err
		}
		if come, err := s.tab.Came(ctx, network.ResourceTypeStylesheet, min(time.Second, time.Until(end))); err != nil || come {
			return err
		}
		if time.Now().After(end) {
			break
		}
	}
	for _, address := range s.tab.Sheets() {
		s.unseen(page.Unseen{Kind: page.Loading, Why: "a style sheet was still on its way", Source: address})
	}
	s.partial(fmt.Sprintf("a style sheet did not come within %v; the page was captured without it", limit.Round(100*time.Millisecond)))
	return s.insist(ctx, s.stopLoading)
}

// whole sees to it that the document came to its end, and is the one that a
// shopper comes to look at: none that leads on, or loads itself anew.
func (s *shot) whole(ctx context.Context) error {
	why, came := s.tab.Broken()
	if end := s.tab.Ends(ctx); why == "" && end != "" && !strings.HasSuffix(end, ">") && !strings.Contains(strings.ToLower(end), "</body>") {
		why = "what was compressed ends in the middle of " + strconv.Quote(lastOf(end))
	}
	if why != "" {
		if !s.broke {
			s.broke = true // once: a server that was restarted may give all of it now
			return s.leave(ctx, func() error { return s.reload(ctx) })
		}
	}
	if why != "" && !s.closed(ctx, "", came) {
		m, err := facts[measure](ctx, s, "measure")
		if err == nil && m.Chars == 0 && m.Pictures == 0 {
			return s.unreachable("the document broke off before anything of it came: " + why)
		}
		s.partial("the document broke off: " + why)
		s.unseen(page.Unseen{Kind: page.Failed, Why: "the document broke off: " + why, Source: s.manifest.FinalURL})
	}
	to, after, any := s.refresh(ctx)
	switch {
	case any && to != "" && after <= refreshLimit:
		return s.leave(ctx, func() error {
			res, err := browser.Call(ctx, s.tab, cdppage.Navigate, cdppage.NavigateParams{URL: to, Referrer: s.manifest.FinalURL})
			if err == nil && res.ErrorText != "" {
				return s.unreachable(res.ErrorText)
			}
			return err
		})
	case any: // it would load itself anew while it is looked at
		if _, err := s.tab.Quiet(ctx, 0, min(trifle, time.Duration(after*float64(time.Second)/2))); err != nil {
			return err
		}
		if err := s.stopLoading(ctx); err != nil {
			return err
		}
	}
	if s.visits[s.manifest.FinalURL]++; s.visits[s.manifest.FinalURL] == visits {
		why := "the page loads itself anew all the time; it was captured without its scripts"
		s.partial(why)
		s.unseen(page.Unseen{Kind: page.Loading, Why: why})
		if err := s.disableScripts(ctx); err != nil {
			return err
		}
		return s.leave(ctx, func() error { return s.reload(ctx) })
	}
	return nil
}

// lastTag ends a document's source; comments may follow it.
var lastTag = regexp.MustCompile(`(?i)</html\s*>\s*(<!--([^-]|-[^-])*-->\s*)*$`)

// closed says whether a document that breaks off, of a frame if one is named,
// does so after its last tag: then its length was counted wrong, or the end of
// the transfer is not said, and all of it is there. The browser does not keep
// the source of what broke off, so it is asked for again, and must break off at
// the same byte.
func (s *shot) closed(ctx context.Context, frame cdp.FrameID, came int64) bool {
	if came == 0 {
		return false
	}
	for range 3 { // what comes right before the break is not always delivered
		var again source
		var err error
		if frame == "" {
			again, err = facts[source](ctx, s, "source")
		} else {
			again, err = factsIn[source](ctx, s, frame, "source")
		}
		if err != nil || again.Bytes > came {
			return false
		}
		if again.Bytes == came {
			return lastTag.MatchString(again.End)
		}
	}
	return false
}

// source is what a document's source is when it is asked for again, as far as it comes.
type source struct {
	Bytes int64
	End   string
}

// lastOf is the end of a text, as far as a person wants to read.
func lastOf(text string) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-20):])
}

// refresh is where the document's header or markup leads after how many
// seconds: an empty address if to itself.
func (s *shot) refresh(ctx context.Context) (to string, after float64, any bool) {
	type refresh struct {
		URL     string
		Seconds float64
	}
	var found *refresh
	if header := s.tab.Header("Refresh"); header != "" {
		found, _ = facts[*refresh](ctx, s, "refresh", header)
	}
	if found == nil && s.lively && !s.halted {
		found, _ = facts[*refresh](ctx, s, "refresh")
	}
	if found == nil {
		return "", 0, false
	}
	here, _, _ := strings.Cut(s.manifest.FinalURL, "#")
	if there, _, _ := strings.Cut(found.URL, "#"); there == here || job.CheckURL(found.URL) != nil {
		found.URL = ""
	}
	return found.URL, found.Seconds, true
}

func (s *shot) reload(ctx context.Context) error {
	return command(ctx, s.tab, cdppage.Reload, cdppage.ReloadParams{})()
}

// leave has the tab show another document, and says ErrLeft when it does.
func (s *shot) leave(ctx context.Context, do func() error) error {
	if err := do(); err != nil {
		return err
	}
	if left, err := s.tab.Left(ctx, atMost(ctx, commitLimit, 0.3)); err != nil || left {
		return errors.Join(err, browser.ErrLeft)
	}
	return fault.New(fault.Timeout, "%s did not answer when it was asked for again", s.manifest.FinalURL)
}
