package capture

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/pageinspect/pageinspect/capture/browser"
)

// extent is how large a document is, and how high a window it wants if it is
// more than there is, in CSS pixels; and whether it asked for pictures just now.
type extent struct {
	W, H, Window float64
	Late         bool
}

// insideLimit is how long scrolling inside of the page's elements, and visits to
// what waits, may take, and those inside of one of its frames of another site. How
// far they go is counted, in script/walk.js: this is for a machine that is far too busy.
const insideLimit = time.Minute

// unfoldings is how often a page is unfolded at most, since what came of it is to be unfolded too.
const unfoldings = 3

// walkInside scrolls what scrolls by itself inside of the page and of its frames
// of other sites, visits what waits to be looked at, and waits for what that asked for.
func (s *shot) walkInside(ctx context.Context) error {
	if !s.lively {
		return nil
	}
	type step struct {
		Found  int
		Visits bool // it is at a place that waits
		Done   bool
		More   string // why it did not get everywhere
	}
	through := func(next func() (step, error)) (int, error) {
		grant := stepTime
		for end := time.Now().Add(insideLimit); ; {
			if s.tab.Stands() {
				if err := s.tab.Begin(ctx, grant); err != nil {
					return 0, err
				}
				if grant == visitTime { // or the place would be looked at before
					if err := s.tab.Spent(ctx, visitPatience); err != nil {
						return 0, err
					}
				}
			}
			w, err := next()
			if err != nil {
				return w.Found, err
			}
			if !w.Done && time.Now().After(end) {
				w.Done, w.More = true, fmt.Sprintf("what scrolls inside of the page was not gone through in %v", insideLimit)
			}
			if w.More != "" {
				s.partial(w.More)
			}
			if w.Done {
				return w.Found, nil
			}
			if grant = stepTime; w.Visits {
				grant = visitTime
			}
		}
	}
	before := s.tab.Started()
	found, err := through(func() (step, error) { return js[step](ctx, s, "stepInside") })
	if err != nil {
		return err
	}
	frames, err := s.foreignFrames(ctx)
	if err != nil {
		return err
	}
	for _, f := range frames {
		if !f.apart {
			continue
		}
		if doc, err := browser.EvaluateIn[document](ctx, s.tab, f.id, pageScript); err == nil {
			_, _ = s.findRoots(ctx, f.id, doc) // it may be gone
		}
		in, _ := through(func() (step, error) { // likewise
			return browser.EvaluateIn[step](ctx, s.tab, f.id, pageScript+"; pageinspect.stepInside()")
		})
		found += in
	}
	attended := func(function string) (any bool) {
		for _, f := range frames {
			if f.apart {
				more, _ := browser.EvaluateIn[bool](ctx, s.tab, f.id, pageScript+"; pageinspect."+function+"()") // likewise
				any = any || more
			}
		}
		return any
	}
	turning := attended("attend")
	if found == 0 && s.tab.Started() == before && !turning || ctx.Err() != nil {
		return ctx.Err()
	}
	if err := s.awaitRequests(ctx); err != nil {
		return err
	}
	for {
		if err := s.pass(ctx); err != nil {
			return err
		}
		if turning = turning && attended("attended"); !turning {
			return nil
		}
	}
}

// unfold opens what scrolls, clips and turns over in the page and in its frames
// of other sites, and holds what moves; script/unfold.js and motion.js say how.
// The page's scripts are off, so that nothing is undone.
func (s *shot) unfold(ctx context.Context) error {
	if err := s.movingSVGs(ctx); err != nil {
		return err
	}
	for range unfoldings {
		before := s.tab.Started()
		if err := s.unfoldFrames(ctx); err != nil {
			return err
		}
		size, err := js[extent](ctx, s, "settle")
		if err != nil {
			return err
		}
		higher := size.Window > float64(s.profile.Viewport.Height)
		if higher {
			if err := s.heighten(ctx, int(math.Ceil(size.Window))); err != nil {
				return err
			}
		}
		asked := size.Late || s.tab.Started() != before
		if !asked && !higher {
			break
		}
		if err := s.awaitRequests(ctx); err != nil {
			return err
		}
	}
	any, err := js[bool](ctx, s, "restore")
	if err == nil && any {
		err = s.awaitRequests(ctx)
	}
	return err
}

// heighten makes the window as high as the frames of a frame set want it: they
// fill the window and can have no height of their own. A window higher than the
// profile's longest page says the rest by its nets.
func (s *shot) heighten(ctx context.Context, height int) error {
	s.metrics.Height = int64(min(height, s.profile.MaxHeight))
	return command(ctx, s.tab, emulation.SetDeviceMetricsOverride, s.metrics)()
}

// unfoldFrames does so in the frames that the one around them cannot look into,
// the innermost first, and makes each as large as its document.
func (s *shot) unfoldFrames(ctx context.Context) error {
	frames, err := s.foreignFrames(ctx)
	if err != nil {
		return err
	}
	for i := len(frames) - 1; i >= 0; i-- {
		f := frames[i]
		if !f.apart {
			continue
		}
		size, err := browser.EvaluateIn[extent](ctx, s.tab, f.id, pageScript+"; pageinspect.settle()")
		if err == nil {
			err = s.growFrame(ctx, f, size)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.Log.Debug("a frame was not unfolded", "id", s.manifest.ID, "frame", f.id, "error", err) // the nets tell what of it is not seen
		}
	}
	return nil
}

// growFrame makes a frame's element, in the document around it, as large as the document in it.
func (s *shot) growFrame(ctx context.Context, f frame, size extent) error {
	owner, err := browser.Call(ctx, s.tab, dom.GetFrameOwner, dom.GetFrameOwnerParams{FrameID: f.id})
	if err != nil {
		return err
	}
	world, err := browser.Call(ctx, s.tab, cdppage.CreateIsolatedWorld, cdppage.CreateIsolatedWorldParams{FrameID: f.parent, WorldName: "pageinspect"})
	if err != nil {
		return err
	}
	element, err := browser.Call(ctx, s.tab, dom.ResolveNode, dom.ResolveNodeParams{
		BackendNodeID: owner.BackendNodeID, ExecutionContextID: runtime.ExecutionContextID(world.ExecutionContextID)})
	if err != nil {
		return err
	}
	_, err = browser.Call(ctx, s.tab, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		ObjectID:            element.Object.ObjectID,
		FunctionDeclaration: fmt.Sprintf("function() { %s; pageinspect.grow(this, %v, %v) }", pageScript, size.W, size.H),
	})
	return err
}
