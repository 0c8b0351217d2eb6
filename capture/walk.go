package capture

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/page"
)

const (
	// ownTime is how much of its own time a page is given after it was walked:
	// what a script shows later, a shopper has left before.
	ownTime = 5 * time.Second
	// stepTime is how much of it passes at each step of a later walk.
	stepTime = 150 * time.Millisecond
	// visitTime is how much of it passes at a place that waits: some want to be
	// looked at for a second.
	visitTime = 1200 * time.Millisecond
	// visitPatience is how long it may take to pass: it stands still while the place
	// asks for something.
	visitPatience = 300 * time.Millisecond
	// wheelTurns is how often the wheel is turned at most, and wheelTime how much of
	// the page's time passes at each: pages heed no second turn while they move.
	wheelTurns, wheelTime = 30, 1500 * time.Millisecond
	// rounds is how often a page that grew meanwhile is given time again.
	rounds = 6
	// frames is how many animation frames a page that asks for them is given after
	// a walk, and frameCalm how many in which nothing changes.
	frames, frameCalm = 150, 60
	// trifle is how long requests are waited for, none of which matters.
	trifle = 3 * time.Second
	// streamTime is how long streams that are open may take to bring something,
	// and streamCalm how long they must be silent then.
	streamTime, streamCalm = 3 * time.Second, 500 * time.Millisecond
)

// greet does what a shopper's hand does first. Pages that were made faster
// wait for it before they run their scripts. Nothing is clicked, and the pointer
// leaves by the window's left edge. Before the first frame is drawn the browser
// drops such events, so it comes after a walk.
func (s *shot) greet(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, time.Second) // a page that does not answer is dealt with when it is asked
	defer cancel()
	x, y := 1.0, float64(s.profile.Viewport.Height)/2
	move := func(x float64) func() error {
		params := input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}
		return command(limited, s.tab, input.DispatchMouseEvent, params)
	}
	touch := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) func() error {
		params := input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, at...)}
		return command(limited, s.tab, input.DispatchTouchEvent, params)
	}
	key := func(kind input.DispatchKeyEventType) func() error {
		params := input.DispatchKeyEventParams{Type: kind, Key: "Shift", Code: "ShiftLeft", WindowsVirtualKeyCode: 16}
		return command(limited, s.tab, input.DispatchKeyEvent, params)
	}
	// In this order, as a hand does: a finger on the screen takes the wheel's events away.
	for _, together := range [][]func() error{
		{move(x + 3), key(input.DispatchKeyEventTypeKeyDown), command(limited, s.tab, turnWheel, wheelTurn{Type: input.DispatchMouseEventTypeMouseWheel, X: x, Y: y, DeltaY: -1})},
		{move(x), key(input.DispatchKeyEventTypeKeyUp), touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: x, Y: y})},
		{touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: x, Y: y + 2})},
		{touch(input.DispatchTouchEventTypeTouchCancel), func() error { return s.pointOut(limited) }}, // and never a tap
	} {
		if browser.Together(together...) != nil {
			_ = s.pointOut(ctx)
			return
		}
	}
}

// pointOut takes the pointer off the page, to the left: what it rests on would be
// drawn as it looks under a pointer, and a browser without a mouse has one at the
// window's corner.
func (s *shot) pointOut(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, time.Second) // a page that does not answer is dealt with when it is asked
	defer cancel()
	_ = command(limited, s.tab, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: -100, Y: float64(s.profile.Viewport.Height) / 2})()
	return ctx.Err()
}

// wheelTurn is input.DispatchMouseEventParams with both deltas, which the browser wants, though one is 0.
type wheelTurn struct {
	Type   input.DispatchMouseEventType `json:"type"`
	X      float64                      `json:"x"`
	Y      float64                      `json:"y"`
	DeltaX float64                      `json:"deltaX"`
	DeltaY float64                      `json:"deltaY"`
}

var turnWheel = cdp.Command[wheelTurn, cdp.Empty]{Method: input.CommandDispatchMouseEvent}

// wheelOn turns the wheel, on a page in which nothing scrolls, for as long as
// that shows something new: one goes from section to section by itself.
func (s *shot) wheelOn(ctx context.Context) error {
	locked, err := js[bool](ctx, s, "locked")
	if err != nil || !locked || len(s.tab.Waiting()) > 0 { // a page that asks all the time stands still at each turn
		return err
	}
	worlds, known := s.worlds, map[string]bool{}
	for n := 0; ; n++ {
		if err := s.tab.Pass(ctx, wheelTime, time.Second); err != nil { // what the turn before began
			return err
		}
		at, err := js[string](ctx, s, "scenery")
		if err != nil || known[at] || s.worlds != worlds {
			return err
		}
		if n == wheelTurns {
			if err := s.tab.Pass(ctx, wheelTime, time.Second); err != nil {
				return err
			}
			if still, err := js[string](ctx, s, "scenery"); err != nil || still != at { // what changes by itself the wheel did not bring
				return err
			}
			s.partial(fmt.Sprintf("the wheel still showed something new after %d turns", wheelTurns))
			return nil
		}
		known[at] = true
		limited, cancel := context.WithTimeout(ctx, time.Second) // as with greet
		turn := wheelTurn{Type: input.DispatchMouseEventTypeMouseWheel, X: float64(s.profile.Viewport.Width) / 2, Y: float64(s.profile.Viewport.Height) / 2, DeltaY: 100}
		_ = command(limited, s.tab, turnWheel, turn)()
		cancel()
		if err := s.pointOut(ctx); err != nil {
			return err
		}
	}
}

// measure is how much there is in the page, and where it was last changed.
type measure struct {
	Chars, Pictures int
	Height          float64
	Y               float64 // the topmost change; -1 if there was none
	Turning         bool    // something shows things in turn, and not all of them yet
}

// grew says whether more came than a clock or a ticker brings.
func (m measure) grew(before measure) bool {
	return m.Height != before.Height || m.Pictures > before.Pictures || m.Chars > before.Chars+max(30, before.Chars/100)
}

// walk scrolls down the page, gives it time, and walks again from where it
// changed, until nothing comes any more. A page in which nothing can change, by
// itself or by being scrolled, is whole once it is loaded.
func (s *shot) walk(ctx context.Context) error {
	if !s.lively {
		return nil
	}
	y, worlds := 0.0, s.worlds
	for round := 0; ; {
		if err := s.walkDown(ctx, y); err != nil {
			return err
		}
		before, err := facts[measure](ctx, s, "watch")
		if err != nil {
			return err
		}
		if s.greeted != s.worlds {
			s.greeted = s.worlds
			s.greet(ctx)
		}
		if err := s.wheelOn(ctx); err != nil {
			return err
		}
		if err := s.pass(ctx); err != nil {
			return err
		}
		if s.worlds != worlds {
			y, worlds, round = 0, s.worlds, 0
			continue
		}
		after, err := facts[measure](ctx, s, "changed")
		for err == nil && after.Turning && s.worlds == worlds {
			if err = s.pass(ctx); err == nil {
				after, err = facts[measure](ctx, s, "changed")
			}
		}
		if err != nil {
			return err
		}
		if s.worlds != worlds { // another document: from its top
			y, worlds, round = 0, s.worlds, 0
			continue
		}
		if !after.grew(before) || after.Height >= float64(s.profile.MaxHeight) && before.Height >= float64(s.profile.MaxHeight) {
			return nil
		}
		if round++; round == rounds {
			s.unseen(page.Unseen{Kind: page.Loading, Why: fmt.Sprintf("the page was still growing after %v of its time", rounds*ownTime)})
			return nil
		}
		y = max(0, after.Y)
	}
}

// walkDown scrolls from y to the end of the page, and on while that makes it
// grow. With its time standing still, a little of it passes at each step, for
// scripts that look with a delay at what has come into view.
func (s *shot) walkDown(ctx context.Context, y float64) error {
	type step struct {
		Y, Next, Height float64
		Done            bool
		Frames          bool
	}
	limit, worlds := s.profile.MaxHeight, s.worlds
	for height := -1.0; ; {
		patience := 5000
		if s.tab.Stands() {
			patience = 0 // one step at a time
			if err := s.tab.Begin(ctx, stepTime); err != nil {
				return err
			}
		}
		w, err := js[step](ctx, s, "walk", y, walkStep, limit, patience)
		if err != nil {
			return err
		}
		if s.worlds != worlds { // another document: from its top
			worlds, y, height = s.worlds, 0, -1
			continue
		}
		if y = w.Y; !w.Done {
			y = w.Next
			continue
		}
		started, asked := s.tab.Started(), slices.ContainsFunc(s.tab.Waiting(), func(p browser.Pending) bool { return scripted(p.Kind) })
		if err := s.awaitRequests(ctx); err != nil {
			return err
		}
		if asked { // what came is not in the page yet
			if s.tab.Stands() {
				if err := s.tab.Begin(ctx, stepTime); err != nil {
					return err
				}
			}
			if _, err := js[chromedp.Void](ctx, s, "placed"); err != nil {
				return err
			}
		}
		if w.Frames && w.Height != height { // once at each end that it comes to
			if _, err := js[chromedp.Void](ctx, s, "frames", frames, frameCalm); err != nil {
				return err
			}
		}
		now, err := js[float64](ctx, s, "height")
		if err != nil {
			return err
		}
		if s.worlds == worlds && (now == w.Height && (w.Height == height || s.tab.Started() == started) || w.Height >= float64(limit)) {
			return nil
		}
		height = w.Height
	}
}

// awaitRequests waits for what is under way: as long as any of it matters. That
// changes while it comes: the end of an answer that no script reads is never heard of.
func (s *shot) awaitRequests(ctx context.Context) error {
	for end := time.Now().Add(slowest); time.Until(end) > 0; {
		quiet, err := s.tab.Quiet(ctx, 0, min(trifle, time.Until(end)))
		if quiet || err != nil {
			return err
		}
		matters, err := s.awaited(ctx)
		if err != nil {
			return err
		}
		if !matters {
			break
		}
	}
	for _, p := range s.tab.Waiting() {
		if !p.Late {
			s.warn("did not finish loading in its time: %s", p.URL)
		}
	}
	s.tab.GiveUp()
	return nil
}

// scripted says whether nobody but a script knows what a request of some kind brings.
func scripted(kind network.ResourceType) bool {
	return kind == network.ResourceTypeScript || kind == network.ResourceTypeFetch || kind == network.ResourceTypeXHR
}

// awaited says whether anything under way could still show something.
func (s *shot) awaited(ctx context.Context) (bool, error) {
	pending := s.tab.Waiting()
	for _, p := range pending {
		if scripted(p.Kind) && !p.Begun && !p.Poll {
			return true, nil // nobody knows what it brings; of one that has begun, it is seen
		}
	}
	lacks, err := s.missing(ctx)
	for _, l := range lacks {
		if l.Kind == page.Loading {
			return true, err
		}
	}
	return false, err
}

// pass lets the page's own time pass, after what its streams have to say.
func (s *shot) pass(ctx context.Context) error {
	if err := s.tab.Told(ctx, false, streamCalm, streamTime); err != nil {
		return err
	}
	return s.tab.Pass(ctx, ownTime, slowest)
}
