package localconnect_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localconnect"
)

func TestFlakyFunction(t *testing.T) {
	kafka := broker(t, 1, 5)
	f := newFunction(t, func(w http.ResponseWriter, r *http.Request, value string, before int) {
		if r.URL.Path != "/" && r.URL.Path != "" {
			t.Errorf("%s followed a redirect", value)
		}
		switch before {
		case 0:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		case 1:
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect) // not followed
		case 2:
			panic(http.ErrAbortHandler) // no answer
		}
	})
	stop := run(t, config(t, kafka, f.URL))
	f.await(t, "the last record a fourth time", func(seen []string) bool { return count(seen, "4") == 4 })
	// The next record is taken up after the commit of the one before.
	publish(t, kafka, "5")
	f.await(t, "one more", all(numbers(0, 6)))
	stop()
	var want []string
	for _, v := range numbers(0, 5) {
		want = append(want, v, v, v, v)
	}
	if d := cmp.Diff(want, f.values()[:len(want)]); d != "" {
		t.Errorf("deliveries (-want +got):\n%s", d)
	}
	if got := uncommitted(t, kafka); got != "5" && got != "end" {
		t.Errorf("the group is at %s, want 5 or the end", got)
	}
}

// TestFunctionDownThenUp: attempts that find nobody listening use up no
// retries, whether the function is not up yet or goes away in between.
func TestFunctionDownThenUp(t *testing.T) {
	kafka := broker(t, 1, 2)
	f := newFunction(t, accept)
	var up atomic.Bool
	refusals := make(chan struct{}, 20) // ten times the attempts that a record has
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if up.Load() {
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			}
			select {
			case refusals <- struct{}{}:
			default:
			}
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		},
	}
	cfg := config(t, kafka, f.URL)
	cfg.Client = &http.Client{Transport: transport}
	cfg.MaxRetries = 1
	run(t, cfg)
	refuse := func() {
		ctx := soon(t)
		for range cap(refusals) {
			select {
			case <-refusals:
			case <-ctx.Done():
				t.Fatal("the connector gave up")
			}
		}
		up.Store(true)
	}
	refuse()
	f.await(t, "the first two", all(numbers(0, 2)))
	up.Store(false)
	publish(t, kafka, numbers(2, 4)...)
	refuse()
	f.await(t, "the others", all(numbers(0, 4)))
	if d := cmp.Diff(numbers(0, 4), f.values()); d != "" {
		t.Errorf("deliveries (-want +got):\n%s", d)
	}
}

func TestDeadLetter(t *testing.T) {
	kafka := broker(t, 1, 4)
	f := newFunction(t, func(w http.ResponseWriter, _ *http.Request, value string, _ int) {
		if value == "1" {
			http.Error(w, "never", http.StatusServiceUnavailable)
		}
	})
	type letter struct {
		value string
		err   error
	}
	letters := make(chan letter, 10)
	cfg := config(t, kafka, f.URL)
	cfg.DeadLetter = func(_ context.Context, m topic.Message, err error) error {
		letters <- letter{string(m.Value), err}
		return nil
	}
	stop := run(t, cfg)
	f.await(t, "the others", all(numbers(0, 4)))
	stop()
	close(letters)
	var got []letter
	for l := range letters {
		got = append(got, l)
	}
	if len(got) != 1 || got[0].value != "1" {
		t.Fatalf("dead letters %v, want 1 once", got)
	}
	for _, want := range []string{"503", "never", "requests/0/1", "4 attempts"} {
		if !strings.Contains(got[0].err.Error(), want) {
			t.Errorf("the reason is %q, want it to say %q", got[0].err, want)
		}
	}
	if n := count(f.values(), "1"); n != 1+cfg.MaxRetries {
		t.Errorf("delivered %d times, want %d", n, 1+cfg.MaxRetries)
	}
	if got := uncommitted(t, kafka); got != "3" && got != "end" {
		t.Errorf("the group is at %s, want past the dead letter", got)
	}
}

// TestDeadLetterFails: what cannot be dead-lettered is not committed and comes again.
func TestDeadLetterFails(t *testing.T) {
	kafka := broker(t, 1, 2)
	var tried, well atomic.Int32
	f := newFunction(t, func(w http.ResponseWriter, _ *http.Request, value string, _ int) {
		if value == "0" && well.Load() == 0 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	cfg := config(t, kafka, f.URL)
	cfg.MaxRetries = -1
	cfg.DeadLetter = func(context.Context, topic.Message, error) error {
		tried.Add(1)
		return errors.New("the errors topic is away")
	}
	stop := run(t, cfg)
	f.await(t, "the record a third time", func(seen []string) bool { return count(seen, "0") >= 3 })
	stop()
	if tried.Load() < 2 {
		t.Errorf("dead-lettering was tried %d times, want 2 or more", tried.Load())
	}
	if got := uncommitted(t, kafka); got != "0" {
		t.Errorf("the group is at %s, want 0, which nobody took", got)
	}
	well.Store(1)
	cfg.DeadLetter = noDeadLetter(t)
	run(t, cfg)
	f.await(t, "the record behind it", all([]string{"0", "1"}))
}

// TestRetryAfter: a function that asks to be left alone is.
func TestRetryAfter(t *testing.T) {
	kafka := broker(t, 1, 1)
	times := make(chan time.Time, 2)
	f := newFunction(t, func(w http.ResponseWriter, _ *http.Request, _ string, before int) {
		times <- time.Now()
		if before == 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	run(t, config(t, kafka, f.URL)) // whose own longest pause is 4 ms
	if first, second := <-times, <-times; second.Sub(first) < time.Second {
		t.Errorf("delivered again after %s, want a second or more", second.Sub(first))
	}
}

func TestConfigErrors(t *testing.T) {
	err := localconnect.Run(t.Context(), localconnect.Config{URL: "localhost:8080"})
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("got %v, want an invalid", err)
	}
	for _, want := range []string{"KAFKA_BROKERS", "Group", "Topic", `"localhost:8080"`, "DeadLetter"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to name %s", err, want)
		}
	}
}
