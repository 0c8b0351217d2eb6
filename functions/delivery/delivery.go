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
//	it was done before, or failed before      200, and the event is repeated
//	it may work next time                     503, with Retry-After
//	it is being worked on elsewhere           503, with the Retry-After of its lease
//	it may work next time, but often did not  200, the errors topic has it; see package lease
//	the errors topic cannot be written        503
//	a defect made it panic                    500
//
// A batch with any item to be delivered again is answered 503 as a whole: what
// is done already is found done, and costs a look. The answer is written once,
// at the end, so that a panic cannot follow a 200.
//
// # Whoever asked may have gone
//
// The work does not end with the connection. The push of a subscription that
// Eventarc made is cut after 10 s and delivered again while most pages take
// longer: work that ended there would begin anew every 10 s and never finish.
// So it goes on to the platform's limit, its lease refuses the deliveries that
// come meanwhile, and the first one after finds it done. (Cloud Run gives a
// request CPU until it is answered, not until its client has gone; whether its
// front end also counts a cut connection as an answer it does not promise, so
// a service behind Eventarc should have CPU always allocated.)
package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/telemetry"
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
	Trace   string // the traceparent that came along, if any
	Err     error  // the item could not be decoded; it is not worked on
}

// Claim makes the work this delivery's own, or says why it cannot be; see
// lease.Leases. Work passes its error on.
type Claim func(ctx context.Context, id string, run lease.Run) error

// Handler answers the deliveries of one function.
type Handler struct {
	Stage  job.Stage
	Topic  string // where failures are recorded
	Errors Publisher
	Leases *lease.Leases
	Log    *slog.Logger
	Now    func() time.Time
	// AtOnce bounds the items of one batch that are worked on at the same time.
	AtOnce int
	// Decode reads a delivery. An error is about the delivery as a whole.
	Decode func(http.Header, []byte) ([]Item, error)
	// Work does one item, once it has claimed it. It returns the item with what
	// became known of it, for the record of a failure.
	Work func(context.Context, Item, Claim) (Item, error)
}

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.serve(r)
	if a.status >= 500 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(a.retryAfter, time.Second).Seconds()))))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.status)
	io.WriteString(w, a.text+"\n") //nolint:errcheck // whoever asked has gone
}

// answer is what is said to a delivery, once all of it is dealt with.
type answer struct {
	status     int
	text       string
	retryAfter time.Duration
}

// pause is the Retry-After of failures that do not say how long they last.
const pause = 5 * time.Second

func (h *Handler) serve(r *http.Request) (a answer) {
	ctx := r.Context()
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			a = answer{http.StatusInternalServerError, "internal error; see the log", pause}
		}
	}()
	if r.Method != http.MethodPost {
		return answer{http.StatusOK, fmt.Sprintf("Pageinspect %s is up; POST an event here", h.Stage), 0}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, event.MaxBody+1))
	if err != nil {
		return answer{http.StatusServiceUnavailable, "the body was cut off", pause}
	}
	t := timesOf(ctx)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), t.end)
	defer cancel()
	items, err := h.Decode(r.Header, body)
	if err != nil {
		items = []Item{{Value: body, Source: job.Source{Via: "http", Partition: -1, Offset: -1}, Err: err}}
		items[0].Request = items[0].Request.Identify(items[0].Source, body)
	}
	return answerTo(h.all(ctx, t, items))
}

// answerTo turns why items must be delivered again, nil for those that need
// not, into the answer. The soonest Retry-After counts: a rerun is cheap.
func answerTo(errs []error) answer {
	a := answer{http.StatusOK, fmt.Sprintf("%d done", len(errs)), 0}
	for _, err := range errs {
		if err == nil {
			continue
		}
		wait := pause
		if held, ok := errors.AsType[*lease.Held](err); ok {
			wait = held.Left
		}
		if a.status == http.StatusOK {
			a = answer{http.StatusServiceUnavailable, "deliver again: " + err.Error(), wait}
		}
		a.retryAfter = min(a.retryAfter, wait)
	}
	return a
}

// all works through the items and returns, for each, why it must be delivered again.
func (h *Handler) all(ctx context.Context, t times, items []Item) []error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, max(h.AtOnce, 1))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = h.one(ctx, t, item)
		})
	}
	wg.Wait()
	return errs
}

// one does an item and decides, by the kind of its failure, what becomes of it.
// It returns why the item must be delivered again.
func (h *Handler) one(ctx context.Context, t times, item Item) error {
	began := h.Now()
	ctx, end := telemetry.Page(telemetry.Continue(ctx, item.Trace), string(h.Stage))
	var own *lease.Lease
	err := item.Err
	switch {
	case err == nil:
		item, own, err = h.work(ctx, t, item)
	case job.CheckID(item.Request.ID) == nil: // so that its failure, too, is decided once
		var taken error
		if own, taken = h.Leases.Claim(ctx, item.Request.ID, lease.Run{Request: shortSum(item.Value)}, func(error) {}); own == nil {
			err = taken
		}
	}
	end(item.Request.ID, item.Request.URL, err)
	log := h.Log.With("id", item.Request.ID, "url", item.Request.URL, "stage", h.Stage, "ms", h.Now().Sub(began).Milliseconds())
	earlier, failedBefore := errors.AsType[*lease.Failed](err)
	kind := fault.KindOf(err)
	switch {
	case err == nil:
		log.InfoContext(ctx, "done")
		if err := own.Done(ctx); err != nil {
			log.WarnContext(ctx, "the lease stays until it expires", "error", err.Error())
		}
		return nil
	case failedBefore:
		log.InfoContext(ctx, "failed before; the record is repeated")
		return h.publish(ctx, item.Request.ID, earlier.Record)
	case kind.Retryable() && !own.Spent():
		log.WarnContext(ctx, "failed", "kind", kind, "error", err.Error())
		if lost := own.Release(ctx, err); lost != nil {
			log.WarnContext(ctx, "the lease could not be given back", "error", lost.Error())
		}
		return err
	}
	log.WarnContext(ctx, "failed for good", "kind", kind, "error", err.Error())
	f := job.NewFailure(h.Stage, err, item.Request, item.Value, item.Source, h.Now())
	if err := h.record(ctx, own, f); err != nil {
		log.ErrorContext(ctx, "the failure could not be recorded; asking for another delivery", "error", err.Error())
		return err
	}
	return nil
}

// work runs Work within its time. A panic is this item's failure alone: the
// rest of its batch goes on.
func (h *Handler) work(ctx context.Context, t times, item Item) (out Item, own *lease.Lease, err error) {
	late := !h.Now().Before(t.half)
	ctx, cancel := context.WithDeadline(ctx, t.work)
	defer cancel()
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	ctx = owning(ctx, &own)
	if ctx.Err() != nil {
		return item, nil, fault.New(fault.Transient, "no time was left for it in this delivery")
	}
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "id", item.Request.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			out, err = item, fault.New(fault.Internal, "panic: %v", p)
		}
		if late && fault.KindOf(err) == fault.Timeout {
			err = &fault.Error{Kind: fault.Transient, Op: "begun late in its batch", Err: err}
		}
		if errors.Is(context.Cause(ctx), lease.ErrLost) && err != nil {
			err = &fault.Error{Kind: fault.Transient, Err: lease.ErrLost}
		}
	}()
	out, err = h.Work(ctx, item, func(ctx context.Context, id string, run lease.Run) (err error) {
		own, err = h.Leases.Claim(ctx, id, run, lost)
		return err
	})
	return out, own, err
}
