package lease

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

// clocked is a store whose clock is not the machine's, and which can be made to
// fail. Tests of time need it; the others use a real one.
type clocked struct {
	mu      sync.Mutex
	skew    time.Duration
	fail    error
	data    []byte
	created time.Time
	gen     int64
}

func (c *clocked) now() time.Time { return time.Now().Add(c.skew).Truncate(time.Second) }

func (c *clocked) attrs() store.Attrs { return store.Attrs{Generation: c.gen, Created: c.created} }

func (c *clocked) refuse(sentinel error) error {
	return errors.Join(sentinel, &googleapi.Error{Code: 412, Header: http.Header{"Date": {c.now().UTC().Format(http.TimeFormat)}}})
}

func (c *clocked) do(change func() error) (store.Attrs, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return store.Attrs{}, c.fail
	}
	err := change()
	return c.attrs(), err
}

func (c *clocked) put(data []byte) error {
	c.data, c.created, c.gen = data, c.now(), c.gen+1
	return nil
}

func (c *clocked) Create(_ context.Context, _ store.URI, _ string, data []byte, _ map[string]string) (store.Attrs, error) {
	return c.do(func() error {
		if c.data != nil {
			return c.refuse(store.ErrExists)
		}
		return c.put(data)
	})
}

func (c *clocked) Replace(_ context.Context, _ store.URI, gen int64, _ string, data []byte, _ map[string]string) (store.Attrs, error) {
	return c.do(func() error {
		if c.data == nil || gen != c.gen {
			return c.refuse(store.ErrChanged)
		}
		return c.put(data)
	})
}

func (c *clocked) Read(context.Context, store.URI, int64) (data []byte, a store.Attrs, err error) {
	a, err = c.do(func() error {
		if c.data == nil {
			return store.ErrNotExist
		}
		data = c.data
		return nil
	})
	return data, a, err
}

func (c *clocked) DeleteGeneration(_ context.Context, _ store.URI, gen int64) error {
	_, err := c.do(func() error {
		if c.data == nil || gen != c.gen {
			return c.refuse(store.ErrChanged)
		}
		c.data = nil
		return nil
	})
	return err
}

func leases(s Store) *Leases {
	return &Leases{Config: Config{MaxAttempts: 3, TTL: 30 * time.Second}, Store: s, Bucket: "test-leases"}
}

func never(t *testing.T) context.CancelCauseFunc {
	return func(err error) { t.Errorf("lost: %v", err) }
}

func claim(t *testing.T, l *Leases, run Run) *Lease {
	t.Helper()
	h, err := l.Claim(t.Context(), "p-1", run, never(t))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func held(t *testing.T, l *Leases, run Run) *Held {
	t.Helper()
	_, err := l.Claim(t.Context(), "p-1", run, never(t))
	h, ok := errors.AsType[*Held](err)
	if !ok || fault.KindOf(err) != fault.Transient {
		t.Fatalf("claimed what is held: %v", err)
	}
	return h
}

// TestOneOwner: of twenty that ask at once, one has it, on a real store.
func TestOneOwner(t *testing.T) {
	s, err := localgcs.Start(localgcs.Config{Buckets: []string{"test-leases"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	client, err := store.New(t.Context(), store.Config{EmulatorHost: s.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l := leases(client)
	for range 3 { // each time it is free again
		var mu sync.Mutex
		var owner *Lease
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				h, err := l.Claim(t.Context(), "p-1", Run{}, never(t))
				mu.Lock()
				defer mu.Unlock()
				switch _, busy := errors.AsType[*Held](err); {
				case err == nil && owner == nil:
					owner = h
				case err == nil:
					t.Error("two own it")
				case !busy:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if owner == nil {
			t.Fatal("nobody owns it")
		}
		if err := owner.Done(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := client.Stat(t.Context(), URI("test-leases", "p-1")); !errors.Is(err, store.ErrNotExist) {
			t.Errorf("work that is done leaves a lease behind: %v", err)
		}
	}
	first := claim(t, l, Run{})
	if err := first.Release(t.Context(), errors.New("no quota")); err != nil {
		t.Error(err)
	}
	second := claim(t, l, Run{})
	if err := second.Fail(t.Context(), json.RawMessage(`{"kind":"blocked"}`)); err != nil {
		t.Error(err)
	}
	_, err = l.Claim(t.Context(), "p-1", Run{}, never(t))
	if f, ok := errors.AsType[*Failed](err); !ok || string(f.Record) != `{"kind":"blocked"}` {
		t.Errorf("what failed is claimed again: %v", err)
	}
}

// TestTakeover: an owner that lives keeps its lease for hours, a dead one loses
// it after the TTL, whatever the machines' clocks say.
func TestTakeover(t *testing.T) {
	for name, skew := range map[string]time.Duration{"in step": 0, "store ahead": 7 * time.Hour, "store behind": -7 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &clocked{skew: skew}
				l := leases(s)
				first := claim(t, l, Run{})
				time.Sleep(2 * time.Hour)
				if left := held(t, l, Run{}).Left; left <= 0 || left > l.TTL+rounding {
					t.Errorf("%s left of a lease that is renewed", left)
				}
				close(first.stop) // it dies without a word
				first.ended.Wait()
				time.Sleep(l.TTL / 2)
				held(t, l, Run{})
				time.Sleep(l.TTL/2 + 2*rounding)
				second := claim(t, l, Run{})
				if err := first.Check(t.Context()); !errors.Is(err, ErrLost) {
					t.Errorf("the dead owner may commit: %v", err)
				}
				if err := second.Check(t.Context()); err != nil {
					t.Errorf("the owner may not commit: %v", err)
				}
				if second.record.Begun != 2 || second.record.Told != 0 {
					t.Errorf("begun %d, told %d", second.record.Begun, second.record.Told)
				}
				first.stop = make(chan struct{})
				if err := first.Fail(t.Context(), json.RawMessage(`{}`)); !errors.Is(err, ErrLost) {
					t.Errorf("the dead owner decides: %v", err)
				}
				if err := second.Done(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestOwnerIsTold: one that was taken over, or cannot renew, stops.
func TestOwnerIsTold(t *testing.T) {
	for name, happens := range map[string]func(*clocked){
		"taken over":    func(s *clocked) { s.put(encode(Record{Schema: Schema, Owner: "another", TTLMS: 60_000})) }, //nolint:errcheck // never fails
		"store is away": func(s *clocked) { s.fail = fault.New(fault.Transient, "no answer") },
		"removed":       func(s *clocked) { s.data = nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &clocked{}
				l := leases(s)
				ctx, lost := context.WithCancelCause(t.Context())
				h, err := l.Claim(ctx, "p-1", Run{}, lost)
				if err != nil {
					t.Fatal(err)
				}
				s.mu.Lock()
				happens(s)
				s.mu.Unlock()
				began := time.Now()
				<-ctx.Done()
				if took := time.Since(began); took > l.TTL+l.TTL/3 || !errors.Is(context.Cause(ctx), ErrLost) {
					t.Errorf("told after %s: %v", took, context.Cause(ctx))
				}
				if err := h.Release(t.Context(), errors.New("stopped")); err == nil {
					t.Error("a lost lease can be released")
				}
			})
		})
	}
}

// TestPassingTrouble: a store that is away for less than the TTL costs nothing.
func TestPassingTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &clocked{}
		h := claim(t, leases(s), Run{})
		s.mu.Lock()
		s.fail = fault.New(fault.Transient, "no answer")
		s.mu.Unlock()
		time.Sleep(15 * time.Second)
		s.mu.Lock()
		s.fail = nil
		s.mu.Unlock()
		time.Sleep(time.Hour)
		if err := h.Done(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestRuns: what failed for good stays so for its run, and no longer.
func TestRuns(t *testing.T) {
	for name, c := range map[string]struct {
		failed, asks Run
		again        bool
	}{
		"delivered again":        {Run{}, Run{}, false},
		"attempt 1 spelled out":  {Run{}, Run{Attempt: 1}, false},
		"retried":                {Run{}, Run{Attempt: 2}, true},
		"an old one comes late":  {Run{Attempt: 2}, Run{}, false},
		"forced":                 {Run{}, Run{Force: "requests/0/7"}, true},
		"forced, again the same": {Run{Force: "requests/0/7"}, Run{Force: "requests/0/7"}, false},
		"corrected":              {Run{Request: "a"}, Run{Request: "b"}, true},
		"forced anew":            {Run{Force: "requests/0/7"}, Run{Force: "requests/0/8"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &clocked{}
			l := leases(s)
			if err := claim(t, l, c.failed).Fail(t.Context(), json.RawMessage(`{"kind":"invalid"}`)); err != nil {
				t.Fatal(err)
			}
			h, err := l.Claim(t.Context(), "p-1", c.asks, never(t))
			_, failed := errors.AsType[*Failed](err)
			if failed == c.again || (h != nil) != c.again {
				t.Errorf("claimed %t, %v", h != nil, err)
			}
			if h != nil && (h.record.Begun != 1 || h.record.Failure != nil) {
				t.Errorf("the new run knows of the old: %+v", h.record)
			}
		})
	}
}

// TestAttempts: work that dies without a word is given up after MaxAttempts;
// failures that may heal get an hour besides.
func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := leases(&clocked{})
		for range l.MaxAttempts {
			h := claim(t, l, Run{})
			close(h.stop)
			time.Sleep(l.TTL + 2*rounding)
		}
		h, err := l.Claim(t.Context(), "p-1", Run{}, never(t))
		if h == nil || fault.KindOf(err) != fault.Internal {
			t.Fatalf("after %d deaths: %v", l.MaxAttempts, err)
		}
		if err := h.Fail(t.Context(), json.RawMessage(`{}`)); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		l := leases(&clocked{})
		began := time.Now()
		for n := 1; ; n++ {
			h := claim(t, l, Run{})
			if spent, late := h.Spent(), time.Since(began) >= patience; spent != (late && n >= l.MaxAttempts) {
				t.Errorf("attempt %d after %s: spent is %t", n, time.Since(began), spent)
			} else if spent {
				close(h.stop)
				break
			}
			if err := h.Release(t.Context(), errors.New("no quota")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
		}
	})
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{{MaxAttempts: 0, TTL: time.Minute}, {MaxAttempts: 5, TTL: time.Millisecond}} {
		if err := c.Validate(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (Config{MaxAttempts: 1, TTL: time.Second}).Validate(); err != nil {
		t.Error(err)
	}
}
