package rules

import (
	"fmt"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// excuse is a context in which a match is no violation: words before, after or
// around it in its own clause, or a title that it stands in. It never reaches
// beyond the clause, so that a lawful sentence covers no other.
type excuse struct {
	name                  string
	before, after, around *match.Pattern
	inside                [][2]rune
	within                int
}

// expanded is the excuse with each word that its items stand for.
func (e excuseSource) expanded(v vocabulary) (excuseSource, error) {
	for _, part := range []*[]string{&e.before, &e.after, &e.around} {
		var words []string
		for _, w := range *part {
			more, err := v.expand(w)
			if err != nil {
				return e, err
			}
			words = append(words, more...)
		}
		*part = words
	}
	return e, nil
}

// compile puts an excuse's words into a dictionary.
func (e excuseSource) compile(name string, d *match.Dictionary) (excuse, error) {
	x := excuse{name: name, within: e.within}
	for _, pair := range e.inside {
		r := []rune(pair)
		x.inside = append(x.inside, [2]rune{r[0], r[1]})
	}
	whole := match.Options{}
	if e.whole {
		whole.Ends = match.AtWord
	}
	for _, part := range []struct {
		words []string
		to    **match.Pattern
		match.Options
	}{
		{e.before, &x.before, whole},
		{e.after, &x.after, match.Options{Begins: match.Inside, Ends: match.Inside}}, // it goes on with the word that was met
		{e.around, &x.around, whole},
	} {
		if len(part.words) == 0 {
			continue
		}
		p, err := d.Words(part.words, part.Options)
		if err != nil {
			return x, fmt.Errorf("excuse %s: %w", name, err)
		}
		*part.to = &p
	}
	return x, nil
}

// covers says by which place of the text the excuse covers a match, if it does.
func (x excuse) covers(t *match.Text, s match.Span) (by match.Span, ok bool) {
	from, to := t.Clause(s)
	if x.after != nil {
		reach := s.To + x.within + 1
		if t.Or(s.To) { // of "A or B is not …" both are denied
			reach = to
		}
		if by, ok = x.after.Between(t, s.To, min(to, reach)); ok {
			return by, true
		}
	}
	if x.before != nil {
		if by, ok = x.before.Between(t, max(from, s.From-x.within), s.From); ok {
			return by, true
		}
	}
	if x.around != nil {
		if by, ok = x.around.Between(t, from, to); ok {
			return by, true
		}
	}
	for _, pair := range x.inside {
		if t.Inside(s, pair[0], pair[1]) {
			return s, true
		}
	}
	return by, false
}
