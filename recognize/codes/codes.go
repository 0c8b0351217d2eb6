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
	"math"
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

// Found is what was found in a picture.
type Found struct {
	Codes         []Code `json:"codes"` // from top to bottom
	Width, Height int    // of the picture, px
	// Unread are where a QR code stands that could not be read, px.
	Unread []image.Rectangle `json:",omitempty"`
	// Corners are the corner squares that belong to no code found: the code may go
	// on beyond the picture.
	Corners []Corner `json:",omitempty"`
	// How many rows of it are calm at its edges, see picture.Calm. It is looked
	// at when the codes are because the picture is decoded then.
	CalmTop, CalmBottom int
}

// Corner is one of the three squares that QR codes have in their corners.
type Corner struct {
	X, Y   int // its middle, px
	Module int // the width of a module, px
}

// Find finds the codes of a picture. A context that ends ends it, with the
// context's error.
func Find(ctx context.Context, img image.Image) (Found, error) {
	p := planeOf(img)
	f := Found{Width: p.w, Height: p.h}
	known := func(box image.Rectangle) bool {
		inside := func(c Code) bool {
			return box.In(c.Box.Inset(-box.Dx()/8)) || overlap(box, c.Box) > 0.6
		}
		return slices.ContainsFunc(f.Codes, inside)
	}
	var unread []image.Rectangle
	try := func(places []place) error {
		for _, at := range places[:min(len(places), maxPlaces)] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(f.Codes) == maxCodes || known(at.box) {
				continue
			}
			if c, ok := p.read(at); ok {
				f.Codes = append(f.Codes, c)
			} else if at.timed {
				unread = append(unread, at.box)
			}
		}
		return nil
	}
	b := p.binarize()
	squares := b.squares()
	err := try(b.triples(squares))
	if err == nil {
		err = try(b.bars())
	}
	for _, box := range unread { // the likeliest of those that share a corner
		other := func(o image.Rectangle) bool { return overlap(box, o) > 0.3 }
		if !known(box) && !slices.ContainsFunc(f.Unread, other) {
			f.Unread = append(f.Unread, box)
		}
	}
	for _, s := range squares {
		at := image.Pt(int(s.x), int(s.y))
		if !slices.ContainsFunc(f.Codes, func(c Code) bool { return at.In(c.Box) }) {
			f.Corners = append(f.Corners, Corner{X: at.X, Y: at.Y, Module: int(math.Ceil(s.module))})
		}
	}
	slices.SortFunc(f.Codes, func(a, b Code) int {
		return cmp.Or(cmp.Compare(a.Box.Min.Y, b.Box.Min.Y), cmp.Compare(a.Box.Min.X, b.Box.Min.X), cmp.Compare(a.Text, b.Text))
	})
	return f, err
}

// place is where a code may be.
type place struct {
	box    image.Rectangle
	module float64 // px
	light  bool    // the code is light on dark
	bars   bool
	timed  bool    // its modules are counted off between its corners, as a QR code's are
	score  float64 // the greater, the surer
}

// overlap is the part of the smaller box that both share.
func overlap(a, b image.Rectangle) float64 {
	area := func(r image.Rectangle) float64 { return float64(r.Dx() * r.Dy()) }
	return area(a.Intersect(b)) / max(1, min(area(a), area(b)))
}
