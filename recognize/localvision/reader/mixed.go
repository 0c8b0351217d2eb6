package reader

import (
	"image"
	"slices"
	"strings"
)

// A foreign word with a Korean ending, "OpenGL은", has no white between its scripts by which to tell them. The Hangul data reads
// letters as syllables, and the first syllables of an ending as letters. So a word in which letters stand is cut before its last
// syllable, the last two and three, each part is read by its own data, and the surest reading stays.

const (
	mostEnding  = 3    // syllables
	sureOfParts = 0.7  // the least confidence of each part
	sureOfAny   = 0.5  // the same where Hangul was read badly, or as no word is written
	sureOfWhole = 0.85 // the same where Hangul saw no letter
	sureEnding  = 0.85 // what a usual ending has at least
	unlikely    = 0.1  // by how much a reading is less sure whose ending is none, or has more or fewer syllables than there is room for
	clean       = 0.93 // the confidence from which on a word is not doubted
	hopeless    = 0.3  // that below which nothing is held to have been read
	doubtful    = 0.75 // that below which a word without letters is
	longestWord = 60   // glyphs

	sureOfDigits = 0.35 // the confidence of letters that Hangul read as digits of their shape
)

// mixedWord is a word of a line, with letters, and the ways to cut it.
type mixedWord struct {
	from, to int // glyphs of the line
	hangul   []Glyph
	ways     []way
	odd      bool // it ends with a sign or digit as wide as a syllable
	letters  bool // Hangul saw some
	lost     bool // it is read as syllables, with no confidence, and is wider than they are: elvis를 as 이를
}

// way is one way to cut a word.
type way struct {
	letters   *part
	ending    *part   // nil: there is none, or it is as read already
	kept      []Glyph // the ending as read already
	syllables int     // for how many the ending has room
	wide      bool    // a word of letters alone that ends as wide as a syllable
}

// best is the surest reading, nil where that is the one there is.
func (w mixedWord) best() (best []Glyph) {
	sure, least := meanConfidence(w.hangul), sureOfParts
	poor := w.odd || sure < sureOfAny || !plausible(w.hangul) || garbled(w.hangul)
	digits := digitsOnly(w.hangul) && sure < doubtful // login is read as 10911
	switch {
	case digits:
		sure = min(sure, least)
	case !w.letters && sure >= hopeless:
		if least = sureOfWhole; syllablesIn(w.hangul) == 0 && sure < fair { // .deb as .46
			least = unsure
		}
	case poor:
		least = sureOfAny
		sure = min(sure, least)
	}
	for _, way := range w.ways {
		got, least, leastEnd, beaten := way.letters.glyphs, least, least, sure
		c := w.sureOf(got)
		if len(got) <= len(w.hangul) && asDigits(got, w.hangul[:len(got)]) && c >= sureOfDigits {
			if least = sureOfDigits; best == nil {
				beaten = min(sure, least)
			}
		}
		if w.lost && (way.ending == nil && way.kept == nil && !neat(got, 3) || c < sureOfAny) { // English makes letters of what is no text
			continue
		}
		if poor && (w.letters || sure < hopeless) && !way.wide && neat(got, 3) { // signs, such as quotes, take English's confidence, too
			c = max(c, least+0.01)
		}
		if !latin(got) && !(numeral(got) && len(way.kept) == 0 && way.ending != nil) || c < least || !w.letters && len(got) < 2 || digits && !neat(got, 3) && c < sureOfWhole || w.keptBehind(way) {
			continue
		}
		end := way.kept
		if way.ending != nil {
			end = way.ending.glyphs
		}
		if end != nil || way.ending != nil {
			e := meanConfidence(end)
			known := ending(end) && (way.ending == nil || e >= sureOfAny) && !w.spelledOut(way)
			if known {
				e = max(e, sureEnding)
			}
			if !startsHangul(end) && (letter(got[len(got)-1].Text) || !countedEnding(way.ending)) || e < leastEnd {
				continue
			}
			if way.ending != nil && syllablesIn(end) != way.syllables {
				e -= unlikely
			}
			if !known || !readable(end[0].Text) && end[0].Text != "(" {
				e -= unlikely
			}
			if strings.Contains(noLetters, got[len(got)-1].Text) {
				e -= unlikely
			}
			c = (c*float64(len(got)) + e*float64(len(end))) / float64(len(got)+len(end))
			got = slices.Concat(got, end)
		} else if w.hasEnding(way) {
			c -= unlikely
		}
		if plausible(got) && (!garbled(got) || c >= unsure && sameDigits(w.hangul, got)) && c > beaten {
			best, sure = got, c
		}
	}
	return best
}

// digitLetters has, of each digit, the letters that the Hangul data takes for it.
var digitLetters = [10]string{"oOQ", "lLIitn", "zZ", "", "", "sS", "beGd", "fTZ", "gB", "gq"}

// asDigits says whether Hangul read the same as letters, three and more, but digits in the place of some: foo as 700.
func asDigits(letters, hangul []Glyph) bool {
	if len(letters) != len(hangul) || !neat(letters, 3) {
		return false
	}
	changed := 0
	for i, g := range letters {
		other := hangul[i].Text
		switch {
		case g.Text == other:
		case digit(other) && strings.Contains(digitLetters[other[0]-'0'], g.Text):
			changed++
		case strings.EqualFold(g.Text, other):
		default:
			return false
		}
	}
	return changed > 0
}

// sureOf is the confidence of letters, that with which more of the word was read as them and others behind, too, and that of the
// two parts as which they were read.
func (w mixedWord) sureOf(letters []Glyph) float64 {
	c := meanConfidence(letters)
	for _, way := range w.ways {
		if way.ending != nil && len(way.letters.glyphs) > 1 && textOf(way.letters.glyphs)+textOf(way.ending.glyphs) == textOf(letters) {
			c = max(c, meanConfidence(slices.Concat(way.letters.glyphs, way.ending.glyphs)))
		}
		if goesOn(way.letters.glyphs, letters) {
			c = max(c, meanConfidence(way.letters.glyphs[:len(letters)]))
		}
	}
	return c
}

// goesOn says whether more was read than what it begins with, signs aside, of which one may be read as another.
func goesOn(read, with []Glyph) bool {
	if len(read) <= len(with) || len(with) == 0 {
		return false
	}
	for i, g := range with {
		if read[i].Text != g.Text && (readable(g.Text) || readable(read[i].Text)) {
			return false
		}
	}
	return true
}

// spelledOut says whether small letters were read in the place of an ending that was read with no confidence: English takes syllables for
// capitals, digits and signs, and 을 for an s.
func (w mixedWord) spelledOut(cut way) bool {
	if meanConfidence(cut.kept) >= sureOfAny {
		return false
	}
	for _, way := range w.ways {
		got, n := way.letters.glyphs, len(cut.letters.glyphs)
		if way.ending == nil && way.kept == nil && goesOn(got, cut.letters.glyphs) && textOf(got[n:]) != "s" && !slices.ContainsFunc(got[n:], func(g Glyph) bool { return !small(g.Text) }) {
			return true
		}
	}
	return false
}

// countedEnding says whether the last digits of a word and a usual ending were read as its ending, and surely: 7이 of XYZ-3.7이.
func countedEnding(p *part) bool {
	if p == nil || meanConfidence(p.glyphs) < sureEnding {
		return false
	}
	n := 0
	for n < len(p.glyphs) && !hangul(p.glyphs[n].Text) {
		n++
	}
	return n < len(p.glyphs) && numeral(p.glyphs[:n]) && ending(p.glyphs[n:])
}

// noLetters are signs that English sees in syllables, and that hardly stand before one.
const noLetters = "=&|{}[]$£¥~<>@^*"

// keptBehind says whether the end of an ending was read in its line, and what is before it unsurely: letters, rather.
func (w mixedWord) keptBehind(of way) bool {
	if of.ending == nil {
		return false
	}
	end := of.ending.glyphs
	if len(end) > 0 && readable(end[0].Text) && meanConfidence(end) >= sureOfWhole && syllablesIn(end) == of.syllables {
		return false
	}
	return slices.ContainsFunc(w.ways, func(o way) bool {
		return len(o.kept) > 0 && o.syllables < of.syllables && strings.HasSuffix(textOf(end), textOf(o.kept))
	})
}

// hasEnding says whether a word that was read as letters alone, and ends as wide as a syllable with what is much less wide, or with
// what was not read without an ending, has a usual ending.
func (w mixedWord) hasEnding(whole way) bool {
	const most = 2 // letters and signs for a syllable
	got := whole.letters.glyphs
	for _, way := range w.ways {
		end := way.kept
		if way.ending != nil {
			end = way.ending.glyphs
		}
		sure := way.ending == nil && startsHangul(end) && meanConfidence(end) >= sureEnding
		if !ending(end) && !sure || way.ending != nil && (meanConfidence(end) < sureOfAny || syllablesIn(end) != way.syllables) || w.spelledOut(way) {
			continue
		}
		if whole.wide && narrow(got[len(got)-1].Text) {
			return true
		}
		if n := len(got) - len(way.letters.glyphs); n > 0 && n <= most*way.syllables && goesOn(got, way.letters.glyphs) {
			return true
		}
	}
	return false
}

// sameDigits says whether all digits of one reading but its first are in the other, too, in their order, as in m68k, read as mé8k.
func sameDigits(in, of []Glyph) bool {
	has := digitsOf(in)
	return has != "" && strings.HasSuffix(digitsOf(of), has)
}

func digitsOf(glyphs []Glyph) string {
	var b strings.Builder
	for _, g := range glyphs {
		if digit(g.Text) {
			b.WriteString(g.Text)
		}
	}
	return b.String()
}

func digitsOnly(glyphs []Glyph) bool {
	digits := 0
	for _, g := range glyphs {
		switch {
		case digit(g.Text):
			digits++
		case letter(g.Text) || hangul(g.Text) && digits == 0:
			return false
		}
	}
	return digits > 2
}

func syllablesIn(glyphs []Glyph) (n int) {
	for _, g := range glyphs {
		if hangul(g.Text) {
			n++
		}
	}
	return n
}

// narrow says whether a character is much less wide than a syllable.
func narrow(text string) bool { return !strings.Contains("MWmw@%&ACDGHKNOQRUVX", text) }

// findMixed returns the words of a line to be read in parts.
func findMixed(line *image.Gray, glyphs []Glyph, pitch int) (words []mixedWord) {
	for _, s := range wordsIn(line, glyphs) {
		if w, ok := cutWord(line, glyphs, s.from, s.to, pitch); ok {
			words = append(words, w)
		}
	}
	return words
}

// doubtfulNumber says whether a word begins with three digits and more that were read unsurely, and syllables stand behind: IDE의 is read as 106의.
func doubtfulNumber(word []Glyph) bool {
	n := 0
	for n < len(word) && digit(word[n].Text) {
		n++
	}
	return n >= 3 && n < len(word) && hangul(word[n].Text) && meanConfidence(word[:n]) < sureOfWhole
}

// section says whether a word is a section sign and syllables: no number has them.
func section(word []Glyph) bool {
	return len(word) > 1 && word[0].Text == "§" && hangul(word[1].Text) && syllables(word)
}

func cutWord(line *image.Gray, glyphs []Glyph, from, to, pitch int) (w mixedWord, ok bool) {
	word := glyphs[from:to]
	w = mixedWord{from: from, to: to, hangul: word, letters: slices.ContainsFunc(word, func(g Glyph) bool { return letter(g.Text) })}
	body := len(word) // without the signs behind it
	for body > 0 && !readable(word[body-1].Text) {
		body--
	}
	syllables := 0 // at its end
	for k := body - 1; k >= 0 && hangul(word[k].Text); k-- {
		syllables++
	}
	box := inked(line, around(line, glyphs, from, to))
	confidence := meanConfidence(word)
	whole := syllables == len(word)
	w.lost = whole && confidence < hopeless && 10*box.Dx() >= (10*len(word)+7)*pitch
	if len(word) < 2 && !w.lost || len(word) > longestWord || 10*box.Dx() < 13*pitch {
		return w, false
	}
	switch {
	case section(word): // 특수 is read as §수
		return w, false
	case w.lost && len(word) <= mostEnding:
	case w.letters && plausible(word) && confidence >= clean:
		return w, false
	case !w.letters && (confidence >= doubtful && plausible(word) && !doubtfulNumber(word) || whole):
		return w, false
	case hangul(word[0].Text) && hangul(word[1].Text): // what is foreign in it is read as a stretch
		return w, false
	}
	end := box.Max.X
	last := word[len(word)-1].Text
	wide := wideEnd(line, box, pitch)
	w.odd = (!readable(last) || digit(last)) && wide
	if body > 0 && body < len(word) && !w.odd {
		end = inked(line, image.Rect(box.Min.X, 0, whiteBetween(line, word[body-1], word[body]), box.Max.Y)).Max.X
	}
	if syllables == 0 && !wide && w.letters && plausible(word) && body == len(word) && confidence >= sureOfAny {
		return w, false
	}
	letters := func(to int) *part { return cutOut(line, image.Rect(box.Min.X, 0, to, line.Rect.Dy())) }
	least, most := max(0, syllables-1), syllables+1
	if syllables == 0 {
		least, most = 0, 2
	}
	for n := least; n <= most; n++ {
		if n > syllables && n > mostEnding {
			break
		}
		if n == 0 {
			w.ways = append(w.ways, way{letters: letters(box.Max.X), wide: wide})
			continue
		}
		at, ok := whitest(line, end-n*pitch, pitch*3/10)
		if !ok || at < box.Min.X+textHeight/3 {
			continue
		}
		cut := way{letters: letters(at), syllables: n}
		if n <= syllables {
			cut.kept = word[body-n:]
		} else {
			cut.ending = cutOut(line, image.Rect(at, 0, box.Max.X, line.Rect.Dy()))
		}
		w.ways = append(w.ways, cut)
	}
	// And where Hangul begins to see syllables and signs alone, as in OLE은(는).
	k := len(word)
	for k > 0 && !letter(word[k-1].Text) && !digit(word[k-1].Text) {
		k--
	}
	for k < len(word) && !hangul(word[k].Text) {
		k++
	}
	if k > 0 && k < len(word) && len(word)-k > 1 {
		right := end
		if k+1 < len(word) {
			right = whiteBetween(line, word[k], word[k+1])
		}
		if at, ok := whitest(line, right-pitch, pitch*3/10); ok && at >= box.Min.X+textHeight/3 {
			w.ways = append(w.ways, way{letters: letters(at), kept: word[k:], syllables: syllablesIn(word[k:])})
		}
	}
	return w, len(w.ways) > 0
}
