package localconnect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localconnect"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

const (
	requests = "requests"
	group    = "connect"
)

// patience bounds what must happen at all.
const patience = 60 * time.Second

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// broker has a topic of so many partitions with the values 0..n-1 in it, each its own key.
func broker(t *testing.T, partitions, n int) topic.Config {
	t.Helper()
	b, err := localkafka.Start(localkafka.Config{Topics: map[string]int{requests: partitions}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	cfg := topic.Config{Brokers: []string{b.Addr()}}
	publish(t, cfg, numbers(0, n)...)
	return cfg
}

func publish(t *testing.T, cfg topic.Config, values ...string) {
	t.Helper()
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var msgs []topic.Message
	for _, v := range values {
		msgs = append(msgs, topic.Message{Topic: requests, Key: []byte(v), Value: []byte(v)})
	}
	if err := w.Publish(soon(t), msgs...); err != nil {
		t.Fatal(err)
	}
}

func numbers(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

// function is a receiver of which the test says how it answers.
type function struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
	came chan string // every value as it comes
}

// newFunction calls answer with each value and with how often it came before.
func newFunction(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, value string, before int)) *function {
	f := &function{came: make(chan string, 10_000)}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := valueOf(r)
		if err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		before := count(f.seen, value)
		f.seen = append(f.seen, value)
		f.mu.Unlock()
		f.came <- value
		answer(w, r, value, before)
	}))
	t.Cleanup(f.Close)
	return f
}

func valueOf(r *http.Request) (string, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	var records []struct{ Value string }
	if err := json.Unmarshal(b, &records); err != nil || len(records) != 1 {
		return "", fmt.Errorf("the body is not one record: %s (%v)", b, err)
	}
	return records[0].Value, nil
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func (f *function) values() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

// await waits until the values that came satisfy enough.
func (f *function) await(t *testing.T, what string, enough func(seen []string) bool) {
	t.Helper()
	ctx := soon(t)
	for !enough(f.values()) {
		select {
		case <-f.came:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s; seen %v", what, patience, f.values())
		}
	}
}

func accept(w http.ResponseWriter, _ *http.Request, _ string, _ int) {
	w.WriteHeader(http.StatusNoContent)
}

func noDeadLetter(t *testing.T) func(context.Context, topic.Message, error) error {
	return func(_ context.Context, m topic.Message, err error) error {
		t.Errorf("%s is dead-lettered: %v", m.Value, err)
		return nil
	}
}

func config(t *testing.T, kafka topic.Config, url string) localconnect.Config {
	return localconnect.Config{
		Kafka: kafka, Group: group, Topic: requests, URL: url,
		MaxRetries: 3, Backoff: time.Millisecond, MaxBackoff: 4 * time.Millisecond, DeadLetter: noDeadLetter(t),
	}
}

// run starts a connector and returns what ends it and waits for that.
func run(t *testing.T, cfg localconnect.Config) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- localconnect.Run(ctx, cfg) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// uncommitted is the first value that the group would be given again, of a
// topic with one partition; "end" if there is none.
func uncommitted(t *testing.T, cfg topic.Config) string {
	t.Helper()
	publish(t, cfg, "end")
	g, err := topic.NewGroup(cfg, group, requests)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	m, err := g.Fetch(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Value)
}

// all says whether each of the values came at least once.
func all(values []string) func([]string) bool {
	return func(seen []string) bool {
		for _, v := range values {
			if !slices.Contains(seen, v) {
				return false
			}
		}
		return true
	}
}
