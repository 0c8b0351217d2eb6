package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Span is a match: a range of glyphs, half open, and how it was met.
type Span struct {
	From, To int
	Kind     result.Match
	Gap      Gap      // the widest inside
	Evasion  Evasion  // what had to be undone
	Met      [3]int32 // the words that were met, as Spelled names them; 0 for none
	By       int      // for who looks for several patterns: which it was
}

// Pattern is something to look for: words, words near each other, a regular
// expression, or a kind of number. It belongs to the dictionary it was made with.
type Pattern struct {
	d     *Dictionary
	group Group // of its words; of words near each other, the first
	near  *Near
	re    *expression
	fuzzy []fuzzy
	class NumberClass
}

// Phrase makes a pattern of a phrase in a dictionary of its own. A fuzzy one is
// also met by text that is one jamo away. Its error says why the phrase cannot be looked for so.
func Phrase(source string, fuzzy bool) (Pattern, error) {
	return NewDictionary().Words([]string{source}, Options{Begins: Inside, Ends: Inside, Fuzzy: fuzzy})
}

// Regexp makes a pattern of a regular expression in a dictionary of its own.
func Regexp(source string) (Pattern, error) { return NewDictionary().Regexp(source) }

// Words makes a pattern that any of the words meets.
func (d *Dictionary) Words(sources []string, o Options) (Pattern, error) {
	g, err := d.Group(sources, o)
	p := Pattern{d: d, group: g}
	if err != nil || !o.Fuzzy {
		return p, err
	}
	for _, s := range sources {
		f, err := d.fuzzy(s)
		if err != nil {
			return p, err
		}
		p.fuzzy = append(p.fuzzy, f)
	}
	return p, nil
}

// Near makes a pattern of groups of words near each other.
func (d *Dictionary) Near(n Near) Pattern { return Pattern{d: d, near: &n, group: n.Parts[0]} }

// Number makes a pattern of the numbers of a class.
func (d *Dictionary) Number(class NumberClass) Pattern { return Pattern{d: d, class: class} }

// Spelled names the words by which a span of the pattern was met; empty for
// what is no word.
func (p Pattern) Spelled(s Span) string {
	var all []string
	for _, n := range s.Met {
		if n > 0 {
			all = append(all, p.d.words[n-1].spelled())
		}
	}
	return strings.Join(all, " … ")
}

// Find returns the places where the pattern is met, overlaps included, with no
// more than most inside.
func (p Pattern) Find(t *Text, most Gap) []Span {
	return p.FindIf(t, most, func(Span) bool { return true })
}

// FindIf is Find for the places that may be: behind one that may not be, what
// overlaps it is looked at too.
func (p *Pattern) FindIf(t *Text, most Gap, may func(Span) bool) []Span {
	h := t.find(p.d)
	if p.class == "" && p.re == nil && p.fuzzy == nil && h.count(p.group) == 0 { // as nearly all of a pack are
		return nil
	}
	allowed := func(s Span) bool { return s.fits(most) && may(s) }
	switch {
	case p.class != "":
		return keep(t.numbers(p.class), allowed)
	case p.near != nil:
		return p.near.find(t, h, allowed)
	case p.re != nil:
		return p.re.find(t, h, most, may)
	}
	var found []Span
	for i := range h.count(p.group) {
		if s := h.at(p.group, i); allowed(s) {
			found = append(found, s)
		}
	}
	for _, f := range p.fuzzy {
		found = append(found, keep(f.find(t, h), allowed)...)
	}
	return found
}

func keep(spans []Span, may func(Span) bool) (kept []Span) {
	for _, s := range spans {
		if may(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// fits says whether nothing wider than most is inside; None wants the text as the pattern is written.
func (s Span) fits(most Gap) bool {
	if most == None {
		return s.Kind == result.Exact && s.Gap < Line && s.Evasion == 0
	}
	return s.Gap <= most
}

// strict orders the ways to match; the strictest first.
func strict(m result.Match) int {
	return slices.Index([]result.Match{result.Exact, result.Spacing, result.Fuzzy}, m)
}

// Choose leaves, of matches that overlap, the longest; what was read without a
// slip comes before what is only near, and then the earlier. A match that
// overlaps any of except is not left at all. The result is in order of
// position and no two overlap.
func (t *Text) Choose(found, except []Span) []Span {
	slices.SortFunc(found, func(x, y Span) int {
		near := func(s Span) int { return max(strict(s.Kind), 1) }
		return cmp.Or(near(x)-near(y), (y.To-y.From)-(x.To-x.From), x.From-y.From, strict(x.Kind)-strict(y.Kind),
			cmp.Compare(x.Evasion, y.Evasion))
	})
	taken := make([]bool, len(t.glyphs))
	take := func(s Span) {
		for i := s.From; i < s.To; i++ {
			taken[i] = true
		}
	}
	for _, s := range except {
		take(s)
	}
	kept := found[:0]
	for _, s := range found {
		if !slices.Contains(taken[s.From:s.To], true) {
			kept = append(kept, s)
			take(s)
		}
	}
	slices.SortFunc(kept, func(x, y Span) int { return x.From - y.From })
	return kept
}

// Show spells what a span covers as it was matched, for people who ask why.
func (t *Text) Show(s Span) string {
	quote, _, _ := t.Place(s)
	return fmt.Sprintf("%q", strings.TrimSpace(quote))
}
