package reader

import (
	"context"
	"image"
	"unicode"

	"golang.org/x/image/draw"
)

// A foreign word with a Korean ending, "OpenGL은", has no white between its scripts by which to tell them. The Hangul data reads
// letters as syllables, and the first syllables of an ending as letters. So a word in which letters stand is cut before its last
// syllable, the last two and three, each part is read by its own data, and the surest reading stays.

const (
	mostEnding  = 3    // syllables
	sureOfParts = 0.75 // the least confidence of each part
	sureOfAny   = 0.6  // the same where the scripts change as in no word
	clean       = 0.93 // the confidence from which on a word is not doubted
	fair        = 0.8  // the same of a word that ends with a letter
	longestWord = 24   // glyphs
)

// mixedWord is a word of a page, with letters, and one way to cut it.
type mixedWord struct {
	page, from, to int // glyphs from..to of the page
	letters        *image.Gray
	lettersAt      image.Point
	ending         *image.Gray // nil: the word is letters alone
	endingAt       image.Point
	odd            bool // it ends with a sign or digit as wide as a syllable
}

// rereadMixed replaces words of pages, which belong to the strips, where their parts are read with more confidence apart.
func (r *Reader) rereadMixed(ctx context.Context, strips []strip, pages [][]Glyph) error {
	if !r.english {
		return nil
	}
	var cuts []mixedWord
	for i, glyphs := range pages {
		cuts = append(cuts, findMixed(strips[i].gray, i, glyphs)...)
	}
	if len(cuts) == 0 {
		return nil
	}
	var letters, endings []*image.Gray
	for _, c := range cuts {
		letters = append(letters, c.letters)
		if c.ending != nil {
			endings = append(endings, c.ending)
		}
	}
	readLetters, err := r.run(ctx, english, letters)
	if err != nil {
		return err
	}
	var readEndings [][]Glyph
	if len(endings) > 0 {
		if readEndings, err = r.run(ctx, r.language, endings); err != nil {
			return err
		}
	}
	// From the last to the first, so that the places of those before stay what they are.
	next := len(readEndings)
	for i := len(cuts) - 1; i >= 0; {
		word := cuts[i]
		best, sure := []Glyph(nil), meanConfidence(pages[word.page][word.from:word.to])
		least := sureOfParts
		if word.odd || !plausible(pages[word.page][word.from:word.to]) {
			least = sureOfAny
			sure = min(sure, least)
		}
		for ; i >= 0 && cuts[i].page == word.page && cuts[i].from == word.from; i-- {
			got := moved(readLetters[i], cuts[i].lettersAt)
			ok := latin(got) && meanConfidence(got) >= least
			if cuts[i].ending != nil {
				next--
				end := moved(readEndings[next], cuts[i].endingAt)
				ok = ok && startsHangul(end) && meanConfidence(end) >= least
				got = append(got, end...)
			}
			if c := meanConfidence(got); ok && plausible(got) && c > sure {
				best, sure = got, c
			}
		}
		if best != nil {
			page := pages[word.page]
			pages[word.page] = append(append(append([]Glyph{}, page[:word.from]...), best...), page[word.to:]...)
		}
	}
	return nil
}

func moved(glyphs []Glyph, by image.Point) []Glyph {
	out := make([]Glyph, len(glyphs))
	for i, g := range glyphs {
		g.Box = g.Box.Add(by)
		out[i] = g
	}
	return out
}

// startsHangul says whether the first letter is a syllable.
func startsHangul(glyphs []Glyph) bool {
	for _, g := range glyphs {
		if readable(g.Text) {
			return hangul(g.Text)
		}
	}
	return false
}

// latin says whether glyphs are letters, digits and signs of ASCII, with a letter among them.
func latin(glyphs []Glyph) bool {
	letters := 0
	for _, g := range glyphs {
		for _, c := range g.Text {
			if c > unicode.MaxASCII {
				return false
			}
			if unicode.IsLetter(c) {
				letters++
			}
		}
	}
	return letters > 0
}

// plausible says whether a word is letters and then syllables, or one of both: scripts do not change twice in a word.
func plausible(glyphs []Glyph) bool {
	changes := 0
	var last bool
	first := true
	for _, g := range glyphs {
		if !readable(g.Text) || digit(g.Text) {
			continue
		}
		h := hangul(g.Text)
		if !h && !latin([]Glyph{g}) { // a lone jamo
			return false
		}
		if !first && h != last {
			changes++
		}
		last, first = h, false
	}
	return changes <= 1
}

// findMixed returns the ways to cut the words of a line in which letters stand, those of one word after each other.
func findMixed(line *image.Gray, page int, glyphs []Glyph) (cuts []mixedWord) {
	gaps := gapsOf(line, glyphs)
	for from := 0; from < len(glyphs); {
		to := from + 1
		for to < len(glyphs) && gaps[to-1] < leastSpace(glyphs[to-1], glyphs[to]) {
			to++
		}
		cuts = append(cuts, cutWord(line, page, from, to, glyphs)...)
		from = to
	}
	return cuts
}

func cutWord(line *image.Gray, page, from, to int, glyphs []Glyph) (cuts []mixedWord) {
	const pitch = 0.95 * textHeight // of syllables
	word := glyphs[from:to]
	letters, ending := 0, 0
	for _, g := range word {
		if readable(g.Text) && !hangul(g.Text) && !digit(g.Text) {
			letters++
		}
	}
	for k := len(word) - 1; k >= 0 && hangul(word[k].Text); k-- {
		ending++
	}
	box := image.Rect(0, 0, line.Rect.Dx(), line.Rect.Dy())
	if from > 0 {
		box.Min.X = whiteBetween(line, glyphs[from-1], glyphs[from])
	}
	if to < len(glyphs) {
		box.Max.X = whiteBetween(line, glyphs[to-1], glyphs[to])
	}
	box = inked(line, box)
	if letters == 0 || len(word) < 2 || float64(box.Dx()) < 1.3*pitch {
		return nil
	}
	confidence := meanConfidence(word)
	doubted := clean
	if ending == 0 && readable(word[len(word)-1].Text) {
		doubted = fair
	}
	if len(word) > longestWord || plausible(word) && confidence >= doubted && (ending > 0 || !wideEnd(line, box)) {
		return nil
	}
	last := word[len(word)-1].Text
	odd := (!readable(last) || digit(last)) && wideEnd(line, box)
	least, most := max(0, ending-1), min(mostEnding, ending+1)
	if ending == 0 {
		least, most = 0, 2
	}
	for n := least; n <= most; n++ {
		c := mixedWord{page: page, from: from, to: to, odd: odd}
		at := box.Max.X
		if n > 0 {
			wish := box.Max.X - int(float64(n)*pitch)
			var ok bool
			if at, ok = whitest(line, wish, textHeight*3/10); !ok || at < box.Min.X+textHeight/3 {
				continue
			}
			c.ending, c.endingAt = cutOut(line, image.Rect(at, 0, box.Max.X, line.Rect.Dy()))
		}
		c.letters, c.lettersAt = cutOut(line, image.Rect(box.Min.X, 0, at, line.Rect.Dy()))
		cuts = append(cuts, c)
	}
	return cuts
}

// inked cuts the white off the left and the right.
func inked(line *image.Gray, box image.Rectangle) image.Rectangle {
	for box.Min.X < box.Max.X && whiteColumn(line, box.Min.X) {
		box.Min.X++
	}
	for box.Max.X > box.Min.X && whiteColumn(line, box.Max.X-1) {
		box.Max.X--
	}
	return box
}

// wideEnd says whether a word ends with something as wide as a syllable that hangs together.
func wideEnd(line *image.Gray, box image.Rectangle) bool {
	x := box.Max.X - 1
	for x >= box.Min.X && !whiteColumn(line, x) {
		x--
	}
	return box.Max.X-x > textHeight*6/10
}

func whiteColumn(line *image.Gray, x int) bool {
	for y := range line.Rect.Dy() {
		if line.Pix[y*line.Stride+x] < inkBelow {
			return false
		}
	}
	return true
}

// whitest is the column with the least ink within reach of the one wished for, the nearest of several.
func whitest(line *image.Gray, wish, reach int) (int, bool) {
	least, best := line.Rect.Dy()/4, 0
	for d := range reach + 1 {
		for _, x := range []int{wish - d, wish + d} {
			if x <= 0 || x >= line.Rect.Dx() {
				continue
			}
			n := 0
			for y := range line.Rect.Dy() {
				if line.Pix[y*line.Stride+x] < inkBelow {
					n++
				}
			}
			if n < least {
				least, best = n, x
			}
		}
	}
	return best, best > 0
}

// cutOut is a part of a line with white on either side, and where it was in the line.
func cutOut(line *image.Gray, box image.Rectangle) (*image.Gray, image.Point) {
	const border = 10
	gray := image.NewGray(image.Rect(0, 0, box.Dx()+2*border, box.Dy()))
	for i := range gray.Pix {
		gray.Pix[i] = 255
	}
	draw.Draw(gray, image.Rect(border, 0, border+box.Dx(), box.Dy()), line, box.Min, draw.Src)
	return gray, box.Min.Sub(image.Pt(border, 0))
}
