package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// errStopping is why work is cancelled at the instance's end.
var errStopping = errors.New("the instance is being stopped")

// running is what a handler is busy with. Its zero value is ready for use.
type running struct {
	mu       sync.Mutex
	stopping bool
	work     map[*entry]struct{}
	stuck    int           // pieces of work that did not end in their time and are still at it
	idle     chan struct{} // closed when stopping and nothing is left
}

// entry is one delivery.
type entry struct {
	cancel context.CancelCauseFunc
	end    time.Time
}

// enter counts a delivery in, unless the instance is ending. The context it
// returns is cancelled when the instance is stopped.
func (r *running) enter(ctx context.Context, end time.Time) (context.Context, func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping {
		return ctx, nil, fault.Busy(errStopping)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	e := &entry{cancel, end}
	if r.work == nil {
		r.work = map[*entry]struct{}{}
	}
	r.work[e] = struct{}{}
	return ctx, func() {
		cancel(nil)
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.work, e)
		if r.stopping && len(r.work) == 0 {
			close(r.idle)
		}
	}, nil
}

// within waits for do until its time is up, and leaves it behind if it is stuck:
// the work can be begun elsewhere, and the probe says that this instance should
// be replaced.
func (r *running) within(t times, do func() error) error {
	result := make(chan error, 1)
	go func() { result <- do() }()
	timer := time.NewTimer(time.Until(t.stuck))
	defer timer.Stop()
	select {
	case err := <-result:
		return err
	case <-timer.C:
	}
	r.count(1)
	go func() {
		<-result
		r.count(-1)
	}()
	return fault.New(fault.Transient, "it did not stop when its time was up, and was left behind")
}

func (r *running) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stuck += n
}

// overdue says what has outlived its time.
func (r *running) overdue(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stuck > 0 {
		return fmt.Errorf("%d pieces of work did not stop when their time was up", r.stuck)
	}
	for e := range r.work {
		if now.After(e.end.Add(pause)) {
			return fmt.Errorf("a delivery has outlived its limit by %v", now.Sub(e.end).Round(time.Second))
		}
	}
	return nil
}

// probe answers a liveness or startup probe: 503 asks the platform to replace
// the instance.
func (h *Handler) probe(ctx context.Context) answer {
	err := h.running.overdue(time.Now())
	if err == nil && h.Healthy != nil {
		err = h.Healthy(ctx)
	}
	if err != nil {
		h.Log.ErrorContext(ctx, "unhealthy", "error", err.Error())
		return answer{http.StatusServiceUnavailable, "unhealthy: " + err.Error(), pause}
	}
	return answer{http.StatusOK, fmt.Sprintf("Pageinspect %s is up; POST an event here", h.Stage), 0}
}

// Drain ends the handler's work for the end of the instance: what is delivered
// from now on is refused, and what runs is cancelled, gives its lease back as if
// it had not been begun, and is delivered again. It returns when nothing runs
// any more, or when ctx ends.
func (h *Handler) Drain(ctx context.Context) {
	r := &h.running
	r.mu.Lock()
	if !r.stopping {
		r.stopping, r.idle = true, make(chan struct{})
		for e := range r.work {
			e.cancel(errStopping)
		}
		if len(r.work) == 0 {
			close(r.idle)
		}
	}
	idle, left := r.idle, len(r.work)
	r.mu.Unlock()
	h.Log.InfoContext(ctx, "stopping", "deliveries", left)
	select {
	case <-idle:
	case <-ctx.Done():
		h.Log.WarnContext(ctx, "stopped before every delivery had ended; what is left is taken over when its lease expires")
	}
}
