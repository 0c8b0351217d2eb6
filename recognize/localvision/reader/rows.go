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

// splitSizes takes a set apart where something high, such as a logo, hangs lines together that stand beside it.
func splitSizes(set []image.Rectangle) []image.Rectangle {
	heights := make([]int, len(set))
	for i, b := range set {
		heights[i] = b.Dy()
	}
	slices.Sort(heights)
	const fewest = 4 // blobs of a line
	common := heights[len(heights)*3/4]
	if len(set) < 2*fewest || 2*heights[len(heights)-1] <= 3*common {
		return splitRows(set)
	}
	var high image.Rectangle
	var low []blob
	for _, b := range set {
		if 2*b.Dy() > 3*common {
			high = high.Union(b)
		} else {
			low = append(low, blob{Rectangle: b})
		}
	}
	rows := slices.DeleteFunc(groupLines(low), func(r image.Rectangle) bool { return 2*area(r.Intersect(high)) > area(r) })
	if len(rows) == 1 { // an icon beside a line
		row := rows[0]
		if row.Dx() >= 3*row.Dy() && high.Dx() <= 2*high.Dy() && (high.Max.X <= row.Min.X+2 || high.Min.X >= row.Max.X-2) {
			return append(rows, high)
		}
	}
	if len(rows) < 2 {
		return splitRows(set)
	}
	slices.SortFunc(rows, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.Y, b.Min.Y) })
	for i, r := range rows {
		if i > 0 && (r.Min.Y < rows[i-1].Max.Y || r.Dx() < 3*r.Dy() && !endsParagraph(rows[i-1], r)) || i == 0 && r.Dx() < 3*r.Dy() {
			return splitRows(set)
		}
	}
	return append(rows, high)
}

// endsParagraph says whether a row may be the short last line of what the row above it is the last but one of.
func endsParagraph(above, row image.Rectangle) bool {
	indent := row.Min.X - above.Min.X
	return max(indent, -indent) <= row.Dy() && 10*row.Dy() >= 7*above.Dy() && 10*above.Dy() >= 7*row.Dy()
}

// splitRows returns the box of the blobs of one set or, where the set is several
// tightly set lines that hang together by a tail or a comma, the box of each.
// Between lines hardly a blob crosses; within one, most do.
func splitRows(blobs []image.Rectangle) []image.Rectangle {
	const fewest = 6 // blobs on each side: a few syllables say nothing of a line
	box := union(blobs)
	across := make([]int, box.Dy()) // of each row, the px that blobs cover
	for _, b := range blobs {
		for y := b.Min.Y; y < b.Max.Y; y++ {
			across[y-box.Min.Y] += b.Dx()
		}
	}
	least, at := slices.Max(across), 0
	for y := minGlyph; y < len(across)-minGlyph; y++ {
		if across[y] < least {
			least, at = across[y], y
		}
	}
	if at == 0 {
		return []image.Rectangle{box}
	}
	upper := partsOf(blobs, image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+at))
	lower := partsOf(blobs, image.Rect(box.Min.X, box.Min.Y+at, box.Max.X, box.Max.Y))
	many := len(upper) >= fewest && len(lower) >= fewest && box.Dx() >= 4*box.Dy()
	parted := 6*least <= min(slices.Max(across[:at]), slices.Max(across[at:]))
	if many && parted {
		return append(splitRows(upper), splitRows(lower)...)
	}
	if over, under := splitRagged(blobs, box); over != nil {
		return append(splitRows(over), splitRows(under)...)
	}
	switch {
	case least == 0:
		if lines := bands(blobs); wholeLines(lines) {
			var out []image.Rectangle
			for _, l := range lines {
				out = append(out, union(l))
			}
			return out
		}
	case many:
		return splitOverlapping(blobs, box)
	}
	return []image.Rectangle{box}
}

func union(boxes []image.Rectangle) (all image.Rectangle) {
	for _, b := range boxes {
		all = all.Union(b)
	}
	return all
}

// bands parts blobs where there are rows without any.
func bands(blobs []image.Rectangle) (out [][]image.Rectangle) {
	sorted := slices.SortedFunc(slices.Values(blobs), func(a, b image.Rectangle) int { return cmp.Compare(a.Min.Y, b.Min.Y) })
	bottom := 0
	for i, b := range sorted {
		if i == 0 || b.Min.Y > bottom {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], b)
		bottom = max(bottom, b.Max.Y)
	}
	return out
}

// wholeLines says whether bands are lines of text of about one height. One of them has letters that are as high as it is and higher
// than wide; the upper and lower halves of syllables have none. Another without them is nearly as high: a word whose syllables touch.
func wholeLines(bands [][]image.Rectangle) bool {
	const leastLine = 13 // px
	most, lowest, least, highest := 0, maxGlyph, maxGlyph, 0
	for _, blobs := range bands {
		height, letters := union(blobs).Dy(), 0
		for _, b := range blobs {
			if 10*b.Dy() >= 7*height && 10*b.Dy() >= 11*b.Dx() {
				letters++
			}
		}
		lowest, highest, most = min(lowest, height), max(highest, height), max(most, letters)
		if letters == 0 {
			least = min(least, height)
		}
	}
	return most >= 2 && lowest >= leastLine && 10*lowest >= 6*highest && 10*least >= 8*highest
}

// splitOverlapping takes two lines apart whose glyphs reach into each other's rows: a heading that was broken. Many glyphs fill the height
// of the upper line, and none is an upright stroke through both, as ㅣ is through the halves of other syllables.
func splitOverlapping(blobs []image.Rectangle, box image.Rectangle) []image.Rectangle {
	const (
		fewest = 3 // glyphs of one line alone
		filled = 6 // glyphs as high as the upper line
		wide   = 12
		least  = 20 // px: lower glyphs are rather the halves of what is struck through
	)
	if box.Dx() < wide*box.Dy() {
		return []image.Rectangle{box}
	}
	heights := make([]int, len(blobs))
	for i, b := range blobs {
		heights[i] = b.Dy()
	}
	slices.Sort(heights)
	height := heights[len(heights)*3/4]
	if height < least || 10*box.Dy() < 15*height || box.Dy() > 2*height {
		return []image.Rectangle{box}
	}
	upper := image.Rect(box.Min.X, box.Min.Y, box.Min.X, box.Min.Y+height+2)
	lower := image.Rect(box.Min.X, box.Max.Y-height-2, box.Min.X, box.Max.Y)
	var over, under image.Rectangle
	inUpper, inLower, filling, strokes := 0, 0, 0, 0
	for _, b := range blobs {
		if 8*max(b.Min.Y-upper.Min.Y, b.Max.Y-upper.Max.Y+2, upper.Max.Y-2-b.Max.Y) <= height {
			filling++
		}
		if 10*b.Dy() >= 8*box.Dy() && 3*b.Dx() <= b.Dy() {
			strokes++
		}
		switch {
		case b.Max.Y <= upper.Max.Y && b.Min.Y < lower.Min.Y:
			inUpper++
			over = over.Union(b)
		case b.Min.Y >= lower.Min.Y && b.Max.Y > upper.Max.Y:
			inLower++
			under = under.Union(b)
		default:
			over = over.Union(b.Intersect(image.Rect(b.Min.X, upper.Min.Y, b.Max.X, upper.Max.Y)))
			under = under.Union(b.Intersect(image.Rect(b.Min.X, lower.Min.Y, b.Max.X, lower.Max.Y)))
		}
	}
	if inUpper < fewest || inLower < fewest || filling < filled || strokes > 1 {
		return []image.Rectangle{box}
	}
	return []image.Rectangle{over, under}
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
	if 3*low.Dy() < tall.Dy() { // a dot, a hyphen, a bar of a syllable: near, and within the height of its neighbour
		middle := (low.Min.Y + low.Max.Y) / 2
		return 10*gap <= 4*tall.Dy() && middle >= tall.Min.Y && middle <= tall.Max.Y+low.Dy()
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
