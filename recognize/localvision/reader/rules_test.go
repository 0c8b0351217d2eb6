package reader

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

var (
	red  = color.RGBA{200, 16, 46, 255}
	navy = color.RGBA{17, 17, 17, 255}
)

// inkAt is how dark a strip is where a point of the picture lies.
func inkAt(s strip, x, y int) uint8 {
	return 255 - s.gray.GrayAt(int((float64(x-s.at.X)+0.5)*s.per), int((float64(y-s.at.Y)+0.5)*s.per)).Y
}

// rings draws n glyphs of strokes of 3 px with white between, as much ink as letters have, and returns the box around them.
func rings(pic *image.RGBA, at image.Point, n, size, gap int, c, ground color.Color) image.Rectangle {
	all := glyphs(pic, at, n, size, gap, c)
	for i := range n {
		fill(pic, image.Rect(0, 0, size, size).Add(at).Add(image.Pt(i*(size+gap), 0)).Inset(3), ground)
	}
	return all
}

// TestRulesAreErased: of a line that is drawn with rules the strip shows the glyphs alone.
func TestRulesAreErased(t *testing.T) {
	const size, gap, n = 24, 8, 8
	at := image.Pt(40, 60)
	whole := image.Rect(at.X, at.Y, at.X+n*(size+gap)-gap, at.Y+size)
	rule := func(y, thick int, c color.Color) func(*image.RGBA) image.Rectangle {
		return func(pic *image.RGBA) image.Rectangle {
			r := image.Rect(whole.Min.X, y, whole.Max.X, y+thick)
			fill(pic, r, c)
			return whole.Union(r)
		}
	}
	for name, draw := range map[string]func(*image.RGBA) image.Rectangle{
		"underlined":            rule(whole.Max.Y+2, 1, color.Black),
		"underlined thickly":    rule(whole.Max.Y+2, 3, red),
		"underlined by touch":   rule(whole.Max.Y, 2, color.Black),
		"underlined faintly":    rule(whole.Max.Y+2, 1, color.Gray{200}),
		"struck through":        rule(whole.Min.Y+size/2, 2, color.Black),
		"struck through in red": rule(whole.Min.Y+size/2, 2, red),
		"framed": func(pic *image.RGBA) image.Rectangle {
			r := whole.Inset(-4)
			outline(pic, r)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			pic := canvas(600, 160)
			rings(pic, at, n, size, gap, color.Black, color.White)
			s := cutStrip(pic, draw(pic))
			for i := range n {
				x := at.X + i*(size+gap)
				for _, y := range []int{at.Y + 4, at.Y + size/2, at.Y + size - 4} {
					if v := inkAt(s, x+1, y); v < 255-inkBelow {
						t.Errorf("glyph %d has ink of %d at %d", i, v, y-at.Y)
					}
				}
			}
			columns := 0
			for x := range s.gray.Rect.Dx() {
				if !whiteColumn(s.gray, x) {
					columns++
				}
			}
			if most := int(s.per*n*size) + 2*n; columns > most {
				t.Errorf("%d columns have ink, want at most %d: the gaps are white", columns, most)
			}
		})
	}
}

// TestLightTextInABlock: light text in a dark block in the midst of a line is dark on white as the rest is.
func TestLightTextInABlock(t *testing.T) {
	for _, ground := range []color.RGBA{navy, red} {
		for _, reach := range []int{2, 5, 9} {
			t.Run(fmt.Sprint(ground, reach), func(t *testing.T) {
				const size, gap = 24, 8
				pic := canvas(900, 160)
				left := rings(pic, image.Pt(40, 60), 6, size, gap, color.Black, color.White)
				block := image.Rect(240, 60-reach, 240+6*(size+gap)+gap, 60+size+reach)
				fill(pic, block, ground)
				middle := rings(pic, image.Pt(248, 60), 6, size, gap, color.White, ground)
				s := cutStrip(pic, left.Union(block))
				for i := range 6 {
					for _, from := range []int{left.Min.X, middle.Min.X} {
						if v := inkAt(s, from+i*(size+gap)+1, 72); v < 255-inkBelow {
							t.Errorf("a glyph at %d has ink of %d", from+i*(size+gap), v)
						}
						if v := inkAt(s, from+i*(size+gap)+size+gap/2, 72); i < 5 && v > 255-inkBelow {
							t.Errorf("a gap at %d has ink of %d", from+i*(size+gap)+size, v)
						}
					}
				}
			})
		}
	}
}

// TestOpenRow: what is opened lies below the row, and is what a row is over a whole span.
func TestOpenRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SliceOfN(rapid.Byte(), 5, 60).Draw(t, "row")
		span := rapid.IntRange(1, len(row)).Draw(t, "span")
		out := make([]uint8, len(row))
		openRow(row, out, span)
		for x := range row {
			want := uint8(0)
			for from := max(0, x-span+1); from <= min(x, len(row)-span); from++ {
				least := uint8(255)
				for _, v := range row[from : from+span] {
					least = min(least, v)
				}
				want = max(want, least)
			}
			if out[x] != want {
				t.Fatalf("at %d: %d, want %d", x, out[x], want)
			}
		}
	})
}
