package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Reason is what one rule made of a text: a finding, or why there is none
// though its words stand there.
type Reason struct {
	Rule    string
	Finding *result.Finding // nil if there is none
	Quote   string
	Pattern string // of the rule
	Why     string // why there is no finding; empty with one
}

// Explain says which rules are broken by a text and, for those that nearly are, why not.
func (s *Set) Explain(lines []result.Line, q Query) (Judgement, []Reason, error) {
	j, err := s.Judge(lines, q)
	if err != nil {
		return j, nil, err
	}
	packs, err := s.Select(q.Packs)
	if err != nil {
		return j, nil, err
	}
	if q.At.IsZero() {
		q.At = time.Now()
	}
	var all []Reason
	for i := range j.Findings {
		f := &j.Findings[i]
		all = append(all, Reason{Rule: f.Rule, Finding: f, Quote: f.Quote, Pattern: f.Pattern})
	}
	t := match.Read(lines)
	for _, p := range packs {
		day := q.At.In(p.zone).Format(time.DateOnly)
		for i := range p.Rules {
			r := &p.Rules[i]
			if r.Require {
				continue
			}
			for _, why := range r.misses(t) {
				switch {
				case r.Mode == result.Off:
					why.Why = "the rule is off"
				case !r.inForce(day):
					why.Why = fmt.Sprintf("the rule is not in force on %s (%s)", day, strings.Trim(r.From+" to "+r.Until, " "))
				case slices.Contains(j.leftOut, r.ID):
					why.Why = fmt.Sprintf("the rule is out of scope: it is for %s", r.scope())
				case why.Why == "":
					continue // it is a finding
				}
				all = append(all, why)
			}
		}
	}
	return j, all, nil
}

// scope says in words which categories a rule is for.
func (r *Rule) scope() string {
	s := strings.Join(r.Categories, ", ")
	if len(r.Not) > 0 {
		s = strings.TrimPrefix(s+" but not "+strings.Join(r.Not, ", "), " but ")
	}
	return s
}

// misses lists where the rule's patterns are met or nearly met, with why each is
// no finding; without a why where it would be one.
func (r *Rule) misses(t *match.Text) (all []Reason) {
	kept := r.spans(t)
	seen := map[[2]int]bool{}
	add := func(i int, s match.Span, why string) {
		at := [2]int{s.From, s.To}
		covered := slices.ContainsFunc(kept, func(k match.Span) bool { return k.From < s.To && s.From < k.To })
		if seen[at] || covered && why != "" {
			return
		}
		seen[at] = true
		s.By = i
		quote, _, _ := t.Place(s)
		all = append(all, Reason{Rule: r.ID, Quote: quote, Pattern: r.met(s), Why: why})
	}
	for _, s := range kept {
		add(s.By, s, "")
	}
	for i, p := range r.patterns {
		for _, s := range p.Find(t, match.Line) {
			add(i, s, r.why(t, s))
		}
		for _, m := range p.NearMisses(t) {
			add(i, m.Span, string(m.Why))
		}
	}
	return all
}

// why says why a place where a pattern is met is no finding.
func (r *Rule) why(t *match.Text, s match.Span) string {
	if s.Gap > r.gap {
		return string(match.TooWide)
	}
	if !s.Through(r.evasion) {
		return "is disguised (" + s.Evasion.String() + ") and the rule does not look through that"
	}
	for _, x := range r.excused {
		if by, ok := x.covers(t, s); ok {
			quote, _, _ := t.Place(by)
			return fmt.Sprintf("is excused as %s by %q", x.name, quote)
		}
	}
	for i, p := range r.exceptions {
		for _, e := range p.Find(t, match.Line) {
			if e.From < s.To && s.From < e.To {
				quote, _, _ := t.Place(e)
				return fmt.Sprintf("is excepted by unless %q (%s)", r.Unless[i], quote)
			}
		}
	}
	return "is part of another match of the rule"
}
