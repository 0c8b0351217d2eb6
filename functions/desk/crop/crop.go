// Package crop cuts what a finding is about out of a page's pictures, and makes
// pictures small enough to be mailed.
package crop

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/result"
	scale "golang.org/x/image/draw"
)

// Margins around a finding, in CSS pixels: what stands beside it is what makes
// sense of it.
const (
	marginX = 120
	marginY = 56
	frame   = 5 // from the finding to the line around it
)

// Tile is the index of the tile that has all of a box, or else most of it; -1 where
// the box lies on none.
func Tile(r result.Result, b page.Box) int {
	best, most := -1, 0.0
	for i, t := range r.Tiles {
		w := math.Min(b.Right(), float64(t.X+t.Width)) - math.Max(b.X, float64(t.X))
		h := math.Min(b.Bottom(), float64(t.Bottom())) - math.Max(b.Y, float64(t.Y))
		if w > 0 && h > 0 && w*h > most+0.5 {
			best, most = i, w*h
		}
	}
	return best
}

// Decode decodes a tile's picture, within the bounds that Recognize has. Its error
// is fault.Invalid.
func Decode(data []byte) (image.Image, error) {
	h, err := picture.Read(data)
	if err != nil {
		return nil, err
	}
	if h.Width*h.Height > page.MaxPixels {
		return nil, fault.New(fault.Invalid, "the picture has %dx%d px, more than any tile", h.Width, h.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	return img, fault.Wrap(fault.Invalid, err, "decode the picture")
}

// Around cuts a box, which is in page coordinates, out of a tile's picture with what
// is around it, at most width pixels wide, and draws a line around it. It is empty
// where the box does not lie on the tile.
func Around(img image.Image, t page.Tile, box page.Box, width int) *image.RGBA {
	around := part(img, t, grown(box, marginX, marginY)).Intersect(img.Bounds())
	out := Scaled(img, around, math.Min(1, float64(width)/float64(max(around.Dx(), 1))))
	if !out.Rect.Empty() {
		k := float64(out.Rect.Dx()) / float64(around.Dx())
		line := part(img, t, grown(box, frame, frame)).Sub(around.Min)
		outline(out, image.Rect(int(float64(line.Min.X)*k), int(float64(line.Min.Y)*k), int(float64(line.Max.X)*k), int(float64(line.Max.Y)*k)), max(2, int(2.5*k*perPixel(img, t))))
	}
	return out
}

// Plain cuts a box and what is around it, in which nothing is drawn, as it was seen.
func Plain(img image.Image, t page.Tile, box page.Box) *image.RGBA {
	return Scaled(img, part(img, t, grown(box, marginX, marginY)).Intersect(img.Bounds()), 1)
}

func grown(b page.Box, x, y float64) page.Box {
	return page.Box{X: b.X - x, Y: b.Y - y, W: b.W + 2*x, H: b.H + 2*y}
}

// perPixel is how many pixels of the picture a CSS pixel has.
func perPixel(img image.Image, t page.Tile) float64 {
	return float64(img.Bounds().Dx()) / float64(max(t.Width, 1))
}

// part is where a box of the page lies on a tile's picture.
func part(img image.Image, t page.Tile, b page.Box) image.Rectangle {
	s := perPixel(img, t)
	return image.Rect(int((b.X-float64(t.X))*s), int((b.Y-float64(t.Y))*s), int(math.Ceil((b.Right()-float64(t.X))*s)), int(math.Ceil((b.Bottom()-float64(t.Y))*s))).
		Add(img.Bounds().Min)
}

// Scaled is a part of a picture, by a factor of at most 1.
func Scaled(img image.Image, part image.Rectangle, by float64) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, int(math.Round(float64(part.Dx())*by)), int(math.Round(float64(part.Dy())*by))))
	if by == 1 {
		draw.Draw(out, out.Rect, img, part.Min, draw.Src)
	} else {
		scale.BiLinear.Scale(out, out.Rect, img, part, scale.Src, nil)
	}
	return out
}

// outline draws a rectangle's sides, each so thick, where they are on the picture.
func outline(img *image.RGBA, r image.Rectangle, thick int) {
	red := image.NewUniform(color.RGBA{224, 32, 47, 255})
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+thick)}, {image.Pt(r.Min.X, r.Max.Y-thick), r.Max},
		{r.Min, image.Pt(r.Min.X+thick, r.Max.Y)}, {image.Pt(r.Max.X-thick, r.Min.Y), r.Max},
	} {
		draw.Draw(img, side.Intersect(img.Rect), red, image.Point{}, draw.Src)
	}
}

// JPEG encodes a picture. Its error is fault.Internal: it is empty or too large for JPEG.
func JPEG(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if img.Bounds().Empty() {
		return nil, fault.New(fault.Internal, "there is nothing to encode")
	}
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), fault.Wrap(fault.Internal, err, "encode a picture")
}
