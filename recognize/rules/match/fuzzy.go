package match

import (
	"fmt"
	"slices"

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
		n := len(t.glyphs)
		t.apart.off = append(make([]int, 0, n+1), 0)
		t.apart.runes = make([]rune, 0, n*5/2) // of two or three a syllable
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
func syllables(phrase []rune) (n int) {
	for _, r := range phrase {
		if r >= '가' && r <= '힣' {
			n++
		}
	}
	return n
}

// fuzzy is a phrase that text may be one jamo away from.
type fuzzy struct {
	jamo   []rune
	starts []bool
	halves [2]Group // what stands there unchanged, one of them at least
	from   [2]int   // where in the phrase each begins
	loose  bool     // a jamo of its own is in the phrase
}

func (d *Dictionary) fuzzy(source string) (fuzzy, error) {
	var f fuzzy
	var tight []rune
	begins := true
	for _, r := range normal(source) {
		if r == ' ' {
			begins = true
			continue
		}
		tight, f.starts, f.jamo = append(tight, r), append(f.starts, begins), appendJamo(f.jamo, r)
		begins = false
	}
	if n := syllables(tight); n < MinFuzzySyllables {
		return f, fmt.Errorf("%q has %d Hangul syllables, too short for fuzzy, which wants %d; put it into a rule of its own without fuzzy",
			source, n, MinFuzzySyllables)
	}
	f.loose = slices.ContainsFunc(tight, isJamo)
	f.from[1] = len(tight) / 2
	for i, half := range []string{string(tight[:len(tight)/2]), string(tight[len(tight)/2:])} {
		g, err := d.Group([]string{half}, Options{raw: true})
		if err != nil {
			return f, err
		}
		f.halves[i] = g
	}
	return f, nil
}

// find returns the places that are exactly one jamo away from the phrase.
// Only jamo may differ: digits, Latin letters and punctuation must be the
// phrase's own. One jamo more or less changes the number of characters by one
// at most, so three lengths are tried at each place.
func (f fuzzy) find(t *Text, h *hits) []Span {
	places := f.places(t, h)
	if len(places) == 0 {
		return nil
	}
	view, n := t.jamo(), len(f.starts)
	var found []Span
	for _, from := range places {
		for to := from + n - 1; to <= min(from+n+1, len(t.glyphs)); to++ {
			if !oneJamoApart(f.jamo, view.runes[view.off[from]:view.off[to]]) {
				continue
			}
			w := &word{starts: f.starts}
			if to-from != n { // where its words begin is not known
				w.starts = make([]bool, to-from)
				w.starts[0] = true
			}
			gap := t.widest(from, to)
			if _, ok := t.accept(from, to, w, h); ok && gap < block {
				found = append(found, Span{From: from, To: to, Kind: result.Fuzzy, Gap: gap})
			}
		}
	}
	return found
}

// places are where the phrase may begin, in order. Where no jamo stands alone,
// one jamo changes one syllable and leaves half of the phrase as it is.
func (f fuzzy) places(t *Text, h *hits) (all []int) {
	if len(t.loose) > 0 || f.loose {
		return f.anyPlaces(t, h)
	}
	for i, g := range f.halves {
		for _, k := range h.group(g) {
			at := int(h.all[k].from) - f.from[i]
			for from := at - 1; from <= at+1; from++ {
				if from >= 0 && from < len(t.glyphs) {
					all = append(all, from)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// anyPlaces is places where jamo stand alone, in the text or in the phrase: they
// may stand in both halves.
func (f fuzzy) anyPlaces(t *Text, h *hits) (all []int) {
	may := make([]bool, len(t.glyphs))
	add := func(from, to int) {
		for i := max(0, from); i <= min(to, len(t.glyphs)-1); i++ {
			may[i] = true
		}
	}
	for i, g := range f.halves {
		for _, k := range h.group(g) {
			at := int(h.all[k].from) - f.from[i]
			add(at-1, at+1)
		}
	}
	done := 0
	for _, i := range t.loose {
		add(max(done, i-len(f.starts)), i)
		done = i
	}
	if f.loose { // its halves need not be there
		add(0, len(t.glyphs))
	}
	for i, ok := range may {
		if ok {
			all = append(all, i)
		}
	}
	return all
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
