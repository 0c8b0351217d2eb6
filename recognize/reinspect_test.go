package recognize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

const newRules = `version: v1
pack: mine
rules:
  - id: mine.word
    mode: enforce
    severity: review
    message: "새 규칙"
    match: {any: ["크림"]}
    tests: {hit: ["크림"], miss: ["로션"]}
`

func packs(t interface {
	Helper()
	Fatal(...any)
}, file string) *rules.Set {
	t.Helper()
	set, err := rules.Load(fstest.MapFS{"mine.yaml": {Data: []byte(file)}}, "mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

var resultOf = func(id string) store.URI { return objectURI("results", id, resultName) }

// reinspecting has a stored result of a page that says 여드름 치료 크림 and was rejected for it.
func reinspecting(t *testing.T) (*Reinspector, *memory) {
	t.Helper()
	r, m, _ := recognizer(t, claim[0], printed{"치료", 200, 50, 60, 30, false}, printed{"크림", 270, 50, 60, 30, true})
	m.putManifest(t, nil)
	if _, _, err := r.Page(t.Context(), manifestURI); err != nil {
		t.Fatal(err)
	}
	m.events = nil
	return &Reinspector{Store: m, Rules: packs(t, newRules), Events: m, Results: "results", Now: r.Now}, m
}

func (m *memory) result(t *testing.T, uri store.URI) result.Result {
	t.Helper()
	var r result.Result
	if err := json.Unmarshal(m.bytes(uri), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReinspect(t *testing.T) {
	r, m := reinspecting(t)
	before, report := m.result(t, resultOf("p-1")), m.attrs(objectURI("results", "p-1", reportName)).Generation
	c, err := r.Result(t.Context(), "p-1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Before != result.Reject || c.After != result.Review || len(c.Removed) == 0 || len(c.Added) != 1 || c.Added[0].Quote != "크림" {
		t.Errorf("%+v", c)
	}
	after := m.result(t, resultOf("p-1"))
	if after.Verdict != result.Review || len(after.Findings) != 1 || after.ReinspectedAt.IsZero() || len(after.Rules) != 1 || !strings.HasPrefix(after.Rules[0], "mine@") {
		t.Errorf("stored: %s, %d findings, %v, %v", after.Verdict, len(after.Findings), after.Rules, after.ReinspectedAt)
	}
	if after.Text != before.Text || after.Vision != before.Vision || !after.RecognizedAt.Equal(before.RecognizedAt) || len(after.Lines) != len(before.Lines) {
		t.Error("what the rules do not say has changed")
	}
	if len(m.events) != 1 || m.events[0].Verdict != result.Review || m.events[0].Text != "" || m.events[0].ResultObject != "gs://results/p-1/result.json" {
		t.Errorf("events %+v", m.events)
	}
	if html := m.bytes(objectURI("results", "p-1", reportName)); m.attrs(objectURI("results", "p-1", reportName)).Generation == report || !bytes.Contains(html, []byte("mine.word")) {
		t.Error("the report is the old one")
	}
	if m.attrs(resultOf("p-1")).Metadata["verdict"] != "review" {
		t.Errorf("metadata %v", m.attrs(resultOf("p-1")).Metadata)
	}
	writes := m.Writes()
	if c, err := r.Result(t.Context(), "p-1"); err != nil || c.Any() || m.Writes() != writes || len(m.events) != 1 {
		t.Errorf("once more: %+v, %v, %d writes", c, err, m.Writes()-writes)
	}
}

func TestReinspectDryRunChangesNothing(t *testing.T) {
	r, m := reinspecting(t)
	r.DryRun = true
	writes := m.Writes()
	if c, err := r.Result(t.Context(), "p-1"); err != nil || !c.Any() || m.Writes() != writes || len(m.events) > 0 {
		t.Errorf("%+v, %v, %d writes, %d events", c, err, m.Writes()-writes, len(m.events))
	}
}

// TestReinspectKeepsWhatItCannotSeeAgain: pictures' findings, and that a partial page does not pass.
func TestReinspectKeepsWhatItCannotSeeAgain(t *testing.T) {
	r, m := reinspecting(t)
	r.Rules = packs(t, strings.ReplaceAll(strings.ReplaceAll(newRules, "크림", "샴푸"), "로션", "비누"))
	stored := m.result(t, resultOf("p-1"))
	stored.SafeSearch = []result.SafeSearch{{Tile: 0, Adult: "very_likely", Racy: "unlikely", Violence: "unlikely"}}
	stored.Page.Partial = "a tile is missing"
	put := func() {
		b, _ := json.Marshal(stored)
		m.put(resultOf("p-1"), resultType, b, nil)
	}
	put()
	if c, err := r.Result(t.Context(), "p-1"); err != nil || c.After != result.Reject || len(c.Added) != 1 || c.Added[0].Rule != "image.adult" {
		t.Errorf("%+v, %v", c, err)
	}
	stored.SafeSearch = nil
	put()
	if c, err := r.Result(t.Context(), "p-1"); err != nil || c.After != result.Review {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestReinspectSeesAFindingMove: to the same words elsewhere on its line.
func TestReinspectSeesAFindingMove(t *testing.T) {
	r, m := reinspecting(t)
	stored := m.result(t, resultOf("p-1"))
	word := func(text string, x float64) result.Word {
		return result.Word{Text: text, Box: page.Box{X: x, Y: 50, W: 60, H: 30}, Space: true}
	}
	stored.Lines = []result.Line{{Words: []result.Word{word("수분", 0), word("크림", 100), word("보습", 200), word("크림", 300)}}}
	b, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	m.put(resultOf("p-1"), resultType, b, nil)
	unless := func(words string) {
		r.Rules = packs(t, strings.Replace(newRules, "    tests", "    unless: ["+words+"]\n    tests", 1))
	}
	unless("수분 크림")
	if _, err := r.Result(t.Context(), "p-1"); err != nil {
		t.Fatal(err)
	}
	unless("보습 크림")
	c, err := r.Result(t.Context(), "p-1")
	if err != nil || len(c.Added) != 1 || len(c.Removed) != 1 || c.Added[0].Box.X != 100 || c.Removed[0].Box.X != 300 {
		t.Errorf("%+v, %v", c, err)
	}
}

// racing has somebody else write the result each time it is about to be replaced.
type racing struct {
	*memory
	left int
	with []byte
}

func (s *racing) Replace(ctx context.Context, uri store.URI, gen int64, media string, data []byte, meta map[string]string) (store.Attrs, error) {
	if s.left > 0 && strings.HasSuffix(uri.Object, resultName) {
		s.left--
		s.put(uri, resultType, s.with, nil)
	}
	return s.memory.Replace(ctx, uri, gen, media, data, meta)
}

// TestReinspectGivesWayToANewerResult, and the last event is that of what stands.
func TestReinspectGivesWayToANewerResult(t *testing.T) {
	r, m := reinspecting(t)
	newer := m.result(t, resultOf("p-1"))
	newer.CapturedAt, newer.Title = time.Unix(5000, 0).UTC(), "newer"
	newer.Lines, newer.Findings, newer.Verdict = newer.Lines[:0], []result.Finding{}, result.Pass
	b, err := json.Marshal(newer)
	if err != nil {
		t.Fatal(err)
	}
	r.Store = &racing{m, 1, b}
	c, err := r.Result(t.Context(), "p-1")
	if err != nil || c.Any() {
		t.Errorf("%+v, %v", c, err)
	}
	if got := m.result(t, resultOf("p-1")); got.Title != "newer" || got.Verdict != result.Pass {
		t.Errorf("%s %s stands", got.Title, got.Verdict)
	}
	if last := m.events[len(m.events)-1]; last.Title != "newer" || last.Verdict != result.Pass {
		t.Errorf("the last event says %s %s", last.Title, last.Verdict)
	}
	if html := m.bytes(objectURI("results", "p-1", reportName)); !bytes.Contains(html, []byte("newer")) {
		t.Error("the report is not that of the result")
	}
	r.Store = &racing{m, 100, m.bytes(resultOf("p-1"))}
	r.Rules = packs(t, newRules[:len(newRules)-1]) // another hash, no other finding
	stored := m.result(t, resultOf("p-1"))
	stored.Verdict = result.Reject
	r.Store.(*racing).with, _ = json.Marshal(stored)
	m.put(resultOf("p-1"), resultType, r.Store.(*racing).with, nil)
	if _, err := r.Result(t.Context(), "p-1"); fault.KindOf(err) != fault.Transient || !errors.Is(err, store.ErrChanged) {
		t.Errorf("without end: %v", err)
	}
}

func TestReinspectBadInput(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*Reinspector, *memory)
		kind    fault.Kind
		say     string
	}{
		"no result":    {func(_ *Reinspector, m *memory) { m.drop(resultOf("p-1")) }, fault.Invalid, "no such object"},
		"not a result": {func(_ *Reinspector, m *memory) { m.put(resultOf("p-1"), "", []byte("[]"), nil) }, fault.Invalid, "is not a result"},
		"another's": {func(_ *Reinspector, m *memory) {
			m.put(resultOf("p-1"), "", []byte(`{"schema":"pageinspect.result/v1","id":"p-2"}`), nil)
		}, fault.Invalid, `with the id "p-1"`},
		"no such pack": {func(r *Reinspector, _ *memory) { r.Packs = []string{"nonesuch"} }, fault.Invalid, "nonesuch"},
		"writes refused": {func(_ *Reinspector, m *memory) {
			m.refuse(func(store.URI) error { return fault.New(fault.Transient, "no") })
		}, fault.Transient, "no"},
	} {
		r, m := reinspecting(t)
		c.prepare(r, m)
		if _, err := r.Result(t.Context(), "p-1"); fault.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.say) {
			t.Errorf("%s: %v (%s), want %s: …%s…", name, err, fault.KindOf(err), c.kind, c.say)
		}
		if len(m.events) > 0 {
			t.Errorf("%s: an event was published", name)
		}
	}
}
