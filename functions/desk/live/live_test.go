package live

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// world is a bucket of results, the ledger of another desk, and an index that Live keeps.
type world struct {
	objects *store.Client
	other   *ledger.Ledger
	live    *Live
	all     []result.Result
}

func newWorld(t *testing.T, results int) *world {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Dir: t.TempDir(), Buckets: []string{"results", "shots"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	w := &world{all: desktest.Results(results)}
	if w.objects, err = store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.objects.Close() }) //nolint:errcheck // nothing of it is kept
	x, err := index.Open(t.Context(), filepath.Join(t.TempDir(), "index.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // it is thrown away
	book := func() *ledger.Ledger {
		return &ledger.Ledger{Store: w.objects, Bucket: "results", Topic: "decisions", Now: time.Now}
	}
	w.other = book()
	w.live = &Live{Index: x, Ledger: book(), Pages: &pages.Source{Objects: w.objects, Results: "results", Screenshots: "shots"},
		ResultsTopic: "results", DecidedTopic: "decisions", Log: slog.New(slog.DiscardHandler), Every: time.Millisecond}
	w.live.Pages.Kept = w.live.Ledger.Tile
	return w
}

// put stores a result and its tiles, as Capture and Recognize do.
func (w *world) put(t *testing.T, r result.Result) (stored []byte) {
	t.Helper()
	r.Tiles = slices.Clone(r.Tiles)
	for i := range r.Tiles {
		data := []byte(r.ID + string(rune('a'+i)))
		object := r.ID + "/run/" + string(rune('a'+i))
		r.Tiles[i].Object, r.Tiles[i].SHA256 = "gs://shots/"+object, sumOf(data)
		if _, err := w.objects.Put(t.Context(), store.URI{Bucket: "shots", Object: object}, r.Tiles[i].MediaType, data, nil); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.objects.Put(t.Context(), store.URI{Bucket: "results", Object: r.ID + "/result.json"}, "application/json", b, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.live.Run(ctx) })
	t.Cleanup(running.Wait)
	t.Cleanup(stop)
}

// until waits for what must become so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); !so(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

func (w *world) row(t *testing.T, id string) (index.Row, bool) {
	t.Helper()
	row, ok, err := w.live.Index.Row(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row, ok
}

// decide confirms a page as a desk does that keeps what it shows.
func (w *world) decide(t *testing.T, r result.Result, stored []byte) {
	t.Helper()
	hash, err := w.other.Keep(t.Context(), r.ID, stored)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.other.Decide(t.Context(), decision.Decision{Series: decision.Page, Subject: r.ID, Action: decision.Confirm, Policy: "p",
		By: "another", Whole: true, Unseen: decision.UnseenOf(r), Shown: decision.Shown{Result: hash, CapturedAt: r.CapturedAt}}, 0); err != nil {
		t.Fatal(err)
	}
}

// TestTheBucketIsFollowed: results that come, change and go, and decisions of other
// desks, are seen without a topic; the tiles of what they confirm are kept, and stand
// in when the screenshots are gone.
func TestTheBucketIsFollowed(t *testing.T) {
	w := newWorld(t, 3)
	w.put(t, w.all[0])
	w.run(t)
	until(t, "it catches up", func() bool { return w.live.Progress().Current })
	stored := w.put(t, w.all[1])
	until(t, "a new result is seen", func() bool { _, ok := w.row(t, w.all[1].ID); return ok })
	w.decide(t, w.all[1], stored)
	until(t, "another's decision is seen", func() bool { row, _ := w.row(t, w.all[1].ID); return row.DecidedBy == "another" })
	var r result.Result
	if err := json.Unmarshal(stored, &r); err != nil {
		t.Fatal(err)
	}
	until(t, "its tiles are kept", func() bool {
		return !slices.ContainsFunc(r.Tiles, func(tile page.Tile) bool { _, err := w.other.Tile(t.Context(), tile); return err != nil })
	})
	for a, err := range w.objects.List(t.Context(), "shots", r.ID+"/") {
		if err == nil {
			err = w.objects.Delete(t.Context(), a.URI)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data, _, err := w.live.Pages.Tile(t.Context(), r, 0)
	if want := r.ID + "a"; string(data) != want || err != nil {
		t.Errorf("a tile whose screenshot is gone: %q, %v", data, err)
	}
	if err := w.objects.Delete(t.Context(), store.URI{Bucket: "results", Object: w.all[0].ID + "/result.json"}); err != nil {
		t.Fatal(err)
	}
	until(t, "a result that is gone is gone", func() bool { _, ok := w.row(t, w.all[0].ID); return !ok })
}

// TestTopicsAreFollowed: what topics tell is seen although the bucket is looked at once
// in an hour, and what is no event stops nothing.
func TestTopicsAreFollowed(t *testing.T) {
	w := newWorld(t, 2)
	broker, err := localkafka.Start(localkafka.Config{Addr: "127.0.0.1:0", Topics: map[string]int{"results": 2, "decisions": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	w.live.Kafka, w.live.Every = &topic.Config{Brokers: []string{broker.Addr()}}, time.Hour
	writer, err := topic.NewWriter(*w.live.Kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() }) //nolint:errcheck // every event was acknowledged
	w.other.Events = writer
	publish := func(id string, value []byte) {
		t.Helper()
		if err := writer.Publish(t.Context(), topic.Message{Topic: "results", Key: []byte(id), Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	w.put(t, w.all[0])
	w.run(t)
	until(t, "it catches up", func() bool { return w.live.Progress().Current })
	publish("x", []byte("no event"))
	stored := w.put(t, w.all[1])
	event, err := json.Marshal(w.all[1].Event("", ""))
	if err != nil {
		t.Fatal(err)
	}
	// Where the topic ends is found beside the first look; an event that came before is
	// not told, so it is published until it is heard.
	until(t, "a result that the topic tells is seen", func() bool {
		publish(w.all[1].ID, event)
		_, ok := w.row(t, w.all[1].ID)
		return ok
	})
	w.decide(t, w.all[1], stored)
	until(t, "another's decision is seen", func() bool { row, _ := w.row(t, w.all[1].ID); return row.DecidedBy == "another" })
}

// TestWhatGoesWrongIsToldAndTriedAgain: a store that is away ends nothing.
func TestWhatGoesWrongIsToldAndTriedAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.put(t, w.all[0])
	var log lines
	w.live.Log = slog.New(slog.NewTextHandler(&log, nil))
	w.live.Pages.Results = "nowhere"
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.live.Run(ctx) })
	until(t, "it is told", func() bool { return log.has("could not catch up") })
	stop()
	running.Wait()
	w.live.Pages.Results = "results"
	w.run(t)
	until(t, "it catches up", func() bool { return w.live.Progress().Current })
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.all.Bytes(), []byte(text))
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
