package recognize

import (
	"cmp"
	"math"
	"slices"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// line is words that one tile's reading puts on one line.
type line struct {
	tile  int
	words []result.Word
	kept  []bool          // of each word, whether the merged page keeps it
	into  *line           // the same line in another tile's reading, if it was seen to be one
	parts [][]result.Word // what is kept of it and of those that lead into it
}

func (l *line) root() *line {
	for l.into != nil {
		l = l.into
	}
	return l
}

func (l *line) join(o *line) {
	if a, b := l.root(), o.root(); a != b {
		b.into = a
	}
}

// keeps says whether the page keeps a word of the line.
func (l *line) keeps() bool { return slices.Contains(l.kept, true) }

// remains are the words of the line that the page keeps.
func (l *line) remains() []result.Word {
	if !slices.Contains(l.kept, false) {
		return l.words
	}
	var out []result.Word
	for i, w := range l.words {
		if l.kept[i] {
			out = append(out, w)
		}
	}
	return out
}

// seen is a word that more than one tile shows, as one of them read it.
type seen struct {
	*result.Word
	line  *line
	kept  *bool
	whole bool // its tile does not cut it
	atCut bool // it lies so near to where its band ends that jitter may have put it on the wrong side
}

// edge is how far a reading may place a word from where it is, in CSS pixels.
const edge = 3

// reconcile settles where the tiles' readings of what several of them show
// differ. What two of them own is kept from the upper; what none of those that
// saw it owns is kept from the first that saw it whole. Lines of two readings that
// have a word in common are joined.
func reconcile(tiles []page.Tile, lines []*line) {
	both := contested(tiles, lines)
	others := counterparts(both)
	isKept := func(o int) bool { return *both[o].kept }
	for i, w := range both {
		if slices.ContainsFunc(others[i], func(o int) bool { return isKept(o) && both[o].line.tile < w.line.tile }) {
			*w.kept = false
		}
	}
	for _, certain := range []bool{true, false} {
		for i, w := range both {
			if !*w.kept && !slices.ContainsFunc(others[i], isKept) && (w.whole || w.atCut && !certain) {
				*w.kept = true
			}
		}
	}
	for i, w := range both {
		if *w.kept || !slices.ContainsFunc(others[i], isKept) || !w.line.keeps() {
			continue
		}
		for _, o := range others[i] {
			if *both[o].kept {
				w.line.join(both[o].line)
			}
		}
	}
}

// contested lists the words that lie where tiles overlap, by tile and then as read.
func contested(tiles []page.Tile, lines []*line) []seen {
	var out []seen
	for _, l := range lines {
		t, top, bottom := tiles[l.tile], math.Inf(-1), math.Inf(1)
		above, below := top, bottom // where the tiles before and after it end and begin
		if l.tile > 0 {
			top, above = float64(t.Y), float64(tiles[l.tile-1].Bottom())
		}
		if l.tile+1 < len(tiles) {
			bottom, below = float64(t.Bottom()), float64(tiles[l.tile+1].Y)
		}
		for i := range l.words {
			b := l.words[i].Box
			if b.Y < above || b.Bottom() > below {
				y := b.MiddleY()
				out = append(out, seen{
					Word: &l.words[i], line: l, kept: &l.kept[i],
					whole: b.Y-top > edge && bottom-b.Bottom() > edge,
					atCut: math.Abs(y-(top+above)/2) <= edge || math.Abs(y-(bottom+below)/2) <= edge,
				})
			}
		}
	}
	return out
}

// counterparts finds for each word the other tiles' readings of it, by their
// places in words. Words are looked up by height, else every pair would be tried.
func counterparts(words []seen) [][]int {
	byHeight := make([]int, len(words))
	tallest := 0.0
	for i, w := range words {
		byHeight[i] = i
		tallest = max(tallest, w.Box.H)
	}
	slices.SortFunc(byHeight, func(a, b int) int { return cmp.Compare(words[a].Box.MiddleY(), words[b].Box.MiddleY()) })
	out := make([][]int, len(words))
	for n, i := range byHeight {
		a := words[i]
		for _, k := range byHeight[n+1:] {
			b := words[k]
			if b.Box.MiddleY()-a.Box.MiddleY() > tallest/2+edge {
				break
			}
			if a.line.tile != b.line.tile && same(*a.Word, *b.Word) {
				out[i], out[k] = append(out[i], k), append(out[k], i)
			}
		}
	}
	return out
}

// same says whether two readings are of the same piece of the page: the centre
// of one lies in the other, or they read alike and their centres are as close as
// jitter may put them. A word that one reading splits in two is thus the same
// as either half.
func same(a, b result.Word) bool {
	dx := math.Abs(a.Box.X + a.Box.W/2 - b.Box.X - b.Box.W/2)
	dy := math.Abs(a.Box.MiddleY() - b.Box.MiddleY())
	return dx < max(a.Box.W, b.Box.W)/2 && dy < max(a.Box.H, b.Box.H)/2 &&
		(holdsCentre(a.Box, b.Box) || holdsCentre(b.Box, a.Box)) ||
		dx < 2*edge && dy < 2*edge && a.Text == b.Text
}

func holdsCentre(a, b page.Box) bool {
	x, y := b.X+b.W/2, b.MiddleY()
	return x > a.X && x < a.Right() && y > a.Y && y < a.Bottom()
}
