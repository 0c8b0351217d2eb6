package reader

import (
	"context"
	"image"
	"slices"
	"unicode"
)

// The Hangul data knows the Latin alphabet poorly ("10kg" is read as 109, "www" as
// wwuw), and reading whole lines with both languages spoils the Korean and takes twice
// the time. So lines are read as Hangul, and what stands in them that is not Hangul
// is read once more, alone, as English. The surer reading stays.

// stretch is a part of a line without Hangul.
type stretch struct {
	page, from, to int // glyphs from..to of the page
	gray           *image.Gray
	at             image.Point // where gray's top left is in the strip
}

// rereadLatin replaces glyphs in pages, which belong to the strips, where English reads them with more confidence.
func (r *Reader) rereadLatin(ctx context.Context, strips []strip, pages [][]Glyph) error {
	if !r.english {
		return nil
	}
	var stretches []stretch
	for i, glyphs := range pages {
		stretches = append(stretches, findStretches(strips[i].gray, i, glyphs)...)
	}
	if len(stretches) == 0 {
		return nil
	}
	pictures := make([]*image.Gray, len(stretches))
	for i, s := range stretches {
		pictures[i] = s.gray
	}
	read, err := r.run(ctx, english, pictures)
	if err != nil {
		return err
	}
	// From the last to the first, so that the places of those before stay what they are.
	for i, s := range slices.Backward(stretches) {
		glyphs := pages[s.page]
		if len(read[i]) == 0 || meanConfidence(read[i]) <= meanConfidence(glyphs[s.from:s.to]) ||
			s.to < len(glyphs) && beginsWith(read[i], glyphs[s.from:s.to]) { // a stroke of the syllable behind, too
			continue
		}
		for k := range read[i] {
			read[i][k].Box = read[i][k].Box.Add(s.at)
		}
		pages[s.page] = slices.Replace(glyphs, s.from, s.to, read[i]...)
	}
	return nil
}

// beginsWith says whether more was read than what it begins with.
func beginsWith(read, with []Glyph) bool {
	if len(read) <= len(with) {
		return false
	}
	for i, g := range with {
		if read[i].Text != g.Text {
			return false
		}
	}
	return true
}

// findStretches returns the runs of two glyphs and more that have none of Hangul
// among them, and cuts them out with the gaps on either side.
func findStretches(line *image.Gray, page int, glyphs []Glyph) []stretch {
	var out []stretch
	for from := 0; from < len(glyphs); from++ {
		to, legible := from, false
		for to < len(glyphs) && !hangul(glyphs[to].Text) {
			legible = legible || readable(glyphs[to].Text)
			to++
		}
		if to-from >= 2 && legible {
			box := line.Rect
			if from > 0 {
				box.Min.X = whiteBetween(line, glyphs[from-1], glyphs[from])
			}
			if to < len(glyphs) {
				box.Max.X = whiteBetween(line, glyphs[to-1], glyphs[to])
			}
			if box.Dx() >= minGlyph {
				gray, at := cutOut(line, box)
				out = append(out, stretch{page: page, from: from, to: to, gray: gray, at: at})
			}
		}
		from = max(from, to)
	}
	return out
}

// whiteBetween is where to cut between two glyphs: in the white nearest to where Tesseract says that one ends and
// the other begins, else just there. Its boxes are some pixels off, and a stroke of a syllable would be read as a letter.
func whiteBetween(line *image.Gray, a, b Glyph) int {
	at := middle(a.Box.Max.X, b.Box.Min.X)
	from, to := max(0, middle(a.Box.Min.X, a.Box.Max.X)), min(line.Rect.Dx()-1, middle(b.Box.Min.X, b.Box.Max.X))
	for d := 0; at-d >= from || at+d <= to; d++ {
		for _, x := range []int{at - d, at + d} {
			if x < from || x > to || !whiteColumn(line, x) {
				continue
			}
			l, r := x, x
			for l > from && whiteColumn(line, l-1) {
				l--
			}
			for r < to && whiteColumn(line, r+1) {
				r++
			}
			return middle(l, r+1)
		}
	}
	return at
}

func middle(a, b int) int { return (a + b) / 2 }

// hangul says whether a glyph is a syllable. A lone jamo is not: ㄱ is how the Hangul data sees an n.
func hangul(text string) bool {
	for _, r := range text {
		if r >= '가' && r <= '힣' {
			return true
		}
	}
	return false
}

func digit(text string) bool { return len(text) == 1 && text[0] >= '0' && text[0] <= '9' }

func readable(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
	}
	return false
}

// meanConfidence is 0 for none.
func meanConfidence(glyphs []Glyph) float64 {
	total := 0.0
	for _, g := range glyphs {
		total += g.Confidence
	}
	return total / float64(max(1, len(glyphs)))
}
