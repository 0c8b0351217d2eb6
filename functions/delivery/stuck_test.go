package delivery

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/lease"
)

// TestStuckWork: work that does not look at its context holds neither its
// delivery nor its page beyond the platform's limit, and the probe says so.
func TestStuckWork(t *testing.T) {
	l := newLeases(t)
	stuck, other := newWorker(l), newWorker(l)
	stuck.deaf = true
	close(other.proceed)
	if got := send(stuck, http.MethodGet, ""); got.Code != 200 {
		t.Errorf("before: %d %s", got.Code, got.Body)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r := httptest.NewRecorder()
	stuck.ServeHTTP(r, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(one)))
	if r.Code != 503 || ctx.Err() != nil {
		t.Errorf("answered %d %s; in time: %v", r.Code, r.Body, ctx.Err() == nil)
	}
	if got := send(stuck, http.MethodGet, ""); got.Code != 503 || !strings.Contains(got.Body.String(), "did not stop") {
		t.Errorf("the probe says %d %s", got.Code, got.Body)
	}
	if got := other.deliver(t, one); got.Code != 200 || other.runs.Load() != 1 {
		t.Errorf("elsewhere: %d %s, %d runs", got.Code, got.Body, other.runs.Load())
	}
	// What was left behind goes on, and must not commit: it would find the fence.
	close(stuck.proceed)
	for stuck.running.overdue(time.Now()) != nil {
		time.Sleep(time.Millisecond) // until the goroutine that was left behind has ended
	}
	if got := send(stuck, http.MethodGet, ""); got.Code != 200 {
		t.Errorf("after: %d %s", got.Code, got.Body)
	}
}

// TestProbeAsksTheFunction: the instance is unhealthy if what it needs is.
func TestProbeAsksTheFunction(t *testing.T) {
	w := newWorker(newLeases(t))
	w.Healthy = func(context.Context) error { return errors.New("the browser does not open a tab") }
	if got := send(w, http.MethodGet, ""); got.Code != 503 || !strings.Contains(got.Body.String(), "does not open a tab") {
		t.Errorf("the probe says %d %s", got.Code, got.Body)
	}
}

// TestDrain: at the end of the instance what runs is cancelled, gives its lease
// back as if it had not been begun, and what comes is refused.
func TestDrain(t *testing.T) {
	l := newLeases(t)
	w := newWorker(l)
	answered := make(chan *httptest.ResponseRecorder)
	go func() { answered <- w.deliver(t, one) }()
	<-w.begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	drained := make(chan struct{})
	go func() { w.Drain(ctx); close(drained) }()
	if got := <-answered; got.Code != 503 || !strings.Contains(got.Body.String(), "being stopped") {
		t.Errorf("what ran: %d %s", got.Code, got.Body)
	}
	<-drained
	if got := w.deliver(t, one); got.Code != 503 || got.Header().Get("Retry-After") == "" {
		t.Errorf("what came: %d %s", got.Code, got.Body)
	}
	b, _, err := l.Store.Read(t.Context(), lease.URI(bucket, "p-1"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := lease.Decode(b); err != nil || r.Owner != "" || r.Begun != 0 || r.Told != 0 {
		t.Errorf("the lease is %+v, %v", r, err)
	}
	next := newWorker(l)
	close(next.proceed)
	if got := next.deliver(t, one); got.Code != 200 || next.runs.Load() != 1 || len(next.errs.msgs) != 0 {
		t.Errorf("elsewhere: %d %s", got.Code, got.Body)
	}
}

// TestDrainDoesNotWaitForEver: work that does not stop is left to its lease.
func TestDrainDoesNotWaitForEver(t *testing.T) {
	w := newWorker(newLeases(t))
	w.deaf = true
	answered := make(chan struct{})
	go func() { w.deliver(t, one); close(answered) }()
	<-w.begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	w.Drain(ctx)
	if ctx.Err() == nil {
		t.Error("drained while something ran")
	}
	close(w.proceed)
	<-answered
}

// TestNoPlaceFree: a page waits for its place before it claims its lease, and is
// never blamed for having found none.
func TestNoPlaceFree(t *testing.T) {
	l := newLeases(t)
	w := newWorker(l)
	w.full = true
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		r := httptest.NewRecorder()
		w.ServeHTTP(r, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(one)))
		cancel()
		if r.Code != 503 || r.Header().Get("Retry-After") == "" || !strings.Contains(r.Body.String(), "every tab is in use") {
			t.Errorf("answered %d %s", r.Code, r.Body)
		}
	}
	if _, _, err := l.Store.Read(t.Context(), lease.URI(bucket, "p-1"), 1<<20); err == nil {
		t.Error("it claimed its lease before it had a place")
	}
	w.full = false
	close(w.proceed)
	if got := w.deliver(t, one); got.Code != 200 {
		t.Errorf("with a place: %d %s", got.Code, got.Body)
	}
}
