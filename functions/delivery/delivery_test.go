package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/logs"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/topic"
)

type recorded struct {
	mu   sync.Mutex
	msgs []topic.Message
	err  error
}

func (r *recorded) Publish(_ context.Context, msgs ...topic.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.msgs = append(r.msgs, msgs...)
	}
	return r.err
}

// words is a delivery of one item a word; a word that begins with ! cannot be decoded.
func words(_ http.Header, body []byte) ([]Item, error) {
	if string(body) == "not an event" {
		return nil, fault.New(fault.Invalid, "not an event")
	}
	var items []Item
	for n, w := range strings.Fields(string(body)) {
		i := Item{Value: []byte(w), Request: job.Request{ID: fmt.Sprintf("%d-%s", n, w)}}
		if w[0] == '!' {
			i.Err = fault.New(fault.Invalid, "bad item")
		}
		items = append(items, i)
	}
	return items, nil
}

// do is a job that was never done before.
type do func(context.Context, *lease.Lease) error

func (do) Ready(context.Context) (func(), error) { return func() {}, nil }

func (do) Look(context.Context) (lease.Run, bool, error)    { return lease.Run{}, false, nil }
func (f do) Do(ctx context.Context, own *lease.Lease) error { return f(ctx, own) }

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, body string
		topic      error
		status     int
		kinds      string // of the failures recorded, in any order
	}{
		{"done", "ok ok", nil, 200, ""},
		{"for good", "invalid", nil, 200, "invalid"},
		{"each permanent kind", "unreachable blocked timeout internal", nil, 200, "blocked internal timeout unreachable"},
		{"transient", "transient", nil, 503, ""},
		{"one of a batch is transient", "ok invalid transient ok", nil, 503, "invalid"},
		{"errors topic cannot be written", "invalid", errors.New("no broker"), 503, ""},
		{"bad item, the others carry on", "ok !bad ok", nil, 200, "invalid"},
		{"not an event at all", "not an event", nil, 200, "invalid"},
		{"panic is that item's failure", "ok panic ok", nil, 200, "internal"},
		{"nothing to do", "", nil, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			errs := &recorded{err: c.topic}
			h := &Handler{Leases: newLeases(t), Stage: job.StageCapture, Topic: "errors", Errors: errs, Log: slog.New(slog.DiscardHandler), Now: time.Now, Decode: words,
				Open: func(i *Item) Job {
					return do(func(context.Context, *lease.Lease) error {
						switch w := string(i.Value); w {
						case "ok":
							return nil
						case "panic":
							panic("a defect")
						default:
							return fault.New(fault.Kind(w), "made to fail")
						}
					})
				}}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body)))
			if w.Code != c.status {
				t.Errorf("answered %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if (w.Header().Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("Retry-After is %q with %d", w.Header().Get("Retry-After"), w.Code)
			}
			kinds := map[string]int{}
			for _, m := range errs.msgs {
				var f job.Failure
				if err := json.Unmarshal(m.Value, &f); err != nil || f.Schema != job.FailureSchema || len(f.Original()) == 0 {
					t.Errorf("record %s: %v", m.Value, err)
				}
				kinds[string(f.Kind)]++
			}
			for k := range strings.FieldsSeq(c.kinds) {
				kinds[k]--
			}
			for k, n := range kinds {
				if n != 0 {
					t.Errorf("kind %s: %+d records than wanted", k, n)
				}
			}
		})
	}
}

// TestNoPasswordIsLogged: an address that was delivered by itself, with a name
// and password, is named in what is said of it, without them, however long.
func TestNoPasswordIsLogged(t *testing.T) {
	for _, body := range []string{
		"https://kim:geheim@shop.example/1",
		"https://kim:geheim" + strings.Repeat("x", 40) + "@shop.example/1",
		`{"a":1} {"url":"https://kim:geheim@shop.example/1"`,
	} {
		for kind, work := range map[string]error{"invalid": nil, "transient": fault.New(fault.Transient, "no answer for %s", body)} {
			var log bytes.Buffer
			errs := &recorded{}
			h := &Handler{Leases: newLeases(t), Stage: job.StageCapture, Topic: "errors", Errors: errs, Log: logs.New(&log, "capture", ""), Now: time.Now, Decode: Requests}
			if work != nil {
				h.Decode = func(http.Header, []byte) ([]Item, error) {
					return []Item{{Request: job.Request{ID: "p", URL: body}}}, nil
				}
				h.Open = func(*Item) Job { return do(func(context.Context, *lease.Lease) error { return work }) }
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
			said := log.String() + w.Body.String()
			for _, m := range errs.msgs {
				var f job.Failure
				if err := json.Unmarshal(m.Value, &f); err != nil {
					t.Fatal(err)
				}
				said += f.Message
			}
			if !strings.Contains(said, kind) || strings.Contains(said, "geheim") {
				t.Errorf("%s: %s", kind, said)
			}
		}
	}
}

// TestReserve: the work's time ends before the platform's, so that a failure for
// want of time can still be recorded.
func TestReserve(t *testing.T) {
	errs := &recorded{}
	h := &Handler{Leases: newLeases(t), Stage: job.StageCapture, Topic: "errors", Errors: errs, Log: slog.New(slog.DiscardHandler), Now: time.Now, Decode: words,
		Open: func(*Item) Job {
			return do(func(ctx context.Context, _ *lease.Lease) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("slow")))
	if w.Code != 200 || len(errs.msgs) != 1 || !strings.Contains(string(errs.msgs[0].Value), `"kind":"timeout"`) {
		t.Errorf("answered %d, recorded %d", w.Code, len(errs.msgs))
	}
	if ctx.Err() != nil {
		t.Error("the answer came after the platform's own limit")
	}
}

func TestBodyCutOffIsDeliveredAgain(t *testing.T) {
	h := &Handler{Leases: newLeases(t), Decode: words, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("ok"), failing{})))
	if w.Code != 503 {
		t.Errorf("answered %d, want 503", w.Code)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
