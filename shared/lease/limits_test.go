package lease

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// TestLeaseEndsWithItsDelivery: an owner that is stuck, and not dead, keeps its
// lease for the time of its delivery and no longer.
func TestLeaseEndsWithItsDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := leases(&clocked{})
		delivery, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
		defer cancel()
		ctx, lost := context.WithCancelCause(t.Context())
		stuck, err := l.Claim(delivery, "p-1", Run{}, lost)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(9*time.Minute - time.Second)
		held(t, l, Run{})
		time.Sleep(2 * time.Second)
		if !errors.Is(context.Cause(ctx), ErrLost) {
			t.Errorf("the owner was not told: %v", context.Cause(ctx))
		}
		if err := stuck.Check(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("the stuck owner may commit: %v", err)
		}
		time.Sleep(l.TTL + 2*rounding)
		if err := claim(t, l, Run{}).Done(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestBusyIsNoAttempt: what says nothing about the work may go on for days, and
// neither counts as a failure nor as a silent death.
func TestBusyIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := leases(&clocked{})
		for range 10 * l.MaxAttempts {
			h := claim(t, l, Run{})
			if h.Spent() {
				t.Fatal("spent by being busy")
			}
			if err := h.Release(t.Context(), fault.Wrap(fault.Transient, fault.Busy(errors.New("no place free")), "tab")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
	})
}

// stuckOnce has one connection on which nothing comes back until its context ends.
type stuckOnce struct {
	*clocked
	stuck chan struct{} // holds one
}

func (s *stuckOnce) Replace(ctx context.Context, uri store.URI, gen int64, media string, data []byte, meta map[string]string) (store.Attrs, error) {
	select {
	case <-s.stuck:
		<-ctx.Done()
		return store.Attrs{}, ctx.Err()
	default:
		return s.clocked.Replace(ctx, uri, gen, media, data, meta)
	}
}

// TestOneStuckConnectionDoesNotCostTheLease: the second renewal still comes in time.
func TestOneStuckConnectionDoesNotCostTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuckOnce{clocked: &clocked{}, stuck: make(chan struct{}, 1)}
		h := claim(t, leases(s), Run{})
		s.stuck <- struct{}{}
		time.Sleep(time.Hour)
		if err := h.Done(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
