package quality_test

import (
	"testing"

	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
)

// TestBook: nobody is a second reader of their own decision, nobody is asked twice,
// and nobody is tested with an answer of their own.
func TestBook(t *testing.T) {
	b := &book{}
	b.add(decision.Page, "p1", "kim", decision.Confirm, "", "chat")
	b.add(decision.Page, "p2", "kim", decision.Confirm, "", "chat")
	b.add(decision.Second, "p2", "lee", decision.Confirm, "", "chat")
	b.add(decision.Golden, "g1", "lead", decision.Confirm, "", "chat")
	b.add(decision.Golden, "g2", "lead", decision.Dismiss, decision.Clean)
	b.add(decision.Check, "g1", "lee", decision.Confirm, "", "chat")
	b.add(decision.Check, "pass-1", "kim", decision.Dismiss, decision.Clean)
	all := quality.NewBook(b.all, quality.Shares{Second: 1, Passes: 1, Golden: 1})
	for _, c := range []struct {
		what string
		got  bool
		want bool
	}{
		{"kim reads kim's again", all.Second("p1", "kim"), false},
		{"lee reads kim's", all.Second("p1", "lee"), true},
		{"a third reader reads what was read twice", all.Second("p2", "park"), false},
		{"what nobody decided is read a second time", all.Second("p9", "lee"), false},
		{"a pass that somebody looked at", all.Pass("pass-1"), false},
		{"a pass", all.Pass("pass-2"), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %t", c.what, c.got)
		}
	}
	for reader, want := range map[string]string{"kim": "g1", "lee": "g2", "lead": ""} {
		if id, ok := all.Golden(reader); id != want || ok != (want != "") {
			t.Errorf("%s is given %q", reader, id)
		}
	}
	none := quality.NewBook(b.all, quality.Shares{})
	if _, ok := none.Golden("kim"); ok || none.Second("p1", "lee") || none.Pass("pass-2") {
		t.Error("a share of nothing is something")
	}
}

// TestGoldenPagesAreMixedIn: of a reader's many pages, the share that is wanted.
func TestGoldenPagesAreMixedIn(t *testing.T) {
	b := &book{}
	b.add(decision.Golden, "g1", "lead", decision.Confirm, "", "chat")
	given := 0
	for range 400 {
		if _, ok := quality.NewBook(b.all, quality.Shares{Golden: 0.25}).Golden("kim"); ok {
			given++
		}
		b.all = append(b.all, decision.Decision{Series: decision.Page, Subject: "p", By: "kim"})
	}
	if given < 75 || given > 125 {
		t.Errorf("given were %d of 400, want about 100", given)
	}
}
