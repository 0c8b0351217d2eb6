package reader

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// rimmed draws glyphs with a rim over noise, which has no colour that is even.
func rimmed(size int, letter, rim color.RGBA) (*image.RGBA, image.Rectangle) {
	pic := canvas(600, 120)
	r := rand.New(rand.NewPCG(1, 1))
	for y := range 120 {
		for x := range 600 {
			pic.SetRGBA(x, y, color.RGBA{uint8(60 + r.IntN(140)), uint8(60 + r.IntN(140)), uint8(60 + r.IntN(140)), 255})
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
	for _, c := range []struct{ letter, rim color.RGBA }{
		{color.RGBA{255, 225, 77, 255}, color.RGBA{17, 17, 17, 255}},
		{color.RGBA{200, 16, 46, 255}, color.RGBA{255, 255, 255, 255}},
		{color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}},
	} {
		pic, line := rimmed(size, c.letter, c.rim)
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
			t.Errorf("letters of %v in a rim of %v: %d strips show the letters alone, want 2", c.letter, c.rim, right)
		}
	}
}

func TestCutByColourWantsTwo(t *testing.T) {
	plain := canvas(600, 120)
	fill(plain, plain.Rect, color.Black)
	noise, line := rimmed(36, color.RGBA{}, color.RGBA{})
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
