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

// mistaken has, of syllables that the Hangul data reads surely for others of nearly the same shape, those others. It was seen on the pages that the reader was
// tuned on. A word with one is read again however sure it was, and only its twin is taken from that.
var mistaken = map[rune]rune{'슷': '숫', '혜': '헤', '릿': '럿', '낍': '뀝', '낄': '뀔', '꼽': '끕'}

// twinAt is what a syllable of a word may be in truth, 0 for nothing else. 모는 is next to no word, 모든 one of the most frequent.
func twinAt(word []rune, i int) rune {
	if i == 1 && string(word) == "모는" {
		return '든'
	}
	return mistaken[word[i]]
}

// mayBeMistaken says whether a word has a syllable that may be its twin.
func mayBeMistaken(word []Glyph) bool {
	text := []rune(textOf(word))
	for i := range text {
		if twinAt(text, i) != 0 {
			return true
		}
	}
	return false
}

// mended says whether a second reading is the first but for syllables in whose place their twins stand.
func mended(first, second []Glyph) bool {
	a, b := []rune(textOf(first)), []rune(textOf(second))
	if len(a) != len(b) {
		return false
	}
	changed := false
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if twinAt(a, i) != b[i] {
			return false
		}
		changed = true
	}
	return changed
}

// doubtfulWord is a word of syllables, signs and digits.
type doubtfulWord struct {
	from, to int // glyphs of the line
	hangul   []Glyph
	again    *part
	room     int  // syllables that it is wide enough for at least
	wide     bool // it is of syllables alone, and wide enough for one more than were read: of two that are alike, one is left out
}

// filled says whether a second reading is the first with syllables more, as many as there is room for.
func filled(first, second []Glyph, room int) bool {
	if len(second) != room || syllablesIn(second) != room {
		return false
	}
	n := 0
	for _, g := range second {
		if n < len(first) && first[n].Text == g.Text {
			n++
		}
	}
	return n == len(first) && room > n
}

// best is the second reading, where it is surer and of syllables, too, and nil else.
func (w doubtfulWord) best() []Glyph {
	read := w.again.glyphs
	if w.wide && filled(w.hangul, read, w.room) && meanConfidence(read) >= fair {
		return read
	}
	if mended(w.hangul, read) && meanConfidence(read) >= fair {
		return read
	}
	if meanConfidence(w.hangul) >= unsure && !cried(w.hangul) {
		return nil
	}
	least := max(fair, meanConfidence(w.hangul)+surer)
	if cried(w.hangul) {
		least = fair
	}
	lost := syllablesIn(read) < min(w.room, syllablesIn(w.hangul))
	if lost || !startsHangul(read) || !syllables(read) || meanConfidence(read) < least {
		return nil
	}
	return read
}

// giveWay leaves of the second reading of a word what stands before and behind the glyphs from..to, which were read as letters: a stretch
// begins or ends with the signs of the word beside it. Where its syllables are not as many as were read first, all of it goes.
func (w doubtfulWord) giveWay(better map[int]replacement, from, to int) {
	got, ok := better[w.from]
	if !ok || got.to != w.to || to <= w.from || from >= w.to {
		return
	}
	delete(better, w.from)
	if syllablesIn(got.with) != syllablesIn(w.hangul) {
		return
	}
	if from > w.from {
		n, k := syllablesIn(w.hangul[:from-w.from]), 0
		for k < len(got.with) && n > 0 {
			if hangul(got.with[k].Text) {
				n--
			}
			k++
		}
		better[w.from] = replacement{from, got.with[:k]}
	}
	if to < w.to {
		n, k := syllablesIn(w.hangul[to-w.from:]), len(got.with)
		for k > 0 && n > 0 {
			k--
			if hangul(got.with[k].Text) {
				n--
			}
		}
		better[to] = replacement{w.to, got.with[k:]}
	}
}

// findDoubtful returns the words that syllables begin and that were read unsurely, none of those taken already.
func findDoubtful(line *image.Gray, glyphs []Glyph, taken []bool, pitch int) (words []doubtfulWord) {
	for _, w := range wordsIn(line, glyphs) {
		word := glyphs[w.from:w.to]
		if taken[w.from] || !startsHangul(word) && !cried(word) {
			continue
		}
		box := inked(line, around(line, glyphs, w.from, w.to))
		wide := syllablesIn(word) == len(word) && len(word) > 1 && 10*box.Dx() >= (10*len(word)+7)*pitch
		if !(startsHangul(word) && syllables(word) && (meanConfidence(word) < unsure || mayBeMistaken(word) || wide) || cried(word)) {
			continue
		}
		words = append(words, doubtfulWord{from: w.from, to: w.to, hangul: word, again: cutOut(line, box), room: (10*box.Dx() + 3*pitch) / (10 * pitch), wide: wide})
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
