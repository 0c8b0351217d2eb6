package reader

import (
	"cmp"
	"image"
	"slices"
)

// groupLines joins blobs that stand in a row, and stacked parts of one syllable,
// and returns the boxes of the rows.
func groupLines(blobs []blob) []image.Rectangle {
	slices.SortFunc(blobs, func(a, b blob) int { return cmp.Compare(a.Min.X, b.Min.X) })
	var sets disjoint
	for range blobs {
		sets.add()
	}
	// Blobs are looked up by the cells of a grid, else every pair would have to be tried.
	const cell = 64
	grid := map[image.Point][]int{}
	for i, b := range blobs {
		reach := b.Rectangle.Inset(-max(b.Dy(), b.Dx()))
		for y := reach.Min.Y / cell; y <= reach.Max.Y/cell; y++ {
			for x := reach.Min.X / cell; x <= b.Max.X/cell; x++ {
				for _, k := range grid[image.Pt(x, y)] {
					if sets.root(i) != sets.root(k) && (inRow(blobs[k], b) || stacked(blobs[k], b)) {
						sets.join(i, k)
					}
				}
			}
		}
		// A blob is entered where a smaller one to its right could reach it from.
		own := image.Rect(b.Min.X, b.Min.Y, b.Max.X+b.Dy(), b.Max.Y)
		for y := own.Min.Y / cell; y <= own.Max.Y/cell; y++ {
			for x := own.Min.X / cell; x <= own.Max.X/cell; x++ {
				p := image.Pt(x, y)
				grid[p] = append(grid[p], i)
			}
		}
	}
	members := map[int][]image.Rectangle{}
	var roots []int // in order, so that the same picture gives the same lines
	for i, b := range blobs {
		root := sets.root(i)
		if members[root] == nil {
			roots = append(roots, root)
		}
		members[root] = append(members[root], b.Rectangle)
	}
	var boxes []image.Rectangle
	for _, root := range roots {
		boxes = append(boxes, splitSizes(members[root])...)
	}
	boxes = joinNeighbours(joinOverlapping(boxes))
	return slices.DeleteFunc(boxes, func(r image.Rectangle) bool {
		return r.Dy() < minGlyph || r.Dy() > maxGlyph || r.Dx() < minGlyph
	})
}

// inRow says whether b follows a on a line of text: level, near, and of a size
// that can stand beside it.
func inRow(a, b blob) bool {
	tall, low := a, b
	if b.Dy() > a.Dy() {
		tall, low = b, a
	}
	gap := b.Min.X - a.Max.X
	overlap := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	if 3*low.Dy() < tall.Dy() { // a dot, a hyphen, a bar of a syllable: near, and within the height of its neighbour; a comma reaches below it
		middle := (low.Min.Y + low.Max.Y) / 2
		return 10*gap <= 4*tall.Dy() && middle >= tall.Min.Y && low.Min.Y <= tall.Max.Y
	}
	return 10*gap <= 9*tall.Dy() && 2*overlap >= low.Dy()
}

// stacked says whether a and b are one above the other in one syllable, which is about square.
func stacked(a, b blob) bool {
	across := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	if 2*across < min(a.Dx(), b.Dx()) {
		return false
	}
	gap := max(a.Min.Y, b.Min.Y) - min(a.Max.Y, b.Max.Y)
	height := max(a.Dy(), b.Dy())
	size := max(height, min(a.Dx(), b.Dx(), 2*height)) // small syllables touch, and a long blob is no large one
	both := a.Union(b.Rectangle)
	return 100*gap <= 14*size && 4*both.Dy() <= 5*max(both.Dx(), a.Dy(), b.Dy())
}

// joinOverlapping puts pieces of one line together, whose boxes lie in each other for the most part.
func joinOverlapping(boxes []image.Rectangle) []image.Rectangle {
	slices.SortFunc(boxes, func(a, b image.Rectangle) int { return cmp.Compare(area(b), area(a)) })
	var out []image.Rectangle
	for _, b := range boxes {
		k := slices.IndexFunc(out, func(o image.Rectangle) bool { return 2*area(o.Intersect(b)) > area(b) && o.Dy() < 3*b.Dy() })
		if k < 0 {
			out = append(out, b)
		} else {
			out[k] = out[k].Union(b)
		}
	}
	return out
}

// joinNeighbours puts the words of one line together that were found apart: a blob
// at a word's end may be too small to reach over the space, a whole word is not.
func joinNeighbours(boxes []image.Rectangle) []image.Rectangle {
	slices.SortFunc(boxes, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.X, b.Min.X) })
	var out []image.Rectangle
	for _, b := range boxes {
		k := slices.IndexFunc(out, func(a image.Rectangle) bool {
			low, high := min(a.Dy(), b.Dy()), max(a.Dy(), b.Dy())
			level := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
			return 10*high <= 14*low && 10*level >= 7*high && 10*(b.Min.X-a.Max.X) <= 6*low
		})
		if k < 0 {
			out = append(out, b)
		} else {
			out[k] = out[k].Union(b)
		}
	}
	return out
}

// disjoint is a set of disjoint sets: each element holds its parent.
type disjoint []int

func (d *disjoint) add() int {
	*d = append(*d, len(*d))
	return len(*d) - 1
}

func (d disjoint) root(i int) int {
	for d[i] != i {
		d[i] = d[d[i]]
		i = d[i]
	}
	return i
}

func (d disjoint) join(a, b int) {
	a, b = d.root(a), d.root(b)
	d[max(a, b)] = min(a, b)
}

func union(boxes []image.Rectangle) (all image.Rectangle) {
	for _, b := range boxes {
		all = all.Union(b)
	}
	return all
}
