package recognize

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// TestRun: a manifest that is finalized again is the same run, whatever else was
// captured since is another.
func TestRun(t *testing.T) {
	r, _, _ := recognizer(t)
	runOf := func(change func(*page.Manifest)) lease.Run {
		j := r.Job(manifestURI)
		j.manifest = page.Manifest{ID: "p-1", Request: job.Request{URL: "https://shop.example/1"}, CapturedAt: time.Unix(1000, 0)}
		change(&j.manifest)
		return j.run()
	}
	first := runOf(func(*page.Manifest) {})
	if again := runOf(func(*page.Manifest) {}); again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
	for name, change := range map[string]func(*page.Manifest){
		"captured later": func(m *page.Manifest) { m.CapturedAt = m.CapturedAt.Add(time.Millisecond) },
		"retried":        func(m *page.Manifest) { m.Request.Attempt = 2 },
		"corrected":      func(m *page.Manifest) { m.Tiles = []page.Tile{{}} },
	} {
		if other := runOf(change); other == first {
			t.Errorf("%s: the same run %+v", name, other)
		}
	}
}

// TestFailuresHaveIDs: whatever is wrong with what was put, people can ask for
// its failure, and no two objects share one.
func TestFailuresHaveIDs(t *testing.T) {
	r, m, _ := recognizer(t)
	ids := map[string]string{}
	for name, content := range map[string]string{
		"a.json": "hello", "b.json": `{"schema":"pageinspect.page/v2"}`, "신발 1.json": "", "c.pdf": "%PDF-1.7", "d.png": "", "e/f.avif": "????ftypavif", "g": "\x00",
	} {
		uri := store.URI{Bucket: "pages", Object: name}
		m.put(uri, "", []byte(content), nil)
		j := r.Job(uri)
		_, _, err := j.Look(t.Context())
		if err == nil {
			err = j.Do(t.Context(), nil)
		}
		origin, _ := j.Origin()
		if err == nil || job.CheckID(origin.ID) != nil || origin.URL != uri.String() {
			t.Errorf("%s: %+v, %v", name, origin, err)
		}
		if was, shared := ids[origin.ID]; shared {
			t.Errorf("%s and %s share %s", was, name, origin.ID)
		}
		ids[origin.ID] = name
	}
	if ids["a"] != "a.json" || ids["image~c.pdf"] != "c.pdf" {
		t.Errorf("the ids are %v", ids)
	}
}

// TestFence: a page whose lease is over is not committed.
func TestFence(t *testing.T) {
	r, m, _ := recognizer(t, claim...)
	m.putManifest(t, nil)
	l := lease.Leases{Config: lease.Config{MaxAttempts: 5, TTL: time.Minute}, Store: memstore.New("results"), Bucket: "results"}
	own, err := l.Claim(t.Context(), "p-1", lease.Run{}, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Release(t.Context(), errors.New("left behind")); err != nil {
		t.Fatal(err)
	}
	j := r.Job(manifestURI)
	if _, _, err := j.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Do(t.Context(), own); !errors.Is(err, lease.ErrLost) || !strings.HasPrefix(err.Error(), "fence: ") {
		t.Errorf("got %v", err)
	}
	if _, there := m.Objects()[resultOf("p-1")]; there || len(m.events) > 0 {
		t.Error("committed, or announced")
	}
}
