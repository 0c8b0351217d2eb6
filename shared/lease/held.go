package lease

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// ErrLost happens if a lease that was held is held by somebody else, or must be
// taken to be: it could not be renewed in time. It is fault.Transient.
var ErrLost = fault.New(fault.Transient, "the work was taken over by another instance")

// endTimeout bounds writing down how the work ended, after its own time is over.
const endTimeout = 10 * time.Second

// Lease is one that is held. End it once, by Done, Release or Fail; a nil Lease
// is that of work which nobody else could be at, and ends without a trace.
type Lease struct {
	leases *Leases
	uri    store.URI
	age    time.Duration // since the run was begun first, when it was claimed
	until  time.Time     // when the renewals end by themselves; zero: never
	stop   chan struct{} // closed to end the renewals
	ended  sync.WaitGroup

	record Record

	mu         sync.Mutex // one write at a time
	over       bool       // Done, Release or Fail was called
	generation int64
	renewed    time.Time // before the latest write that worked was sent
}

func (l *Leases) keep(ctx context.Context, uri store.URI, r Record, a store.Attrs, began time.Time, lost context.CancelCauseFunc) *Lease {
	h := &Lease{leases: l, uri: uri, stop: make(chan struct{}), record: r, generation: a.Generation, renewed: began}
	h.until, _ = ctx.Deadline()
	if h.record.First.IsZero() {
		h.record.First = a.Created
	}
	h.age = a.Created.Sub(h.record.First)
	h.ended.Go(func() { h.renew(began, lost) })
	return h
}

// renew keeps the lease until stop, or until its time is up. Whatever happens to
// one renewal, the lease is given up for lost a TTL after the last that is known
// to have worked. Each renewal has a third of the TTL, so that one connection
// that is stuck does not cost the lease.
func (h *Lease) renew(last time.Time, lost context.CancelCauseFunc) {
	ttl := h.leases.TTL
	tick := time.NewTicker(ttl / 3)
	defer tick.Stop()
	var up <-chan time.Time
	if !h.until.IsZero() {
		timer := time.NewTimer(time.Until(h.until))
		defer timer.Stop()
		up = timer.C
	}
	for {
		select {
		case <-h.stop:
			return
		case <-up:
			lost(ErrLost)
			return
		case <-tick.C:
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), min(ttl/3, time.Until(last.Add(ttl))))
		err := h.write(ctx, h.record)
		cancel()
		if err == nil {
			last = began
		}
		if errors.Is(err, ErrLost) || time.Since(last) > ttl {
			lost(ErrLost)
			return
		}
	}
}

// Check is the fence: it says whether the lease is still held, and is to be asked
// right before the work is committed, since an owner that was frozen learns of
// its loss only some time after it goes on. It asks the store only where the
// latest renewal is old: nobody takes over before a TTL after it. Beyond the
// time that the lease was claimed for, and once the lease was ended, it fails.
func (h *Lease) Check(ctx context.Context) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	over := h.over || !h.until.IsZero() && time.Now().After(h.until)
	fresh := time.Since(h.renewed) < h.leases.TTL/2
	h.mu.Unlock()
	switch {
	case over:
		return ErrLost
	case fresh:
		return nil
	}
	return h.write(ctx, h.record)
}

// write replaces the object. A write whose answer was lost is found by its owner.
func (h *Lease) write(ctx context.Context, r Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	data := encode(r)
	for range 2 {
		began := time.Now()
		a, err := h.leases.Store.Replace(ctx, h.uri, h.generation, mediaType, data, nil)
		if err == nil {
			h.generation, h.renewed = a.Generation, began
			return nil
		}
		if !errors.Is(err, store.ErrChanged) {
			return err
		}
		if err := h.find(ctx); err != nil {
			return err
		}
	}
	return ErrLost
}

// find looks up the generation of our own latest write, if it is still there.
func (h *Lease) find(ctx context.Context) error {
	b, a, err := h.leases.Store.Read(ctx, h.uri, maxRecord)
	if errors.Is(err, store.ErrNotExist) {
		return ErrLost
	}
	if err != nil {
		return err
	}
	if r, err := Decode(b); err != nil || r.Owner != h.record.Owner {
		return ErrLost
	}
	h.generation = a.Generation
	return nil
}

// end stops the renewals and gives the time that writing down the end may take.
func (h *Lease) end(ctx context.Context) (context.Context, context.CancelFunc) {
	close(h.stop)
	h.ended.Wait()
	h.mu.Lock()
	h.over = true
	h.mu.Unlock()
	return context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
}

// Done gives the lease up for good: the work is done. An error leaves only an
// object behind that expires.
func (h *Lease) Done(ctx context.Context) error {
	if h == nil {
		return nil
	}
	ctx, cancel := h.end(ctx)
	defer cancel()
	err := h.leases.Store.DeleteGeneration(ctx, h.uri, h.generation)
	if errors.Is(err, store.ErrChanged) {
		if err = h.find(ctx); err == nil {
			err = h.leases.Store.DeleteGeneration(ctx, h.uri, h.generation)
		}
	}
	return err
}

// Release lets the next delivery begin the work anew, because of cause. One that
// fault.Busy marked leaves the count of attempts as if nothing had been begun.
func (h *Lease) Release(ctx context.Context, cause error) error {
	if h == nil {
		return nil
	}
	ctx, cancel := h.end(ctx)
	defer cancel()
	r := h.record
	r.Owner, r.Last = "", cause.Error()
	if fault.IsBusy(cause) {
		r.Begun--
	} else {
		r.Told++
	}
	return h.write(ctx, r)
}

// Fail records that the run failed for good, as the errors topic is to have it.
// Once it returns nil every later delivery of the run gets that record. ErrLost
// says that somebody else is at it, whose outcome counts.
func (h *Lease) Fail(ctx context.Context, failure json.RawMessage) error {
	if h == nil {
		return nil
	}
	ctx, cancel := h.end(ctx)
	defer cancel()
	r := h.record
	r.Owner, r.Failure = "", failure
	return h.write(ctx, r)
}

// Spent says that a failure that may heal was the last one: MaxAttempts of them,
// and not all within an outage that people are still busy with.
func (h *Lease) Spent() bool {
	if h == nil {
		return false
	}
	return h.record.Told+1 >= h.leases.MaxAttempts && h.age >= patience
}
