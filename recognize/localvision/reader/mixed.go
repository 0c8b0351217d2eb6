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
	clean       = 0.93 // the confidence from which on a word is not doubted
	hopeless    = 0.3  // that below which nothing is held to have been read
	doubtful    = 0.75 // that below which a word without letters is
	longestWord = 60   // glyphs
)

// mixedWord is a word of a line, with letters, and the ways to cut it.
type mixedWord struct {
	from, to int // glyphs of the line
	hangul   []Glyph
	ways     []way
	odd      bool // it ends with a sign or digit as wide as a syllable
	letters  bool // Hangul saw some
}

// way is one way to cut a word.
type way struct {
	letters *part
	ending  *part   // nil: there is none, or it is as read already
	kept    []Glyph // the ending as read already
	wide    bool    // a word of letters alone that ends as wide as a syllable
}

// best is the surest reading, nil where that is the one there is.
func (w mixedWord) best() (best []Glyph) {
	sure, least := meanConfidence(w.hangul), sureOfParts
	poor := w.odd || sure < sureOfAny || !plausible(w.hangul) || garbled(w.hangul)
	switch {
	case !w.letters && sure >= hopeless:
		least = sureOfWhole
	case poor:
		least = sureOfAny
		sure = min(sure, least)
	}
	for _, way := range w.ways {
		got := way.letters.glyphs
		c := meanConfidence(got)
		if poor && (w.letters || sure < hopeless) && !way.wide && neat(got, 3) { // signs, such as quotes, take English's confidence, too
			c = max(c, least+0.01)
		}
		if !latin(got) && !(numeral(got) && len(way.kept) == 0 && way.ending != nil) || c < least || !w.letters && len(got) < 2 {
			continue
		}
		end := way.kept
		if way.ending != nil {
			end = way.ending.glyphs
		}
		if end != nil || way.ending != nil {
			e := meanConfidence(end)
			if ending(end) && (way.ending == nil || e >= sureOfAny) {
				e = max(e, sureEnding)
			}
			if !startsHangul(end) || e < least {
				continue
			}
			c = (c*float64(len(got)) + e*float64(len(end))) / float64(len(got)+len(end))
			got = slices.Concat(got, end)
		} else if way.wide && narrow(got[len(got)-1].Text) {
			c -= 0.1
		}
		if plausible(got) && !garbled(got) && c > sure {
			best, sure = got, c
		}
	}
	return best
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
	if len(word) < 2 || len(word) > longestWord || 10*box.Dx() < 13*pitch {
		return w, false
	}
	confidence := meanConfidence(word)
	whole := syllables == len(word)
	switch {
	case w.letters && plausible(word) && confidence >= clean:
		return w, false
	case !w.letters && (confidence >= doubtful && plausible(word) || whole):
		return w, false
	case hangul(word[0].Text) && hangul(word[1].Text): // what is foreign in it is read as a stretch
		return w, false
	}
	end := box.Max.X
	if body > 0 && body < len(word) {
		end = inked(line, image.Rect(box.Min.X, 0, whiteBetween(line, word[body-1], word[body]), box.Max.Y)).Max.X
	}
	wide := wideEnd(line, box, pitch)
	if syllables == 0 && !wide && w.letters && plausible(word) && body == len(word) {
		return w, false
	}
	last := word[len(word)-1].Text
	w.odd = (!readable(last) || digit(last)) && wide
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
		cut := way{letters: letters(at)}
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
			w.ways = append(w.ways, way{letters: letters(at), kept: word[k:]})
		}
	}
	return w, len(w.ways) > 0
}
