package reader

import (
	"image"
	"slices"
	"strings"
)

// A word of syllables that was read with little confidence is read once more, alone, by the Korean data where it is installed: it errs
// elsewhere than the Hangul data.

const (
	unsure = 0.8  // the confidence below which a word is read again
	surer  = 0.08 // by how much the second reading must be surer
	fair   = 0.6  // what the second reading must have at least
)

// doubtfulWord is a word of syllables, signs and digits.
type doubtfulWord struct {
	from, to int // glyphs of the line
	hangul   []Glyph
	again    *part
}

// best is the second reading, where it is surer and of syllables, too, and nil else.
func (w doubtfulWord) best() []Glyph {
	read := w.again.glyphs
	least := max(fair, meanConfidence(w.hangul)+surer)
	if cried(w.hangul) {
		least = fair
	}
	if !startsHangul(read) || !syllables(read) || meanConfidence(read) < least {
		return nil
	}
	return read
}

// findDoubtful returns the words that syllables begin and that were read unsurely, none of those taken already.
func findDoubtful(line *image.Gray, glyphs []Glyph, taken []bool) (words []doubtfulWord) {
	for _, w := range wordsIn(line, glyphs) {
		word := glyphs[w.from:w.to]
		if taken[w.from] || !(startsHangul(word) && syllables(word) && meanConfidence(word) < unsure || cried(word)) {
			continue
		}
		box := inked(line, around(line, glyphs, w.from, w.to))
		words = append(words, doubtfulWord{from: w.from, to: w.to, hangul: word, again: cutOut(line, box)})
	}
	return words
}

// cried says whether a word is a digit and an exclamation mark: no number has one, and 및 is read as 2!.
func cried(word []Glyph) bool {
	return len(word) == 2 && digit(word[0].Text) && word[1].Text == "!"
}

// syllables says whether glyphs are syllables, digits and signs of running text.
func syllables(glyphs []Glyph) bool {
	return !slices.ContainsFunc(glyphs, func(g Glyph) bool { return letter(g.Text) || strings.Contains("|[]{}\\", g.Text) })
}

// span is glyphs of a line, from one up to another.
type span struct{ from, to int }

// wordsIn tells the words of a line by the gaps between its glyphs.
func wordsIn(line *image.Gray, glyphs []Glyph) (words []span) {
	gaps := gapsOf(line, glyphs, inkBelow)
	for from := 0; from < len(glyphs); {
		to := from + 1
		for to < len(glyphs) && gaps[to-1] < leastSpace(glyphs[to-1], glyphs[to]) {
			to++
		}
		words = append(words, span{from, to})
		from = to
	}
	return words
}
