package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"

	"golang.org/x/image/draw"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// How a crop is cut, in CSS pixels of the page but for the widths.
const (
	minCropWidth, defaultCropWidth, maxCropWidth = 120, 480, 640 // of its picture
	// What stands around a finding is how it is judged.
	leastAround, mostAround = 56, 160
	leastWide, leastHigh    = 420, 130
	// mostHigh is how much of a long quote is shown, from its first line.
	mostHigh    = 720
	cropQuality = 85
)

// cropped is the part of a page that shows a finding.
type cropped struct {
	Region image.Rectangle // of the page
	Width  int             // of the picture
	Part   bool            // the finding goes on outside
}

// picture is a decoded tile.
type picture struct{ image.Image }

func cropWidth(asked string) int {
	w, err := strconv.Atoi(asked)
	if err != nil {
		return defaultCropWidth
	}
	return min(max(w, minCropWidth), maxCropWidth)
}

// boxesOf are a finding's places, one for each line of its quote; none if it has none.
func boxesOf(r result.Result, f result.Finding) (boxes []page.Box) {
	all := f.Boxes
	if len(all) == 0 {
		all = []page.Box{f.Box}
	}
	for _, b := range all {
		if b = b.Clip(float64(r.Page.Width), float64(r.Page.Height)); !b.Empty() {
			boxes = append(boxes, b)
		}
	}
	return boxes
}

// cropOf says what of a page shows a finding with what is around it; false if the
// finding has no place.
func cropOf(r result.Result, f result.Finding, width int) (cropped, bool) {
	boxes := boxesOf(r, f)
	if len(boxes) == 0 || len(r.Tiles) == 0 {
		return cropped{}, false
	}
	c := cropped{Width: width}
	var quote page.Box
	for _, b := range boxes {
		if u := quote.Union(b); u.H <= mostHigh || quote.Empty() {
			quote = u
		} else {
			c.Part = true
		}
	}
	if quote.H > mostHigh {
		quote.H, c.Part = mostHigh, true
	}
	around := func(of float64) float64 { return min(max(of, leastAround), mostAround) }
	x0, x1 := span(quote.X, quote.Right(), around(quote.W/4), leastWide, r.Page.Width)
	y0, y1 := span(quote.Y, quote.Bottom(), around(quote.H), leastHigh, r.Page.Height)
	c.Region = image.Rect(x0, y0, x1, y1)
	c.Width = min(c.Width, max(1, int(float64(x1-x0)*max(r.Page.Scale, 1))))
	return c, true
}

// span widens what lies from a to b by so much on both sides, and to the least length,
// within 0 and end.
func span(a, b, around, least float64, end int) (int, int) {
	a, b = a-around, b+around
	if short := least - (b - a); short > 0 {
		a, b = a-short/2, b+short/2
	}
	if a < 0 {
		a, b = 0, b-a
	}
	if over := b - float64(end); over > 0 {
		a, b = a-over, float64(end)
	}
	return int(math.Floor(max(a, 0))), int(math.Ceil(b))
}

// key names the crop by all that its picture depends on.
func (c cropped) key(r result.Result) string {
	sum := sha256.New()
	fmt.Fprint(sum, c.Region, c.Width)
	for _, n := range c.tiles(r) {
		t := r.Tiles[n]
		fmt.Fprint(sum, "\x00", t.SHA256, t.X, t.Y, t.Width, t.Height)
	}
	return hex.EncodeToString(sum.Sum(nil)[:20])
}

// tiles are the indexes of those that the crop shows, seams last: they lie over the others.
func (c cropped) tiles(r result.Result) (all []int) {
	for _, seam := range []bool{false, true} {
		for i, t := range r.Tiles {
			if t.Seam == seam && tileRect(t).Overlaps(c.Region) {
				all = append(all, i)
			}
		}
	}
	return all
}

func tileRect(t page.Tile) image.Rectangle {
	return image.Rect(t.X, t.Y, t.X+t.Width, t.Bottom())
}

// missing is what a crop has where a tile is gone.
var missing = color.Gray{0xb0}

// draw makes the crop's picture, a JPEG, of all the tiles it lies over.
func (g *reading) draw(ctx context.Context, r result.Result, c cropped) ([]byte, error) {
	scale := float64(c.Width) / float64(c.Region.Dx())
	at := func(p, from int) int { return int(math.Round(float64(p-from) * scale)) }
	out := image.NewRGBA(image.Rect(0, 0, c.Width, max(1, at(c.Region.Max.Y, c.Region.Min.Y))))
	draw.Draw(out, out.Rect, image.NewUniform(missing), image.Point{}, draw.Src)
	drawn, last := 0, error(errNotFound)
	for _, n := range c.tiles(r) {
		img, err := g.decoded(ctx, r, n)
		if err != nil {
			last = err
			continue
		}
		tile := tileRect(r.Tiles[n])
		shown := tile.Intersect(c.Region)
		sx, sy := float64(img.Bounds().Dx())/float64(tile.Dx()), float64(img.Bounds().Dy())/float64(tile.Dy())
		src := image.Rect(
			int(float64(shown.Min.X-tile.Min.X)*sx), int(float64(shown.Min.Y-tile.Min.Y)*sy),
			int(math.Ceil(float64(shown.Max.X-tile.Min.X)*sx)), int(math.Ceil(float64(shown.Max.Y-tile.Min.Y)*sy)),
		).Add(img.Bounds().Min).Intersect(img.Bounds())
		dst := image.Rect(at(shown.Min.X, c.Region.Min.X), at(shown.Min.Y, c.Region.Min.Y), at(shown.Max.X, c.Region.Min.X), at(shown.Max.Y, c.Region.Min.Y))
		draw.CatmullRom.Scale(out, dst, img, src, draw.Src, nil)
		drawn++
	}
	if drawn == 0 {
		return nil, last
	}
	return crop.JPEG(out, cropQuality)
}

// decoded is a tile's picture. One with more than page.MaxPixels is refused by what its
// header says.
func (g *reading) decoded(ctx context.Context, r result.Result, n int) (image.Image, error) {
	return g.images.get(ctx, r.Tiles[n].SHA256+"/"+r.Tiles[n].Object, func(ctx context.Context) (picture, int, error) {
		b, _, err := g.Pages.Tile(ctx, r, n)
		if err != nil {
			return picture{}, 0, err
		}
		g.decode <- struct{}{}
		defer func() { <-g.decode }()
		img, err := crop.Decode(b)
		if err != nil {
			return picture{}, 0, fault.Wrap(fault.Invalid, err, "tile %d cannot be decoded", n)
		}
		return picture{img}, img.Bounds().Dx() * img.Bounds().Dy() * 4, nil
	})
}
