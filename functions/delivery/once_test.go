package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

const bucket = "test-bucket"

// newStore is a real store of this test's own.
func newStore(t *testing.T) *store.Client {
	t.Helper()
	s, err := localgcs.Start(localgcs.Config{Buckets: []string{bucket}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) }) //nolint:errcheck // nothing is kept
	c, err := store.New(t.Context(), store.Config{EmulatorHost: s.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func newLeases(t *testing.T) *lease.Leases {
	return &lease.Leases{Config: lease.Config{MaxAttempts: 5, TTL: 30 * time.Second}, Store: newStore(t), Bucket: bucket}
}

// worker is a function whose work can be held up, and which commits its output
// as the real ones do: an object created only if absent.
type worker struct {
	*Handler
	errs    *recorded
	runs    atomic.Int32
	begun   chan struct{} // one for each run
	proceed chan struct{} // closed to let the runs end
	result  error
	deaf    bool // it does not look at its context
	full    bool // no place is free
}

func newWorker(l *lease.Leases) *worker {
	w := &worker{errs: &recorded{}, begun: make(chan struct{}, 100), proceed: make(chan struct{})}
	w.Handler = &Handler{
		Stage: job.StageCapture, Topic: "errors", Errors: w.errs, Leases: l, Log: slog.New(slog.DiscardHandler), Now: time.Now, AtOnce: 2,
		Decode: Requests,
		Open:   func(i *Item) Job { return &task{w, i} },
	}
	return w
}

// task is a worker's job.
type task struct {
	*worker
	item *Item
}

func (j *task) out() store.URI { return store.URI{Bucket: bucket, Object: j.item.Request.ID + "/done"} }

func (j *task) run() lease.Run {
	return lease.Run{Attempt: j.item.Request.Attempt, Request: j.item.Request.Sum()}
}

func (j *task) Look(ctx context.Context) (lease.Run, bool, error) {
	_, _, err := j.Leases.Store.Read(ctx, j.out(), 1)
	if errors.Is(err, store.ErrNotExist) {
		return j.run(), false, nil
	}
	return j.run(), err == nil, err
}

func (j *task) Ready(ctx context.Context) (func(), error) {
	if j.full {
		<-ctx.Done()
		return nil, fault.Busy(errors.New("every tab is in use"))
	}
	return func() {}, nil
}

func (j *task) Do(ctx context.Context, own *lease.Lease) error {
	j.runs.Add(1)
	j.begun <- struct{}{}
	if j.deaf {
		<-j.proceed
	}
	select {
	case <-j.proceed:
	case <-ctx.Done():
		return ctx.Err()
	}
	if j.result != nil {
		return j.result
	}
	if err := own.Check(ctx); err != nil {
		return err
	}
	_, err := j.Leases.Store.Create(ctx, j.out(), "text/plain", nil, nil)
	return err
}

const one = `{"schema":"pageinspect.request/v1","id":"p-1","url":"https://shop.example/1"}`

func (w *worker) deliver(t *testing.T, body string) *httptest.ResponseRecorder {
	r := httptest.NewRecorder()
	w.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body)))
	return r
}

// TestOnce: twenty deliveries at once on two instances are one run; those that
// come meanwhile are refused, those that come after are done at once.
func TestOnce(t *testing.T) {
	l := newLeases(t)
	a, b := newWorker(l), newWorker(l)
	codes := make(chan *httptest.ResponseRecorder, 20)
	for n := range 20 {
		go func() { codes <- []*worker{a, b}[n%2].deliver(t, one) }()
	}
	for range 19 {
		if r := <-codes; r.Code != 503 || r.Header().Get("Retry-After") == "" {
			t.Errorf("meanwhile: %d %s, Retry-After %q", r.Code, r.Body, r.Header().Get("Retry-After"))
		}
	}
	close(a.proceed)
	close(b.proceed)
	if r := <-codes; r.Code != 200 {
		t.Errorf("the owner: %d %s", r.Code, r.Body)
	}
	for n := range 20 {
		go func() { codes <- []*worker{a, b}[n%2].deliver(t, one) }()
	}
	for range 20 {
		if r := <-codes; r.Code != 200 {
			t.Errorf("after: %d %s", r.Code, r.Body)
		}
	}
	if n := a.runs.Load() + b.runs.Load(); n != 1 || len(a.errs.msgs)+len(b.errs.msgs) != 0 {
		t.Errorf("%d runs, %d failures", n, len(a.errs.msgs)+len(b.errs.msgs))
	}
}

// TestCutConnection: a push that is cut while the work goes on, as Eventarc cuts
// it after 10 s, and delivered again until it is done, is one run.
func TestCutConnection(t *testing.T) {
	w := newWorker(newLeases(t))
	gone := make(chan struct{}, 1)
	answered := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		stop := context.AfterFunc(r.Context(), func() { gone <- struct{}{} })
		defer func() { stop(); answered <- struct{}{} }()
		w.ServeHTTP(rw, r)
	}))
	defer server.Close()
	ctx, cut := context.WithCancel(t.Context())
	post := func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(one))
		if err != nil {
			return 0, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return res.StatusCode, err
	}
	var first sync.WaitGroup
	first.Go(func() {
		if code, err := post(ctx); err == nil {
			t.Errorf("the push was cut and yet answered %d", code)
		}
	})
	<-w.begun
	cut()
	first.Wait()
	<-gone // the server knows that nobody waits
	for range 3 {
		if code, err := post(t.Context()); code != 503 {
			t.Errorf("delivered again while it goes on: %d, %v", code, err)
		}
		<-answered
	}
	close(w.proceed)
	<-answered // the first one, to nobody
	if code, err := post(t.Context()); code != 200 || w.runs.Load() != 1 {
		t.Errorf("delivered again after: %d, %v, %d runs", code, err, w.runs.Load())
	}
}

// TestFailureIsDecidedOnce: a failure for good is recorded before it is
// published, and repeated byte for byte; another attempt begins anew.
func TestFailureIsDecidedOnce(t *testing.T) {
	w := newWorker(newLeases(t))
	close(w.proceed)
	w.result = fault.New(fault.Blocked, "captcha")
	w.errs.err = errors.New("no broker")
	if r := w.deliver(t, one); r.Code != 503 {
		t.Errorf("errors topic away: %d", r.Code)
	}
	w.errs.err = nil
	w.result = nil // now it would succeed, but it has failed
	for range 3 {
		if r := w.deliver(t, one); r.Code != 200 {
			t.Errorf("delivered again: %d %s", r.Code, r.Body)
		}
	}
	if w.runs.Load() != 1 || len(w.errs.msgs) != 3 {
		t.Fatalf("%d runs, %d records", w.runs.Load(), len(w.errs.msgs))
	}
	for _, m := range w.errs.msgs {
		var f job.Failure
		if err := json.Unmarshal(m.Value, &f); err != nil || f.Kind != fault.Blocked || f.Attempt != 1 || !bytes.Equal(m.Value, w.errs.msgs[0].Value) {
			t.Errorf("%v: %s", err, m.Value)
		}
	}
	if r := w.deliver(t, strings.Replace(one, "{", `{"attempt":2,`, 1)); r.Code != 200 || w.runs.Load() != 2 {
		t.Errorf("retried: %d, %d runs", r.Code, w.runs.Load())
	}
}

// TestBadRequestIsRecordedOnce: so is that of what cannot be decoded, and a
// corrected one of the same id is worked on.
func TestBadRequestIsRecordedOnce(t *testing.T) {
	w := newWorker(newLeases(t))
	close(w.proceed)
	for range 2 {
		if r := w.deliver(t, strings.Replace(one, "https", "ftp", 1)); r.Code != 200 {
			t.Errorf("answered %d %s", r.Code, r.Body)
		}
	}
	if len(w.errs.msgs) != 2 || !bytes.Equal(w.errs.msgs[0].Value, w.errs.msgs[1].Value) {
		t.Errorf("recorded %v", w.errs.msgs)
	}
	if r := w.deliver(t, one); r.Code != 200 || w.runs.Load() != 1 {
		t.Errorf("corrected: %d %s, %d runs", r.Code, r.Body, w.runs.Load())
	}
}

// TestDeadInstances: work during which the instance died each time is given up.
func TestDeadInstances(t *testing.T) {
	l := newLeases(t)
	dead, err := json.Marshal(lease.Record{Schema: lease.Schema, Owner: "dead", TTLMS: -60_000, Begun: l.MaxAttempts, Run: lease.Run{Request: job.Request{Schema: job.RequestSchema, ID: "p-1", URL: "https://shop.example/1"}.Sum()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Store.Create(t.Context(), lease.URI(bucket, "p-1"), "application/json", dead, nil); err != nil {
		t.Fatal(err)
	}
	w := newWorker(l)
	for range 2 {
		if r := w.deliver(t, one); r.Code != 200 {
			t.Errorf("answered %d %s", r.Code, r.Body)
		}
	}
	if w.runs.Load() != 0 || len(w.errs.msgs) != 2 || !strings.Contains(string(w.errs.msgs[0].Value), "MAX_ATTEMPTS") {
		t.Errorf("%d runs, recorded %v", w.runs.Load(), w.errs.msgs)
	}
}

// TestLateInItsBatch: an item that got too little of a delivery's time is not
// blamed for it.
func TestLateInItsBatch(t *testing.T) {
	w := newWorker(newLeases(t))
	w.AtOnce = 1
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r := httptest.NewRecorder()
	body := "[" + one + "," + strings.Replace(one, "p-1", "p-2", 1) + "]"
	w.ServeHTTP(r, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body)))
	if r.Code != 503 || len(w.errs.msgs) != 1 || w.runs.Load() != 1 {
		t.Errorf("answered %d, %d failures, %d runs; want 503 for the second and one timeout", r.Code, len(w.errs.msgs), w.runs.Load())
	}
}

// TestTooLargeForAMessage: what is no request and fits no message is set aside, whole.
func TestTooLargeForAMessage(t *testing.T) {
	w := newWorker(newLeases(t))
	body := strings.Repeat("what is this? ", 200_000)
	for range 2 {
		if r := w.deliver(t, body); r.Code != 200 {
			t.Fatalf("answered %d %s", r.Code, r.Body)
		}
	}
	var f job.Failure
	if err := json.Unmarshal(w.errs.msgs[1].Value, &f); err != nil || len(f.Original()) != 0 {
		t.Fatalf("%v: %s", err, w.errs.msgs[1].Value)
	}
	uri, err := store.ParseURI(f.RequestObject)
	if err != nil {
		t.Fatal(err)
	}
	if b, _, err := w.Leases.Store.Read(t.Context(), uri, 10<<20); err != nil || string(b) != body {
		t.Errorf("set aside: %d bytes, %v", len(b), err)
	}
}
