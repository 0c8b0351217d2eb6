package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// one does an item and decides, by the kind of its failure, what becomes of it.
// It returns why the item must be delivered again.
func (h *Handler) one(ctx context.Context, t times, item *Item) error {
	began := h.Now()
	ctx, end := telemetry.Page(telemetry.Continue(ctx, item.Trace), string(h.Stage))
	own, err := h.work(ctx, t, item)
	address := job.Bare(item.Request.URL)
	end(item.Request.ID, address, err)
	log := h.Log.With("id", item.Request.ID, "url", address, "stage", h.Stage, "ms", h.Now().Sub(began).Milliseconds())
	earlier, failedBefore := errors.AsType[*lease.Failed](err)
	kind := fault.KindOf(err)
	switch {
	case err == nil:
		log.InfoContext(ctx, "done")
		if err := own.Done(ctx); err != nil {
			log.WarnContext(ctx, "the lease stays until it expires", "error", err.Error())
		}
		return nil
	case failedBefore:
		log.InfoContext(ctx, "failed before; the record is repeated")
		return h.publish(ctx, item.Request.ID, earlier.Record)
	case kind.Retryable() && (fault.IsBusy(err) || !own.Spent()):
		log.WarnContext(ctx, "failed", "kind", kind, "error", err.Error())
		if lost := own.Release(ctx, err); lost != nil {
			log.WarnContext(ctx, "the lease could not be given back", "error", lost.Error())
		}
		return err
	}
	log.WarnContext(ctx, "failed for good", "kind", kind, "error", err.Error())
	f := job.NewFailure(h.Stage, err, item.Request, item.Value, item.Source, h.Now())
	if err := h.record(ctx, own, f); err != nil {
		log.ErrorContext(ctx, "the failure could not be recorded; asking for another delivery", "error", err.Error())
		return err
	}
	return nil
}

// work looks, claims and does, within its time. The lease comes with any error
// that there was once it was claimed.
func (h *Handler) work(ctx context.Context, t times, item *Item) (own *lease.Lease, err error) {
	if item.Err != nil {
		return h.claimFailure(ctx, item, lease.Run{}, item.Err)
	}
	late := !h.Now().Before(t.half)
	work, cancel := context.WithDeadline(ctx, t.work)
	defer cancel()
	work, lost := context.WithCancelCause(work)
	defer lost(nil)
	if work.Err() != nil {
		return nil, fault.New(fault.Transient, "no time was left for it in this delivery")
	}
	defer func() { err = blame(work, late, err) }()

	todo := h.Open(item)
	run, done, err := h.look(work, todo)
	if done {
		return nil, nil
	}
	if err != nil {
		if fault.KindOf(err).Retryable() || work.Err() != nil {
			return nil, err
		}
		return h.claimFailure(ctx, item, run, err)
	}
	leave, err := todo.Ready(work)
	if err != nil {
		return nil, err
	}
	defer leave()
	own, err = h.Leases.Claim(ctx, item.Request.ID, run, lost) // ctx ends with the delivery, and so does the lease
	if err != nil {
		return own, err
	}
	if _, done, err = h.look(work, todo); done || err != nil {
		return own, err
	}
	return own, h.running.within(t, func() error {
		return h.guarded(work, item.Request.ID, func() error { return todo.Do(work, own) })
	})
}

func (h *Handler) look(ctx context.Context, todo Job) (run lease.Run, done bool, err error) {
	err = h.guarded(ctx, "", func() (err error) { run, done, err = todo.Look(ctx); return err })
	return run, done && err == nil, err
}

// claimFailure claims what has failed already, so that its failure, too, is
// decided once. Where somebody is at work under its id, the failure waits.
func (h *Handler) claimFailure(ctx context.Context, item *Item, run lease.Run, failure error) (*lease.Lease, error) {
	item.Request = item.Request.Identify(item.Source, item.Value)
	if run == (lease.Run{}) {
		run.Request = job.ShortSum(item.Value)
	}
	own, err := h.Leases.Claim(ctx, item.Request.ID, run, func(error) {})
	if own == nil {
		return nil, err
	}
	return own, failure
}

// guarded turns a panic into this item's failure alone: the rest of its batch goes on.
func (h *Handler) guarded(ctx context.Context, id string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "id", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "panic: %v", p)
		}
	}()
	return do()
}

// blame decides whether an error is the work's own. What was cut short because
// the instance is ending, the lease was lost, or the batch left too little time
// is delivered again.
func blame(ctx context.Context, late bool, err error) error {
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case errors.Is(cause, errStopping):
		return fault.Busy(errStopping)
	case errors.Is(cause, lease.ErrLost):
		return &fault.Error{Kind: fault.Transient, Err: lease.ErrLost}
	case late && fault.KindOf(err) == fault.Timeout:
		return &fault.Error{Kind: fault.Transient, Op: "begun late in its batch", Err: err}
	}
	return err
}

// longest is the time of a delivery where the platform tells none: the longest
// that Cloud Run allows.
const longest = time.Hour

// times is how the time of one delivery is spent.
type times struct {
	// half is when half of it is over. An item of a batch that was begun after
	// that and ran out of time is delivered again: it had too little to be
	// blamed.
	half time.Time
	work time.Time // when the work ends, and the reserve begins: to write down what happened
	// stuck is when work that has not ended by then is left behind: half of the
	// reserve is kept to give its lease back.
	stuck time.Time
	end   time.Time // the platform's limit, which the functions framework makes the context's deadline
}

func timesOf(ctx context.Context) times {
	now := time.Now()
	end, ok := ctx.Deadline()
	if !ok {
		end = now.Add(longest)
	}
	left := end.Sub(now)
	return times{half: now.Add(left / 2), work: end.Add(-reserve(left)), stuck: end.Add(-reserve(left) / 2), end: end}
}

// reserve is a tenth of the time, at most 40 s: writing a failure down may take
// 10 s for its lease and as long for its topic.
func reserve(left time.Duration) time.Duration { return min(left/10, 40*time.Second) }
