package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/pageinspect/pageinspect/capture/browser"
)

const (
	// walkStep is how far to scroll at once, in CSS pixels: with bigger steps,
	// IntersectionObserver images are passed over unseen.
	walkStep = 800
	// calm is how long a page that loads things as it is scrolled must be
	// without requests before it counts as settled.
	calm = 300 * time.Millisecond
	// slowest is how long requests already under way are waited for.
	slowest = 15 * time.Second
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
	for _, do := range []func(context.Context) error{s.waitFor, s.click, s.walk, s.walkInside, s.hide, s.rest, s.unfold} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// js calls one of our functions in the page. When the page has navigated by
// itself, our world went with its document; it is made anew, and the call repeated.
func js[T any](ctx context.Context, s *shot, function string, args ...any) (T, error) {
	encoded := make([]byte, 0, 64)
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			return *new(T), err
		}
		if i > 0 {
			encoded = append(encoded, ',')
		}
		encoded = append(encoded, b...)
	}
	for try := 0; ; try++ {
		v, err := browser.Evaluate[T](ctx, s.tab, fmt.Sprintf("pageinspect.%s(%s)", function, encoded))
		if !errors.Is(err, browser.ErrLeft) || try == moves {
			return v, err
		}
		if err := s.arrive(ctx); err != nil {
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
		if _, err := s.tab.Quiet(ctx, calm, slowest); err != nil {
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

// walk scrolls down the page until its height holds and what it asked for has
// arrived. A page in which nothing can change, by itself or by being scrolled,
// is whole once it is loaded.
func (s *shot) walk(ctx context.Context) error {
	if !s.lively {
		return nil
	}
	type step struct {
		Y, Height float64
		Done      bool
		Scripts   bool
	}
	limit := s.profile.MaxHeight
	worlds := s.worlds
	before := s.tab.Started()
	for y, height := 0.0, -1.0; ; {
		w, err := js[step](ctx, s, "walk", y, walkStep, limit, 5000)
		if err != nil {
			return err
		}
		if s.worlds != worlds { // another document: from its top
			worlds, y, height, before = s.worlds, 0, -1, -1
			continue
		}
		y = w.Y
		if !w.Done {
			y += walkStep
			continue
		}
		grew := w.Height != height && height >= 0
		stirred := s.tab.Started() != before
		before, height = s.tab.Started(), w.Height
		wait := time.Duration(0)
		if stirred || grew || w.Scripts {
			wait = calm
		}
		quiet, err := s.tab.Quiet(ctx, wait, slowest)
		if err != nil {
			return err
		}
		if !quiet {
			for _, address := range s.tab.Waiting() {
				s.warn("did not finish loading within %v: %s", slowest, address)
			}
			return nil
		}
		now, err := js[float64](ctx, s, "height")
		if err != nil {
			return err
		}
		if (now == height && s.tab.Started() == before) || height >= float64(limit) {
			return nil
		}
	}
}

// rest brings the page back to its top, at rest, and stops its scripts, so
// that no carousel turns between one tile and the next.
func (s *shot) rest(ctx context.Context) error {
	doc, err := js[document](ctx, s, "rest")
	if err != nil {
		return err
	}
	if doc.Lively {
		if _, err := s.tab.Quiet(ctx, 0, slowest); err != nil {
			return err
		}
		if doc, err = js[document](ctx, s, "describe"); err != nil {
			return err
		}
	}
	s.identify(doc)
	failed := s.tab.Failed()
	for _, address := range doc.Missing {
		why := failed[address]
		if why == "" {
			why = "it did not arrive"
		}
		s.warn("image not shown (%s): %s", why, address)
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
