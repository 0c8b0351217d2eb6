package reader

import "image"

const (
	// smaller is by how much the picture is made smaller to find and read large type in it, which is read better and faster so.
	smaller = 4
	// large is the height of a line, px of the picture, from which on it is large type.
	large = 120
)

// findLarge returns the lines of type that is too large to be found in the picture as it is.
func findLarge(pic *image.RGBA) []candidate {
	small := shrink(pic)
	var at []image.Rectangle
	for _, l := range findLines(edges(small), edgeStep) {
		if l.Dy()*smaller >= large {
			at = append(at, l)
		}
	}
	full := func(b *image.Rectangle) {
		*b = image.Rectangle{b.Min.Mul(smaller), b.Max.Mul(smaller)}.Intersect(pic.Rect)
	}
	out := candidates(small, at)
	for i := range out {
		out[i].place = func(l *Line) {
			full(&l.Box)
			for k := range l.Words {
				w := &l.Words[k]
				full(&w.Box)
				for g := range w.Glyphs {
					full(&w.Glyphs[g].Box)
				}
			}
		}
	}
	return out
}

// shrink makes a picture smaller, each pixel being the mean of those it stands for.
func shrink(pic *image.RGBA) *image.RGBA {
	w, h := max(1, pic.Rect.Dx()/smaller), max(1, pic.Rect.Dy()/smaller)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var sum [3]int
			n := 0
			for dy := range min(smaller, pic.Rect.Dy()-y*smaller) {
				for dx := range min(smaller, pic.Rect.Dx()-x*smaller) {
					i := pic.PixOffset(x*smaller+dx, y*smaller+dy)
					for c := range sum {
						sum[c] += int(pic.Pix[i+c])
					}
					n++
				}
			}
			i := out.PixOffset(x, y)
			for c := range sum {
				out.Pix[i+c] = uint8(sum[c] / n)
			}
			out.Pix[i+3] = 255
		}
	}
	return out
}
