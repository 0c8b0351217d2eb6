// Package quality says how good the decisions are: whether two readers agree, whether
// a reader finds what is known to be right, what passes are missed, and how often
// each rule is right. It is arithmetic on decisions; the desk shows what it says.
package quality

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/pageinspect/pageinspect/shared/decision"
)

// Purpose is what a page is chosen for.
type Purpose string

// The purposes.
const (
	ForSecond Purpose = "second" // a second reader reads what a first one decided
	ForPasses Purpose = "passes" // a person looks at what no rule objected to
)

// Chosen says whether a page is in the sample for a purpose, of which share (0 to 1)
// is wanted. It depends on the page's id alone: all desks choose the same pages, and
// a larger share has all of a smaller one.
func Chosen(id string, p Purpose, share float64) bool {
	sum := sha256.Sum256([]byte(string(p) + "\x00" + id))
	return float64(binary.BigEndian.Uint64(sum[:])>>11)/(1<<53) < share
}

// Share is a part of a whole, with the interval (Wilson, 95%) that a sample leaves open.
type Share struct {
	Of, All   int
	Low, High float64 // 0 to 1; both 0 where All is 0
}

// Value is the part, 0 to 1; 0 of nothing.
func (s Share) Value() float64 {
	if s.All == 0 {
		return 0
	}
	return float64(s.Of) / float64(s.All)
}

// ShareOf makes a share.
func ShareOf(of, all int) Share {
	s := Share{Of: of, All: all}
	if all == 0 {
		return s
	}
	const z = 1.959964
	n, p := float64(all), s.Value()
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	s.Low, s.High = max(0, middle-half), min(1, middle+half)
	return s
}

// bySubject are the decisions of a series that were not undone, by subject.
func bySubject(all []decision.Decision, s decision.Series) map[string][]decision.Decision {
	of := map[string][]decision.Decision{}
	for _, d := range all {
		if d.Series == s {
			of[d.Subject] = append(of[d.Subject], d)
		}
	}
	for id, list := range of {
		slices.SortFunc(list, func(a, b decision.Decision) int { return a.N - b.N })
		of[id] = decision.Valid(list)
	}
	return of
}

// said is what a reader decided about one finding, or about a page as a whole (rule "").
type said struct {
	rule   string
	mark   decision.Mark
	action decision.Action
	reason decision.Reason
	by     string
}

// sayings are the last word on each finding in some decisions.
func sayings(list []decision.Decision) (all []said) {
	for i := len(list) - 1; i >= 0; i-- {
		d := list[i]
		marks := d.Marks
		if d.Whole && len(marks) == 0 {
			marks = []decision.Mark{{}}
		}
		for _, m := range marks {
			if !slices.ContainsFunc(all, func(s said) bool { return s.mark.Meets(m) }) {
				all = append(all, said{m.Rule, m, d.Action, d.Reason, d.By})
			}
		}
	}
	slices.Reverse(all)
	return all
}

// Agreement is how often two readers said the same.
type Agreement struct {
	Rule   string // "" in a line about a person, or about pages without a finding
	Person string // "" in a line about a rule
	Same   Share
	// Kappa is Cohen's: what the agreement is beyond chance, at most 1. It is 0 where
	// chance alone would make all the same.
	Kappa float64
}

// Difference is a finding about which two readers disagree, for a third to settle.
type Difference struct {
	ID            string
	Rule, Quote   string
	First, Second decision.Action
	FirstBy       string
	SecondBy      string
}

// SecondReadings compares second readers with first: by rule, by person (each reader
// against the others), and what is to be settled: differences on pages whose first
// reader's side has not decided again since. An escalation counts as its own answer.
func SecondReadings(all []decision.Decision) (rules, people []Agreement, open []Difference) {
	first, second := bySubject(all, decision.Page), bySubject(all, decision.Second)
	byRule, byPerson := map[string]*tally{}, map[string]*tally{}
	for _, id := range slices.Sorted(maps.Keys(second)) {
		theirs := sayings(second[id])
		asked := second[id][0].At
		var before, after []decision.Decision
		for _, d := range first[id] {
			if d.At.After(asked) {
				after = append(after, d)
			} else {
				before = append(before, d)
			}
		}
		settled := sayings(after)
		for _, a := range sayings(before) {
			i := slices.IndexFunc(theirs, func(b said) bool { return b.mark.Meets(a.mark) })
			if i < 0 {
				continue
			}
			b := theirs[i]
			count(byRule, a.rule, a.action, b.action)
			count(byPerson, a.by, a.action, b.action)
			count(byPerson, b.by, b.action, a.action)
			if a.action != b.action && !slices.ContainsFunc(settled, func(s said) bool { return s.mark.Meets(a.mark) }) {
				open = append(open, Difference{id, a.rule, a.mark.Quote, a.action, b.action, a.by, b.by})
			}
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		rules = append(rules, Agreement{Rule: rule, Same: byRule[rule].share(), Kappa: byRule[rule].kappa()})
	}
	for _, by := range slices.Sorted(maps.Keys(byPerson)) {
		people = append(people, Agreement{Person: by, Same: byPerson[by].share(), Kappa: byPerson[by].kappa()})
	}
	return rules, people, open
}

// tally counts pairs of answers.
type tally struct {
	same, all int
	one, two  map[decision.Action]int
}

func count(in map[string]*tally, key string, a, b decision.Action) {
	t := in[key]
	if t == nil {
		t = &tally{one: map[decision.Action]int{}, two: map[decision.Action]int{}}
		in[key] = t
	}
	t.all++
	t.one[a]++
	t.two[b]++
	if a == b {
		t.same++
	}
}

func (t *tally) share() Share { return ShareOf(t.same, t.all) }

func (t *tally) kappa() float64 {
	n, chance := float64(t.all), 0.0
	for action, k := range t.one {
		chance += float64(k) / n * float64(t.two[action]) / n
	}
	if chance >= 1 {
		return 0
	}
	return (float64(t.same)/n - chance) / (1 - chance)
}

// Reader is how a person answered pages whose answer is known.
type Reader struct {
	Person string
	Right  Share
}

// GoldenAnswers compares what readers said of golden pages with what is right, as
// the golden series has it.
func GoldenAnswers(all []decision.Decision) (readers []Reader) {
	golden, checks := bySubject(all, decision.Golden), bySubject(all, decision.Check)
	by := map[string]*tally{}
	for id, list := range golden {
		right := sayings(list)
		people := map[string][]decision.Decision{}
		for _, d := range checks[id] {
			people[d.By] = append(people[d.By], d)
		}
		for person, theirs := range people {
			answers := sayings(theirs)
			for _, r := range right {
				i := slices.IndexFunc(answers, func(s said) bool { return s.mark.Meets(r.mark) })
				if i >= 0 {
					count(by, person, answers[i].action, r.action)
				}
			}
		}
	}
	for _, person := range slices.Sorted(maps.Keys(by)) {
		readers = append(readers, Reader{person, by[person].share()})
	}
	return readers
}

// PassSample is how many of the passes that a person looked at have a violation that
// no rule found. Golden pages are no sample.
func PassSample(all []decision.Decision) Share {
	golden := bySubject(all, decision.Golden)
	missed, looked := 0, 0
	for id, list := range bySubject(all, decision.Check) {
		if _, known := golden[id]; known || len(list) == 0 {
			continue
		}
		looked++
		if list[len(list)-1].Action == decision.Confirm {
			missed++
		}
	}
	return ShareOf(missed, looked)
}

// Rule is how often a rule was right, by what people decided about its findings.
type Rule struct {
	Rule string
	// Right is confirmed findings of all that were decided, escalated ones aside.
	Right   Share
	Reasons map[decision.Reason]int // why the others are no violations
}

// Rules says it of each rule, by the decisions that count; the one that was wrong
// most often first.
func Rules(all []decision.Decision) (rules []Rule) {
	of, by := map[string]*Rule{}, map[string]*tally{}
	for _, s := range []decision.Series{decision.Page, decision.Picture} {
		for _, list := range bySubject(all, s) {
			for _, a := range sayings(list) {
				if a.rule == "" || a.action == decision.Escalate {
					continue
				}
				if of[a.rule] == nil {
					of[a.rule] = &Rule{Rule: a.rule, Reasons: map[decision.Reason]int{}}
				}
				count(by, a.rule, a.action, decision.Confirm)
				if a.action == decision.Dismiss {
					of[a.rule].Reasons[a.reason]++
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		r := of[name]
		r.Right = by[name].share()
		rules = append(rules, *r)
	}
	slices.SortStableFunc(rules, func(a, b Rule) int { return cmp.Compare(b.Right.All-b.Right.Of, a.Right.All-a.Right.Of) })
	return rules
}
