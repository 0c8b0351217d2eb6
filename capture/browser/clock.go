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
	// blink is the least time that can be granted, and what a document is given
	// again and again until it is loaded: parsing, too, takes of its time.
	blink = 50 * time.Millisecond
	// starvation is how many tasks may run before time goes on all the same:
	// a page whose tasks beget tasks would stop its own clock.
	starvation = 1000
)

// Pass lets so much of the page's own time pass: its timers run one after the
// other without being waited for, while requests they make are answered in
// real time. Afterwards the page's time stands still until it is made to pass
// again; frames are drawn, and requests go on. For requests under way it waits
// for patience at most.
func (t *Tab) Pass(ctx context.Context, budget, patience time.Duration) error {
	if err := t.finish(ctx); err != nil {
		return err
	}
	if err := t.grant(ctx, emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, budget); err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		if done, err := t.until(ctx, stall, t.over); done || err != nil {
			return err
		}
		if time.Until(end) <= 0 || t.idle() {
			return t.finish(ctx)
		}
		if _, err := t.until(ctx, time.Until(end), func() bool { return t.over() || t.awaited() == 0 }); err != nil {
			return err
		}
	}
}

// load waits until cond holds, as until does. A page whose time stands still
// would never get there: it is given a little until it does.
func (t *Tab) load(ctx context.Context, limit time.Duration, cond func() bool) (bool, error) {
	t.mu.Lock()
	clocked := t.granted > 0
	t.mu.Unlock()
	for end := time.Now().Add(limit); ; {
		met := false
		if _, err := t.until(ctx, time.Until(end), func() bool { met = cond(); return met || clocked && t.over() }); met || err != nil {
			return met, err
		}
		if time.Until(end) <= 0 {
			return false, nil
		}
		if err := t.grant(ctx, emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, blink); err != nil {
			return false, err
		}
	}
}

// Read waits until the documents of frames that are under way have come, and
// are read: unlike pictures, they take of the page's time.
func (t *Tab) Read(ctx context.Context, limit time.Duration) (bool, error) {
	return t.load(ctx, limit, func() bool { return t.awaited() == 0 })
}

// tick lets the page's time pass a little at a time while something in the page
// waits for it, until the function that is returned is called.
func (t *Tab) tick(ctx context.Context) (stop func()) {
	if !t.Stands() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(blink / 2)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = t.Begin(ctx, blink) // the page is gone, as whoever waits will hear
		}
	}()
	return func() { cancel(); <-ended }
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

// Freeze stops the page's time: no timer of it fires any more, until it is made
// to pass. It does so by way of a grant: a page whose time is stopped outright
// draws no frames either.
func (t *Tab) Freeze(ctx context.Context) error {
	if err := t.grant(ctx, emulation.VirtualTimePolicyAdvance, blink); err != nil {
		return err
	}
	return t.finish(ctx)
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
	_, err := t.until(ctx, 2*stall, t.over)
	t.mu.Lock()
	t.granted = t.expired // one that has not ended by now went with its document
	t.mu.Unlock()
	return err
}

func (t *Tab) grant(ctx context.Context, policy emulation.VirtualTimePolicy, budget time.Duration) error {
	t.mu.Lock()
	t.granted++
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
