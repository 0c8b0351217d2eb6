// Package codes finds QR codes and barcodes in pictures and reads them: they
// lead customers away, and no OCR sees them.
//
// It looks for the places itself, at the picture's own size and in both
// polarities: for the three squares of a QR code, and for rows of bars that are
// the same on several rows. Only there it has gozxing, a port of ZXing, decode,
// each place alone and enlarged if it is small. On a whole tile gozxing takes
// longer and finds fewer. ACCURACY.md says what is found, and what is not.
package codes

import (
	"cmp"
	"context"
	"image"
	"slices"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Code is a code in a picture.
type Code struct {
	Text   string            `json:"text"`
	Format result.CodeFormat `json:"format"`
	Box    image.Rectangle   `json:"box"` // pixels of the picture
}

// Bounds of what one picture may cost.
const (
	maxPlaces = 24 // of each kind, where decoding is tried
	maxCodes  = 100
)

// Find finds the codes of a picture, from top to bottom. A context that ends
// ends it, with the context's error.
func Find(ctx context.Context, img image.Image) ([]Code, error) {
	p := planeOf(img)
	var found []Code
	try := func(places []place) error {
		for _, at := range places[:min(len(places), maxPlaces)] {
			if err := ctx.Err(); err != nil {
				return err
			}
			inside := func(c Code) bool { return at.box.In(c.Box.Inset(-at.box.Dx()/8)) || overlap(at.box, c.Box) > 0.6 }
			if len(found) == maxCodes || slices.ContainsFunc(found, inside) {
				continue
			}
			if c, ok := p.read(at); ok {
				found = append(found, c)
			}
		}
		return nil
	}
	b := p.binarize()
	err := try(b.squares())
	if err == nil {
		err = try(b.bars())
	}
	slices.SortFunc(found, func(a, b Code) int {
		return cmp.Or(cmp.Compare(a.Box.Min.Y, b.Box.Min.Y), cmp.Compare(a.Box.Min.X, b.Box.Min.X), cmp.Compare(a.Text, b.Text))
	})
	return found, err
}

// place is where a code may be.
type place struct {
	box    image.Rectangle
	module float64 // px
	light  bool    // the code is light on dark
	bars   bool
	score  float64 // the greater, the surer
}

// overlap is the part of the smaller box that both share.
func overlap(a, b image.Rectangle) float64 {
	area := func(r image.Rectangle) float64 { return float64(r.Dx() * r.Dy()) }
	return area(a.Intersect(b)) / max(1, min(area(a), area(b)))
}
