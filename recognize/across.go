package recognize

// QR codes that a cut goes through: no tile has them whole.

import (
	"context"
	"image"
	"image/draw"
	"math"

	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

const (
	// reachModules is how far from one of its corners a code goes on, in modules:
	// the largest that shops print has some 57 on a side, and a margin.
	reachModules = 64
	// reachMost bounds what is drawn on each side of a cut, in CSS pixels.
	reachMost = 2000
)

// lookAcross looks for codes that a cut goes through and that are taller than
// what two tiles share, or than a seam shows of each: no tile has them whole. The
// corners that they leave on either side tell where to look.
func (j *Job) lookAcross(ctx context.Context) error {
	if j.Codes == nil {
		return nil
	}
	tiles := j.manifest.Tiles
	for i := 0; i+1 < len(tiles); i++ {
		a, b := tiles[i], tiles[i+1]
		if b.Y > a.Bottom() || b.Bottom() <= a.Bottom() || !inOneColumn(a, b) || j.founds[i].err != nil || j.founds[i+1].err != nil {
			continue
		}
		reach := max(j.reach(i, a.Bottom()), j.reach(i+1, b.Y))
		if reach == 0 {
			continue
		}
		if err := j.lookBetween(ctx, max(0, b.Y-reach), a.Bottom()+reach, i); err != nil {
			return err
		}
	}
	return nil
}

// inOneColumn says whether two tiles show rows of the same picture.
func inOneColumn(a, b page.Tile) bool { return a.X == b.X && a.Width == b.Width && a.Extra == b.Extra }

// reach is how far from a cut a code may go of which tile i has a corner, in CSS
// pixels; 0 if it has none that lies near enough, of a code large enough.
func (j *Job) reach(i, cut int) int {
	t, f := j.manifest.Tiles[i], j.founds[i]
	per := float64(t.Height) / float64(max(1, f.Height))
	reach := 0.0
	for _, c := range f.Corners {
		size := float64(reachModules*c.Module) * per
		if away := math.Abs(float64(t.Y) + float64(c.Y)*per - float64(cut)); size > seamRows && away <= size {
			reach = max(reach, size)
		}
	}
	return int(min(reach, reachMost))
}

// lookBetween looks for codes in the page's rows from one to another, as the
// column of tile i has them.
func (j *Job) lookBetween(ctx context.Context, from, to, i int) error {
	if err := j.Codes.AtOnce.Acquire(ctx, 1); err != nil {
		return err
	}
	defer j.Codes.AtOnce.Release(1)
	column := j.manifest.Tiles[i]
	px := func(css int) int { return int(math.Round(float64(css) * j.manifest.Scale)) }
	img := image.NewRGBA(image.Rect(0, 0, px(column.Width), px(to-from)))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for n, t := range j.manifest.Tiles {
		if t.Y >= to || t.Bottom() <= from || !inOneColumn(t, column) {
			continue
		}
		tile, err := j.decode(ctx, j.pictures[n])
		if err != nil {
			if fault.KindOf(err) == fault.Invalid {
				return nil // which the tile's own search tells
			}
			return err
		}
		draw.Draw(img, tile.Bounds().Sub(tile.Bounds().Min).Add(image.Pt(0, px(t.Y-from))), tile, tile.Bounds().Min, draw.Src)
	}
	f, err := codes.Find(ctx, img)
	if err != nil {
		return err
	}
	band := page.Tile{X: column.X, Y: from, Width: column.Width, Height: to - from}
	for _, c := range f.Codes {
		j.across = append(j.across, result.Code{Text: c.Text, Format: c.Format, Box: onPage(band, f, c.Box)})
	}
	for _, box := range f.Unread {
		j.unreadCode(onPage(band, f, box), "")
	}
	return nil
}

// onPage is where a box of a picture stands on the page, of which it shows what the tile says.
func onPage(t page.Tile, f codes.Found, box image.Rectangle) page.Box {
	perX, perY := float64(t.Width)/float64(f.Width), float64(t.Height)/float64(f.Height)
	return page.Box{
		X: float64(t.X) + float64(box.Min.X)*perX, Y: float64(t.Y) + float64(box.Min.Y)*perY,
		W: float64(box.Dx()) * perX, H: float64(box.Dy()) * perY,
	}.Round()
}

// unreadCode tells of a code that stands on the page and could not be read.
func (j *Job) unreadCode(box page.Box, source string) {
	for _, u := range j.uncoded {
		if u.Box.Overlaps(box) && u.Why == whyUnreadCode {
			return
		}
	}
	j.uncoded = append(j.uncoded, page.Unseen{Kind: page.Unread, Box: box, Why: whyUnreadCode, Source: source})
}

const whyUnreadCode = "a QR code stands here that could not be read"
