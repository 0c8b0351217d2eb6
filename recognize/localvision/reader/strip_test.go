package reader

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// TestCutStrip: the strip is dark on white for any colours, and its boxes lead back to the picture.
func TestCutStrip(t *testing.T) {
	colour := rapid.Custom(func(t *rapid.T) color.RGBA {
		return color.RGBA{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), rapid.Byte().Draw(t, "blue"), 255}
	})
	rapid.Check(t, func(t *rapid.T) {
		ground := colour.Draw(t, "ground")
		ink := colour.Filter(func(c color.RGBA) bool {
			return difference([]uint8{ground.R, ground.G, ground.B}, []uint8{c.R, c.G, c.B}) >= edgeStep
		}).Draw(t, "ink with contrast")
		pic := canvas(400, 200)
		fill(pic, pic.Rect, ground)
		size := rapid.IntRange(12, 60).Draw(t, "size")
		line := glyphs(pic, image.Pt(40, 60), 4, size, size/3, ink)
		s := cutStrip(pic, line)
		if h := s.gray.Rect.Dy(); h < textHeight || h > 2*textHeight {
			t.Fatalf("the strip is %d px high", h)
		}
		inFirst := image.Pt(line.Min.X+size/2, line.Min.Y+size/2)
		between := image.Pt(line.Min.X+size+size/6, line.Min.Y+size/2)
		at := func(p image.Point) uint8 {
			return s.gray.GrayAt(int((float64(p.X-s.at.X)+0.5)*s.per), int((float64(p.Y-s.at.Y)+0.5)*s.per)).Y
		}
		if v := at(inFirst); v > 60 {
			t.Errorf("ink is %d", v)
		}
		if v := at(between); v < 195 {
			t.Errorf("ground is %d", v)
		}
		if got := s.toPicture(s.gray.Rect); got != line {
			t.Errorf("the whole strip is %v in the picture, want %v", got, line)
		}
	})
}

func TestCutStripOverGradient(t *testing.T) {
	pic := canvas(400, 100)
	for x := range 400 {
		fill(pic, image.Rect(x, 0, x+1, 100), color.Gray{uint8(40 + x/3)})
	}
	line := glyphs(pic, image.Pt(20, 30), 10, 24, 10, color.White)
	s := cutStrip(pic, line)
	for i := range 10 {
		x := int((float64(20+34*i+12-s.at.X) + 0.5) * s.per)
		y := s.gray.Rect.Dy() / 2
		if v := s.gray.GrayAt(x, y).Y; v > inkBelow {
			t.Errorf("glyph %d is %d: not ink", i, v)
		}
		gap := int((float64(20+34*i+29-s.at.X) + 0.5) * s.per)
		if v := s.gray.GrayAt(gap, y).Y; i < 9 && v < inkBelow {
			t.Errorf("the gap after glyph %d is %d: ink", i, v)
		}
	}
}
