package recognize

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func compare(a, b float64) int { return cmp.Compare(a, b) }

// readingOrder orders the blocks as a person reads them, and numbers them.
// Within a block the engine's order stands.
func readingOrder(pieces []piece) []result.Line {
	index := map[int]int{}
	var blocks []region
	for i, p := range pieces {
		n, ok := index[p.block]
		if !ok {
			n = len(blocks)
			index[p.block] = n
			blocks = append(blocks, region{})
		}
		blocks[n].box = blocks[n].box.Union(p.box)
		blocks[n].pieces = append(blocks[n].pieces, i)
	}
	lines := make([]result.Line, 0, len(pieces))
	for number, b := range xyCut(blocks) {
		for _, i := range b.pieces {
			lines = append(lines, line(pieces[i], number))
		}
	}
	return lines
}

// region is a block while the blocks are put in order.
type region struct {
	box    page.Box
	pieces []int
}

// xyCut orders blocks by the recursive X-Y cut (Nagy and Seth, 1984): where a
// blank strip runs across, what is above comes first; else where one runs down,
// what is left of it comes first; else by top edge.
func xyCut(blocks []region) []region {
	if len(blocks) < 2 {
		return blocks
	}
	vertical := func(b page.Box) (float64, float64) { return b.Y, b.Bottom() }
	horizontal := func(b page.Box) (float64, float64) { return b.X, b.Right() }
	for _, along := range []func(page.Box) (float64, float64){vertical, horizontal} {
		if groups := split(blocks, along); len(groups) > 1 {
			out := make([]region, 0, len(blocks))
			for _, g := range groups {
				out = append(out, xyCut(g)...)
			}
			return out
		}
	}
	slices.SortStableFunc(blocks, func(a, b region) int {
		return cmp.Or(compare(a.box.Y, b.box.Y), compare(a.box.X, b.box.X))
	})
	return blocks
}

// split separates blocks where no block's extent crosses.
func split(blocks []region, extent func(page.Box) (float64, float64)) [][]region {
	sorted := slices.Clone(blocks)
	slices.SortStableFunc(sorted, func(a, b region) int {
		x, _ := extent(a.box)
		y, _ := extent(b.box)
		return compare(x, y)
	})
	var groups [][]region
	end := math.Inf(-1)
	first := 0
	for i, b := range sorted {
		from, to := extent(b.box)
		if i > 0 && from >= end {
			groups = append(groups, sorted[first:i])
			first = i
		}
		end = math.Max(end, to)
	}
	return append(groups, sorted[first:])
}

// line makes the public form of a piece.
func line(p piece, block int) result.Line {
	var b strings.Builder
	l := result.Line{Box: p.box.Round(), Block: block, Words: p.words}
	runes := 0
	for i, w := range p.words {
		b.WriteString(w.Text)
		if w.Space && i+1 < len(p.words) {
			b.WriteByte(' ')
		}
		n := utf8.RuneCountInString(w.Text)
		l.Confidence += w.Confidence * float64(n)
		runes += n
	}
	l.Text = b.String()
	l.Confidence = math.Round(l.Confidence/float64(runes)*1000) / 1000
	return l
}
