package picture

import (
	"image"
	"image/color"
)

const (
	// apart is how far, of 256, the light of a letter and of the ground behind it
	// must be for an engine to tell them apart.
	apart = 64
	// stroke is how thick, in pixels, a line is of which every pixel counts as an
	// edge. Of what is thicker the outline alone counts, a photo's as a letter's.
	stroke = 6
	// looked bounds the pixels that are looked at; of a larger picture, some rows.
	looked = 4 << 20
)

// grounds are what may be put behind a picture: white, as most pages have it,
// and what white or pale letters are seen on.
var grounds = []uint8{255, 0, 128, 64, 192}

// opaque says that nothing shows through a picture.
func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// Ground is what a picture that others show through is put on: white, unless
// letters would be lost on it. Of a picture that was made for a dark page, white
// letters on nothing, Vision would see a blank sheet, and so would a person.
func Ground(img image.Image) color.Gray {
	if opaque(img) {
		return color.Gray{Y: 255}
	}
	edges, lost := 0, make([]int, len(grounds))
	b := img.Bounds()
	shows := func(x, y int) bool {
		_, _, _, a := img.At(x, y).RGBA()
		return a >= 0x8000
	}
	edge := func(x, y int) bool {
		return x-b.Min.X >= stroke/2 && !shows(x-stroke/2, y) || b.Max.X-x > stroke/2 && !shows(x+stroke/2, y) ||
			y-b.Min.Y >= stroke/2 && !shows(x, y-stroke/2) || b.Max.Y-y > stroke/2 && !shows(x, y+stroke/2)
	}
	for y := b.Min.Y; y < b.Max.Y; y += 1 + b.Dx()*b.Dy()/looked {
		for x := b.Min.X; x < b.Max.X; x++ {
			if !shows(x, y) || !edge(x, y) {
				continue
			}
			edges++
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			c.A = 255
			light := int(color.GrayModel.Convert(c).(color.Gray).Y)
			for i, g := range grounds {
				if d := light - int(g); -apart < d && d < apart {
					lost[i]++
				}
			}
		}
	}
	best := 0
	for i := range grounds {
		if lost[i] < lost[best] {
			best = i
		}
	}
	if lost[0] <= edges/200 { // a few pale pixels are a shadow, or the light at an edge
		best = 0
	}
	return color.Gray{Y: grounds[best]}
}
