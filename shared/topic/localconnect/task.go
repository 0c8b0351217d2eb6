package localconnect

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// commitTimeout bounds the commit of what was answered, also when the task is ending.
const commitTimeout = 10 * time.Second

// task is one member of the group.
type task struct {
	cfg   Config
	group *topic.Group
	log   *slog.Logger

	settling sync.Mutex // commits go to the broker in the order in which the window gives them out
	window   *window
}

// run fetches records and has up to InFlight of them under way until ctx ends.
func (t *task) run(ctx context.Context) {
	defer func() {
		if err := t.group.Close(); err != nil {
			t.log.Warn("could not leave the group", "error", err)
		}
	}()
	var flying sync.WaitGroup
	defer flying.Wait()
	slots := make(chan struct{}, t.cfg.InFlight)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		m, ok := t.next(ctx)
		if !ok {
			return
		}
		flying.Go(func() {
			defer func() { <-slots }()
			if t.settle(ctx, m) {
				t.commit(ctx, m)
			}
		})
	}
}

// next is the next record that is not under way already; false when ctx has ended.
func (t *task) next(ctx context.Context) (topic.Message, bool) {
	for {
		m, err := t.group.Fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return m, false
		case err != nil:
			t.log.Warn("waiting for Kafka", "error", err)
			if !pause(ctx, t.cfg.Backoff) {
				return m, false
			}
		case t.window.begin(m):
			return m, true
		default: // delivered again after a rebalance, and still under way
		}
	}
}

// commit notes that m is settled and commits as far as all is settled.
func (t *task) commit(ctx context.Context, m topic.Message) {
	t.settling.Lock()
	defer t.settling.Unlock()
	last, ok := t.window.settle(m)
	if !ok {
		return
	}
	// What was answered stays answered although we are to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	switch err := t.group.Commit(ctx, last); {
	case err == nil:
	case errors.Is(err, topic.ErrRevoked):
		t.log.Info("another task has the partition now and delivers again", "partition", last.Partition, "offset", last.Offset)
	default:
		// The next commit of the partition includes this one; without one it is delivered again.
		t.log.Warn("could not commit", "partition", last.Partition, "offset", last.Offset, "error", err)
	}
}

// pause waits for d or the end of ctx, and says whether ctx is still going.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
