package recognize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"pgregory.net/rapid"
)

// ruleKinds has a rule of each kind: phrases with each gap, expressions, slips,
// exceptions, what must be said, scopes and days.
var ruleKinds = []string{
	`{match: {any: ["여드름 치료", "치료"]}, tests: {hit: ["치 료"], miss: ["크림"]}`,
	`{match: {any: ["여드름 치료"], gap: line}, unless: ["여드름 치료 크림"], tests: {hit: ["여드름\n치료"], miss: ["여드름 치료 크림"]}`,
	`{match: {any: ["크림"], gap: none}, unless: ["수분 크림"], tests: {hit: ["크림"], miss: ["수분 크림"]}`,
	`{match: {any: ["크림"]}, unless: ["보습 크림"], tests: {hit: ["수분 크림"], miss: ["보습 크림"]}`,
	`{match: {any: ["여드름 치료 크림"], fuzzy: 1}, tests: {hit: ["여드름 치로 크림"], miss: ["크림"]}`,
	`{match: {any: [{re: "여드름.{0,5}(치료|제거)"}, {re: "[0-9]+%"}]}, tests: {hit: ["여드름 흔적 제거"], miss: ["여드름"]}`,
	`{match: {any: ["주의 사항"], require: true}, tests: {hit: ["크림"], miss: ["주의사항"]}`,
	`{match: {any: ["100%"]}, scope: {category: [cosmetics]}, tests: {hit: ["100%"], miss: ["1,100%"]}`,
	`{match: {any: ["수분"]}, from: 2026-03-02, tests: {hit: ["수분"], miss: ["크림"]}`,
	`{match: {any: ["수분"]}, until: 2026-03-01, tests: {hit: ["수분"], miss: ["크림"]}`,
}

// anyRules draws some of them, with any mode and severity.
func anyRules(t *rapid.T) *rules.Set {
	var b strings.Builder
	b.WriteString("version: v1\npack: mine\nrules:\n")
	kinds := rapid.SliceOfNDistinct(rapid.IntRange(0, len(ruleKinds)-1), 1, -1, rapid.ID[int]).Draw(t, "kinds")
	for _, k := range kinds {
		fmt.Fprintf(&b, "  - %s, id: r%d, mode: %s, severity: %s, message: m}\n", ruleKinds[k], k,
			rapid.SampledFrom([]string{"enforce", "enforce", "report", "off"}).Draw(t, "mode"),
			rapid.SampledFrom([]string{"high", "review", "info"}).Draw(t, "severity"))
	}
	return packs(t, b.String())
}

// anyResult draws a result that has been judged by the rules.
func anyResult(t *rapid.T, set *rules.Set, at time.Time) result.Result {
	r := result.Result{Schema: result.Schema, ID: "p-1", CapturedAt: at, RecognizedAt: at, Tiles: []page.Tile{{Width: 1280, Height: 800}}}
	r.Category = rapid.SampledFrom([]string{"", "cosmetics"}).Draw(t, "category")
	r.Page.Partial = rapid.SampledFrom([]string{"", "", "a tile is missing"}).Draw(t, "partial")
	if rapid.Bool().Draw(t, "judged") {
		r.SafeSearch = []result.SafeSearch{{Adult: rapid.SampledFrom([]string{"unlikely", "unknown", "likely", "very_likely"}).Draw(t, "adult")}}
	}
	pieces := rapid.SampledFrom([]string{"여드름", "치료", "치 료", "치로", "제거", "크림", "수분", "보습", "주의", "사항", "100%", "1,", "<&\">", "ㅋ", "\u200b", "㈜"})
	number := rapid.Map(rapid.IntRange(0, 9999), func(i int) float64 { return float64(i) / 10 })
	source := rapid.SampledFrom([]result.Source{"", result.InBoth, result.InPicture}).Draw(t, "source") // "": no DOM
	for range rapid.IntRange(0, 4).Draw(t, "lines") {
		l := result.Line{Block: rapid.IntRange(0, 1).Draw(t, "block"), Source: source, Confidence: 0.5}
		for range rapid.IntRange(1, 5).Draw(t, "words") {
			w := result.Word{Space: rapid.Bool().Draw(t, "space"), Text: strings.Join(rapid.SliceOfN(pieces, 1, 2).Draw(t, "text"), "")}
			w.Box = page.Box{X: number.Draw(t, "x"), Y: number.Draw(t, "y"), W: number.Draw(t, "w"), H: 20}
			if rapid.IntRange(0, 9).Draw(t, "turned") == 0 {
				w.Polygon = []result.Point{{X: 1, Y: 2.5}, {X: 30}, {X: 29, Y: 40}, {Y: 1.0 / 3}}
			}
			l.Words, l.Text = append(l.Words, w), l.Text+w.Text
		}
		r.Lines = append(r.Lines, l)
	}
	if err := judge(&r, set, at); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReinspectAsReadWhole: whatever the result and the rules before and after,
// and however the result is spelled, what Reinspector says and stores is what
// the general decoder and the rules make of it, and nothing is written if that
// is nothing new.
func TestReinspectAsReadWhole(t *testing.T) {
	outcomes := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		before := anyRules(t)
		after := before
		if rapid.Bool().Draw(t, "other rules") {
			after = anyRules(t)
		}
		stored := anyResult(t, before, at)
		data, err := json.Marshal(stored)
		if rapid.Bool().Draw(t, "indented") {
			data, err = json.MarshalIndent(stored, "", " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		now := at.AddDate(0, 0, rapid.IntRange(0, 1).Draw(t, "days"))

		var want result.Result
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if err := judge(&want, after, now); err != nil {
			t.Fatal(err)
		}
		same := want.Verdict == stored.Verdict && sameFindings(want.Findings, stored.Findings)
		outcomes[same]++

		m := newMemory()
		m.put(resultOf("p-1"), resultType, data, nil)
		writes := m.Writes()
		r := &Reinspector{Store: m, Rules: after, Events: m, Results: "results", Now: func() time.Time { return now }}
		c, err := r.Result(t.Context(), "p-1")
		if err != nil {
			t.Fatal(err)
		}
		if c.Before != stored.Verdict || c.After != want.Verdict || c.Any() == same {
			t.Fatalf("%+v, want %s to %s, changed: %t\n%s", c, stored.Verdict, want.Verdict, !same, data)
		}
		if kept := append(without(stored.Findings, c.Removed), c.Added...); !sameFindings(kept, want.Findings) {
			t.Fatalf("%+v do not make %v of %v", c, want.Findings, stored.Findings)
		}
		if same {
			if m.Writes() > writes || len(m.events) > 0 {
				t.Fatalf("%d writes and %d events of nothing new", m.Writes()-writes, len(m.events))
			}
			return
		}
		want.ReinspectedAt = now
		var got result.Result
		if err := json.Unmarshal(m.bytes(resultOf("p-1")), &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("stored (-want +got):\n%s", d)
		}
	})
	if outcomes[true] < 10 || outcomes[false] < 10 {
		t.Errorf("unchanged and changed: %v; one of them is hardly tried", outcomes)
	}
}

// sameFindings says whether two lists have the same findings in any order, places included.
func sameFindings(a, b []result.Finding) bool {
	spelled := func(fs []result.Finding) (all []string) {
		for _, f := range fs {
			s, _ := json.Marshal(f)
			all = append(all, string(s))
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(spelled(a), spelled(b))
}
