package reader

import (
	"cmp"
	"image"
	"slices"
)

// Finding where the text is, without Tesseract. Its own page layout is made for
// black print on white paper: it loses headlines, light text on banners and the
// text in pills and tables, and takes longer than the reading itself. Web pages
// are drawn, not scanned, so edges are sharp and lines are level, and three plain
// steps do: edges, the blobs that edges form, and rows of blobs.

const (
	// edgeStep is the least difference between neighbouring pixels, of 0..255, that
	// counts as an edge. Text of contrast 60 has it; JPEG noise at quality 90 has not.
	edgeStep = 28
	// boldStep is the same for text over photographs, whose own edges are weaker than its text's.
	boldStep = 90

	minGlyph = 6   // px: a line lower than this cannot be read
	maxGlyph = 260 // px: 72 CSS px at device scale 3, with room
	// longestStroke is how long, px, a level stroke of type may be that is not sought in the smaller picture.
	longestStroke = 130
)

// findLines returns the boxes of what may be lines of text, in picture pixels,
// from top to bottom, judging by edges of at least step. It errs towards too many:
// what cannot be read as text is dropped by the reader.
func findLines(strength *image.Gray, step uint8) []image.Rectangle {
	lines := joinHalves(groupLines(dropFrames(findBlobs(strength, step))), strength, step)
	slices.SortFunc(lines, func(a, b image.Rectangle) int {
		return cmp.Or(cmp.Compare(a.Min.Y, b.Min.Y), cmp.Compare(a.Min.X, b.Min.X))
	})
	return lines
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// edges returns for each pixel how much it differs from its right and its lower
// neighbour: in brightness, or by a third of the difference in any channel. Text in another
// colour of the same brightness shows too, but less: a JPEG keeps brightness sharp and
// smears colour over four pixels, which around bright lettering looks like edges.
func edges(pic *image.RGBA) *image.Gray {
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := pic.Pix[y*pic.Stride : y*pic.Stride+4*w]
		below := row
		if y+1 < h {
			below = pic.Pix[(y+1)*pic.Stride : (y+1)*pic.Stride+4*w]
		}
		dst := out.Pix[y*out.Stride : y*out.Stride+w]
		for x := range w {
			i := 4 * x
			j := min(i+4, 4*(w-1))
			dst[x] = uint8(max(difference(row[i:i+3], row[j:j+3]), difference(row[i:i+3], below[i:i+3])))
		}
	}
	return out
}

func difference(a, b []uint8) int {
	red, green, blue := int(a[0])-int(b[0]), int(a[1])-int(b[1]), int(a[2])-int(b[2])
	bright := (299*red + 587*green + 114*blue) / 1000
	return max(bright, -bright, max(red, -red, green, -green, blue, -blue)/3)
}
