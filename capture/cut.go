package capture

import (
	"math"

	"github.com/pageinspect/pageinspect/shared/page"
)

// band is one tile's place on the page, and how the page is when it is drawn,
// in CSS pixels.
type band struct {
	x, y, width, height int
	at                  int    // its place in the manifest, from the region's top
	scroll              int    // where the page is scrolled to
	extra               string // what it shows of a part that is drawn a second time
}

// row is one at which the page may be cut: nothing crosses it.
type row struct {
	Y     int
	Rank  uint32 // of what comes below, which is the same wherever that stands
	Piece bool   // a large picture begins or ends here
}

// cutting says how a region is cut into bands, in CSS pixels.
//
// The cuts follow what is on the page, not a grid: a picture that many pages
// show is a tile of its own on each of them, byte for byte the same, and what is
// put in at the top of a page leaves the tiles further down as they were.
type cutting struct {
	height  int   // a band's at most
	overlap int   // of neighbours, where something may cross the cut between them
	rows    []row // in ascending order
}

const (
	// choice is the part of a band's height, at its end, in which the row of the
	// highest rank is chosen to cut at (content-defined chunking). The more there
	// is to choose from, the sooner two pages agree; the more bands there are, too.
	choice = 0.2
	// strip is how many rows are no band of their own.
	strip = 8
)

// bands cuts a region into bands from top to bottom that cover it without a
// gap. At a row that nothing crosses neighbours do not overlap, and Recognize
// looks at their pixels before it believes that; elsewhere they do.
func (c cutting) bands(region band) []band {
	var out []band
	bottom := region.y + region.height
	for y := region.y; ; {
		end, next := c.cut(y, bottom)
		b := region
		b.y, b.height = y, end-y
		out = append(out, b)
		if y = next; end >= bottom {
			return out
		}
	}
}

// cut is where a band that begins at y ends, and where the next one begins.
func (c cutting) cut(y, bottom int) (end, next int) {
	most := min(y+c.height, bottom)
	best, last := -1, -1 // rows in the choice, and in the lower half
	for i, r := range c.rows {
		switch {
		case r.Y < y+strip || r.Y > bottom-strip || r.Y > most:
		case r.Piece:
			return r.Y, r.Y
		case r.Y > y+c.height-int(choice*float64(c.height)) && (best < 0 || r.Rank >= c.rows[best].Rank):
			best = i
		case r.Y > y+c.height/2:
			last = i
		}
	}
	switch {
	case most == bottom:
		return bottom, bottom
	case best >= 0:
		return c.rows[best].Y, c.rows[best].Y
	case last >= 0:
		return c.rows[last].Y, c.rows[last].Y
	}
	return most, most - c.overlap
}

// rowsOf is how high a tile of some width may be, in CSS pixels, so that its
// picture has neither more pixels than Vision reads at full size nor more rows
// than every render path draws.
func rowsOf(p Profile, width int) int {
	most := page.MaxPixels / (float64(width) * p.Scale * p.Scale)
	return max(1, min(p.TileHeight, int(math.Floor(most)), int(page.MaxRows/p.Scale)))
}

// cuttingOf is how a profile has a region of some width cut.
func cuttingOf(p Profile, width int) cutting {
	height := rowsOf(p, width)
	return cutting{height: height, overlap: min(p.Overlap, height/2)}
}
