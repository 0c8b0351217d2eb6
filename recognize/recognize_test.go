package recognize

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// memory is a Store, and a Publisher that remembers.
type memory struct {
	*memstore.Store
	mu           sync.Mutex
	picturesRead int // how often a tile's bytes were read
	events       []result.Result
}

func (m *memory) Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error) {
	if uri.Bucket == "shots" && strings.HasSuffix(uri.Object, ".jpg") {
		m.mu.Lock()
		m.picturesRead++
		m.mu.Unlock()
	}
	return m.Store.Read(ctx, uri, limit)
}

// put, drop, bytes and attrs are what happens beside the code that is tested.
func (m *memory) put(uri store.URI, media string, data []byte, meta map[string]string) {
	if _, err := m.Put(context.Background(), uri, media, data, meta); err != nil {
		panic(err)
	}
}

func (m *memory) drop(uri store.URI) {
	if err := m.Delete(context.Background(), uri); err != nil {
		panic(err)
	}
}

func (m *memory) bytes(uri store.URI) []byte { return m.Objects()[uri] }

func (m *memory) attrs(uri store.URI) store.Attrs {
	attrs, err := m.Stat(context.Background(), uri)
	if err != nil {
		panic(err)
	}
	return attrs
}

// refuse has the store refuse what is written where why returns an error.
func (m *memory) refuse(why func(store.URI) error) {
	m.Refuse = func(op string, uri store.URI) error {
		if op == "read" || op == "stat" {
			return nil
		}
		return why(uri)
	}
}

func (m *memory) Publish(_ context.Context, r result.Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, r)
	return nil
}

// reader is a Vision that reads the same words on every image.
type reader struct {
	mu    sync.Mutex // of calls
	calls int
	words []printed
	err   error
}

func (v *reader) BatchAnnotateImages(_ context.Context, r *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	v.mu.Lock()
	v.calls++
	v.mu.Unlock()
	out := &visionpb.BatchAnnotateImagesResponse{}
	for range r.Requests {
		out.Responses = append(out.Responses, &visionpb.AnnotateImageResponse{
			FullTextAnnotation: readingOf(v.words, page.Tile{Width: 1000, Height: 500}, 1, func() float64 { return 0 }).annotation})
	}
	return out, v.err
}

func newMemory() *memory {
	m := &memory{Store: memstore.New("shots", "pages", "results", "other")}
	m.Now = func() time.Time { return time.Unix(1000, 0) }
	return m
}

// bundled are the packs, whose own tests are run once.
var bundled = sync.OnceValues(rules.Bundled)

func recognizer(t testing.TB, words ...printed) (*Recognizer, *memory, *reader) {
	t.Helper()
	set, err := bundled()
	if err != nil {
		t.Fatal(err)
	}
	m, v := newMemory(), &reader{words: words}
	return &Recognizer{Vision: v, Store: m, Rules: set, Events: m, Screenshots: "shots", Pages: "pages", Results: "results",
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }}, m, v
}

// Page takes what was put at uri through both phases of its job, as a delivery
// that nobody else could be at.
func (r *Recognizer) Page(ctx context.Context, uri store.URI) (page.Manifest, result.Result, error) {
	j := r.Job(uri)
	_, done, err := j.Look(ctx)
	if err == nil && !done {
		err = j.Do(ctx, nil)
	}
	return j.manifest, j.result, err
}

var manifestURI = store.URI{Bucket: "pages", Object: "p-1.json"}

func (m *memory) putManifest(t testing.TB, change func(*page.Manifest)) {
	t.Helper()
	m.putTile(tileURI, "the tile")
	m.putPage(t, manifestURI, change)
}

func (m *memory) putPage(t testing.TB, uri store.URI, change func(*page.Manifest)) {
	t.Helper()
	man := page.Manifest{
		Schema: page.Schema, ID: "p-1", Request: job.Request{Schema: job.RequestSchema, ID: "p-1", URL: "https://shop.example/1", Category: "cosmetics"},
		FinalURL: "https://shop.example/1", CapturedAt: time.Unix(1000, 0).UTC(), Width: 1000, Height: 500, Scale: 1,
		Tiles: []page.Tile{{Object: "gs://shots/p-1/run/000.jpg", Width: 1000, Height: 500}},
	}
	if change != nil {
		change(&man)
	}
	b, err := json.Marshal(man)
	if err != nil {
		t.Fatal(err)
	}
	m.put(uri, "application/json", b, nil)
}

var tileURI = store.URI{Bucket: "shots", Object: "p-1/run/000.jpg"}

// putTile puts a picture as Capture does.
func (m *memory) putTile(uri store.URI, picture string) {
	m.put(uri, "image/jpeg", []byte(picture), map[string]string{"sha256": fmt.Sprintf("%x", sha256.Sum256([]byte(picture)))})
}

var claim = []printed{{"여드름", 100, 50, 90, 30, false}, {"치료", 200, 50, 60, 30, true}}

func TestPageOnceAndAgain(t *testing.T) {
	r, m, v := recognizer(t, claim...)
	m.putManifest(t, nil)
	for range 3 {
		if _, _, err := r.Page(t.Context(), manifestURI); err != nil {
			t.Fatal(err)
		}
	}
	if v.calls != 1 {
		t.Errorf("Vision was called %d times, want once", v.calls)
	}
	if len(m.events) != 3 {
		t.Fatalf("%d events, want one a delivery", len(m.events))
	}
	e := m.events[2]
	if e.Verdict != result.Reject || e.ResultObject != "gs://results/p-1/result.json" || e.Text != "" || e.Lines != nil {
		t.Errorf("the event is %+v", e)
	}
	var stored result.Result
	if err := json.Unmarshal(m.bytes(store.URI{Bucket: "results", Object: "p-1/result.json"}), &stored); err != nil {
		t.Fatal(err)
	}
	if stored.Text != "여드름 치료" || len(stored.Findings) == 0 || stored.Findings[0].Quote != "여드름 치료" {
		t.Errorf("stored text %q, findings %+v", stored.Text, stored.Findings)
	}
	if want := (page.Box{X: 100, Y: 50, W: 160, H: 30}); stored.Findings[0].Box != want {
		t.Errorf("box %+v, want %+v", stored.Findings[0].Box, want)
	}
}

func TestForcedCaptureIsRecognizedAgain(t *testing.T) {
	r, m, v := recognizer(t, claim...)
	m.putManifest(t, nil)
	for _, at := range []int64{1000, 2000, 2000} {
		m.putManifest(t, func(p *page.Manifest) { p.Request.Force = true; p.CapturedAt = time.Unix(at, 0).UTC() })
		if _, _, err := r.Page(t.Context(), manifestURI); err != nil {
			t.Fatal(err)
		}
	}
	if v.calls != 2 {
		t.Errorf("Vision was called %d times, want once for each capture", v.calls)
	}
}

func TestWhatWasNotWhollySeenDoesNotPass(t *testing.T) {
	for name, change := range map[string]func(*page.Manifest){
		"partial":   func(p *page.Manifest) { p.Partial = "the page did not come to rest" },
		"truncated": func(p *page.Manifest) { p.Truncated = true },
	} {
		r, m, _ := recognizer(t, printed{"안녕하세요", 10, 10, 100, 30, true})
		m.putManifest(t, change)
		_, res, err := r.Page(t.Context(), manifestURI)
		if err != nil || res.Verdict != result.Review {
			t.Errorf("%s: verdict %s, %v", name, res.Verdict, err)
		}
	}
}

func TestBadManifests(t *testing.T) {
	refused := errors.New("no")
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *memory)
		uri     store.URI
		kind    fault.Kind
		say     string
	}{
		{"gone", func(*testing.T, *memory) {}, manifestURI, fault.Invalid, "is gone"},
		{"not JSON", func(_ *testing.T, m *memory) { m.put(manifestURI, "", []byte("hello"), nil) }, manifestURI, fault.Invalid, "not JSON"},
		{"another bucket's event", func(*testing.T, *memory) {}, store.URI{Bucket: "other", Object: "p-1.json"}, fault.Invalid, "not in the bucket pages"},
		{"foreign tiles", func(t *testing.T, m *memory) {
			m.putManifest(t, func(p *page.Manifest) { p.Tiles[0].Object = "gs://secrets/x.jpg" })
		}, manifestURI, fault.Invalid, "not in the bucket shots"},
		{"unknown pack", func(t *testing.T, m *memory) {
			m.putManifest(t, func(p *page.Manifest) { p.Request.Rules = []string{"nonesuch"} })
		}, manifestURI, fault.Invalid, "nonesuch"},
		{"not an image", func(_ *testing.T, m *memory) {
			m.put(store.URI{Bucket: "pages", Object: "x.pdf"}, "", []byte("%PDF-1.7"), nil)
		},
			store.URI{Bucket: "pages", Object: "x.pdf"}, fault.Invalid, "it looks like application/pdf"},
		{"results refuse writes", func(t *testing.T, m *memory) {
			m.putManifest(t, nil)
			m.refuse(func(u store.URI) error {
				if u.Bucket == "results" {
					return refused
				}
				return nil
			})
		}, manifestURI, fault.Transient, "no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t, claim...)
			c.prepare(t, m)
			_, _, err := r.Page(t.Context(), c.uri)
			if fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.say) {
				t.Errorf("got %v (%s), want %s: …%s…", err, fault.KindOf(err), c.kind, c.say)
			}
			if len(m.events) > 0 {
				t.Error("an event was published all the same")
			}
			for uri := range m.Objects() {
				if uri.Bucket == "results" && strings.HasSuffix(uri.Object, "result.json") {
					t.Error("a result was written all the same")
				}
			}
		})
	}
}
