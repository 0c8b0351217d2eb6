package index_test

import (
	"math"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// TestSummary: what a summary adds up is what counting results one by one gives.
func TestSummary(t *testing.T) {
	x, all := open(t), desktest.Results(200)
	want := index.Summary{Verdicts: map[result.Verdict]int{}, Unseen: map[string]int{}}
	rules, sellers, days := map[string]int{}, map[string]int{}, map[string]int{}
	read, letters := 0.0, 0
	for i := range all {
		r := &all[i]
		r.Vision.Units = i % 3
		if i%2 == 0 {
			r.Quality = result.Quality{DOMRecall: float64(i%10) / 10, DOMRunes: 100 + i}
		}
		if err := x.Put(t.Context(), *r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
			t.Fatal(err)
		}
		want.Pages++
		want.Verdicts[r.Verdict]++
		want.Units += r.Vision.Units
		kinds, met := map[string]bool{}, map[string]bool{}
		for _, u := range r.Unseen {
			kinds[string(u.Kind)] = true
		}
		for k := range kinds {
			want.Unseen[k]++
		}
		if len(kinds) > 0 {
			want.NotWhole++
		}
		for _, f := range r.Findings {
			met[f.Rule] = true
		}
		for rule := range met {
			rules[rule]++
		}
		sellers["seller="+r.Labels["seller"]]++
		days[r.RecognizedAt.Local().Format(time.DateOnly)]++
		if r.Quality.DOMRunes > 0 {
			want.ReadPages++
			read, letters = read+r.Quality.DOMRecall*float64(r.Quality.DOMRunes), letters+r.Quality.DOMRunes
		}
	}
	got, err := x.Summary(t.Context(), index.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Pages != want.Pages || got.Units != want.Units || got.NotWhole != want.NotWhole || got.ReadPages != want.ReadPages ||
		math.Abs(got.Read-read/float64(letters)) > 1e-5 {
		t.Errorf("it is %+v, want %+v, read %f", got, want, read/float64(letters))
	}
	for v, n := range want.Verdicts {
		if got.Verdicts[v] != n {
			t.Errorf("%s: %d, want %d", v, got.Verdicts[v], n)
		}
	}
	for k, n := range want.Unseen {
		if got.Unseen[k] != n {
			t.Errorf("%s: %d, want %d", k, got.Unseen[k], n)
		}
	}
	for name, c := range map[string]struct {
		got  []index.Count
		want map[string]int
	}{"rules": {got.Rules, rules}, "sellers": {got.Sellers, sellers}, "days": {got.Days, days}} {
		if len(c.got) != len(c.want) {
			t.Errorf("%s: %d words, want %d", name, len(c.got), len(c.want))
		}
		for _, one := range c.got {
			if one.Pages != c.want[one.Word] || one.Pages != one.Open+one.Confirmed+one.Dismissed+none(one, all, name) {
				t.Errorf("%s: %+v, want %d", name, one, c.want[one.Word])
			}
		}
	}
	few, err := x.Summary(t.Context(), index.Query{Verdicts: []string{"reject"}})
	if err != nil || few.Pages != want.Verdicts[result.Reject] || few.Verdicts[result.Pass] != 0 {
		t.Errorf("of the rejected it is %+v: %v", few, err)
	}
}

// none counts the pages of a word that there is nothing to decide on.
func none(c index.Count, all []result.Result, list string) (n int) {
	for _, r := range all {
		has := list == "sellers" && "seller="+r.Labels["seller"] == c.Word || list == "days" && r.RecognizedAt.Local().Format(time.DateOnly) == c.Word
		for _, f := range r.Findings {
			has = has || list == "rules" && f.Rule == c.Word
		}
		if has && decision.Stand(r, nil, nil).State == decision.None {
			n++
		}
	}
	return n
}

// TestDecisionsOfEverySeries are kept, and those that are only compared leave a page where it stands.
func TestDecisionsOfEverySeries(t *testing.T) {
	x := open(t)
	r := desktest.Result(3, desktest.Lines)
	if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
		t.Fatal(err)
	}
	before, _, err := x.Row(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []decision.Series{decision.Second, decision.Golden, decision.Check} {
		d := decision.Decision{Schema: decision.Schema, Series: s, Subject: r.ID, N: 1, Action: decision.Dismiss, Reason: decision.Clean, By: "lee", At: time.Now(), Whole: true,
			Unseen: decision.UnseenOf(r)}
		for _, f := range r.Findings {
			d.Marks = append(d.Marks, decision.MarkOf(r, f))
		}
		if err := x.Decided(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	after, _, err := x.Row(t.Context(), r.ID)
	if err != nil || after.State != before.State || after.Last != 0 {
		t.Errorf("it stands at %s after decision %d, and stood at %s: %v", after.State, after.Last, before.State, err)
	}
	if all, err := x.Decisions(t.Context()); err != nil || len(all) != 3 {
		t.Errorf("kept are %d: %v", len(all), err)
	}
}
