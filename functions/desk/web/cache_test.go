package web

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestCacheIsBoundedByBytes(t *testing.T) {
	c := newCache[string](100)
	get := func(key string, bytes int) (made bool) {
		v, err := c.get(t.Context(), key, func(context.Context) (string, int, error) { made = true; return key, bytes, nil })
		if v != key || err != nil {
			t.Fatalf("%q, %v", v, err)
		}
		return made
	}
	for _, s := range []struct {
		key   string
		bytes int
		made  bool
	}{{"a", 40, true}, {"b", 40, true}, {"a", 40, false}, {"c", 40, true}, {"a", 40, false}, {"b", 40, true}, {"huge", 101, true}, {"huge", 101, true}, {"b", 40, false}} {
		if made := get(s.key, s.bytes); made != s.made {
			t.Errorf("%s was made: %v, want %v", s.key, made, s.made)
		}
	}
	if c.bytes > c.limit || len(c.byKey) != c.order.Len() {
		t.Errorf("%d bytes of %d, %d keys of %d", c.bytes, c.limit, len(c.byKey), c.order.Len())
	}
}

func TestCacheMakesOneThingOnce(t *testing.T) {
	c := newCache[int](100)
	var made atomic.Int32
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if v, err := c.get(t.Context(), "k", func(context.Context) (int, int, error) { made.Add(1); <-release; return 7, 1, nil }); v != 7 || err != nil {
				t.Errorf("%d, %v", v, err)
			}
		})
	}
	// One that gives up does not wait for the others, nor they for it.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.get(ctx, "k", func(context.Context) (int, int, error) { made.Add(1); <-release; return 7, 1, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	close(release)
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("it was made %d times", made.Load())
	}
	failed := errors.New("failed")
	for i := range 2 {
		if _, err := c.get(t.Context(), "bad", func(context.Context) (int, int, error) { return 0, 0, fmt.Errorf("%d: %w", i, failed) }); !errors.Is(err, failed) || err.Error()[0] != byte('0'+i) {
			t.Errorf("an error is kept: %v", err)
		}
	}
}
