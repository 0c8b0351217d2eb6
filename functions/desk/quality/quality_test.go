package quality_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
)

var start = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// book writes decisions as a ledger would, a minute apart.
type book struct{ all []decision.Decision }

func (b *book) add(s decision.Series, id, by string, action decision.Action, reason decision.Reason, rules ...string) {
	d := decision.Decision{Schema: decision.Schema, Series: s, Subject: id, N: 1, By: by, Action: action, Reason: reason,
		At: start.Add(time.Duration(len(b.all)) * time.Minute), Whole: len(rules) == 0}
	for _, other := range b.all {
		if other.Series == s && other.Subject == id {
			d.N++
		}
	}
	for i, rule := range rules {
		d.Marks = append(d.Marks, decision.Mark{Rule: rule, Quote: "말", Box: page.Box{X: float64(100 * i), W: 50, H: 20}})
	}
	b.all = append(b.all, d)
}

func (b *book) undo(s decision.Series, id string, of int) {
	b.add(s, id, "lead", decision.Undo, "")
	b.all[len(b.all)-1].Undoes, b.all[len(b.all)-1].Whole = of, false
}

// TestChosen: the share of pages that is wanted, the same everywhere, for each
// purpose others, and more of them only beside those that were chosen.
func TestChosen(t *testing.T) {
	few, many, both := 0, 0, 0
	for i := range 100_000 {
		id := fmt.Sprintf("page-%d", i)
		a, b := quality.Chosen(id, quality.ForSecond, 0.05), quality.Chosen(id, quality.ForSecond, 0.2)
		if a && !b {
			t.Fatalf("%s is in the smaller sample alone", id)
		}
		if a {
			few++
		}
		if b {
			many++
		}
		if b && quality.Chosen(id, quality.ForPasses, 0.2) {
			both++
		}
	}
	if math.Abs(float64(few)-5000) > 300 || math.Abs(float64(many)-20000) > 600 || math.Abs(float64(both)-4000) > 300 {
		t.Errorf("chosen are %d, %d and for both purposes %d of 100,000", few, many, both)
	}
	if quality.Chosen("x", quality.ForSecond, 0) || !quality.Chosen("x", quality.ForSecond, 1) {
		t.Error("none and all are not none and all")
	}
}

// TestShareOf holds the interval against published values of Wilson's.
func TestShareOf(t *testing.T) {
	for _, c := range []struct {
		of, all   int
		low, high float64
	}{{0, 0, 0, 0}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {5, 10, 0.2366, 0.7634}, {81, 263, 0.2553, 0.3662}} {
		s := quality.ShareOf(c.of, c.all)
		if math.Abs(s.Low-c.low) > 5e-5 || math.Abs(s.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.of, c.all, s.Low, s.High, c.low, c.high)
		}
	}
}

func TestSecondReadings(t *testing.T) {
	b := &book{}
	b.add(decision.Page, "p1", "kim", decision.Confirm, "", "chat", "acne")
	b.add(decision.Second, "p1", "lee", decision.Confirm, "", "chat")
	b.add(decision.Second, "p1", "lee", decision.Dismiss, decision.Lawful, "acne", "acne") // the second mark is another's place
	b.all[2].Marks = b.all[2].Marks[:0]
	b.all[2].Marks = append(b.all[2].Marks, b.all[0].Marks[1])
	b.add(decision.Page, "p2", "lee", decision.Dismiss, decision.Misread, "chat")
	b.add(decision.Second, "p2", "kim", decision.Escalate, "", "chat")
	b.add(decision.Page, "p2", "lead", decision.Confirm, "", "chat") // settles it
	b.add(decision.Page, "p3", "kim", decision.Confirm, "", "chat")
	b.undo(decision.Page, "p3", 1)
	b.add(decision.Second, "p3", "lee", decision.Confirm, "", "chat") // nothing to compare with
	b.add(decision.Page, "p4", "kim", decision.Dismiss, decision.Clean)
	b.add(decision.Second, "p4", "lee", decision.Dismiss, decision.Clean)
	rules, people, open := quality.SecondReadings(b.all)
	want := map[string][2]int{"": {1, 1}, "acne": {0, 1}, "chat": {1, 2}}
	if len(rules) != len(want) {
		t.Errorf("rules are %+v", rules)
	}
	for _, r := range rules {
		if got := [2]int{r.Same.Of, r.Same.All}; got != want[r.Rule] {
			t.Errorf("%q: %v, want %v", r.Rule, got, want[r.Rule])
		}
	}
	if len(people) != 2 || people[0].Person != "kim" || people[0].Same.Of != 2 || people[0].Same.All != 4 || people[1].Same != people[0].Same {
		t.Errorf("people are %+v", people)
	}
	if len(open) != 1 || open[0].ID != "p1" || open[0].Rule != "acne" || open[0].First != decision.Confirm || open[0].Second != decision.Dismiss ||
		open[0].FirstBy != "kim" || open[0].SecondBy != "lee" {
		t.Errorf("to be settled are %+v", open)
	}
}

// TestKappa: the example of Cohen's statistic in every textbook: 20 and 15 the same
// of 50, 5 and 10 not: 0.4.
func TestKappa(t *testing.T) {
	b := &book{}
	n := 0
	pair := func(times int, first, second decision.Action) {
		for range times {
			n++
			id := fmt.Sprintf("p%d", n)
			b.add(decision.Page, id, "kim", first, "", "chat")
			b.add(decision.Second, id, "lee", second, "", "chat")
		}
	}
	pair(20, decision.Confirm, decision.Confirm)
	pair(5, decision.Confirm, decision.Dismiss)
	pair(10, decision.Dismiss, decision.Confirm)
	pair(15, decision.Dismiss, decision.Dismiss)
	rules, _, open := quality.SecondReadings(b.all)
	if len(rules) != 1 || math.Abs(rules[0].Kappa-0.4) > 1e-9 || len(open) != 15 {
		t.Errorf("rules are %+v, and %d are open", rules, len(open))
	}
}

func TestGoldenAnswersAndPasses(t *testing.T) {
	b := &book{}
	b.add(decision.Golden, "g1", "lead", decision.Confirm, "", "chat")
	b.add(decision.Golden, "g2", "lead", decision.Dismiss, decision.Clean)
	b.add(decision.Golden, "g3", "lead", decision.Confirm, "", "acne")
	b.undo(decision.Golden, "g3", 1) // it was no golden page
	b.add(decision.Check, "g1", "kim", decision.Confirm, "", "chat")
	b.add(decision.Check, "g1", "lee", decision.Dismiss, decision.Lawful, "chat")
	b.add(decision.Check, "g1", "lee", decision.Confirm, "", "chat") // the last word counts
	b.add(decision.Check, "g2", "kim", decision.Confirm, "")
	readers := quality.GoldenAnswers(b.all)
	if len(readers) != 2 || readers[0].Right != quality.ShareOf(1, 2) || readers[1].Right != quality.ShareOf(1, 1) {
		t.Errorf("readers are %+v", readers)
	}
	for i := range 10 {
		action, reason := decision.Dismiss, decision.Clean
		if i == 3 {
			action, reason = decision.Confirm, ""
		}
		b.add(decision.Check, fmt.Sprintf("pass-%d", i), "kim", action, reason)
	}
	if got := quality.PassSample(b.all); got != quality.ShareOf(1, 10) {
		t.Errorf("of the passes were missed %+v", got)
	}
}

func TestRules(t *testing.T) {
	b := &book{}
	b.add(decision.Page, "p1", "kim", decision.Confirm, "", "chat")
	b.add(decision.Page, "p2", "kim", decision.Dismiss, decision.RuleWrong, "chat")
	b.add(decision.Page, "p3", "kim", decision.Dismiss, decision.Misread, "chat")
	b.add(decision.Page, "p4", "kim", decision.Escalate, "", "chat")
	b.add(decision.Page, "p5", "kim", decision.Dismiss, decision.Lawful, "acne")
	b.add(decision.Page, "p5", "lee", decision.Confirm, "", "acne") // the last word counts
	b.add(decision.Second, "p6", "lee", decision.Dismiss, decision.RuleWrong, "acne")
	rules := quality.Rules(b.all)
	if len(rules) != 2 || rules[0].Rule != "chat" || rules[0].Right != quality.ShareOf(1, 3) ||
		rules[0].Reasons[decision.RuleWrong] != 1 || rules[0].Reasons[decision.Misread] != 1 || rules[1].Right != quality.ShareOf(1, 1) {
		t.Errorf("rules are %+v", rules)
	}
}
