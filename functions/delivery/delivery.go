// Package delivery is what both functions do around their work: it reads what
// was delivered, runs the work within the platform's time, and turns how it
// went into the one answer that loses nothing. LIFECYCLE.md beside this file
// tells the whole life of a page.
//
// # Answers
//
// Pub/Sub and Eventarc take a 2xx as done and deliver everything else again,
// 4xx too; Kafka Connect's HTTP sinks repeat 4xx and 5xx a few times. So:
//
//	the work is done                              200
//	it failed for good, the errors topic has it   200
//	it was done before, or failed before          200, and the event is repeated
//	it may work next time                         503, with Retry-After
//	it is being worked on elsewhere               503, with the Retry-After of its lease
//	no place is free, or the instance is ending   503, and it counts as no attempt
//	it may work next time, but often did not      200, the errors topic has it; see package lease
//	the errors topic cannot be written            503
//	a body of more than 32 MiB, which is not read 413
//	the caller does not show the secret it should 401, and its body is not read
//	a defect made it panic                        500
//	GET or HEAD without a body: a probe           200, or 503 and why the instance should be replaced
//	any other method                              405
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

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
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

// Job is one piece of work in two phases, Look and Do. The lease stands between
// them: it is claimed under the item's id once Look has said that there is
// something to do, and Ready that there is a place for it.
// A job fills in what it finds out about its item, for the record of a failure.
type Job interface {
	// Look says whether the work was done before, in which case it has repeated
	// the work's event, and else which run of it this is. It is asked without the
	// lease and once more under it: whoever had it before may have finished in between.
	Look(ctx context.Context) (run lease.Run, done bool, err error)
	// Ready waits, before the lease is claimed, for what the instance has a limited
	// number of, and returns what gives it back. That none came free is fault.Busy.
	Ready(ctx context.Context) (leave func(), err error)
	// Do does the work, which is this delivery's own. It asks own.Check right
	// before it commits.
	Do(ctx context.Context, own *lease.Lease) error
}

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
	// Callers says who may deliver.
	Callers Callers
	// Decode reads a delivery. An error is about the delivery as a whole.
	Decode func(http.Header, []byte) ([]Item, error)
	// Open makes the job of an item that could be decoded.
	Open func(*Item) Job
	// Healthy says what is wrong with the instance, beside what the handler sees
	// itself. nil: nothing can be.
	Healthy func(context.Context) error

	running running
}

// ServeHTTP answers one delivery, or a probe.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.serve(r)
	if a.status >= 500 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(max(a.retryAfter, time.Second).Seconds()))))
	}
	switch a.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
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
	switch r.Method {
	case http.MethodPost:
		if !h.Callers.admits(r.Header) {
			return answer{http.StatusUnauthorized, "want Authorization: Bearer and the secret that Capture shares with its callers", 0}
		}
		return h.deliver(r)
	case http.MethodGet, http.MethodHead:
		if !hasBody(r) {
			return h.probe(ctx)
		}
	}
	return answer{http.StatusMethodNotAllowed, fmt.Sprintf("%s is not how an event is delivered; POST it", r.Method), 0}
}

// deliver takes a body apart and works through it.
func (h *Handler) deliver(r *http.Request) answer {
	body, raw, err := readBody(r)
	switch {
	case errors.Is(err, errTooLarge):
		return answer{http.StatusRequestEntityTooLarge, "the body has more than 32 MiB and was not read; send smaller batches", 0}
	case err != nil && fault.KindOf(err) != fault.Invalid:
		return answer{http.StatusServiceUnavailable, "the body was cut off", pause}
	}
	t := timesOf(r.Context())
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), t.end)
	defer cancel()
	ctx, leave, err2 := h.running.enter(ctx, t.end)
	if err2 != nil {
		return answerTo([]error{err2})
	}
	defer leave()
	var items []Item
	if err == nil {
		items, err = h.Decode(r.Header, body)
	}
	if err != nil {
		items = []Item{{Value: raw, Source: job.Source{Via: "http", Partition: -1, Offset: -1}, Err: err}}
		items[0].Request = items[0].Request.Identify(items[0].Source, raw)
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
			a = answer{http.StatusServiceUnavailable, "deliver again: " + job.Bare(err.Error()), wait}
		}
		a.retryAfter = min(a.retryAfter, wait)
	}
	return a
}

// all works through the items and returns, for each, why it must be delivered
// again. Those of one id follow one another: the later ones find it done.
func (h *Handler) all(ctx context.Context, t times, items []Item) []error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, max(h.AtOnce, 1))
	var wg sync.WaitGroup
	for _, same := range byID(items) {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, i := range same {
				errs[i] = h.one(ctx, t, &items[i])
			}
		})
	}
	wg.Wait()
	return errs
}

// byID groups the indexes of the items that have one id, in their order.
func byID(items []Item) [][]int {
	var groups [][]int
	place := map[string]int{}
	for i, item := range items {
		id := item.Request.ID
		at, seen := place[id]
		if !seen || id == "" {
			at = len(groups)
			place[id] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}
