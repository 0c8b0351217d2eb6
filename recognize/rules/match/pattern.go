package match

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Span is a match: a range of glyphs, half open, and how it was met.
type Span struct {
	From, To int
	Kind     result.Match
}

// Pattern is a phrase or a regular expression.
type Pattern struct {
	re    *regexp.Regexp
	needs [][]string // see needs
	tight string     // the phrase without white space
	// starts says, for each character of the phrase, whether a word of the
	// phrase begins there; the first always does.
	starts []bool
	jamo   []rune    // of the phrase; nil unless it is fuzzy
	halves [2]string // of the phrase; empty if a jamo stands in it alone
}

// Phrase makes a pattern of a phrase. A fuzzy one is also met by text that is
// one jamo away. Its error says why the phrase cannot be looked for so.
func Phrase(source string, fuzzy bool) (Pattern, error) {
	var p Pattern
	begins := true
	for _, r := range normal(source) {
		if r == ' ' {
			begins = true
			continue
		}
		p.tight += string(r)
		p.starts = append(p.starts, begins)
		begins = false
		if fuzzy {
			p.jamo = appendJamo(p.jamo, r)
		}
	}
	if p.tight == "" {
		return p, fmt.Errorf("%q has no visible character", source)
	}
	if r := []rune(p.tight); fuzzy && !slices.ContainsFunc(r, isJamo) {
		p.halves = [2]string{string(r[:len(r)/2]), string(r[len(r)/2:])}
	}
	if n := syllables(p.tight); fuzzy && n < MinFuzzySyllables {
		return p, fmt.Errorf("%q has %d Hangul syllables, too short for fuzzy, which wants %d; put it into a rule of its own without fuzzy",
			source, n, MinFuzzySyllables)
	}
	return p, nil
}

// Regexp makes a pattern of a regular expression in Go's syntax (RE2).
//
// One that looks at what is around a match is refused: text is cut at lines
// and spaces come and go, so that it would mean another thing in each view,
// and \b knows no Hangul.
func Regexp(source string) (Pattern, error) {
	re, err := regexp.Compile("(?i)" + norm.NFC.String(source))
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return Pattern{}, fmt.Errorf("%q: %s; the syntax is Go's (RE2)", source, e.Code)
	} else if err != nil {
		return Pattern{}, err
	}
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	switch {
	case err != nil:
		return Pattern{}, err
	case looksAround(parsed):
		return Pattern{}, fmt.Errorf(`%q: ^ $ \A \z \b \B cannot be used; leave them out, the ends of numbers and Latin words are looked after`, source)
	case re.MatchString(""):
		return Pattern{}, fmt.Errorf("%q matches the empty text, so it would match everywhere; want at least one character", source)
	}
	return Pattern{re: re, needs: needs(parsed)}, nil
}

func looksAround(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksAround)
}

// Find returns every place where the pattern is met, overlaps included.
func (p Pattern) Find(t *Text, most Gap) []Span {
	switch {
	case p.re != nil:
		return p.findRegexp(t, most)
	case p.jamo != nil:
		return append(p.findPhrase(t, most), p.findFuzzy(t, most)...)
	}
	return p.findPhrase(t, most)
}

// findPhrase looks in the tight view only: whether the text as read has the
// phrase verbatim is seen from what stands between the glyphs.
func (p Pattern) findPhrase(t *Text, most Gap) []Span {
	if !t.pairs.may(p.tight) {
		return nil
	}
	var found []Span
	for at := 0; ; {
		i := strings.Index(t.tight.s[at:], p.tight)
		if i < 0 {
			return found
		}
		at += i
		from := t.tight.glyph(at)
		if s, ok := t.accept(from, from+len(p.starts), most, p.starts); ok {
			found = append(found, s)
		}
		_, n := utf8.DecodeRuneInString(p.tight)
		at += n
	}
}

// accept decides whether the glyphs from a to b, whose characters are right,
// may be a match: what stands between them is allowed, the numbers and Latin
// words at the ends are whole, and white space was removed only where a word
// could have been broken.
//
// That last is what keeps 최고 out of "주최 고객" and 유일 out of "공유 일정":
// where the text has white space inside one of the phrase's words, that word
// or an earlier one of the phrase must begin where a word begins as read.
// (An earlier one will do because a whole word of the phrase stood there
// unbroken, as in "성인여드름 치 료".) White space that the phrase has too is
// not removed, and a match with none removed may begin anywhere, as in 국내최고.
//
// starts are the phrase's; nil if they are not known (a regular expression, a
// fuzzy match of another length): then the first glyph must begin a word.
func (t *Text) accept(a, b int, most Gap, starts []bool) (Span, bool) {
	if !t.edged(a, b) {
		return Span{}, false
	}
	verbatim, begun := true, t.beginsWord(a)
	for i := a; i < b; i++ {
		own := starts != nil && starts[i-a] // a word of the phrase begins here
		begun = begun || own && t.beginsWord(i)
		if i == a {
			continue
		}
		before := t.glyphs[i].before
		switch {
		case before > max(most, Word):
			return Span{}, false
		case before != None && !own && !begun:
			return Span{}, false
		}
		verbatim = verbatim && before != Line && (before == Word) == own
	}
	if verbatim {
		return Span{a, b, result.Exact}, true
	}
	return Span{a, b, result.Spacing}, most != None
}

// findRegexp looks in the view as read and, unless white space matters, in the
// tight one. Each line (each block with gap: line) is looked at on its own, so
// that no greedy match can reach across and hide a shorter one.
func (p Pattern) findRegexp(t *Text, most Gap) []Span {
	if !met(p.needs, t.pairs.may) {
		return nil
	}
	var found []Span
	t.segments(most, func(from, to int) {
		found = p.search(found, t, t.read, from, to, func(a, b int) (Span, bool) {
			kind := result.Exact
			for i := a + 1; i < b; i++ {
				if t.glyphs[i].before > Word {
					kind = result.Spacing
				}
			}
			return Span{a, b, kind}, t.edged(a, b)
		})
		if most == None {
			return
		}
		found = p.search(found, t, t.tight, from, to, func(a, b int) (Span, bool) {
			return t.accept(a, b, most, nil)
		})
	})
	return found
}

// search finds the pattern in one segment of a view. After a match that may not be, it
// looks again from that match's second character, where one that may be can begin.
// Cutting the text there is safe because patterns cannot look behind (see Regexp).
func (p Pattern) search(found []Span, t *Text, v view, from, to int, may func(a, b int) (Span, bool)) []Span {
	base, s := v.off[from], v.slice(from, to)
	if !met(p.needs, func(need string) bool { return strings.Contains(s, need) }) {
		return found
	}
	for at := 0; at < len(s); {
		loc := p.re.FindStringIndex(s[at:])
		if loc == nil {
			break
		}
		a, b := v.glyph(base+at+loc[0]), v.glyph(base+at+loc[1])
		next := at + loc[1]
		if a < b {
			if m, ok := may(a, b); ok {
				found = append(found, m)
			} else {
				_, n := utf8.DecodeRuneInString(s[at+loc[0]:])
				next = at + loc[0] + n
			}
		}
		at = next
	}
	return found
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
		return cmp.Or(near(x)-near(y), (y.To-y.From)-(x.To-x.From), x.From-y.From, strict(x.Kind)-strict(y.Kind))
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
	var kept []Span
	for _, s := range found {
		if !slices.Contains(taken[s.From:s.To], true) {
			kept = append(kept, s)
			take(s)
		}
	}
	slices.SortFunc(kept, func(x, y Span) int { return x.From - y.From })
	return kept
}
