package picture

import (
	"image"
	"image/color"
)

const (
	// shade is how much a row may differ from the one before it, in steps of 256,
	// and still show nothing new: a JPEG of a plain ground stays below it, the
	// palest letter that a person reads does not.
	shade = 10
	// Rows with more steps across than these are letters' uprights, or bars, and
	// not the edges of columns and frames. A step is from one pixel to the next.
	step, steps = 24, 16
)

// Calm is how many pixel rows at a picture's upper and lower edge are still.
func Calm(img image.Image) (top, bottom int) {
	b, still := img.Bounds(), Still(img)
	for top = 0; top+1 < b.Dy() && still(b.Min.Y+top+1); top++ {
	}
	for bottom = 0; bottom+1 < b.Dy() && still(b.Max.Y-1-bottom); bottom++ {
	}
	return top, bottom
}

// Still says of a picture's row whether it shows what the row above it shows,
// and no letters: nothing begins or ends there. A letter has no such rows but in
// its uprights, and a line of letters has many of those.
func Still(img image.Image) func(y int) bool {
	b := img.Bounds()
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= shade }
	if img, ok := img.(*image.YCbCr); ok { // what a tile is
		return func(y int) bool {
			if y <= b.Min.Y || y >= b.Max.Y {
				return false
			}
			n := 0
			for x := b.Min.X; x < b.Max.X; x++ {
				light := img.Y[img.YOffset(x, y)]
				if !near(light, img.Y[img.YOffset(x, y-1)]) {
					return false
				}
				c, d := img.COffset(x, y), img.COffset(x, y-1)
				if c != d && (!near(img.Cb[c], img.Cb[d]) || !near(img.Cr[c], img.Cr[d])) {
					return false
				}
				if last := img.Y[img.YOffset(max(x-1, b.Min.X), y)]; max(light, last)-min(light, last) > step {
					n++
				}
			}
			return n <= steps
		}
	}
	return func(y int) bool {
		if y <= b.Min.Y || y >= b.Max.Y {
			return false
		}
		n, last := 0, uint8(0)
		for x := b.Min.X; x < b.Max.X; x++ {
			at, above := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(img.At(x, y-1)).(color.NRGBA)
			if !near(at.R, above.R) || !near(at.G, above.G) || !near(at.B, above.B) || !near(at.A, above.A) {
				return false
			}
			light := color.GrayModel.Convert(at).(color.Gray).Y
			if x > b.Min.X && max(light, last)-min(light, last) > step {
				n++
			}
			last = light
		}
		return n <= steps
	}
}
