package browser

import (
	"context"
	"time"

	"github.com/chromedp/cdproto/emulation"
)

const (
	// stall is how long a page's time may stand still although nothing that
	// ends is under way: an EventSource or a video holds it up for good.
	stall = time.Second
	// blink is the least piece of time that is granted.
	blink = 50 * time.Millisecond
	// lead is how far a page's time is kept before the real one once it is
	// granted by us: a page whose time falls behind draws no frames.
	lead = 5 * time.Second
	// starvation is how many tasks may run before time goes on all the same:
	// a page whose tasks beget tasks would stop its own clock.
	starvation = 1000
)

// Pass lets so much of the page's own time pass: its timers run one after the
// other without being waited for, while requests they make are answered in
// real time. Afterwards the page's time stands still until it is made to pass
// again; frames are drawn, and requests go on. For requests under way it waits
// for patience at most. It ends when the page goes elsewhere.
func (t *Tab) Pass(ctx context.Context, budget, patience time.Duration) error {
	// In pieces, so that little is left of one that a page does not live to see.
	policy := emulation.VirtualTimePolicyPauseIfNetworkFetchesPending
	for piece, end := budget/20, time.Now().Add(patience); budget > 0; piece *= 4 {
		piece = min(piece, budget)
		budget -= piece
		stalled, err := t.pass(ctx, policy, piece, end)
		if err != nil {
			return err
		}
		if stalled { // and would be, at each piece
			policy = emulation.VirtualTimePolicyAdvance
		}
		t.mu.Lock()
		left := t.document.gone != t.gone
		t.mu.Unlock()
		if left {
			return nil
		}
	}
	return nil
}

// pass grants a piece of time and waits for its end. It says whether the time
// had to be moved along although nothing that ends was under way.
func (t *Tab) pass(ctx context.Context, policy emulation.VirtualTimePolicy, budget time.Duration, end time.Time) (stalled bool, err error) {
	if err := t.finish(ctx); err != nil {
		return false, err
	}
	if err := t.grant(ctx, policy, budget); err != nil {
		return false, err
	}
	over := func() bool { return t.over() || t.document.gone != t.gone }
	for {
		if done, err := t.until(ctx, stall, over); done || err != nil {
			return false, err
		}
		if time.Until(end) <= 0 || t.idle() {
			return true, t.finish(ctx)
		}
		if _, err := t.until(ctx, time.Until(end), func() bool { return over() || t.awaited() == 0 }); err != nil {
			return false, err
		}
	}
}

// load waits until cond holds, as until does, for what takes of a page's time:
// a document does not load while that stands still. Once it is granted by us,
// it goes on at the real one's pace meanwhile.
func (t *Tab) load(ctx context.Context, limit time.Duration, cond func() bool) (bool, error) {
	if !t.Stands() {
		return t.until(ctx, limit, cond)
	}
	for end := time.Now().Add(limit); time.Until(end) > 0; {
		if met, err := t.until(ctx, min(blink, time.Until(end)), cond); met || err != nil {
			return met, err
		}
		t.mu.Lock()
		over := t.over()
		t.mu.Unlock()
		if over {
			if err := t.grant(ctx, emulation.VirtualTimePolicyAdvance, blink); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// Read waits until the documents of frames that are under way have come, and
// are read: unlike pictures, they take of the page's time.
func (t *Tab) Read(ctx context.Context, limit time.Duration) (bool, error) {
	return t.load(ctx, limit, func() bool { return t.awaited() == 0 })
}

// tick has the page's time go on, and keeps it before the real one, until the
// function that is returned is called: something in the page waits for frames or timers.
func (t *Tab) tick(ctx context.Context) (stop func()) {
	if !t.Stands() {
		return func() {}
	}
	_ = t.hurry(ctx) // if it fails, so does what comes next
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(blink)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = t.Begin(ctx, blink)
			_ = t.hurry(ctx)
		}
	}()
	return func() { cancel(); <-ended }
}

// hurry grants what the page's time is short of to be before the real one.
func (t *Tab) hurry(ctx context.Context) error {
	t.mu.Lock()
	behind := t.given-time.Since(t.clocked) < lead/2
	t.mu.Unlock()
	if !behind {
		return nil
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	if err := t.grant(ctx, emulation.VirtualTimePolicyAdvance, lead); err != nil {
		return err
	}
	_, err := t.until(ctx, stall, t.over)
	return err
}

// Stands says that the page's time stands still but for what it is granted.
func (t *Tab) Stands() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.granted > 0
}

// Begin lets so much of the page's own time pass from now on, and does not wait for it.
func (t *Tab) Begin(ctx context.Context, budget time.Duration) error {
	t.mu.Lock()
	over, idle := t.over(), t.awaited() == 0
	t.mu.Unlock()
	switch {
	case !over:
		return nil // an earlier grant is waiting for requests
	case idle: // what is still under way, a stream, would hold it up
		return t.grant(ctx, emulation.VirtualTimePolicyAdvance, budget)
	}
	return t.grant(ctx, emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, budget)
}

// Spent waits until the time that was granted has passed, at most until limit has
// if something under way holds it up. Else it is only the machine that is busy.
func (t *Tab) Spent(ctx context.Context, limit time.Duration) error {
	for end := time.Now().Add(lead); ; {
		over, err := t.until(ctx, limit, t.over)
		if over || err != nil || !t.idle() || time.Now().After(end) {
			return err
		}
	}
}

// finish has the time pass that was granted and has not passed, whatever is under
// way. A second grant beside it would end with the first.
func (t *Tab) finish(ctx context.Context) error {
	t.mu.Lock()
	over := t.over()
	t.mu.Unlock()
	if over {
		return nil
	}
	if err := t.setClock(ctx, emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyAdvance}); err != nil {
		return err
	}
	if _, err := t.until(ctx, 2*stall, t.over); err != nil {
		return err
	}
	t.mu.Lock()
	t.granted = max(t.expired, 1) // one that has not ended by now went with its document
	t.expired = t.granted
	t.mu.Unlock()
	// The grant may have ended just before: then its end did not stop the time.
	return t.setClock(ctx, emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyPause})
}

func (t *Tab) grant(ctx context.Context, policy emulation.VirtualTimePolicy, budget time.Duration) error {
	t.mu.Lock()
	if t.granted++; t.clocked.IsZero() {
		t.clocked = time.Now()
	}
	t.given += budget
	t.mu.Unlock()
	ms := float64(budget) / float64(time.Millisecond)
	return t.setClock(ctx, emulation.SetVirtualTimePolicyParams{Policy: policy, Budget: &ms, MaxVirtualTimeTaskStarvationCount: starvation})
}

func (t *Tab) setClock(ctx context.Context, params emulation.SetVirtualTimePolicyParams) error {
	_, err := Call(ctx, t, emulation.SetVirtualTimePolicy, params)
	return err
}

// over says that no time is left of what was granted; mu is held.
func (t *Tab) over() bool { return t.expired >= t.granted }

// idle says that nothing that ends is under way.
func (t *Tab) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.awaited() == 0
}
