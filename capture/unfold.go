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

// insideLimit is how long scrolling inside of the page's elements may take, and
// that inside of one of its frames of another site.
const insideLimit = 10 * time.Second

// unfoldings is how often a page is unfolded at most, since what came of it is to be unfolded too.
const unfoldings = 3

// walkInside scrolls what scrolls by itself inside of the page, and waits for
// what that asked for.
func (s *shot) walkInside(ctx context.Context) error {
	if !s.lively {
		return nil
	}
	type walked struct {
		Found int
		Done  bool
	}
	before := s.tab.Started()
	all, err := js[walked](ctx, s, "walkInside", insideLimit.Milliseconds())
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
		script := fmt.Sprintf("%s; pageinspect.walkInside(%d)", pageScript, insideLimit.Milliseconds())
		in, err := browser.EvaluateIn[walked](ctx, s.tab, f.id, script)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			all.Found, all.Done = all.Found+in.Found, all.Done && in.Done
		}
	}
	if !all.Done {
		s.partial("what scrolls inside of the page did not come to an end")
	}
	if all.Found == 0 && s.tab.Started() == before {
		return nil
	}
	if _, err = s.tab.Quiet(ctx, calm, slowest); err != nil {
		return err
	}
	return s.pass(ctx)
}

// unfold opens what scrolls, clips and turns over in the page and in its frames
// of other sites, and holds what moves; script/unfold.js and motion.js say how.
// The page's scripts are off, so that nothing is undone.
func (s *shot) unfold(ctx context.Context) error {
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
		if _, err := s.tab.Quiet(ctx, 0, slowest); err != nil {
			return err
		}
	}
	any, err := js[bool](ctx, s, "restore")
	if err == nil && any {
		_, err = s.tab.Quiet(ctx, 0, slowest)
	}
	return err
}

// heighten makes the window as high as the frames of a frame set want it: they
// fill the window and can have no height of their own. A window higher than the
// profile's longest page says the rest by its nets.
func (s *shot) heighten(ctx context.Context, height int) error {
	metrics := identify(s.tab.Agent(), s.profile).metrics
	metrics.Height = int64(min(height, s.profile.MaxHeight))
	return command(ctx, s.tab, emulation.SetDeviceMetricsOverride, metrics)()
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
		FunctionDeclaration: fmt.Sprintf("function() { globalThis.pageinspect || %s; pageinspect.grow(this, %v, %v) }", pageScript, size.W, size.H),
	})
	return err
}
