package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Inspect finds where the rules are broken. Findings are in the order of the
// text, those about something missing last; one rule's findings never overlap.
// Quotes, boxes and line numbers refer to lines as given. An error is
// fault.Invalid: a pack was asked for that is not loaded.
func (s *Set) Inspect(lines []result.Line, q Query) ([]result.Finding, error) {
	j, err := s.Judge(lines, q)
	return j.Findings, err
}

// Judgement is what rules make of a text.
type Judgement struct {
	Findings []result.Finding
	Scope    result.Scope
	leftOut  []string // ids of the rules that are for other categories
}

// Judge is Inspect, and says what was made of the category and which rules
// were left out for it.
func (s *Set) Judge(lines []result.Line, q Query) (Judgement, error) {
	packs, err := s.Select(q.Packs)
	if err != nil {
		return Judgement{}, err
	}
	if q.At.IsZero() {
		q.At = time.Now()
	}
	t := match.Read(lines)
	j := Judgement{Scope: s.scope(t, q.Category)}
	categories := canonical(q.Category)
	if j.Scope.Guessed {
		categories = append(categories, canonical(j.Scope.Category)...)
	}
	type placed struct {
		match.Span
		fallback bool
		f        result.Finding
	}
	var all []*placed
	said := make([]bool, t.Len()) // by a rule that does not fall back
	for _, p := range packs {
		day := q.At.In(p.zone).Format(time.DateOnly)
		for i := range p.Rules {
			r := &p.Rules[i]
			if !r.inForce(day) {
				continue
			}
			if !r.covers(categories) {
				j.leftOut = append(j.leftOut, r.ID)
				if j.Scope.LeftOut == nil {
					j.Scope.LeftOut = map[string]int{}
				}
				j.Scope.LeftOut[p.Name]++
				continue
			}
			met := r.spans(t)
			switch {
			case r.Require && len(met) == 0:
				all = append(all, &placed{match.Span{From: t.Len(), To: t.Len()}, false, p.capped(r.missing())})
			case !r.Require:
				for _, m := range met {
					all = append(all, &placed{m, r.Fallback, p.capped(r.finding(t, m))})
					for i := m.From; r.Mode == result.Enforce && !r.Fallback && i < m.To; i++ {
						said[i] = true
					}
				}
			}
		}
	}
	all = slices.DeleteFunc(all, func(x *placed) bool { return x.fallback && slices.Contains(said[x.From:x.To], true) })
	slices.SortStableFunc(all, func(x, y *placed) int {
		return cmp.Or(x.From-y.From, cmp.Compare(x.f.Rule, y.f.Rule))
	})
	j.Findings = make([]result.Finding, len(all))
	for i, p := range all {
		j.Findings[i] = p.f
	}
	return j, nil
}

// scope says what is made of a category.
func (s *Set) scope(t *match.Text, category string) result.Scope {
	if known(canonical(category)) {
		return result.Scope{Category: category}
	}
	guessed := s.guess(t)
	return result.Scope{Category: guessed, Guessed: guessed != "", Unknown: true}
}

// capped is a finding as severe as the pack's findings may be.
func (p *Pack) capped(f result.Finding) result.Finding {
	switch {
	case p.Worst == result.Review && f.Severity == result.High:
		f.Severity = result.ReviewSeverity
	case p.Worst == result.Pass && f.Mode == result.Enforce:
		f.Mode = result.Report
	}
	return f
}

// broken says whether the rule yields a finding on the text.
func (r *Rule) broken(t *match.Text) bool { return (len(r.spans(t)) == 0) == r.Require }

// spans returns where the rule's patterns are met, apart from what is excused
// and what unless covers, the longest of those that overlap. An exception holds
// however its words are spaced and wrapped, whatever the rule's own gap.
func (r *Rule) spans(t *match.Text) []match.Span {
	var found, except []match.Span
	looked := false
	may := func(s match.Span) bool {
		if !s.Through(r.evasion) || r.excuse(t, s) != nil {
			return false
		}
		if !looked {
			looked = true
			for _, p := range r.exceptions {
				except = append(except, p.Find(t, match.Line)...)
			}
		}
		return !slices.ContainsFunc(except, func(e match.Span) bool { return e.From < s.To && s.From < e.To })
	}
	for i := range r.patterns {
		for _, s := range r.patterns[i].FindIf(t, r.gap, may) {
			s.By = i
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return t.Choose(found, nil)
}

// excuse is the excuse that covers a match, nil if none does.
func (r *Rule) excuse(t *match.Text, s match.Span) *excuse {
	for i := range r.excused {
		if _, ok := r.excused[i].covers(t, s); ok {
			return &r.excused[i]
		}
	}
	return nil
}

// finding is the rule broken at m. What was not read for certain is for a
// person to look at, so a fuzzy match is never more severe than review.
func (r *Rule) finding(t *match.Text, m match.Span) result.Finding {
	f := r.missing()
	f.Match, f.Pattern, f.Evasion = m.Kind, r.met(m), m.Evasion.String()
	f.Quote, f.Lines, f.Boxes = t.Place(m)
	for i, b := range f.Boxes {
		f.Box = f.Box.Union(b)
		f.Boxes[i] = b.Round()
	}
	f.Box = f.Box.Round()
	if m.Kind == result.Fuzzy && f.Severity == result.High {
		f.Severity = result.ReviewSeverity
	}
	return f
}

// met is the words of the rule that were met, or what else of it was.
func (r *Rule) met(m match.Span) string {
	if words := r.patterns[m.By].Spelled(m); words != "" {
		return words
	}
	return r.Any[m.By]
}

// missing is the rule broken by the page as a whole: nowhere in particular,
// and no text that met it in any way.
func (r *Rule) missing() result.Finding {
	return result.Finding{
		Rule: r.ID, Severity: r.Severity, Mode: r.Mode, Kind: r.Kind,
		Box: page.Box{}, Lines: []int{},
		Message: r.Message, Law: r.Law, Basis: r.Basis, Suggest: r.Suggest,
	}
}
