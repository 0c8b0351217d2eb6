package capture

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

//go:embed arrive.js
var arriving string

// arriveScript is what is evaluated in a document before arrive.js's functions are called there.
var arriveScript = "(() => {\n" + scriptText("names") + "unname(document);\n" + scriptText("later") + "})();\n" + arriving

// lack is a part that is missing: what will be told of it, and what asking once more needs.
type lack struct {
	page.Unseen
	frame cdp.FrameID // whose document it is; empty if it is no frame's
	again bool        // its failure may pass
	sheet bool        // it is a style sheet
	whole bool        // only loading the page anew can bring it
}

// mend asks once more for parts of the page that did not come, if their failure
// may pass. It says whether the page was loaded anew for it, and has to settle again.
func (s *shot) mend(ctx context.Context) (reloaded bool, err error) {
	if failed, _ := s.tab.Failures(); len(failed) == 0 || s.retried {
		return false, nil
	}
	lacks, err := s.missing(ctx)
	if err != nil || !slices.ContainsFunc(lacks, func(l lack) bool { return l.again }) {
		return false, err
	}
	s.retried = true
	if !slices.ContainsFunc(lacks, func(l lack) bool { return l.again && l.whole }) {
		return false, s.retry(ctx, lacks)
	}
	if err := s.leave(ctx, func() error { return s.reload(ctx) }); !errors.Is(err, browser.ErrLeft) {
		return true, err
	}
	return true, s.arrive(ctx)
}

// lacking tells what did not come, now that the page is laid out as it is drawn,
// in the coordinates of the region.
func (s *shot) lacking(ctx context.Context, region band) error {
	if s.halted {
		return nil // the page is partial anyhow
	}
	limited, cancel := share(ctx, 0.2)
	defer cancel()
	s.shows = nil
	lacks, err := s.missing(limited)
	switch {
	case ctx.Err() != nil, fault.KindOf(err) == fault.Transient, errors.Is(err, browser.ErrCrashed):
		return err
	case err != nil:
		s.unseen(page.Unseen{Kind: page.Loading, Why: fmt.Sprintf("the page could not be asked what of it did not come: %v", err)})
	}
	if len(lacks) == 0 && err == nil {
		if err := s.noPage(limited); err != nil && ctx.Err() != nil {
			return err
		}
	}
	for _, l := range lacks {
		if l.Box.Empty() {
			s.unseen(l.Unseen)
		} else {
			s.missed(l.Unseen, region)
		}
	}
	return nil
}

// noPage tells that what came is no page that a shopper would look at: one that
// shows nothing, or a wall against robots.
func (s *shot) noPage(ctx context.Context) error {
	if !s.lively && s.elements > wallElements {
		return nil
	}
	if s.shows == nil { // nothing that a script would bring was asked about
		c, err := facts[content](ctx, s, "content")
		if err != nil {
			return err
		}
		s.shows = &c
	}
	if !s.shows.scant() {
		return nil
	}
	said := ""
	if dialogs := s.tab.Dialogs(); len(dialogs) > 0 {
		said = fmt.Sprintf("; a dialog said %q", strings.Join(dialogs, " / "))
	}
	bare, err := facts[bool](ctx, s, "bare")
	if err != nil {
		return err
	}
	if bare {
		s.unseen(page.Unseen{Kind: page.Failed, Why: "the page shows nothing at all" + said})
		return nil
	}
	wall, err := facts[string](ctx, s, "wall")
	for _, name := range wallHeaders {
		if value := s.tab.Header(name); value != "" && wall == "" {
			wall = name + ": " + value
		}
	}
	if wall != "" {
		s.unseen(page.Unseen{Kind: page.Failed, Why: fmt.Sprintf("what came looks like a wall against robots in place of the page: %q", wall)})
	}
	return err
}

// wallHeaders come with the walls of Cloudflare and of AWS WAF, and with nothing else.
var wallHeaders = []string{"cf-mitigated", "x-amzn-waf-action"}

// missing lists the parts that matter and did not come.
func (s *shot) missing(ctx context.Context) ([]lack, error) {
	failed, full := s.tab.Failures()
	failed = slices.DeleteFunc(failed, func(f browser.Failure) bool { return f.Kind == network.ResourceTypeDocument && s.tab.IsMain(f.Frame) })
	pending, came := s.tab.Waiting(), []string{}
	for _, p := range s.tab.Pictures() {
		if !slices.ContainsFunc(pending, func(r browser.Pending) bool { return r.URL == p.URL }) {
			came = append(came, p.URL)
		}
	}
	if !s.lively && len(failed)+len(pending)+len(came)+s.unshown == 0 {
		return nil, nil
	}
	lacks, err := s.missingPictures(ctx, failed, pending, came)
	if err != nil {
		return nil, err
	}
	for _, find := range []func(context.Context, []browser.Failure, []browser.Pending) ([]lack, error){s.missingFrames, s.missingSheets, s.missingContent} {
		more, err := find(ctx, failed, pending)
		if err != nil {
			return nil, err
		}
		lacks = append(lacks, more...)
	}
	for _, kind := range full {
		if kind == network.ResourceTypeImage || kind == network.ResourceTypeDocument || kind == network.ResourceTypeStylesheet {
			why := fmt.Sprintf("more than %d requests for %s failed; not all could be looked at", page.MaxNotes, strings.TrimPrefix(called[kind], "a "))
			lacks = append(lacks, lack{Unseen: page.Unseen{Kind: page.Failed, Why: why}})
		}
	}
	return lacks, nil
}

// pictures is what the function parts of arrive.js returns.
type pictures struct {
	Found   []part
	Named   []string // addresses of which there is an element, shown or not
	Undrawn []string // addresses that were answered with what is no picture
}

func (s *shot) missingPictures(ctx context.Context, failed []browser.Failure, pending []browser.Pending, came []string) ([]lack, error) {
	why, late, retry := map[string]browser.Failure{}, map[string]bool{}, map[string]bool{}
	bad := map[string]bool{} // whether it counts although something of it is shown
	gone := []string{}       // documents of frames
	for _, f := range failed {
		if f.Kind == network.ResourceTypeDocument {
			why[f.URL], gone = f, append(gone, f.URL)
		}
		if f.Kind == network.ResourceTypeImage {
			why[f.URL], bad[f.URL], retry[f.URL] = f, f.Status == 0, f.Passing()
		}
	}
	for _, p := range pending {
		if p.Kind == network.ResourceTypeImage {
			late[p.URL], bad[p.URL] = true, true
		}
	}
	seen, err := facts[pictures](ctx, s, "parts", bad, came, gone)
	if err != nil {
		return nil, err
	}
	frames, err := s.foreignFrames(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		if !f.apart {
			continue
		}
		in, err := factsIn[pictures](ctx, s, f.id, "parts", bad, []string{}, gone)
		if err != nil {
			continue // it is gone, or does not answer; its text is missed, too, and that is said
		}
		for _, p := range in.Found {
			p.Box.X, p.Box.Y = p.Box.X+float64(f.x), p.Box.Y+float64(f.y)
			seen.Found = append(seen.Found, p)
		}
		seen.Named = append(seen.Named, in.Named...)
	}
	var lacks []lack
	for _, p := range seen.Found {
		f, fails := why[p.URL]
		p.frame = p.State == "fallen"
		if p.foreign = s.foreign(p.URL); !p.matters() || s.tab.Refuses(p.URL) || s.tab.Barred(p.URL) {
			if p.Shown && p.State != "coming" && p.State != "waiting" {
				s.warn("image not shown (%s): %s", reason(f, fails), p.URL)
			}
			continue
		}
		u := page.Unseen{Kind: page.Failed, Box: p.Box, Source: p.URL}
		switch {
		case late[p.URL] || p.State == "coming" && !fails:
			u.Kind, u.Why = page.Loading, fmt.Sprintf("a picture%s was still on its way", size(p))
		case p.State == "waiting" && !fails:
			u.Kind, u.Why = page.Loading, fmt.Sprintf("a picture%s was never asked for by the page's script", size(p))
		case p.frame:
			u.Why = fmt.Sprintf("an object%s did not come, and has nothing in its place: %s", size(p), reason(f, fails))
		default:
			u.Why = fmt.Sprintf("a picture%s did not come, or not whole: %s", size(p), reason(f, fails))
		}
		lacks = append(lacks, lack{Unseen: u, again: retry[p.URL] || !fails && p.State == "broken"})
	}
	return lacks, nil
}

func reason(f browser.Failure, known bool) string {
	if known {
		return f.Why
	}
	return "what came is no picture that can be drawn"
}

// size is how large a part would be, for a sentence.
func size(p part) string {
	if !p.Sized && !p.frame && p.State != "painted" {
		return " of unknown size"
	}
	return fmt.Sprintf(" of %.0f×%.0f px", p.Box.W, p.Box.H)
}

func (s *shot) missingFrames(ctx context.Context, failed []browser.Failure, pending []browser.Pending) (lacks []lack, err error) {
	look := func(id cdp.FrameID, address string, u page.Unseen, again bool) {
		p, there := s.framePart(ctx, id)
		if p.URL, p.foreign = address, s.foreign(address); !there || !p.matters() {
			return
		}
		u.Box, u.Source = p.Box, address
		u.Why = fmt.Sprintf("a frame%s %s", size(p), u.Why)
		lacks = append(lacks, lack{Unseen: u, frame: id, again: again})
	}
	for _, f := range failed {
		if f.Kind == network.ResourceTypeDocument && !s.allThere(ctx, f) {
			look(f.Frame, f.URL, page.Unseen{Kind: page.Failed, Why: "did not come, or not whole: " + f.Why}, f.Passing())
		}
	}
	for _, p := range pending {
		if p.Kind == network.ResourceTypeDocument && !s.tab.IsMain(p.Frame) {
			look(p.Frame, p.URL, page.Unseen{Kind: page.Loading, Why: "was still on its way"}, false)
		}
	}
	return lacks, ctx.Err()
}

// allThere says whether a frame that failed shows all that it would: its
// document broke off after its last tag, or is empty for a script to fill it.
func (s *shot) allThere(ctx context.Context, f browser.Failure) bool {
	if f.Empty() {
		bare, err := factsIn[bool](ctx, s, f.Frame, "bare")
		return err == nil && !bare
	}
	return s.retried && s.closed(ctx, f.Frame, f.Came)
}

// framePart is a frame as a part of the page, if it is shown.
func (s *shot) framePart(ctx context.Context, id cdp.FrameID) (part, bool) {
	b, shown := s.frameBox(ctx, id)
	if !shown {
		return part{}, false
	}
	p := part{frame: true, Shown: true, Box: page.Box{X: float64(b.x), Y: float64(b.y), W: float64(b.width), H: float64(b.height)}}
	owner, err := browser.Call(ctx, s.tab, dom.GetFrameOwner, dom.GetFrameOwnerParams{FrameID: id})
	if err != nil {
		return part{}, false
	}
	node, err := browser.Call(ctx, s.tab, dom.DescribeNode, dom.DescribeNodeParams{BackendNodeID: owner.BackendNodeID})
	if err != nil || node.Node == nil {
		return p, true
	}
	var words []string
	for i := 0; i+1 < len(node.Node.Attributes); i += 2 {
		if slices.Contains([]string{"id", "class", "name", "title"}, node.Node.Attributes[i]) {
			words = append(words, node.Node.Attributes[i+1])
		}
	}
	p.Marks = strings.Join(words, " ")
	return p, true
}

func (s *shot) missingSheets(ctx context.Context, failed []browser.Failure, pending []browser.Pending) (lacks []lack, err error) {
	addresses, gone := []string{}, []string{} // gone is what everybody is told is not there
	why := map[string]lack{}
	note := func(f browser.Failure, l lack) {
		if l.Source = f.URL; s.sheetMatters(f) && !s.tab.Refuses(f.URL) {
			addresses = append(addresses, f.URL)
			why[f.URL] = l
			if f.Status == http.StatusNotFound || f.Status == http.StatusGone {
				gone = append(gone, f.URL)
			}
		}
	}
	for _, f := range failed {
		if f.Kind == network.ResourceTypeStylesheet {
			note(f, lack{Unseen: page.Unseen{Kind: page.Failed, Why: "a style sheet did not come: " + f.Why}, sheet: true, again: f.Passing()})
		}
	}
	for _, p := range pending {
		if p.Kind == network.ResourceTypeStylesheet {
			note(browser.Failure{URL: p.URL}, lack{Unseen: page.Unseen{Kind: page.Loading, Why: "a style sheet was still on its way"}})
		}
	}
	if len(addresses) == 0 {
		return nil, nil
	}
	applied, err := facts[[]string](ctx, s, "sheets", addresses, gone, dressed, fontWords)
	for _, u := range applied {
		lacks = append(lacks, why[u])
	}
	for _, u := range gone {
		if err == nil && !slices.Contains(applied, u) {
			s.warn("style sheet not there: %s", u)
		}
	}
	return lacks, err
}

// missingContent looks at what scripts would have brought: where one failed, or
// what it asked for, and the page looks as if something were missing, it is.
func (s *shot) missingContent(ctx context.Context, failed []browser.Failure, pending []browser.Pending) (lacks []lack, err error) {
	if !s.lively {
		return nil, nil
	}
	c, err := facts[content](ctx, s, "content")
	if err != nil {
		return nil, err
	}
	s.shows = &c
	note := func(f browser.Failure, kind page.UnseenKind, what string, again bool) {
		data := f.Kind != network.ResourceTypeScript
		if at, yes := c.lacks(!s.foreign(f.URL), data); yes {
			u := page.Unseen{Kind: kind, Box: at.Box, Why: fmt.Sprintf("%s %s, and %s", called[f.Kind], what, at.Why), Source: f.URL}
			lacks = append(lacks, lack{Unseen: u, again: again, whole: true})
		}
	}
	for _, f := range failed {
		if scripted(f.Kind) && !s.tab.Refuses(f.URL) {
			note(f, page.Failed, "did not come: "+f.Why, f.Passing())
		}
	}
	for _, p := range pending {
		if scripted(p.Kind) && !p.Poll {
			note(browser.Failure{URL: p.URL, Kind: p.Kind}, page.Loading, "was still on its way", false)
		}
	}
	if len(lacks) == 0 {
		for _, b := range c.Busy {
			lacks = append(lacks, lack{Unseen: page.Unseen{Kind: page.Loading, Box: b.Box, Why: fmt.Sprintf("it still says that it is loading: %q", b.Why)}})
		}
	}
	return lacks, nil
}

// retry asks once more for what failed and may pass: pictures and style sheets
// where they stand, frames by loading them anew.
func (s *shot) retry(ctx context.Context, lacks []lack) error {
	pictures, sheets, framed := []string{}, []string{}, false
	for _, l := range lacks {
		switch {
		case !l.again || len(l.Source) >= page.MaxNoteBytes: // it is not known whole
		case l.frame != "":
			framed = true
			limited, cancel := context.WithTimeout(ctx, slowest)
			_, _ = browser.Call(limited, s.tab, cdppage.Navigate, cdppage.NavigateParams{URL: l.Source, FrameID: l.frame, Referrer: s.manifest.FinalURL})
			cancel() // what came of it is heard of
		case l.sheet:
			sheets = append(sheets, l.Source)
		case l.Source != "":
			pictures = append(pictures, l.Source)
		}
	}
	frames, err := s.foreignFrames(ctx)
	if err != nil {
		return err
	}
	everywhere := func(function string, args ...any) error {
		if _, err := facts[chromedp.Void](ctx, s, function, args...); err != nil {
			return err
		}
		for _, f := range frames {
			if f.apart {
				_, _ = factsIn[chromedp.Void](ctx, s, f.id, function, args...) // gone, or it does not answer
			}
		}
		return ctx.Err()
	}
	if err := everywhere("retry", pictures, sheets); err != nil {
		return err
	}
	if framed { // what they show takes of the page's time
		if _, err := s.tab.Read(ctx, slowest); err != nil {
			return err
		}
		if err := s.tab.Pass(ctx, ownTime, slowest); err != nil {
			return err
		}
	}
	if _, err := s.tab.Quiet(ctx, calm, slowest); err != nil {
		return err
	}
	if err := everywhere("retried"); err != nil {
		return err
	}
	_, err = s.tab.Quiet(ctx, 0, slowest)
	return err
}
