package match

import (
	"unicode"

	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// fewest syllables, each apart, that are taken for one word whose letters are
// spaced out; ordinary Korean has three words of one syllable in a row ("한 번 더").
const fewestSpaced = 4

// space finds the words whose syllables stand apart: spaced says of each glyph
// that the white space before it is only between the letters of such a word.
func (t *Text) space() {
	t.spaced = make([]bool, len(t.glyphs))
	for i := 0; i < len(t.glyphs); {
		j := i
		for j < len(t.glyphs) && t.alone(j) && (j == i || t.glyphs[j].before != block) {
			j++
		}
		if j-i >= fewestSpaced {
			for k := i + 1; k < j; k++ {
				t.spaced[k] = true
			}
		}
		i = max(j, i+1)
	}
}

// alone says whether glyph i is a Hangul syllable with nothing beside it.
func (t *Text) alone(i int) bool {
	return korean.IsSyllable(t.glyphs[i].r) && (i == 0 || t.glyphs[i].before != None) &&
		(i+1 == len(t.glyphs) || t.glyphs[i+1].before != None)
}

// close says whether glyph i goes on where the one before it ended.
func (t *Text) close(i int) bool { return t.glyphs[i].before == None || t.spaced[i] }

// unbroken says whether no white space stands in the glyphs from a to b.
func (t *Text) unbroken(a, b int) bool {
	for i := a + 1; i < b; i++ {
		if !t.close(i) {
			return false
		}
	}
	return true
}

// ahead adds the characters from glyph i on, as many as there is room for, up to the next white space.
func (t *Text) ahead(runes []rune, i int) []rune {
	for j := i; j < min(i+cap(runes), len(t.glyphs)) && (j == i || t.close(j)); j++ {
		runes = append(runes, t.glyphs[j].r)
	}
	return runes
}

// beginsWord says whether a reader would begin a word at glyph i: at the start
// of a line, after white space, after punctuation, and where the kind of
// character changes (Latin to Hangul, digits to Hangul, anything to punctuation).
//
// Boundaries between recognized words that have no white space between them
// are no evidence: engines cut words where it suits them. Nor is white space
// between letters that are all spaced out.
func (t *Text) beginsWord(i int) bool {
	if i == 0 || !t.close(i) {
		return true
	}
	before, g := &t.glyphs[i-1], &t.glyphs[i]
	return before.class != g.class || isJamo(before.r) != isJamo(g.r)
}

// particle is how many syllables from glyph i on are a particle, 0 if none are.
func (t *Text) particle(i int) int {
	var room [3]rune
	return korean.Particle(t.ahead(room[:0], i))
}

// closes says whether a noun may have ended before glyph i.
func (t *Text) closes(i int) bool {
	if i >= len(t.glyphs) || t.beginsWord(i) {
		return true
	}
	var room [3]rune
	return korean.Closes(t.ahead(room[:0], i))
}

// endsWord says whether a word ended before glyph i, or a particle follows it,
// or another word that is known.
func (t *Text) endsWord(i int, known []bool) bool {
	if i >= len(t.glyphs) || t.beginsWord(i) || known[i] {
		return true
	}
	n := t.particle(i)
	return n > 0 && (i+n >= len(t.glyphs) || t.beginsWord(i+n) || known[i+n])
}

// edgedAs is edged for a word, which may leave it open where it begins or ends.
func (t *Text) edgedAs(a, b int, w *word) bool {
	return (w.free[0] || t.edgedLeft(a)) && (w.free[1] || t.edgedRight(b))
}

// edged says whether no number and no Latin word goes on beyond the ends of
// the glyphs from a to b: 21위 is not 1위, 1100% and 1,100% and 0.100% are not
// 100%, "online idea" is not "line id", and ㅋㅋㅌㅋ is not ㅋㅌ. White space ends a
// number or word.
func (t *Text) edged(a, b int) bool { return t.edgedLeft(a) && t.edgedRight(b) }

func (t *Text) edgedLeft(a int) bool {
	if !t.joined(a) {
		return true
	}
	c := t.glyphs[a].class
	return !(c == digit && (t.is(a-1, digit) || t.inNumber(a-1)) || c == latin && t.is(a-1, latin) || isJamo(t.glyphs[a].r) &&
		isJamo(t.glyphs[a-1].r))
}

func (t *Text) edgedRight(b int) bool {
	if !t.joined(b) {
		return true
	}
	c := t.glyphs[b-1].class
	return !(c == digit && (t.is(b, digit) || t.inNumber(b)) || c == latin && t.is(b, latin) || isJamo(t.glyphs[b-1].r) &&
		isJamo(t.glyphs[b].r))
}

// inNumber says whether glyph i is a decimal point or a thousand's comma. A
// comma is one where at most three digits stand before it and just three
// after, so that the commas in a list of telephone numbers are not.
func (t *Text) inNumber(i int) bool {
	if i < 1 || i+1 >= len(t.glyphs) || !t.joined(i) || !t.joined(i+1) || !t.is(i-1, digit) || !t.is(i+1, digit) {
		return false
	}
	before, after := 1, 1
	for before < 4 && t.joined(i-before) && t.is(i-before-1, digit) {
		before++
	}
	for after < 4 && t.joined(i+after+1) && t.is(i+after+1, digit) {
		after++
	}
	return t.glyphs[i].r == '.' || t.glyphs[i].r == ',' && before <= 3 && after == 3
}

// joined says whether nothing stands between glyph i and the one before it.
func (t *Text) joined(i int) bool {
	return i > 0 && i < len(t.glyphs) && t.glyphs[i].before == None
}

func (t *Text) is(i int, c charClass) bool { return t.glyphs[i].class == c }

type charClass uint8

const (
	other charClass = iota // punctuation, symbols
	digit
	latin
	letter // Hangul and every other script
)

func class(r rune) charClass {
	switch {
	case korean.IsSyllable(r): // nearly all that is asked for
		return letter
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	}
	return other
}
