package history

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// TestAnotherPageUnderTheSameID: a request that gives an id to another address
// fails, and the page that has the id stays where it is; the failure is listed.
func TestAnotherPageUnderTheSameID(t *testing.T) {
	w := newWorld(t)
	at := func(id, address string, attempt int, force bool) job.Request {
		r := requestOf(id, attempt)
		r.URL, r.Force = address, force
		return r
	}
	fail := func(r job.Request, stage job.Stage, kind fault.Kind) {
		original, _ := json.Marshal(r)
		w.publish("errors", r.ID, job.NewFailure(stage, fault.New(kind, "made to fail"), r, original, job.Source{}, w.noon.Add(time.Hour)))
	}
	recognized := func(id, address string) {
		w.publish("results", id, result.Result{Schema: result.Schema, ID: id, URL: address, Verdict: result.Pass, RecognizedAt: w.noon})
	}
	stored := func(id, address string, force bool) {
		m := page.Manifest{Schema: page.Schema, ID: id, Request: at(id, address, 0, force), FinalURL: address, CapturedAt: w.noon, Width: 1, Height: 1, Scale: 1,
			Tiles: []page.Tile{{Object: "gs://shots/x", Width: 1, Height: 1}}}
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		w.object("pages", id+".json", string(b))
	}
	const one, two, invalid = "https://shop.example/1", "https://shop.example/2", fault.Invalid
	want := map[string]State{}
	for _, c := range []struct {
		id    string
		state State
		do    func(id string)
	}{
		{"recognized", Recognized, func(id string) {
			w.publish("requests", id, at(id, one, 0, false))
			recognized(id, one)
			w.publish("requests", id, at(id, two, 0, false))
			fail(at(id, two, 0, false), job.StageCapture, invalid)
		}},
		{"tried-again", Recognized, func(id string) {
			w.publish("requests", id, at(id, one, 0, false))
			recognized(id, one)
			w.publish("requests", id, at(id, two, 2, false))
			fail(at(id, two, 2, false), job.StageCapture, invalid)
		}},
		{"under-way", Requested, func(id string) {
			w.publish("requests", id, at(id, one, 0, false))
			fail(at(id, two, 0, false), job.StageCapture, invalid)
		}},
		{"overtaken", Recognized, func(id string) { // the later of the two was first
			w.publish("requests", id, at(id, one, 0, false))
			fail(at(id, one, 0, false), job.StageCapture, invalid)
			recognized(id, two)
		}},
		{"forgotten-by-the-topics", Recognized, func(id string) {
			stored(id, one, true)
			w.object("results", id+"/result.json", "{}")
			w.publish("requests", id, at(id, two, 0, false))
			fail(at(id, two, 0, false), job.StageCapture, invalid)
		}},
		{"captured-and-forgotten", Captured, func(id string) {
			stored(id, one, false)
			fail(at(id, two, 0, false), job.StageCapture, invalid)
		}},
		{"same-page", Failed, func(id string) {
			w.publish("requests", id, at(id, one, 0, false))
			recognized(id, one)
			fail(at(id, one, 0, false), job.StageCapture, invalid)
		}},
		{"same-page-in-the-buckets", Failed, func(id string) {
			stored(id, one, false)
			fail(at(id, one, 0, false), job.StageCapture, invalid)
		}},
		{"forced", Failed, func(id string) { // in place of the other
			w.publish("requests", id, at(id, one, 0, false))
			recognized(id, one)
			fail(at(id, two, 0, true), job.StageCapture, fault.Timeout)
		}},
		{"corrected", Failed, func(id string) { // nothing was there before
			w.publish("requests", id, at(id, one, 0, false))
			w.publish("requests", id, at(id, two, 2, false))
			fail(at(id, two, 2, false), job.StageCapture, fault.Timeout)
		}},
		{"manifest-cannot-be-read", Failed, func(id string) {
			w.publish("requests", id, at(id, one, 0, false))
			fail(at(id, "gs://pages/"+id+".json", 0, false), job.StageRecognize, invalid)
		}},
	} {
		c.do(c.id)
		want[c.id] = c.state
	}
	tracker, err := w.Track(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := tracker.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]State{}
	for _, r := range all {
		got[r.ID] = r.State
		if r.ID == "recognized" && (r.URL != one || r.Detail != string(result.Pass)) {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if failures, err := w.Failures(t.Context(), Filter{}); err != nil || len(failures) != len(want) {
		t.Errorf("%d failures are listed, want %d: %v", len(failures), len(want), err)
	}

	// Live, in whatever order the topics are heard: the page was there first.
	for _, m := range []func() error{
		func() error { return tracker.requested(w.message(at("recognized", two, 3, false))) },
		func() error {
			return tracker.failed(w.message(job.NewFailure(job.StageCapture, fault.New(invalid, "no"), at("recognized", two, 3, false), nil, job.Source{}, w.noon.Add(2*time.Hour))))
		},
	} {
		if err := m(); err != nil || tracker.requests["recognized"].State != Recognized {
			t.Errorf("%v, %+v", err, tracker.requests["recognized"])
		}
	}
}
