package reader

import (
	"image"
	"slices"

	"golang.org/x/image/draw"
)

// Cutting a line, dark on white, between its glyphs.

func middle(a, b int) int { return (a + b) / 2 }

func whiteColumn(line *image.Gray, x int) bool { return lighter(line, x, inkBelow) }

// lighter says whether no pixel of a column is darker than a brightness.
func lighter(line *image.Gray, x int, than uint8) bool {
	for y := range line.Rect.Dy() {
		if line.Pix[y*line.Stride+x] < than {
			return false
		}
	}
	return true
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

// spaceBetween is where to cut between two words: in the widest white between the middles of two glyphs where that is a space, as Tesseract's boxes
// may begin a letter late, else where whiteBetween says.
func spaceBetween(line *image.Gray, a, b Glyph) int {
	at := whiteBetween(line, a, b)
	least := int(leastSpace(a, b) * textHeight)
	widest := 0
	from, to := max(0, middle(a.Box.Min.X, a.Box.Max.X)), min(line.Rect.Dx()-1, middle(b.Box.Min.X, b.Box.Max.X))
	for x := from; x <= to; x++ {
		white := x
		for white <= to && whiteColumn(line, white) {
			white++
		}
		if white-x >= least && white-x > widest {
			widest, at = white-x, middle(x, white)
		}
		x = white
	}
	return at
}

// around is the box of glyphs from..to of a line, from gap to gap.
func around(line *image.Gray, glyphs []Glyph, from, to int) image.Rectangle {
	box := image.Rect(0, 0, line.Rect.Dx(), line.Rect.Dy())
	if from > 0 {
		box.Min.X = spaceBetween(line, glyphs[from-1], glyphs[from])
	}
	if to < len(glyphs) {
		box.Max.X = spaceBetween(line, glyphs[to-1], glyphs[to])
	}
	return box
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
func wideEnd(line *image.Gray, box image.Rectangle, pitch int) bool {
	x := box.Max.X - 1
	for x >= box.Min.X && !whiteColumn(line, x) {
		x--
	}
	return 10*(box.Max.X-x) > 7*pitch
}

// pitchOf is how far apart the syllables of a line stand. Letters with tails and heads make a line higher than its syllables are wide.
func pitchOf(glyphs []Glyph) int {
	const (
		usual  = textHeight * 95 / 100
		fewest = 3
	)
	var steps []int
	for i := 1; i < len(glyphs); i++ {
		a, b := glyphs[i-1], glyphs[i]
		step := middle(b.Box.Min.X, b.Box.Max.X) - middle(a.Box.Min.X, a.Box.Max.X)
		if hangul(a.Text) && hangul(b.Text) && 2*step > textHeight && 10*step < 13*textHeight {
			steps = append(steps, step)
		}
	}
	if len(steps) < fewest {
		return usual
	}
	slices.Sort(steps)
	return steps[(len(steps)-1)*4/10] // a space between two makes the step longer
}

// part is a piece of a line, cut out to be read alone.
type part struct {
	gray   *image.Gray
	at     image.Point // where gray's top left is in the line
	glyphs []Glyph     // what was read, boxes in the line
	low    bool        // it was made smaller to be read
}

// toRead is the part as it is to be read. English finds no line in some words of letters that have neither head nor tail, such as man, at
// the size at which others are read best.
func (p *part) toRead(language string) *image.Gray {
	if ink := trimmed(p.gray, p.gray.Rect); language != englishData || 100*ink.Dy() > 65*textHeight {
		return p.gray
	}
	p.low = true
	small := image.NewGray(image.Rect(0, 0, p.gray.Rect.Dx()*lowSize/100, p.gray.Rect.Dy()*lowSize/100))
	draw.CatmullRom.Scale(small, small.Rect, p.gray, p.gray.Rect, draw.Src, nil)
	return small
}

// lowSize is how large, of 100, words of low letters are read.
const lowSize = 80

// inLine turns a box of what was read into one of the line.
func (p *part) inLine(box image.Rectangle) image.Rectangle {
	if p.low {
		box = image.Rect(box.Min.X*100/lowSize, box.Min.Y*100/lowSize, box.Max.X*100/lowSize, box.Max.Y*100/lowSize)
	}
	return box.Add(p.at)
}

// cutOut is a part of a line with white on either side.
func cutOut(line *image.Gray, box image.Rectangle) *part {
	const border = 10
	gray := image.NewGray(image.Rect(0, 0, box.Dx()+2*border, box.Dy()))
	for i := range gray.Pix {
		gray.Pix[i] = 255
	}
	draw.Draw(gray, image.Rect(border, 0, border+box.Dx(), box.Dy()), line, box.Min, draw.Src)
	return &part{gray: gray, at: box.Min.Sub(image.Pt(border, 0))}
}
