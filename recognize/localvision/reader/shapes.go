package reader

import "image"

// shaped mends, in place, what the Hangul data takes for a sign or a letter of nearly the same shape, by its ink in the line: X for a
// multiplication sign, y for a bracket that none has opened, and l for L. It returns the glyphs.
func shaped(line *image.Gray, glyphs []Glyph) []Glyph {
	const (
		capital = 26 // px: a multiplication sign is lower
		narrow  = 10 // px: L is wider
	)
	open := 0
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
			if ink := inkOfGlyph(line, glyphs, i); !ink.Empty() && ink.Dx() <= narrow {
				g.Text = "l"
			}
		}
	}
	return glyphs
}

func small(text string) bool { return len(text) == 1 && text[0] >= 'a' && text[0] <= 'z' }

// inkOfGlyph is the box of what hangs together, by columns, from where a glyph begins.
func inkOfGlyph(line *image.Gray, glyphs []Glyph, i int) image.Rectangle {
	box := inked(line, around(line, glyphs, i, i+1))
	for x := box.Min.X; x < box.Max.X; x++ {
		if whiteColumn(line, x) {
			box.Max.X = x
		}
	}
	for box.Min.Y < box.Max.Y && whiteRow(line, box, box.Min.Y) {
		box.Min.Y++
	}
	for box.Max.Y > box.Min.Y && whiteRow(line, box, box.Max.Y-1) {
		box.Max.Y--
	}
	return box
}

func whiteRow(line *image.Gray, box image.Rectangle, y int) bool {
	for x := box.Min.X; x < box.Max.X; x++ {
		if line.Pix[y*line.Stride+x] < inkBelow {
			return false
		}
	}
	return true
}
