package recognize

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// fragment is words that one tile's reading puts on one line.
type fragment struct {
	tile, block int // the block's number within the tile
	words       []word
}

// word is a recognized word and whether the merged page keeps it.
type word struct {
	result.Word
	kept bool
}

// merge puts the tiles' readings together: every word once, in lines, in
// reading order.
//
// A word belongs to the tile whose band, cut at the middle of the overlaps,
// holds its vertical centre. While the overlap is at least the tallest text,
// that tile shows the word whole, so each word is kept once by construction.
// Two readings may place the same word a little differently, which matters
// only at the cut itself; reconcile settles it there.
func (j *reading) merge(context.Context) error {
	j.result.Lines = mergeTiles(j.manifest.Tiles, j.read, j.manifest.Scale)
	j.result.Text = text(j.result.Lines)
	return nil
}

func mergeTiles(tiles []page.Tile, read []tileText, scale float64) []result.Line {
	perTile := make([][]fragment, len(tiles))
	for i, t := range tiles {
		perTile[i] = fragments(i, t, read[i].annotation, scale)
		// Next to a tile that could not be read, what this one shows of the
		// other's band is all there is.
		top, bottom := math.Inf(-1), math.Inf(1)
		if i > 0 && read[i-1].err == nil {
			top = cut(tiles[i-1], t)
		}
		if i+1 < len(tiles) && read[i+1].err == nil {
			bottom = cut(t, tiles[i+1])
		}
		for _, f := range perTile[i] {
			for w := range f.words {
				y := f.words[w].Box.MiddleY()
				f.words[w].kept = y >= top && y < bottom
			}
		}
	}
	for i := range len(tiles) - 1 {
		if read[i].err == nil && read[i+1].err == nil {
			reconcile(perTile[i], perTile[i+1], tiles[i], tiles[i+1])
		}
	}
	return assemble(perTile, tiles)
}

// cut is the height at which the tile a ends and b begins to own the words.
func cut(a, b page.Tile) float64 { return float64(a.Bottom()+b.Y) / 2 }

// reconcile keeps every word at the cut once although the two readings differ
// there: what both own is kept from the upper tile, and what neither owns is
// kept from whichever saw it whole.
func reconcile(upper, lower []fragment, above, below page.Tile) {
	at := cut(above, below)
	// What lies within half its height of the cut may have fallen on either
	// side; it is compared with all that could be the same word.
	a, b := near(upper, at, 0.5), near(lower, at, 0.5)
	upperNear := near(upper, at, 2)
	all := append(upperNear, near(lower, at, 2)...)
	for _, w := range b {
		if w.kept && slices.ContainsFunc(upperNear, func(o *word) bool { return o.kept && same(w.Box, o.Box) }) {
			w.kept = false
		}
	}
	for i, w := range append(slices.Clone(a), b...) {
		whole := w.Box.Y > float64(below.Y)+edge
		if i < len(a) {
			whole = w.Box.Bottom() < float64(above.Bottom())-edge
		}
		if whole && !w.kept && !slices.ContainsFunc(all, func(o *word) bool { return o.kept && same(w.Box, o.Box) }) {
			w.kept = true
		}
	}
}

// edge is how close to its tile's edge a word may be cut by it, in CSS pixels.
const edge = 2

// near lists the words whose centres are within so many of their heights of the cut.
func near(fs []fragment, at, heights float64) []*word {
	var out []*word
	for _, f := range fs {
		for i := range f.words {
			w := &f.words[i]
			if math.Abs(w.Box.MiddleY()-at) <= w.Box.H*heights {
				out = append(out, w)
			}
		}
	}
	return out
}

// same says whether two boxes show the same piece of the page: the centre of
// one lies in the other. A word that one reading splits in two is thus the
// same as either half, and a pixel or two of jitter does not matter.
func same(a, b page.Box) bool { return holdsCentre(a, b) || holdsCentre(b, a) }

func holdsCentre(a, b page.Box) bool {
	x, y := b.X+b.W/2, b.MiddleY()
	return x > a.X && x < a.Right() && y > a.Y && y < a.Bottom()
}

// assemble builds lines and blocks of the words that are kept, and orders them.
func assemble(perTile [][]fragment, tiles []page.Tile) []result.Line {
	var pieces []piece
	blocks := map[[2]int]int{} // tile and its block -> block of the page
	var previous []int         // pieces of the tile above
	var parent []int           // of each block, the one it is joined to
	for i, fs := range perTile {
		var current []int
		for _, f := range fs {
			p := piece{block: -1}
			for _, w := range f.words {
				if w.kept {
					p.words = append(p.words, w.Word)
					p.box = p.box.Union(w.Box)
				}
			}
			if len(p.words) == 0 {
				continue
			}
			key := [2]int{i, f.block}
			b, ok := blocks[key]
			if !ok {
				b = len(parent)
				blocks[key] = b
				parent = append(parent, b)
			}
			p.block = b
			if i > 0 {
				at := cut(tiles[i-1], tiles[i])
				if on := sameLine(pieces, previous, p, at); on >= 0 {
					pieces[on].absorb(p)
					join(parent, pieces[on].block, b)
					continue
				}
				if above := continues(pieces, previous, p, at); above >= 0 {
					join(parent, pieces[above].block, b)
				}
			}
			current = append(current, len(pieces))
			pieces = append(pieces, p)
		}
		previous = current
	}
	for i := range pieces {
		pieces[i].block = find(parent, pieces[i].block)
	}
	return readingOrder(pieces)
}

// piece is a line of the page while it is put together.
type piece struct {
	block int
	box   page.Box
	words []result.Word
}

// absorb takes in the rest of a line that lay across a cut.
func (p *piece) absorb(o piece) {
	p.words = append(p.words, o.words...)
	slices.SortStableFunc(p.words, func(a, b result.Word) int { return compare(a.Box.X, b.Box.X) })
	p.box = p.box.Union(o.box)
	for i := range len(p.words) - 1 {
		// The break after a word belonged to its old neighbour; a gap as wide as a space is one.
		gap := p.words[i+1].Box.X - p.words[i].Box.Right()
		p.words[i].Space = p.words[i].Space || gap > p.words[i].Box.H/4
	}
}

// sameLine finds the piece of the tile above that is on p's line, for a p that
// lies at the cut: their words' centres fell on either side of it.
func sameLine(pieces []piece, above []int, p piece, at float64) int {
	if math.Abs(p.box.MiddleY()-at) > p.box.H {
		return -1
	}
	for _, i := range above {
		o := pieces[i].box
		h := math.Min(o.H, p.box.H)
		gap := math.Max(o.X, p.box.X) - math.Min(o.Right(), p.box.Right())
		if math.Abs(o.MiddleY()-p.box.MiddleY()) < h/2 && gap < 2*h {
			return i
		}
	}
	return -1
}

// continues finds the line above the cut that p goes on from, as the next line
// of one paragraph: as tall, close below, and over the same columns.
func continues(pieces []piece, above []int, p piece, at float64) int {
	if p.box.Y-at > p.box.H {
		return -1
	}
	for _, i := range slices.Backward(above) {
		o := pieces[i].box
		shared := math.Min(o.Right(), p.box.Right()) - math.Max(o.X, p.box.X)
		ratio := o.H / p.box.H
		if shared > math.Min(o.W, p.box.W)/2 && p.box.Y-o.Bottom() < math.Min(o.H, p.box.H) && p.box.MiddleY() > o.MiddleY() && ratio > 0.67 && ratio < 1.5 {
			return i
		}
	}
	return -1
}

// find and join keep sets of blocks that are one.
func find(parent []int, b int) int {
	for parent[b] != b {
		parent[b] = parent[parent[b]]
		b = parent[b]
	}
	return b
}

func join(parent []int, a, b int) {
	a, b = find(parent, a), find(parent, b)
	parent[max(a, b)] = min(a, b)
}

// text is the page's text: a line for each, and an empty one between blocks.
func text(lines []result.Line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			if l.Block != lines[i-1].Block {
				b.WriteByte('\n')
			}
			b.WriteByte('\n')
		}
		b.WriteString(l.Text)
	}
	return b.String()
}
