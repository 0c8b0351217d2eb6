package reader

import (
	"image"
	"testing"
)

// TestShaped: the ink of a glyph tells apart what is of nearly the same shape.
func TestShaped(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		at   int             // the glyph that is drawn by
		ink  image.Rectangle // in its cell of 40 px
		want string
	}{
		"X":                            {"×축", 0, image.Rect(6, 4, 30, 34), "X축"},
		"a multiplication sign":        {"가×세", 1, image.Rect(6, 10, 26, 28), "가×세"},
		"that between numbers":         {"2×3", 1, image.Rect(6, 4, 30, 34), "2×3"},
		"l":                            {"Lenny", 0, image.Rect(6, 4, 11, 34), "lenny"},
		"L":                            {"Linux", 0, image.Rect(6, 4, 26, 34), "Linux"},
		"a bracket that none opened":   {"가》", 1, image.Rect(6, 4, 26, 38), "가y"},
		"a bracket that closes a name": {"《가》", 2, image.Rect(6, 4, 26, 38), "《가》"},
	} {
		glyphs := written(c.text, 0.9)
		line := image.NewGray(image.Rect(0, 0, 40*len(glyphs), textHeight))
		for i := range line.Pix {
			line.Pix[i] = 255
		}
		for i := range glyphs {
			ink := image.Rect(2, 0, 34, textHeight)
			if i == c.at {
				ink = c.ink
			}
			for y := ink.Min.Y; y < ink.Max.Y; y++ {
				for x := ink.Min.X; x < ink.Max.X; x++ {
					line.Pix[y*line.Stride+40*i+x] = 0
				}
			}
		}
		if got := textOf(shaped(line, glyphs)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
