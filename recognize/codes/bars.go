package codes

import (
	"cmp"
	"image"
	"slices"
)

const (
	// barStep is how far apart the lines are on which bars are looked for, px.
	barStep = 8
	// leastEdges is how many edges the shortest code has: EAN-8 has 44.
	leastEdges = 40
	// widestBar is the widest bar or gap within a code, px.
	widestBar = 24
)

// bars finds the places where bars stand, upright or on their side: many edges
// on a line, and at the same places some px further. Text has as many, and
// others on the next line.
func (b *bits) bars() []place {
	found := b.barsAlong(false)
	for _, p := range b.barsAlong(true) {
		p.box = image.Rect(p.box.Min.Y, p.box.Min.X, p.box.Max.Y, p.box.Max.X)
		found = append(found, p)
	}
	found = slices.DeleteFunc(found, func(p place) bool { return p.score < 2 })
	for i := range found {
		p := &found[i]
		quiet := 24 + max(p.box.Dx(), p.box.Dy())/10 // which the decoder wants to see
		p.box = p.box.Inset(-quiet).Intersect(image.Rect(0, 0, b.w, b.h))
	}
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(b.score, a.score) })
	return found
}

// barsAlong looks along the rows, or along the columns, where x and y of the
// places are exchanged.
func (b *bits) barsAlong(columns bool) []place {
	lines := b.h
	if columns {
		lines = b.w
	}
	var out []place
	var one, next []int
	for y := 0; y+barStep/2 < lines; y += barStep {
		one, next = b.edges(one[:0], y, columns), b.edges(next[:0], y+barStep/2, columns)
		for edges := one; len(edges) >= leastEdges; {
			n := same(edges, next)
			if n >= leastEdges {
				out = growBars(out, edges[0], edges[n-1], y)
			}
			edges = edges[max(n, 1):]
		}
	}
	return out
}

// edges lists where a row or a column changes its colour.
func (b *bits) edges(out []int, line int, column bool) []int {
	at, step, n := line*b.w, 1, b.w
	if column {
		at, step, n = line, b.w, b.h
	}
	was := b.dark[at]
	for x := 1; x < n; x++ {
		at += step
		if is := b.dark[at]; is != was {
			out, was = append(out, x), is
		}
	}
	return out
}

// same counts the edges, from the first on, that are no further apart than bars
// are, and that the other line has, too.
func same(edges, other []int) int {
	k, _ := slices.BinarySearch(other, edges[0]-1)
	for i, x := range edges {
		if i > 0 && x-edges[i-1] > widestBar || i+k >= len(other) || other[i+k] < x-1 || other[i+k] > x+1 {
			return i
		}
	}
	return len(edges)
}

// growBars adds a line of bars to the place before it, or begins another.
func growBars(out []place, from, to, y int) []place {
	near := func(a, b int) bool { return a < b+widestBar && a > b-widestBar }
	for i := len(out) - 1; i >= 0; i-- {
		if p := &out[i]; y-p.box.Max.Y <= barStep && near(from, p.box.Min.X) && near(to, p.box.Max.X) {
			p.box = p.box.Union(image.Rect(from, y, to, y+barStep))
			p.score++
			return out
		}
	}
	return append(out, place{box: image.Rect(from, y, to, y+barStep), bars: true, score: 1})
}
