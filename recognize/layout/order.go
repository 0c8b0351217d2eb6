package layout

import (
	"math"
	"slices"
)

// order puts cells into reading order. It is a recursive X-Y cut (Nagy and
// Seth, 1984) that looks before it cuts: bands of the page, one below the
// other, that share a gutter are one zone, and whether a zone is read down its
// columns or along its rows depends on whether its cells stand level.
func order(cells []*cell) []*cell {
	if len(cells) < 2 {
		return cells
	}
	bands := split(cells, vertical)
	if len(bands) == 1 {
		return across(cells)
	}
	out := make([]*cell, 0, len(cells))
	for _, zone := range zones(bands) {
		if len(zone) == 1 {
			out = append(out, across(zone[0])...)
		} else {
			out = append(out, sideBySide(split(slices.Concat(zone...), horizontal))...)
		}
	}
	return out
}

// across orders the cells of one band: its columns from left to right or, where
// there are none, from the highest down.
func across(band []*cell) []*cell {
	if len(band) < 2 {
		return band
	}
	if columns := split(band, horizontal); len(columns) > 1 {
		return sideBySide(columns)
	}
	return slices.SortedStableFunc(slices.Values(band), fromTop)
}

func fromTop(a, b *cell) int { return compare(a.box.Y, b.box.Y, a.box.X, b.box.X) }

// sideBySide orders columns from left to right. Neighbouring columns whose
// cells stand level are read together, row by row.
func sideBySide(columns [][]*cell) []*cell {
	cells := slices.Concat(columns...)
	if len(cells) == len(columns) {
		return cells
	}
	out := cells[:0:0]
	for from := 0; from < len(columns); {
		to := from + 1
		for to < len(columns) && table(columns[to-1], columns[to]) {
			to++
		}
		rows := split(slices.Concat(columns[from:to]...), vertical)
		if to-from == 1 || len(rows) == 1 {
			for _, c := range columns[from:to] {
				out = append(out, order(c)...)
			}
		} else {
			for _, r := range rows {
				out = append(out, across(r)...)
			}
		}
		from = to
	}
	return out
}

// table says whether two columns have rows in common: half of the cells of the
// longer one stand level with one of the other, and fewer stand at odds.
func table(a, b []*cell) bool {
	a, b = slices.SortedStableFunc(slices.Values(a), fromTop), slices.SortedStableFunc(slices.Values(b), fromTop)
	met, odd, next := 0, 0, 0
	for _, c := range a {
		for next < len(b) && b[next].box.Bottom() <= c.box.Y {
			next++
		}
		beside, even := false, false
		for _, d := range b[next:] {
			if d.box.Y >= c.box.Bottom() {
				break
			}
			beside = true
			even = even || level(c.box, d.box, 0.5*min(c.size, d.size))
		}
		if even {
			met++
		} else if beside {
			odd++
		}
	}
	return met > odd && 2*met >= max(len(a), len(b))
}

// zone is bands that are ordered together.
type zone [][]*cell

// zones joins bands close below each other that share a gutter. A band of one
// column belongs to the zone above it only where it goes on in one of its columns;
// else it is a heading, or a paragraph across all of them.
func zones(bands [][]*cell) []zone {
	const farthest = 2.5 // line heights between two bands of a zone
	var out []zone
	var columns []stretch // of the last zone: what its cells cover, from left to right
	bottom := 0.0         // of the last zone
	for _, band := range bands {
		top, end, size := extent(band)
		own := cover(band)
		n := len(out)
		if n > 0 && len(columns) > 1 && top-bottom <= farthest*size && (len(own) > 1 || goesOn(out[n-1], band[0])) {
			if both := gutters(slices.Concat(columns, own)); len(both) > 1 {
				out[n-1] = append(out[n-1], band)
				columns, bottom = both, max(bottom, end)
				continue
			}
		}
		out = append(out, zone{band})
		columns, bottom = own, end
	}
	return out
}

// extent is where cells begin and end on the page's height, and their largest line height.
func extent(cells []*cell) (top, bottom, size float64) {
	top, bottom = math.Inf(1), math.Inf(-1)
	for _, c := range cells {
		top, bottom, size = min(top, c.box.Y), max(bottom, c.box.Bottom()), max(size, c.size)
	}
	return top, bottom, size
}

// goesOn says whether a cell begins close below the zone, at the left edge of a cell of it.
func goesOn(z zone, first *cell) bool {
	for _, band := range slices.Backward(z) {
		for _, c := range band {
			gap := first.box.Y - c.box.Bottom()
			if gap < 1.5*min(c.size, first.size) && math.Abs(c.box.X-first.box.X) < first.size/2 && ratio(c.size, first.size) < 1.3 {
				return true
			}
		}
		if top, _, _ := extent(band); first.box.Y-top > 1.5*first.size {
			break // the bands before end above this one's top
		}
	}
	return false
}

// stretch is a part of an axis, and the line height of what begins it.
type stretch struct{ from, to, size float64 }

// vertical is what a cell covers of the page's height. Boxes of lines that
// touch overlap a little.
func vertical(c *cell) stretch {
	trim := min(0.1*c.size, c.box.H/4)
	return stretch{c.box.Y + trim, c.box.Bottom() - trim, 0}
}

// horizontal is what a cell covers of the page's width; a gutter is at least as
// wide as half a line is high.
func horizontal(c *cell) stretch { return stretch{c.box.X, c.box.Right(), c.size} }

// split separates cells between which a blank strip runs.
func split(cells []*cell, along func(*cell) stretch) [][]*cell {
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b *cell) int { x, y := along(a), along(b); return compare(x.from, y.from, x.to, y.to) })
	var groups [][]*cell
	end, first := math.Inf(-1), 0
	for i, c := range sorted {
		s := along(c)
		if i > 0 && s.from >= end+s.size/2 {
			groups = append(groups, sorted[first:i:i])
			first = i
		}
		end = max(end, s.to)
	}
	return append(groups, sorted[first:])
}

// cover is what cells cover of the page's width.
func cover(cells []*cell) []stretch {
	all := make([]stretch, len(cells))
	for i, c := range cells {
		all[i] = horizontal(c)
	}
	return gutters(all)
}

// gutters joins stretches between which there is no gutter.
func gutters(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return compare(a.from, b.from, a.to, b.to) })
	out := all[:0:0]
	for _, s := range all {
		if n := len(out); n > 0 && s.from < out[n-1].to+s.size/2 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}
