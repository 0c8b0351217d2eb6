// Package delivery is what both functions do around their work: it reads what
// was delivered, runs the work within the platform's time, and turns how it
// went into the one answer that loses nothing.
//
// # Answers
//
// Pub/Sub and Eventarc take a 2xx as done and deliver everything else again,
// 4xx too; Kafka Connect's HTTP sinks repeat 4xx and 5xx a few times. So:
//
//	the work is done                          200
//	it failed for good, the errors topic has it   200
//	it may work next time                     503, with Retry-After
//	the errors topic cannot be written        503
//	a defect made it panic                    500
//
// A batch with any item to be delivered again is answered 503 as a whole: what
// is done already is found done, and costs a look. The answer is written once,
// at the end, so that a panic cannot follow a 200.
package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Publisher writes to Kafka; *topic.Writer is one.
type Publisher interface {
	Publish(ctx context.Context, msgs ...topic.Message) error
}

// Item is one piece of work in a delivery.
type Item struct {
	Request job.Request // as far as it is known
	Value   []byte      // the original, whole
	Source  job.Source
	Attempt int
	Err     error // the item could not be decoded; it is not worked on
}

// Handler answers the deliveries of one function.
type Handler struct {
	Stage  job.Stage
	Topic  string // where failures are recorded
	Errors Publisher
	Log    *slog.Logger
	Now    func() time.Time
	// AtOnce bounds the items of one batch that are worked on at the same time.
	AtOnce int
	// Decode reads a delivery. An error is about the delivery as a whole.
	Decode func(http.Header, []byte) ([]Item, error)
	// Work does one item. It returns the item with what became known of it, for
	// the record of a failure.
	Work func(context.Context, Item) (Item, error)
}

// retryAfter is the Retry-After of a 503, in seconds.
const retryAfter = "5"

// reserve is the part of the time kept to write down what happened: a tenth,
// at most 20 s.
func reserve(left time.Duration) time.Duration { return min(left/10, 20*time.Second) }

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, text := h.serve(r)
	if status >= 500 {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") //nolint:errcheck // whoever asked has gone
}

func (h *Handler) serve(r *http.Request) (status int, text string) {
	ctx := r.Context()
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			status, text = http.StatusInternalServerError, "internal error; see the log"
		}
	}()
	if r.Method != http.MethodPost {
		return http.StatusOK, fmt.Sprintf("Pageinspect %s is up; POST an event here", h.Stage)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, event.MaxBody+1))
	if err != nil {
		return http.StatusServiceUnavailable, "the body was cut off"
	}
	items, err := h.Decode(r.Header, body)
	if err != nil {
		items = []Item{{Value: body, Source: job.Source{Via: "http", Partition: -1, Offset: -1}, Err: err}}
	}
	failed := h.all(ctx, items)
	for _, err := range failed {
		if err != nil {
			return http.StatusServiceUnavailable, "deliver again: " + err.Error()
		}
	}
	return http.StatusOK, fmt.Sprintf("%d done", len(items))
}

// all works through the items and returns, for each, why it must be delivered again.
func (h *Handler) all(ctx context.Context, items []Item) []error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, max(h.AtOnce, 1))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = h.one(ctx, item)
		})
	}
	wg.Wait()
	return errs
}

// one does an item; a failure for good goes to the errors topic.
func (h *Handler) one(ctx context.Context, item Item) error {
	began := h.Now()
	err := item.Err
	if err == nil {
		item, err = h.work(ctx, item)
	}
	log := h.Log.With("id", item.Request.ID, "url", item.Request.URL, "stage", h.Stage, "ms", h.Now().Sub(began).Milliseconds())
	if err == nil {
		log.InfoContext(ctx, "done")
		return nil
	}
	kind := fault.KindOf(err)
	log.WarnContext(ctx, "failed", "kind", kind, "error", err.Error())
	if kind.Retryable() {
		return err
	}
	f := job.NewFailure(h.Stage, err, item.Request, item.Value, item.Source, item.Attempt, h.Now())
	if err := h.record(ctx, f); err != nil {
		log.ErrorContext(ctx, "the failure could not be recorded; asking for another delivery", "error", err.Error())
		return err
	}
	return nil
}

// work runs Work within the time left but the reserve. A panic is this item's
// failure alone: the rest of its batch goes on.
func (h *Handler) work(ctx context.Context, item Item) (out Item, err error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-reserve(time.Until(end))))
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "id", item.Request.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			out, err = item, fault.New(fault.Internal, "panic: %v", p)
		}
	}()
	return h.Work(ctx, item)
}

// record publishes a failure. The request may be gone from the platform after
// this, so the write is waited for, and not given up because the client is.
func (h *Handler) record(ctx context.Context, f job.Failure) error {
	b, err := json.Marshal(f)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the failure")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return h.Errors.Publish(ctx, topic.Message{Topic: h.Topic, Key: []byte(f.ID), Value: b, Time: f.At})
}
