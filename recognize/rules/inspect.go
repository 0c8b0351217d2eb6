package rules

import (
	"cmp"
	"slices"
	"strings"
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
	packs, err := s.Select(q.Packs)
	if err != nil {
		return nil, err
	}
	if q.At.IsZero() {
		q.At = time.Now()
	}
	type placed struct {
		at int
		f  result.Finding
	}
	category, day := strings.TrimSpace(q.Category), q.At.Format(time.DateOnly)
	t := match.Read(lines)
	var all []placed
	for _, p := range packs {
		for i := range p.Rules {
			r := &p.Rules[i]
			if !r.applies(category, day) {
				continue
			}
			met := r.spans(t)
			switch {
			case r.Require && len(met) == 0:
				all = append(all, placed{t.Len(), r.missing()})
			case !r.Require:
				for _, m := range met {
					all = append(all, placed{m.From, r.finding(t, m)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y placed) int {
		return cmp.Or(x.at-y.at, cmp.Compare(x.f.Rule, y.f.Rule))
	})
	findings := make([]result.Finding, len(all))
	for i, p := range all {
		findings[i] = p.f
	}
	return findings, nil
}

// broken says whether the rule yields a finding on the text.
func (r *Rule) broken(t *match.Text) bool { return (len(r.spans(t)) == 0) == r.Require }

// spans returns where the rule's patterns are met, apart from what unless
// covers, the longest of those that overlap. An exception holds however its
// words are spaced and wrapped, whatever the rule's own gap.
func (r *Rule) spans(t *match.Text) []match.Span {
	var found []match.Span
	for _, p := range r.any {
		found = append(found, p.Find(t, r.gap)...)
	}
	if len(found) == 0 {
		return nil
	}
	var except []match.Span
	for _, p := range r.unless {
		except = append(except, p.Find(t, match.Line)...)
	}
	return t.Choose(found, except)
}

// finding is the rule broken at m. What was not read for certain is for a
// person to look at, so a fuzzy match is never more severe than review.
func (r *Rule) finding(t *match.Text, m match.Span) result.Finding {
	f := r.missing()
	f.Match = m.Kind
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

// missing is the rule broken by the page as a whole: nowhere in particular,
// and no text that met it in any way.
func (r *Rule) missing() result.Finding {
	return result.Finding{
		Rule: r.ID, Severity: r.Severity, Mode: r.Mode,
		Box: page.Box{}, Lines: []int{},
		Message: r.Message, Law: r.Law, Suggest: r.Suggest,
	}
}
