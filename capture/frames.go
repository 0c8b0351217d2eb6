package capture

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
)

// maxFrames bounds how many frames of one page are looked at one by one.
const maxFrames = 500

// frame is a frame that something of its page is kept from, and its box on the page.
type frame struct {
	id     cdp.FrameID
	parent cdp.FrameID
	apart  bool // the frame around it cannot reach into it
	band
}

// reach is whether a frame and those around it may look into each other.
const reach = `(() => {
  const may = w => { try { return !!w.document } catch { return false } };
  return {Parent: may(parent), Top: may(top)};
})()`

// foreignFrames finds the page's frames of other origins, nested ones too. The
// browser does not paint those out of the window, not even into a picture of
// the whole page, and our functions in the page do not reach into them.
func (s *shot) foreignFrames(ctx context.Context) ([]frame, error) {
	if s.halted {
		return nil, nil
	}
	res, err := browser.Call(ctx, s.tab, cdppage.GetFrameTree, cdp.Empty{})
	if err != nil || res.FrameTree == nil {
		return nil, err
	}
	var found []frame
	next := slices.Clone(res.FrameTree.ChildFrames)
	for n := 0; n < len(next); n++ {
		if n == maxFrames {
			s.warn("the page has more than %d frames; those of other sites may be blank", maxFrames)
			break
		}
		next = append(next, next[n].ChildFrames...)
		id := next[n].Frame.ID
		may, err := browser.EvaluateIn[struct{ Parent, Top bool }](ctx, s.tab, id, reach)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || may.Parent && may.Top { // or it is gone by now
			continue
		}
		if b, shown := s.frameBox(ctx, id); shown {
			found = append(found, frame{id, next[n].Frame.ParentID, !may.Parent, b})
		}
	}
	return found, nil
}

// frameBox is a frame's box on the page, if it is shown.
func (s *shot) frameBox(ctx context.Context, id cdp.FrameID) (band, bool) {
	owner, err := browser.Call(ctx, s.tab, dom.GetFrameOwner, dom.GetFrameOwnerParams{FrameID: id})
	if err != nil {
		return band{}, false // it is gone by now
	}
	box, err := browser.Call(ctx, s.tab, dom.GetBoxModel, dom.GetBoxModelParams{BackendNodeID: owner.BackendNodeID})
	if err != nil || box.Model == nil || len(box.Model.Content) != 8 {
		return band{}, false // it is not shown
	}
	q := box.Model.Content // x, y of the corners, clockwise from the top left
	b := band{x: int(q[0]), y: int(q[1]), width: int(q[4] - q[0]), height: int(q[5] - q[1])}
	return b, b.width > 0 && b.height > 0
}

// scrolled plans the bands of a page with such frames: each is drawn while the
// page is scrolled so that every frame in it is in the window, as far as one
// pixel. Where the frames of a band are too far apart for that, it is cut into
// bands of the window's height.
func scrolled(plan []band, frames []frame, window, overlap int) []band {
	var out []band
	for _, b := range plan {
		y, ok := scrollFor(b, frames, window)
		if b.scroll = y; ok || b.height <= max(window, 2*overlap) {
			out = append(out, b)
			continue
		}
		for _, part := range (cutting{height: max(window, 2*overlap), overlap: overlap}).bands(b) {
			part.scroll, _ = scrollFor(part, frames, window)
			out = append(out, part)
		}
	}
	return out
}

// scrollFor is where to scroll to so that the window touches every frame that
// is in b; 0 if that will do. It says whether there is such a place.
func scrollFor(b band, frames []frame, window int) (int, bool) {
	highest, lowest, any := 0, 0, false // of the frames' ends and beginnings
	for _, f := range frames {
		if f.y >= b.y+b.height || f.y+f.height <= b.y {
			continue
		}
		if !any {
			highest, lowest, any = f.y+f.height, f.y, true
		}
		highest, lowest = min(highest, f.y+f.height), max(lowest, f.y)
	}
	// The window at y touches all of them if y+window > lowest and y < highest.
	from, to := lowest-window+1, highest-1
	switch {
	case !any || from <= 0 && to >= 0:
		return 0, true
	case from > to:
		return b.y, false
	}
	return max(0, (from+to)/2), true
}
