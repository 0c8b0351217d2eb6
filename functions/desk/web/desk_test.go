package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// room is a desk over results that a test made, and its server.
type room struct {
	*Desk
	URL     string
	results []result.Result
	files   fstest.MapFS

	mu    sync.Mutex
	who   string        // who asks
	look  bool          // they may only look
	asked []job.Request // pages to be inspected again
}

const kim, lee = "kim@example.com", "lee@example.com"

// furnish makes a desk over results, which are read as they are at every start.
func furnish(t furnisher, results []result.Result) *room {
	t.Helper()
	r := &room{results: results, files: fstest.MapFS{}, who: kim}
	for _, one := range results {
		r.put(t, one, time.Unix(1_764_000_000, 123_456_789))
	}
	x, err := index.Open(t.Context(), filepath.Join(t.TempDir(), "index"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // it is thrown away
	r.Desk = &Desk{
		Index: x, Pages: &pages.Source{Folder: r.files},
		Ledger: &ledger.Ledger{Store: memstore.New("results"), Bucket: "results", Now: time.Now},
		Who: func(*http.Request) (string, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.who, nil
		},
		MayDecide: func(string) bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return !r.look
		},
		Again: func(_ context.Context, all ...job.Request) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.asked = append(r.asked, all...)
			return nil
		},
		Log: slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelError})), Now: time.Now,
	}
	if err := x.CatchUp(t.Context(), r.Pages, r.Ledger, nil); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(r.Handler())
	t.Cleanup(s.Close)
	r.URL = s.URL
	return r
}

// as has somebody else ask from here on.
func (r *room) as(who string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.who = who
}

// put writes a result as it is read from here on.
func (r *room) put(t furnisher, one result.Result, at time.Time) {
	t.Helper()
	b, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	r.files[one.ID+"/result.json"] = &fstest.MapFile{Data: b, ModTime: at, Mode: 0o644}
}

// decisions are those of a page.
func (r *room) decisions(t *testing.T, id string) []decision.Decision {
	t.Helper()
	all, err := r.Ledger.Read(t.Context(), decision.Page, id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// row is a page's row.
func (r *room) row(t *testing.T, id string) index.Row {
	t.Helper()
	row, ok, err := r.Index.Row(t.Context(), id)
	if err != nil || !ok {
		t.Fatalf("the row of %s: %v, %v", id, ok, err)
	}
	return row
}

// post sends JSON, as a program does, and returns the status and what came back.
func (r *room) post(t *testing.T, path string, body any) (int, string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(r.URL+path, "application/json", bytes.NewReader(b)) //nolint:gosec // our own
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text.String()
}

// say is a body for a decision on a page as its row shows it.
func say(row index.Row, more map[string]any) map[string]any {
	body := map[string]any{"known": row.Last, "version": spellVersion(row.Version)}
	for k, v := range more {
		body[k] = v
	}
	return body
}

// furnisher is who a desk is made for: a test, or all of them.
type furnisher interface {
	Helper()
	Fatal(...any)
	Log(...any)
	Context() context.Context
	TempDir() string
	Cleanup(func())
}

// forAll is all tests; what it leaves behind is gone with the process.
type forAll struct{}

func (forAll) Helper()                  {}
func (forAll) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }
func (forAll) Log(...any)               {}
func (forAll) Context() context.Context { return context.Background() }
func (forAll) Cleanup(undo func())      { cleanups = append(cleanups, undo) }
func (f forAll) TempDir() string {
	dir, err := os.MkdirTemp("", "desk")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // it is a temporary one
	return dir
}

// cleanups are called when all tests are over, the last first.
var cleanups []func()

// logTo shows a test what the desk logs.
type logTo struct{ t furnisher }

func (l logTo) Write(b []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// withFinding are results that need a decision for a finding, the first n.
func withFinding(n int) (some []result.Result) {
	for _, r := range desktest.Results(10 * n) {
		for _, f := range r.Findings {
			if decision.Counts(f) && len(some) < n {
				some = append(some, r)
				break
			}
		}
	}
	return some
}

// many are n results that are quick to index: those of a few hundred pages again and
// again, with what was read of them left out but for a line.
func many(n int) []result.Result {
	some := desktest.Results(min(n, 300))
	all := make([]result.Result, n)
	for i := range all {
		r := some[i%len(some)]
		r.ID, r.Lines, r.Text, r.HTML = fmt.Sprintf("p-%05d", i), r.Lines[:1], "", nil
		r.RecognizedAt = r.RecognizedAt.Add(time.Duration(i) * time.Second)
		all[i] = r
	}
	return all
}
