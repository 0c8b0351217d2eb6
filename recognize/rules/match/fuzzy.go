package match

import (
	"strings"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Bounds of fuzzy matching. In short words one jamo is the difference between
// two meanings (최고 and 최소, 완치 and 완비); from five syllables on it is
// nearly always a slip of the engine.
const (
	MaxFuzzy          = 1 // jamo
	MinFuzzySyllables = 5
)

// jamo is the third view: the glyphs taken apart, and where each begins.
type jamo struct {
	runes []rune
	off   []int // of each glyph, and the length
}

// jamo takes the glyphs apart, once.
func (t *Text) jamo() jamo {
	if t.apart.off == nil {
		t.apart.off = []int{0}
		for _, g := range t.glyphs {
			t.apart.runes = appendJamo(t.apart.runes, g.r)
			t.apart.off = append(t.apart.off, len(t.apart.runes))
		}
	}
	return t.apart
}

// appendJamo takes a Hangul syllable apart as NFD does, by the arithmetic of
// the Unicode Standard, section 3.12; any other character stays whole.
func appendJamo(to []rune, r rune) []rune {
	const vowels, finals = 21, 28
	if r < '가' || r > '힣' {
		return append(to, r)
	}
	i := r - '가'
	to = append(to, 0x1100+i/(vowels*finals), 0x1161+i/finals%vowels)
	if final := i % finals; final > 0 {
		to = append(to, 0x11A7+final)
	}
	return to
}

// syllables counts the Hangul syllables of a phrase.
func syllables(phrase string) (n int) {
	for _, r := range phrase {
		if r >= '가' && r <= '힣' {
			n++
		}
	}
	return n
}

// findFuzzy returns the places that are exactly one jamo away from the phrase.
// Only jamo may differ: digits, Latin letters and punctuation must be the
// phrase's own. One jamo more or less changes the number of characters by one
// at most, so three lengths are tried at each place.
func (p Pattern) findFuzzy(t *Text, most Gap) []Span {
	if !p.near(t) {
		return nil
	}
	view, n := t.jamo(), len(p.starts)
	var found []Span
	for from := range t.glyphs {
		for to := from + n - 1; to <= min(from+n+1, len(t.glyphs)); to++ {
			if !oneJamoApart(p.jamo, view.runes[view.off[from]:view.off[to]]) {
				continue
			}
			starts := p.starts
			if to-from != n {
				starts = nil
			}
			if s, ok := t.accept(from, to, most, starts); ok {
				found = append(found, Span{s.From, s.To, result.Fuzzy})
			}
		}
	}
	return found
}

// near says whether somewhere may be one jamo away from the phrase. Where no
// jamo stands alone, one jamo changes one syllable and leaves half of the phrase as it is.
func (p Pattern) near(t *Text) bool {
	has := func(half string) bool { return t.pairs.may(half) && strings.Contains(t.tight.s, half) }
	return t.loose || has(p.halves[0]) || has(p.halves[1])
}

// oneJamoApart says whether one jamo put in, left out or changed makes x of y.
func oneJamoApart(x, y []rune) bool {
	if len(x)-len(y) > 1 || len(y)-len(x) > 1 {
		return false
	}
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x) > 1 || len(y) > 1 || len(x)+len(y) == 0 {
		return false
	}
	return (len(x) == 0 || isJamo(x[0])) && (len(y) == 0 || isJamo(y[0]))
}

func isJamo(r rune) bool { return r >= 0x1100 && r <= 0x11FF }
