package recognize

import (
	"context"
	"math"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/layout"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// merge puts the tiles' readings together: every word once, in lines, in
// reading order.
//
// A word belongs to the tile whose band, cut at the middle of the overlaps,
// holds its vertical centre. While the overlap is at least the tallest text,
// that tile shows the word whole, so each word is kept once by construction.
// Two readings may differ, though: place a word at the cut a little
// differently, or not see it at all; reconcile settles that.
func (j *Job) merge(context.Context) error {
	j.result.Lines = mergeTiles(j.manifest.Tiles, j.texts, j.manifest.Scale)
	j.result.Text = text(j.result.Lines)
	return nil
}

func mergeTiles(tiles []page.Tile, read []tileText, scale float64) []result.Line {
	var lines []*line
	for i, t := range tiles {
		if read[i].err != nil {
			continue
		}
		// Next to a tile that could not be read, what this one shows of the
		// other's band is all there is.
		top, bottom := math.Inf(-1), math.Inf(1)
		if i > 0 && read[i-1].err == nil {
			top = cut(tiles[i-1], t)
		}
		if i+1 < len(tiles) && read[i+1].err == nil {
			bottom = cut(t, tiles[i+1])
		}
		for _, l := range tileLines(t, read[i].annotation, scale) {
			l.tile = i
			l.kept = make([]bool, len(l.words))
			for w := range l.words {
				y := l.words[w].Box.MiddleY()
				l.kept[w] = y >= top && y < bottom
			}
			lines = append(lines, l)
		}
	}
	reconcile(tiles, lines)
	return layout.Arrange(runs(lines))
}

// cut is the height at which the tile a ends and b begins to own the words.
func cut(a, b page.Tile) float64 { return float64(a.Bottom()+b.Y) / 2 }

// runs are the words that are kept, those of one line together.
func runs(lines []*line) [][]result.Word {
	var first []*line
	for _, l := range lines {
		if kept := l.remains(); len(kept) > 0 {
			root := l.root()
			if root.parts == nil {
				first = append(first, root)
			}
			root.parts = append(root.parts, kept)
		}
	}
	out := make([][]result.Word, len(first))
	for i, root := range first {
		out[i] = layout.Join(root.parts...)
	}
	return out
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
