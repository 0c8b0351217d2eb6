package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// TestStuckTry: a connection on which nothing comes back costs its own time and
// not that of whoever asked.
func TestStuckTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began, tries := time.Now(), 0
		err := attempts(ctx, tryLimit(8<<20), func(ctx context.Context, again bool) error {
			if tries++; tries == 1 {
				return stuck(ctx)
			}
			return nil
		})
		if err != nil || tries != 2 || time.Since(began) > 30*time.Second {
			t.Errorf("%d tries in %v: %v", tries, time.Since(began), err)
		}
		err = explain(ctx, attempts(ctx, patience, func(ctx context.Context, _ bool) error { return stuck(ctx) }), "read")
		if fault.KindOf(err) != fault.Transient || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stuck every time: kind %s, %v; want it delivered again", fault.KindOf(err), err)
		}
		if err := explain(ctx, attempts(ctx, 2*time.Hour, func(ctx context.Context, _ bool) error { return stuck(ctx) }), "read"); fault.KindOf(err) != fault.Timeout {
			t.Errorf("the caller's own time ran out: kind %s, %v", fault.KindOf(err), err)
		}
	})
}
