package layout

import (
	"cmp"
	"slices"
	"sort"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// join puts rows together that are one line although the engine read them
// apart: the figures of a price in large type and what follows in small, or
// the two ends of a line of which each was seen by another tile.
func join(rows []*row) []*row {
	sortRows(rows)
	one := newSets(len(rows))
	joined := false
	for i, a := range rows {
		for j := i + 1; j < len(rows) && rows[j].flat.Y < a.flat.Bottom(); j++ {
			if oneLine(rows, a, rows[j]) {
				one.join(i, j)
				joined = true
			}
		}
	}
	if !joined {
		return rows
	}
	members := make([][]*row, len(rows))
	for i, r := range rows {
		root := one.root(i)
		members[root] = append(members[root], r)
	}
	var out []*row
	for _, m := range members {
		switch len(m) {
		case 0:
		case 1:
			out = append(out, m[0])
		default:
			parts := make([][]result.Word, len(m))
			for i, r := range m {
				parts[i] = r.words
			}
			r := newRow(Join(parts...))
			out = append(out, &r)
		}
	}
	sortRows(out)
	return out
}

// oneLine says whether a and b stand next to each other on one line.
func oneLine(rows []*row, a, b *row) bool {
	tall, low := a, b
	if tall.flat.H < low.flat.H {
		tall, low = low, tall
	}
	gap, most := -sharedX(a.flat, b.flat), (a.flat.H+b.flat.H)/4
	if a.frame != 0 {
		most *= 2 // tiles cut turned text between two words, so that none of them shows both
	}
	if gap > most || gap < -low.flat.H/2 || sharedY(a.flat, b.flat) < 0.6*low.flat.H || !level(a.flat, b.flat, 0.35*low.flat.H) {
		return false
	}
	// Beside large figures several small lines may stand; they are lines of their own.
	return sameType(a, b) || alone(rows, tall, low)
}

// alone says whether no other row stands above or below low beside tall.
func alone(rows []*row, tall, low *row) bool {
	from := sort.Search(len(rows), func(i int) bool { return rows[i].flat.Y >= tall.flat.Y-low.flat.H/2 })
	for _, r := range rows[from:] {
		if r.flat.Y >= tall.flat.Bottom() {
			break
		}
		if r.flat.MiddleY() < tall.flat.Bottom() && r.flat != low.flat && r.flat != tall.flat && sharedX(r.flat, low.flat) > 0 {
			return false
		}
	}
	return true
}

// Join makes one line of parts of it that were read apart, in the direction in
// which their text runs. The engine does not say what stands between two parts;
// a gap as wide as a space is one.
func Join(parts ...[]result.Word) []result.Word {
	if len(parts) == 1 {
		return parts[0]
	}
	type placed struct {
		word *result.Word
		last bool // of its part
		flat page.Box
	}
	f := frameOf(slices.Concat(parts...))
	var all []placed
	for _, words := range parts {
		for i := range words {
			all = append(all, placed{&words[i], i == len(words)-1, f.flat(words[i].Box)})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.flat.X, b.flat.X) })
	out := make([]result.Word, len(all))
	for i, p := range all {
		out[i] = *p.word
		if p.last && i+1 < len(all) {
			next := all[i+1].flat
			out[i].Space = out[i].Space || next.X-p.flat.Right() > max(p.flat.H, next.H)/4
		}
	}
	return out
}
