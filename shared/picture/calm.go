package picture

import (
	"image"
	"image/color"
)

const (
	// shade is how much a pixel may differ from the one above it, in steps of 256,
	// and still show nothing new: a JPEG of a plain ground stays below it, the
	// palest letter that a person reads does not.
	shade = 10
	// step is how much it may differ from the one beside it.
	step = 14
	// aisle is how high a picture must be, in pixels, for what stands in nearly all
	// of its rows to be the side of a column or a frame, and no letter's upright.
	aisle = 128
	// deepest is up to how many rows are counted.
	deepest = 128
)

// Calm is how many pixel rows at a picture's upper and lower edge are still, 128 at most.
func Calm(img image.Image) (top, bottom int) {
	b, still := img.Bounds(), Still(img)
	for top = 0; top < deepest && still(b.Min.Y+top+1); top++ {
	}
	for bottom = 0; bottom < deepest && still(b.Max.Y-1-bottom); bottom++ {
	}
	return top, bottom
}

// Still says of a picture's row whether there is nothing in it: it is as the row
// above, so that nothing begins or ends there, and of one shade from side to
// side, so that no stroke of a letter goes through it. The sides of columns and
// frames, which go through nearly all of a picture's rows, do not count.
func Still(img image.Image) func(y int) bool {
	b, apart := img.Bounds(), planesOf(img)
	ends, looks := make([]int, b.Dx()), 0 // in how many of some 64 rows there is a step between x-1 and x
	for y := b.Min.Y; y < b.Max.Y; y += max(1, b.Dy()/64) {
		looks++
		for x := 1; x < b.Dx(); x++ {
			if apart(b.Min.X+x, y, b.Min.X+x-1, y) > step {
				ends[x]++
			}
		}
	}
	side := func(x int) bool { return b.Dy() >= aisle && ends[x]*10 >= looks*9 }
	return func(y int) bool {
		if y <= b.Min.Y || y >= b.Max.Y {
			return false
		}
		for x := range b.Dx() {
			if apart(b.Min.X+x, y, b.Min.X+x, y-1) > shade {
				return false
			}
			if x > 0 && apart(b.Min.X+x, y, b.Min.X+x-1, y) > step && !side(x) {
				return false
			}
		}
		return true
	}
}

// planesOf is how far two pixels of a picture are apart, in the plane in which
// they differ most.
func planesOf(img image.Image) func(x, y, x2, y2 int) int {
	off := func(a, b uint8) int { return int(max(a, b) - min(a, b)) }
	if img, ok := img.(*image.YCbCr); ok { // what a tile is
		return func(x, y, x2, y2 int) int {
			light := off(img.Y[img.YOffset(x, y)], img.Y[img.YOffset(x2, y2)])
			c, d := img.COffset(x, y), img.COffset(x2, y2)
			if c == d {
				return light
			}
			return max(light, off(img.Cb[c], img.Cb[d]), off(img.Cr[c], img.Cr[d]))
		}
	}
	if img, ok := img.(*image.RGBA); ok { // what a seam is made of
		return func(x, y, x2, y2 int) int {
			p, q := img.Pix[img.PixOffset(x, y):], img.Pix[img.PixOffset(x2, y2):]
			return max(off(p[0], q[0]), off(p[1], q[1]), off(p[2], q[2]))
		}
	}
	return func(x, y, x2, y2 int) int {
		p, q := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(img.At(x2, y2)).(color.NRGBA)
		return max(off(p.R, q.R), off(p.G, q.G), off(p.B, q.B), off(p.A, q.A))
	}
}
