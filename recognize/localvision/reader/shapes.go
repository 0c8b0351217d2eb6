package reader

import (
	"image"
	"slices"
	"strings"
)

// shaped mends, in place, what the Hangul data takes for a sign or a letter of nearly the same shape, by its ink in the line: X for a
// multiplication sign, y for a bracket that none has opened, l for L, and I for an upright bar. It makes letters small that are as
// low as such. It returns the glyphs.
func shaped(line *image.Gray, glyphs []Glyph) []Glyph {
	const (
		capital = 26 // px: a multiplication sign is lower
	)
	open := 0
	glyphs = oneOfTwo(line, glyphs)
	for i := range glyphs {
		between := i > 0 && digit(glyphs[i-1].Text) || i+1 < len(glyphs) && digit(glyphs[i+1].Text)
		switch g := &glyphs[i]; {
		case g.Text == "《":
			open++
		case g.Text == "》" && open > 0:
			open--
		case g.Text == "》" && !between:
			g.Text = "y"
		case g.Text == "×" && !between && inkOfGlyph(line, glyphs, i).Dy() >= capital:
			g.Text = "X"
		case g.Text == "L" && i+1 < len(glyphs) && small(glyphs[i+1].Text):
			if smallL(line, inkRun(line, *g)) {
				g.Text = "l"
			}
		case g.Text == "I" && i+1 < len(glyphs) && small(glyphs[i+1].Text) && headed(line, inkRun(line, *g)):
			g.Text = "l"
		case (g.Text == "7" || g.Text == "2" && g.Confidence < doubtful) && !inNumber(glyphs, i) && barred(line, ownInk(line, *g)):
			g.Text = "Z"
		case g.Text == "¥" && !(i+1 < len(glyphs) && digit(glyphs[i+1].Text)): // no price
			g.Text = "Y"
		case strings.Contains("Il|1", g.Text) && slanted(line, ownInk(line, *g)):
			g.Text = "/"
		case g.Text == "|" && lowBar(inkRun(line, *g)) && !besideWord(line, glyphs, i):
			g.Text = "I"
		case (g.Text == "§" || g.Text == "=") && i+1 < len(glyphs) && hangul(glyphs[i+1].Text) && asSyllable(ownInk(line, *g)):
			// No number stands behind it, or it is as high as no such sign.
			if ticked(line, ownInk(line, *g), false) {
				g.Text = "축"
			} else if i == 0 || !letter(glyphs[i-1].Text) {
				g.Text = "특"
			}
		case g.Text == "é" && (i > 0 && digit(glyphs[i-1].Text) || i+1 < len(glyphs) && digit(glyphs[i+1].Text)):
			g.Text = "6"
		case g.Text == "®" && i > 0 && asciiWord(glyphs[i-1].Text) && narrowRound(ownInk(line, *g)):
			g.Text = "0"
		case beginsWithJ(g.Text) && ticked(line, trimmed(line, inked(line, around(line, glyphs, i, i+1))), uprightVowel(g.Text)):
			g.Text = string([]rune(g.Text)[0] + (ch-j)*vowels*ends)
		}
	}
	return sized(line, glyphs)
}

// asSyllable says whether ink is as high and as wide as a syllable.
func asSyllable(ink image.Rectangle) bool {
	return 10*ink.Dy() >= 8*textHeight && 10*ink.Dx() >= 6*textHeight && 10*ink.Dx() <= 11*textHeight
}

// narrowRound says whether ink is as high as a digit and less wide than high, as a nought with a dot or a stroke in it, which the sign in a circle is not.
func narrowRound(ink image.Rectangle) bool {
	return 2*ink.Dy() >= textHeight && 10*ink.Dx() <= 8*ink.Dy()
}

// Beginnings of syllables, in Unicode's order: ㅈ, and ㅊ, which has a stroke more on its head.
const j, ch = 12, 14

func beginsWithJ(text string) bool { return oneSyllable(text) && jamoOf(text)[0] == j }

// ticked says whether a short level stroke stands apart over the middle of a long one on the head of a syllable's ink, as of ㅊ. An upright vowel, which is
// at the right of it, is left out.
func ticked(line *image.Gray, ink image.Rectangle, upright bool) bool {
	const (
		high  = textHeight / 6 // px: the strokes, at most
		least = textHeight / 8 // how long the short one is at least
		below = textHeight / 8 // white rows under it, at most
		out   = 2              // by how much the long one is longer on either side
	)
	if !asSyllable(ink) {
		return false
	}
	if upright {
		ink.Max.X = ink.Min.X + 6*ink.Dx()/10
	}
	ink = trimmed(line, ink)
	at := ink.Min.Y
	for at < ink.Max.Y && !whiteRow(line, ink, at) {
		at++
	}
	white := at
	for white < ink.Max.Y && whiteRow(line, ink, white) {
		white++
	}
	if at-ink.Min.Y > high || white == at || white-at > below || white >= ink.Max.Y {
		return false
	}
	tick := partOfInk(line, image.Rect(ink.Min.X, ink.Min.Y, ink.Max.X, at), 0, 10)
	bar := partOfInk(line, image.Rect(ink.Min.X, white, ink.Max.X, min(ink.Max.Y, white+high)), 0, 10)
	if tick.Dx() < least || 10*tick.Dx() > 7*bar.Dx() || tick.Min.X-bar.Min.X < out || bar.Max.X-tick.Max.X < out {
		return false
	}
	for y := bar.Min.Y; y < bar.Max.Y; y++ {
		dark := 0
		for x := bar.Min.X; x < bar.Max.X; x++ {
			if line.Pix[y*line.Stride+x] < inkBelow {
				dark++
			}
		}
		if 100*dark >= 85*bar.Dx() {
			return true
		}
	}
	return false
}

// uprightVowel says whether a syllable has a vowel at the right of its beginning.
func uprightVowel(text string) bool {
	return !slices.Contains([]int{8, 12, 13, 17, 18}, jamoOf(text)[1]) // ㅗㅛㅜㅠㅡ
}

// oneOfTwo leaves one of two glyphs that are the same letter, large and small, and are read of the same ink, no wider than one: login as lLogin. It is the
// large one of those that look alike, which are told by their height, and the small l.
func oneOfTwo(line *image.Gray, glyphs []Glyph) (out []Glyph) {
	for _, g := range glyphs {
		if n := len(out) - 1; n >= 0 && out[n].Text != g.Text && len(g.Text) == 1 && strings.Contains("l"+twins, strings.ToLower(g.Text)) && strings.EqualFold(out[n].Text, g.Text) {
			ink := inkRun(line, g)
			if !ink.Empty() && ink == inkRun(line, out[n]) && ink.Dx() <= ink.Dy() {
				if small(out[n].Text) == strings.Contains(twins, strings.ToLower(g.Text)) {
					out[n].Text = g.Text
				}
				continue
			}
		}
		out = append(out, g)
	}
	return out
}

// smallL says whether ink is an l: it has no foot to the right, or, as in type of one width, a serif at the left of its head and none at its foot's.
func smallL(line *image.Gray, ink image.Rectangle) bool {
	if 5*ink.Dx() > 4*ink.Dy() || ink.Dy() < textHeight/3 { // more than a letter
		return false
	}
	middle, foot := partOfInk(line, ink, 4, 6), partOfInk(line, ink, 8, 10)
	return 3*ink.Dx() < ink.Dy() && foot.Max.X-middle.Max.X < serif || headed(line, ink)
}

// serif is how far one sticks out at least, px.
const serif = 3

// headed says whether ink is an upright stroke with a serif at the left of its head and none at its foot's, as l in type of one width.
func headed(line *image.Gray, ink image.Rectangle) bool {
	if 5*ink.Dx() > 4*ink.Dy() || ink.Dy() < textHeight/3 {
		return false
	}
	head, middle, foot := partOfInk(line, ink, 0, 2), partOfInk(line, ink, 4, 6), partOfInk(line, ink, 8, 10)
	return middle.Min.X-head.Min.X >= serif && middle.Min.X-foot.Min.X < serif
}

// partOfInk is the box of ink between two tenths of its height.
func partOfInk(line *image.Gray, ink image.Rectangle, from, to int) image.Rectangle {
	box := image.Rect(ink.Min.X, ink.Min.Y+from*ink.Dy()/10, ink.Max.X, ink.Min.Y+to*ink.Dy()/10)
	for box.Min.X < box.Max.X && whiteIn(line, box, box.Min.X) {
		box.Min.X++
	}
	for box.Max.X > box.Min.X && whiteIn(line, box, box.Max.X-1) {
		box.Max.X--
	}
	return box
}

// inNumber says whether a digit or a sign stands beside a glyph.
func inNumber(glyphs []Glyph, i int) bool {
	is := func(i int) bool {
		return i >= 0 && i < len(glyphs) && (digit(glyphs[i].Text) || !readable(glyphs[i].Text))
	}
	return is(i-1) || is(i+1)
}

// barred says whether ink has a level stroke along its head and its foot, and none between them, as a Z has.
func barred(line *image.Gray, ink image.Rectangle) bool {
	if ink.Dy() < textHeight/2 || 2*ink.Dx() < ink.Dy() {
		return false
	}
	across := func(from, to int) (most int) { // of ten of its height: the px of the fullest row
		for y := ink.Min.Y + from*ink.Dy()/10; y < ink.Min.Y+to*ink.Dy()/10; y++ {
			n := 0
			for x := ink.Min.X; x < ink.Max.X; x++ {
				if line.Pix[y*line.Stride+x] < inkBelow {
					n++
				}
			}
			most = max(most, n)
		}
		return most
	}
	full := 85 * ink.Dx() / 100
	return across(0, 1) >= full && across(9, 10) >= full && 2*across(3, 7) < ink.Dx()
}

// ownInk is the ink of a glyph alone, where it hangs together with others.
func ownInk(line *image.Gray, g Glyph) image.Rectangle {
	ink := inkRun(line, g)
	if 2*ink.Dx() > 3*g.Box.Dx() {
		ink = trimmed(line, image.Rect(max(ink.Min.X, g.Box.Min.X), 0, min(ink.Max.X, g.Box.Max.X), line.Rect.Dy()))
	}
	return ink
}

// slanted says whether ink is a stroke that leans as a slash does, more than letters in italics do.
func slanted(line *image.Gray, ink image.Rectangle) bool {
	const part = 5 // of its height, at the head and at the foot
	if 2*ink.Dx() > ink.Dy() || 3*ink.Dy() < 2*textHeight {
		return false
	}
	centre := func(from, to int) int {
		sum, n := 0, 0
		for y := from; y < to; y++ {
			for x := ink.Min.X; x < ink.Max.X; x++ {
				if line.Pix[y*line.Stride+x] < inkBelow {
					sum, n = sum+x, n+1
				}
			}
		}
		return sum / max(1, n)
	}
	lean := centre(ink.Min.Y, ink.Min.Y+ink.Dy()/part) - centre(ink.Max.Y-ink.Dy()/part, ink.Max.Y)
	return 100*lean >= 22*ink.Dy()
}

// lowBar says whether ink is an upright bar that does not reach through the height of a line, as that which parts words does.
func lowBar(ink image.Rectangle) bool {
	return 3*ink.Dx() < ink.Dy() && 2*ink.Dy() > textHeight && 100*ink.Dy() < 85*textHeight
}

// besideWord says whether no space stands on either side of a glyph.
func besideWord(line *image.Gray, glyphs []Glyph, i int) bool {
	const space = textHeight / 5
	ink := inkRun(line, glyphs[i])
	white := func(from, to int) bool {
		for x := max(0, from); x < min(to, line.Rect.Dx()); x++ {
			if !whiteColumn(line, x) {
				return false
			}
		}
		return true
	}
	return i > 0 && !white(ink.Min.X-space, ink.Min.X) || i+1 < len(glyphs) && !white(ink.Max.X, ink.Max.X+space)
}

// inkRun is the box of the ink that hangs together, by columns, in the middle of a glyph's box or nearest to it: Tesseract's boxes are off by up
// to half a glyph. It is empty where there is none near.
func inkRun(line *image.Gray, g Glyph) image.Rectangle {
	const reach = textHeight / 4
	at := middle(g.Box.Min.X, g.Box.Max.X)
	for d := range reach {
		for _, x := range []int{at - d, at + d} {
			if x < 0 || x >= line.Rect.Dx() || whiteColumn(line, x) {
				continue
			}
			box := image.Rect(x, 0, x+1, line.Rect.Dy())
			for box.Min.X > 0 && !whiteColumn(line, box.Min.X-1) {
				box.Min.X--
			}
			for box.Max.X < line.Rect.Dx() && !whiteColumn(line, box.Max.X) {
				box.Max.X++
			}
			return trimmed(line, box)
		}
	}
	return image.Rectangle{}
}

// twins are the letters that look the same large and small.
const twins = "cosvwxz"

// sized makes, in place, letters small that were read as large and are as low as those of their word that have neither head nor tail.
func sized(line *image.Gray, glyphs []Glyph) []Glyph {
	const (
		lows  = "aemnru" + twins
		highs = "ABDEFGHIJKLMNPQRTUYbdfhkl0123456789"
	)
	for i := range glyphs {
		if !capital(glyphs[i].Text) || !strings.Contains(twins, strings.ToLower(glyphs[i].Text)) {
			continue
		}
		from, to := i, i+1
		for from > 0 && asciiWord(glyphs[from-1].Text) {
			from--
		}
		for to < len(glyphs) && asciiWord(glyphs[to].Text) {
			to++
		}
		if to-from < 2 || to-from > longestWord {
			continue
		}
		alone := func(k int) bool { // it does not hang together with its neighbours
			ink := inkRun(line, glyphs[k])
			return !(k > from && ink == inkRun(line, glyphs[k-1]) || k+1 < to && ink == inkRun(line, glyphs[k+1]))
		}
		own := inkRun(line, glyphs[i])
		if own.Empty() || own.Dx() > textHeight || !alone(i) {
			continue
		}
		lowest, highest := 0, 0
		for k := from; k < to; k++ {
			if k == i || !strings.Contains(lows, glyphs[k].Text) && !strings.Contains(highs, glyphs[k].Text) {
				continue
			}
			ink := inkRun(line, glyphs[k])
			switch {
			case ink.Empty() || ink.Dx() > textHeight || !alone(k):
			case strings.Contains(highs, glyphs[k].Text):
				highest = max(highest, ink.Dy())
			case !strings.Contains(twins, glyphs[k].Text): // of a twin it is not known that it is small
				lowest = max(lowest, ink.Dy())
			}
		}
		// Most twins are small; a large one that touches its neighbour is as high as that.
		if h := own.Dy(); lowest == 0 && highest > 0 && 100*h <= 82*highest || lowest > 0 && 100*h <= 108*lowest && (highest == 0 || 10*highest >= 12*lowest && 100*h <= 88*highest) {
			glyphs[i].Text = strings.ToLower(glyphs[i].Text)
		}
	}
	return glyphs
}

func asciiWord(text string) bool { return digit(text) || len(text) == 1 && letter(text) }

func small(text string) bool { return len(text) == 1 && text[0] >= 'a' && text[0] <= 'z' }

// inkOfGlyph is the box of what hangs together, by columns, from where a glyph begins.
func inkOfGlyph(line *image.Gray, glyphs []Glyph, i int) image.Rectangle {
	box := inked(line, around(line, glyphs, i, i+1))
	for x := box.Min.X; x < box.Max.X; x++ {
		if whiteColumn(line, x) {
			box.Max.X = x
		}
	}
	return trimmed(line, box)
}

// trimmed cuts the white off the top and the bottom.
func trimmed(line *image.Gray, box image.Rectangle) image.Rectangle {
	for box.Min.Y < box.Max.Y && whiteRow(line, box, box.Min.Y) {
		box.Min.Y++
	}
	for box.Max.Y > box.Min.Y && whiteRow(line, box, box.Max.Y-1) {
		box.Max.Y--
	}
	return box
}

// whiteIn says whether a column is white within a box.
func whiteIn(line *image.Gray, box image.Rectangle, x int) bool {
	for y := box.Min.Y; y < box.Max.Y; y++ {
		if line.Pix[y*line.Stride+x] < inkBelow {
			return false
		}
	}
	return true
}

func whiteRow(line *image.Gray, box image.Rectangle, y int) bool {
	for x := box.Min.X; x < box.Max.X; x++ {
		if line.Pix[y*line.Stride+x] < inkBelow {
			return false
		}
	}
	return true
}
