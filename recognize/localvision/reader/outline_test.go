package reader

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"
)

// busy is how much the channels of noise differ that has no even colour, of 0..255; blurred, of a ground that has one.
const busy, blurred = 140, 24

// rimmed draws glyphs with a rim over noise.
func rimmed(size, noise int, letter, rim color.RGBA) (*image.RGBA, image.Rectangle) {
	pic := canvas(600, 120)
	r := rand.New(rand.NewPCG(1, 1))
	channel := func() uint8 { return uint8(130 - noise/2 + r.IntN(noise)) }
	for y := range 120 {
		for x := range 600 {
			pic.SetRGBA(x, y, color.RGBA{channel(), channel(), channel(), 255})
		}
	}
	var line image.Rectangle
	for i := range 8 {
		out := image.Rect(20+i*(size+12), 30, 20+i*(size+12)+size, 30+size)
		fill(pic, out, rim)
		fill(pic, out.Inset(size/6), letter)
		line = line.Union(out)
	}
	return pic, line
}

func TestCutByColour(t *testing.T) {
	const size = 36
	for _, c := range []struct {
		noise       int
		letter, rim color.RGBA
	}{
		{busy, color.RGBA{255, 225, 77, 255}, color.RGBA{17, 17, 17, 255}},
		{busy, color.RGBA{200, 16, 46, 255}, color.RGBA{255, 255, 255, 255}},
		{busy, color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}},
		{blurred, color.RGBA{200, 16, 46, 255}, color.RGBA{255, 255, 255, 255}},
		{blurred, color.RGBA{255, 225, 77, 255}, color.RGBA{17, 17, 17, 255}},
	} {
		pic, line := rimmed(size, c.noise, c.letter, c.rim)
		right := 0
		for _, s := range cutByColour(pic, line) {
			at := func(x, y int) uint8 {
				return s.gray.GrayAt(int((float64(x-s.at.X)+0.5)*s.per), int((float64(y-s.at.Y)+0.5)*s.per)).Y
			}
			inLetter, inRim, ground := at(20+size/2, 30+size/2), at(20+2, 30+size/2), at(20+size+6, 30+size/2)
			if inLetter < 60 && inRim > 200 && ground > inkBelow {
				right++
			}
			if got := s.toPicture(s.gray.Rect); got != line {
				t.Errorf("the whole strip is %v in the picture, want %v", got, line)
			}
		}
		if right != 2 {
			t.Errorf("letters of %v in a rim of %v, noise of %d: %d strips show the letters alone, want 2", c.letter, c.rim, c.noise, right)
		}
	}
}

func TestCutByColourWantsTwo(t *testing.T) {
	plain := canvas(600, 120)
	fill(plain, plain.Rect, color.Black)
	noise, line := rimmed(36, busy, color.RGBA{}, color.RGBA{})
	r := rand.New(rand.NewPCG(2, 1))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(r.IntN(256))
	}
	for name, pic := range map[string]*image.RGBA{"one colour": plain, "noise": noise} {
		if got := cutByColour(pic, line); got != nil {
			t.Errorf("%s: %d strips", name, len(got))
		}
	}
}

// TestCutByColourAtTheEdge: a line that reaches to the top or the bottom of the picture, or a pixel beyond, has no margin there.
func TestCutByColourAtTheEdge(t *testing.T) {
	pic, line := rimmed(36, busy, color.RGBA{255, 225, 77, 255}, color.RGBA{17, 17, 17, 255})
	for name, cut := range map[string]image.Rectangle{
		"top":    image.Rect(0, line.Min.Y, pic.Rect.Max.X, pic.Rect.Max.Y),
		"bottom": image.Rect(0, 0, pic.Rect.Max.X, line.Max.Y),
	} {
		part := image.NewRGBA(image.Rectangle{Max: cut.Size()})
		draw.Draw(part, part.Rect, pic, cut.Min, draw.Src)
		own := line.Sub(cut.Min)
		for _, line := range []image.Rectangle{own, own.Inset(-1)} {
			if got := cutByColour(part, line); len(got) == 0 {
				t.Errorf("at the %s: no strips", name)
			}
		}
	}
}

// A line may reach the edge of its picture, and a pixel or two beyond.
func TestCutByColourBeyondTheEdge(t *testing.T) {
	pic, line := rimmed(36, busy, color.RGBA{200, 16, 46, 255}, color.RGBA{255, 255, 255, 255})
	edge := canvas(pic.Rect.Dx(), line.Dy())
	copy(edge.Pix, pic.Pix[line.Min.Y*pic.Stride:])
	whole := line.Sub(image.Pt(0, line.Min.Y))
	for name, line := range map[string]image.Rectangle{
		"the whole height": whole, "below": whole.Add(image.Pt(0, 2)), "above": whole.Add(image.Pt(0, -2)),
	} {
		if got := cutByColour(edge, line); len(got) == 0 {
			t.Errorf("%s: no strips", name)
		}
	}
}

func TestLinesInDoubt(t *testing.T) {
	glyphs := func(n int, confidence float64) (out []Glyph) {
		for range n {
			out = append(out, Glyph{Text: "가", Confidence: confidence})
		}
		return out
	}
	wide, narrow := image.Rect(0, 0, 300, 60), image.Rect(0, 0, 100, 60)
	for name, c := range map[string]struct {
		line   image.Rectangle
		glyphs []Glyph
		want   bool
	}{
		"nothing read where there is room for a word": {wide, nil, true},
		"two glyphs of five":                          {wide, glyphs(2, 0.1), true},
		"a scrap of a picture":                        {narrow, glyphs(1, 0.5), false},
		"three glyphs":                                {narrow, glyphs(3, 0.5), true},
		"surely read":                                 {wide, glyphs(5, 0.9), false},
	} {
		if got := inDoubt(c.line, c.glyphs); got != c.want {
			t.Errorf("%s: in doubt %v, want %v", name, got, c.want)
		}
	}
}
