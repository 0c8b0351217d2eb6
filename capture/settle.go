package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
)

const (
	// walkStep is how far to scroll at once, in CSS pixels: with bigger steps,
	// IntersectionObserver images are passed over unseen.
	walkStep = 800
	// calm is how long a page that was asked for something again must be
	// without requests before it counts as answered.
	calm = 300 * time.Millisecond
	// slowest is how long requests already under way are waited for.
	slowest = 15 * time.Second
	// fontFrames is for how many frames fonts are waited for: 3 s.
	fontFrames = 180
	// attention is how long a page may take to answer a question that costs
	// it microseconds, before its scripts are stopped.
	attention = 10 * time.Second
	// waitForLimit is how long a profile's wait_for may take to appear.
	waitForLimit = 20 * time.Second
	// settleShare is the part of the time left that settling may take; the rest is for the tiles.
	settleShare = 0.5
)

// settle brings the page to the state in which it is photographed: what loads
// lazily is loaded, what the profile clicks or hides is clicked or hidden,
// motion is at rest, and the page's height holds. A page that does not come to
// rest in its time is captured as it is, as partial.
func (s *shot) settle(ctx context.Context) error {
	if s.halted {
		return nil // nothing moves any more, and nothing can be asked of it
	}
	limited, cancel := share(ctx, settleShare)
	defer cancel()
	if most := s.profile.MaxSettle; most > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(limited, time.Duration(most)*time.Second)
		defer stop()
	}
	err := s.settleAll(limited)
	if err == nil {
		return nil
	}
	if limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	s.partial("the page did not come to rest in its time")
	return s.halt(ctx)
}

func (s *shot) settleAll(ctx context.Context) error {
	for {
		for _, do := range []func(context.Context) error{s.waitFor, s.click, s.walk, s.walkInside} {
			if err := do(ctx); err != nil {
				return err
			}
		}
		reloaded, err := s.mend(ctx)
		if err != nil {
			return err
		}
		if !reloaded {
			break
		}
	}
	for _, do := range []func(context.Context) error{s.hide, s.rest, s.unfold} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// js calls one of our functions in the page.
func js[T any](ctx context.Context, s *shot, function string, args ...any) (T, error) {
	return inWorld[T](ctx, s, "pageinspect."+function, args)
}

// facts calls one of the functions that tell whether the page has arrived.
func facts[T any](ctx context.Context, s *shot, function string, args ...any) (T, error) {
	return inWorld[T](ctx, s, "arriving."+function, args)
}

// factsIn does so in a frame that the page may not look into.
func factsIn[T any](ctx context.Context, s *shot, frame cdp.FrameID, function string, args ...any) (T, error) {
	list, err := encode(args)
	if err != nil {
		return *new(T), err
	}
	return browser.EvaluateIn[T](ctx, s.tab, frame, fmt.Sprintf("%s; arriving.%s(%s)", arriveScript, function, list))
}

// encode writes arguments as JavaScript does.
func encode(args []any) (string, error) {
	var list []string
	for _, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			return "", err
		}
		list = append(list, string(b))
	}
	return strings.Join(list, ","), nil
}

// inWorld calls a function in the page. When the page has navigated by itself,
// our world went with its document; it is made anew, and the call repeated.
func inWorld[T any](ctx context.Context, s *shot, function string, args []any) (T, error) {
	list, err := encode(args)
	if err != nil {
		return *new(T), err
	}
	for try := 0; ; try++ {
		v, err := browser.Evaluate[T](ctx, s.tab, fmt.Sprintf("%s(%s)", function, list))
		if !errors.Is(err, browser.ErrLeft) || try == moves {
			return v, err
		}
		if err := s.follow(ctx); err != nil {
			return v, err
		}
	}
}

func (s *shot) waitFor(ctx context.Context) error {
	selector := s.profile.WaitFor
	if selector == "" {
		return nil
	}
	for end := time.Now().Add(waitForLimit); ; {
		has, err := js[bool](ctx, s, "has", selector)
		if err != nil || has {
			return err
		}
		if time.Now().After(end) {
			s.partial(fmt.Sprintf("wait_for %q did not appear within %v", selector, waitForLimit))
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *shot) click(ctx context.Context) error {
	for _, selector := range s.profile.Click {
		n, err := js[int](ctx, s, "click", selector)
		if err != nil {
			return err
		}
		if n == 0 {
			s.warn("click: nothing matches %q", selector)
			continue
		}
		s.manifest.Clicked = append(s.manifest.Clicked, selector)
		if err := s.pass(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *shot) hide(ctx context.Context) error {
	for _, selector := range s.profile.Hide {
		n, err := js[int](ctx, s, "hide", selector)
		if err != nil {
			return err
		}
		if n > 0 {
			s.manifest.Hidden = append(s.manifest.Hidden, selector)
		}
	}
	return nil
}

// rest brings the page back to its top, at rest, and stops its scripts, so
// that no carousel turns between one tile and the next.
func (s *shot) rest(ctx context.Context) error {
	if s.lively {
		if _, err := facts[chromedp.Void](ctx, s, "fonts", fontFrames); err != nil {
			return err
		}
	}
	if s.tab.Stands() { // without time there are no frames, which it waits for
		if err := s.tab.Begin(ctx, stepTime); err != nil {
			return err
		}
	}
	doc, err := js[document](ctx, s, "rest")
	if err != nil {
		return err
	}
	if doc.Lively {
		if err := s.awaitRequests(ctx); err != nil {
			return err
		}
		if doc, err = js[document](ctx, s, "describe"); err != nil {
			return err
		}
	}
	s.identify(doc)
	if _, err := s.findRoots(ctx, "", doc); err != nil {
		return err
	}
	return s.disableScripts(ctx)
}

func (s *shot) disableScripts(ctx context.Context) error {
	return command(ctx, s.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})()
}

// insist does what needs the page's attention. When a script that does not end
// keeps it for too long, the page's scripts are stopped for good, the page is
// partial, and it is done then.
func (s *shot) insist(ctx context.Context, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, atMost(ctx, attention, 0.2))
	defer cancel()
	err := do(limited)
	if err == nil || limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	s.partial("a script of the page did not end")
	if err := s.halt(ctx); err != nil {
		return err
	}
	return do(ctx)
}

// halt stops the page's scripts for good. The one that runs is interrupted, and
// so is the next that runs before the page has heard that it may run none.
func (s *shot) halt(ctx context.Context) error {
	s.halted = true
	ended := make(chan error, 1)
	go func() { ended <- s.disableScripts(ctx) }()
	for {
		// Without a script to interrupt, this is answered when there is one.
		limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		_, _ = browser.Call(limited, s.tab, runtime.TerminateExecution, cdp.Empty{})
		select {
		case err := <-ended:
			cancel()
			return err
		case <-limited.Done():
			cancel()
		}
	}
}

// atMost is limit, or the given part of the time that ctx has left if that is less.
func atMost(ctx context.Context, limit time.Duration, part float64) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(limit, time.Duration(float64(time.Until(end))*part))
	}
	return limit
}

// share is ctx with a deadline at the given part of the time it has left.
func share(ctx context.Context, part float64) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := time.Duration(float64(time.Until(end)) * part)
	return context.WithTimeout(ctx, left)
}
