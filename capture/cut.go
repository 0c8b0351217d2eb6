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

// span is some rows of the page, the last one not included.
type span struct{ from, to int }

// cutting says how a region is cut into bands, in CSS pixels.
type cutting struct {
	height  int    // a band's at most
	overlap int    // of neighbours, where the cut between them goes through something
	clean   []int  // rows, in ascending order, that nothing crosses: a picture's upper edge, a gap between two lines
	keep    []span // what should be whole in one band: a line of text, a small picture
}

// bands cuts a region into bands from top to bottom that cover it without a
// gap. A cut at a clean row needs no overlap; at any other, the next band begins
// that much higher, and higher still if that keeps something whole. No band but
// the last one is lower than half of the height allowed, or than the overlap.
func (c cutting) bands(region band) []band {
	var out []band
	bottom := region.y + region.height
	for y := region.y; ; {
		end := min(y+c.height, bottom)
		next := end
		if end < bottom {
			end, next = c.cut(y, end)
		}
		b := region
		b.y, b.height = y, end-y
		out = append(out, b)
		if y = next; end >= bottom {
			return out
		}
	}
}

// cut is where a band that begins at y ends, at most at most, and where the next one begins.
func (c cutting) cut(y, most int) (end, next int) {
	least := y + c.height/2
	for i := len(c.clean) - 1; i >= 0; i-- {
		if row := c.clean[i]; row > least && row <= most {
			return row, row
		}
	}
	next = most - c.overlap
	for _, k := range c.keep {
		if k.from < next && next < k.to && k.from > least {
			next = k.from
		}
	}
	return most, next
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
