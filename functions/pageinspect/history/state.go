package history

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
	"golang.org/x/sync/errgroup"
)

// State is how far a request has come.
type State string

// The states, in order.
const (
	Unknown     State = "unknown" // no topic and no bucket has heard of it
	Requested   State = "requested"
	Capturing   State = "capturing"
	Captured    State = "captured"
	Recognizing State = "recognizing"
	Recognized  State = "recognized"
	Failed      State = "failed"
)

// Finished says that nothing more happens by itself.
func (s State) Finished() bool { return s == Recognized || s == Failed }

// Request is where one request stands.
type Request struct {
	ID      string    `json:"id"`
	URL     string    `json:"url,omitempty"`
	State   State     `json:"state"`
	Verdict string    `json:"verdict,omitempty"` // once it is recognized, if the topic or the result tells
	Detail  string    `json:"detail,omitempty"`  // the verdict, or why it failed, or how often it was tried
	Attempt int       `json:"attempt,omitempty"`
	At      time.Time `json:"at,omitzero"` // when it came to that state, where that is known
}

// Tracker follows requests. Its methods are safe for concurrent use.
type Tracker struct {
	places Places
	only   map[string]bool // empty: every request that the topic has

	mu       sync.Mutex
	order    []string
	requests map[string]*Request
	refused  map[string]bool // requests that failed because they were wrong; perhaps only their id was
	from     [3]topic.Offsets
}

// Track reads the topics through and returns what they say of the requests
// with the ids given or, without any, of all.
func (p Places) Track(ctx context.Context, ids ...string) (*Tracker, error) {
	t := &Tracker{places: p, only: map[string]bool{}, requests: map[string]*Request{}, refused: map[string]bool{}}
	for _, id := range ids {
		t.only[id] = true
		t.get(id, true)
	}
	for i, s := range t.streams() {
		var err error
		if t.from[i], err = topic.End(ctx, p.Kafka, s.topic); err != nil {
			return nil, err
		}
		if err := p.scan(ctx, s.topic, s.take); err != nil {
			return nil, err
		}
	}
	return t, nil
}

type stream struct {
	topic string
	take  func(topic.Message) error
}

// streams are in an order in which a failure is read after what it may be about.
func (t *Tracker) streams() []stream {
	return []stream{{t.places.Requests, t.requested}, {t.places.Results, t.recognized}, {t.places.Errors, t.failed}}
}

// Follow keeps up with the topics until ctx ends, and calls changed after each message.
func (t *Tracker) Follow(ctx context.Context, changed func()) error {
	all, ctx := errgroup.WithContext(ctx)
	for i, s := range t.streams() {
		all.Go(func() error {
			return topic.Follow(ctx, t.places.Kafka, s.topic, t.from[i], func(m topic.Message) error {
				defer changed()
				return s.take(m)
			})
		})
	}
	return all.Wait()
}

// get returns what is known of a request; nil if nobody asked for it. The caller holds mu.
func (t *Tracker) get(id string, add bool) *Request {
	r, ok := t.requests[id]
	if !ok && add && (len(t.only) == 0 || t.only[id]) {
		r = &Request{ID: id, State: Unknown}
		t.requests[id] = r
		t.order = append(t.order, id)
	}
	return r
}

func (t *Tracker) requested(m topic.Message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := request(m)
	r := t.get(q.ID, true)
	if r == nil || max(q.Attempt, 1) <= r.Attempt || r.State == Recognized && r.isOfAnotherThan(q) {
		return nil // delivered again, or not ours
	}
	*r = Request{ID: q.ID, URL: job.Bare(q.URL), State: Requested, Attempt: max(q.Attempt, 1), At: m.Time}
	return nil
}

func (t *Tracker) failed(m topic.Message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, ok := failure(m.Value)
	if !ok {
		return nil
	}
	r := t.get(f.ID, true)
	if r == nil || f.Attempt < r.Attempt || r.State == Recognized && r.At.After(f.At) {
		return nil
	}
	q, _ := job.DecodeRequest(f.Original())
	q.URL = f.URL
	if (r.State == Recognized || f.Attempt <= r.Attempt) && r.isOfAnotherThan(q) {
		return nil
	}
	t.refused[f.ID] = f.Stage == job.StageCapture && f.Kind == fault.Invalid && !q.Force
	url := f.URL
	if url == "" {
		url = r.URL
	}
	*r = Request{ID: f.ID, URL: url, State: Failed, Attempt: f.Attempt, At: f.At, Detail: why(f)}
	return nil
}

// isOfAnotherThan says whether the id stands for another page than the one that a request
// gives it to. Such a request fails, and changes nothing about the page.
func (r Request) isOfAnotherThan(q job.Request) bool {
	web := func(url string) bool { return url != "" && !strings.HasPrefix(url, "gs://") } // and not of an object
	return !q.Force && web(r.URL) && web(q.URL) && job.Bare(r.URL) != job.Bare(q.URL)
}

func why(f job.Failure) string { return fmt.Sprintf("%s (%s): %s", f.Stage, f.Kind, f.Message) }

func (t *Tracker) recognized(m topic.Message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	q, ok := outcome(m)
	r := t.get(q.ID, ok)
	if !ok || r == nil || r.State == Failed && r.At.After(q.RecognizedAt) {
		return nil
	}
	r.URL, r.State, r.Verdict, r.Detail, r.At = q.URL, Recognized, string(q.Verdict), string(q.Verdict), q.RecognizedAt
	return nil
}

// Look asks the buckets about the requests that the topics do not say the end
// of, and returns all, in the order in which they were asked for or published.
func (t *Tracker) Look(ctx context.Context) ([]Request, error) {
	t.mu.Lock()
	all, refused := make([]Request, len(t.order)), make([]bool, len(t.order))
	for i, id := range t.order {
		all[i], refused[i] = *t.requests[id], t.refused[id]
	}
	t.mu.Unlock()
	if t.places.Store == nil {
		return all, nil
	}
	looking, ctx := errgroup.WithContext(ctx)
	looking.SetLimit(16)
	for i := range all {
		if job.CheckID(all[i].ID) != nil {
			continue
		}
		if all[i].State.Finished() {
			if all[i].State == Failed && refused[i] {
				looking.Go(func() error { return t.places.lookBehind(ctx, &all[i]) })
			}
			continue
		}
		looking.Go(func() error { return t.places.look(ctx, &all[i]) })
	}
	return all, looking.Wait()
}

// look asks from the end of the flow, so that what moves on meanwhile is not missed.
func (p Places) look(ctx context.Context, r *Request) error {
	manifest := store.URI{Bucket: p.Pages, Object: r.ID + ".json"}
	captured, err := p.there(ctx, manifest)
	if err != nil {
		return err
	}
	if !captured.IsZero() {
		r.State, r.At = Captured, captured
		recognized, verdict, err := p.judged(ctx, r.ID)
		if err != nil {
			return err
		}
		if recognized.After(captured) {
			r.State, r.At, r.Verdict, r.Detail = Recognized, recognized, verdict, verdict
			return nil
		}
		return p.lease(ctx, r, p.Output, Recognizing)
	}
	return p.lease(ctx, r, p.Screenshots, Capturing)
}

// lookBehind tells of the page that an id was given to before a request gave it
// to another, and failed: the topics may have forgotten the page, the buckets have not.
func (p Places) lookBehind(ctx context.Context, r *Request) error {
	b, _, err := p.Store.Read(ctx, store.URI{Bucket: p.Pages, Object: r.ID + ".json"}, page.MaxManifestBytes)
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	m, err := page.Decode(b)
	m.Request.Force = false // it is there, whatever brought it there
	if err != nil || !r.isOfAnotherThan(m.Request) {
		return nil // the failure says what is wrong
	}
	*r = Request{ID: r.ID, URL: job.Bare(m.Request.URL), Attempt: max(m.Request.Attempt, 1)}
	return p.look(ctx, r)
}

// there is when an object was written; zero if there is none.
func (p Places) there(ctx context.Context, uri store.URI) (time.Time, error) {
	a, err := p.Store.Stat(ctx, uri)
	if errors.Is(err, store.ErrNotExist) {
		return time.Time{}, nil
	}
	return a.Created, err
}

// judged is when a result was written, and the verdict that its object names; zero
// if there is none.
func (p Places) judged(ctx context.Context, id string) (at time.Time, verdict string, err error) {
	a, err := p.Store.Stat(ctx, store.URI{Bucket: p.Output, Object: id + "/result.json"})
	if errors.Is(err, store.ErrNotExist) {
		return time.Time{}, "", nil
	}
	return a.Created, a.Metadata["verdict"], err
}

// lease tells whether somebody works on the request, and how that went before.
func (p Places) lease(ctx context.Context, r *Request, bucket string, working State) error {
	b, _, err := p.Store.Read(ctx, lease.URI(bucket, r.ID), 32<<20)
	if errors.Is(err, store.ErrNotExist) {
		return nil
	}
	var l lease.Record
	if err == nil {
		l, err = lease.Decode(b)
	}
	switch {
	case fault.KindOf(err) == fault.Invalid || fault.KindOf(err) == fault.Internal: // this request's alone: the others are told all the same
		r.Detail = fmt.Sprintf("its lease cannot be read: %v", err)
	case err != nil:
		return err
	case l.Failure != nil && max(l.Run.Attempt, 1) >= r.Attempt: // decided, and about to be published
		f, _ := failure(l.Failure)
		r.State, r.Detail, r.At = Failed, why(f), f.At
	case l.Owner != "":
		r.State, r.At = working, l.First
		if l.Begun > 1 {
			r.Detail = fmt.Sprintf("begun %d times", l.Begun)
		}
	case l.Last != "":
		r.Detail = fmt.Sprintf("tried %d times, to be delivered again: %s", l.Begun, l.Last)
	}
	return nil
}
