package reader

import (
	"cmp"
	"image"
	"slices"
)

// Finding where the text is, without Tesseract. Its own page layout is made for
// black print on white paper: it loses headlines, light text on banners and the
// text in pills and tables, and takes longer than the reading itself. Web pages
// are drawn, not scanned, so edges are sharp and lines are level, and three plain
// steps do: edges, the blobs that edges form, and rows of blobs.

const (
	// edgeStep is the least difference between neighbouring pixels, of 0..255, that
	// counts as an edge. Text of contrast 60 has it; JPEG noise at quality 90 has not.
	edgeStep = 28
	// boldStep is the same for text over photographs, whose own edges are weaker than its text's.
	boldStep = 90

	minGlyph = 6   // px: a line lower than this cannot be read
	maxGlyph = 260 // px: 72 CSS px at device scale 3, with room
	// longestStroke is how long, px, a level stroke of type may be that is not sought in the smaller picture.
	longestStroke = 130
)

// blob is a set of touching edge pixels: a glyph, a part of one, or a frame.
type blob struct {
	image.Rectangle
	pixels  int // edge pixels of the blob
	inner   int // those of them away from the sides of its box
	longest int // px: its longest level run of edge pixels
}

// findLines returns the boxes of what may be lines of text, in picture pixels,
// from top to bottom, judging by edges of at least step. It errs towards too many:
// what cannot be read as text is dropped by the reader.
func findLines(strength *image.Gray, step uint8) []image.Rectangle {
	lines := groupLines(dropFrames(findBlobs(strength, step)))
	slices.SortFunc(lines, func(a, b image.Rectangle) int {
		return cmp.Or(cmp.Compare(a.Min.Y, b.Min.Y), cmp.Compare(a.Min.X, b.Min.X))
	})
	return lines
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// edges returns for each pixel how much it differs from its right and its lower
// neighbour: in brightness, or by a third of the difference in any channel. Text in another
// colour of the same brightness shows too, but less: a JPEG keeps brightness sharp and
// smears colour over four pixels, which around bright lettering looks like edges.
func edges(pic *image.RGBA) *image.Gray {
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := pic.Pix[y*pic.Stride : y*pic.Stride+4*w]
		below := row
		if y+1 < h {
			below = pic.Pix[(y+1)*pic.Stride : (y+1)*pic.Stride+4*w]
		}
		dst := out.Pix[y*out.Stride : y*out.Stride+w]
		for x := range w {
			i := 4 * x
			j := min(i+4, 4*(w-1))
			dst[x] = uint8(max(difference(row[i:i+3], row[j:j+3]), difference(row[i:i+3], below[i:i+3])))
		}
	}
	return out
}

func difference(a, b []uint8) int {
	red, green, blue := int(a[0])-int(b[0]), int(a[1])-int(b[1]), int(a[2])-int(b[2])
	bright := (299*red + 587*green + 114*blue) / 1000
	return max(bright, -bright, max(red, -red, green, -green, blue, -blue)/3)
}

// run is a stretch of edge pixels in one row.
type run struct{ y, from, to int }

// findBlobs joins edge pixels that touch, diagonally too, and leaves rules out, which hang the glyphs of a line and
// the lines of a page together.
func findBlobs(strength *image.Gray, step uint8) []blob {
	runs := findRuns(strength, step)
	blobs, of := join(runs)
	byTop := slices.DeleteFunc(slices.Clone(blobs), func(b blob) bool { return b.Empty() || b.Dx() < 3 && b.Dy() < 3 })
	slices.SortFunc(byTop, func(a, b blob) int { return cmp.Compare(a.Min.Y, b.Min.Y) })
	frame := make([]bool, len(blobs)) // a rule with sides
	alone := make([]bool, len(blobs)) // one that hangs together with nothing
	for i, b := range blobs {
		frame[i] = (hollow(b) || ruled(b)) && holdsText(b, byTop)
		alone[i] = frame[i] && hollow(b)
	}
	var kept, framing []run
	for i, r := range runs {
		switch b := blobs[of[i]]; {
		case alone[of[i]], isRule(r, b):
		case frame[of[i]]:
			framing = append(framing, r)
		default:
			kept = append(kept, r)
		}
	}
	if len(kept) < len(runs) {
		blobs, _ = join(kept)
		// What hung together with a frame is text, but for the frame's sides.
		pieces, _ := join(framing)
		for _, b := range pieces {
			if b.Dy() < 5*b.Dx() {
				blobs = append(blobs, b)
			}
		}
	}
	blobs = slices.DeleteFunc(blobs, func(b blob) bool {
		return b.Empty() || b.Dy() > maxGlyph || b.Dx() > 4*maxGlyph || // a frame, or a picture
			(b.Dx() < 3 && b.Dy() < 3) || // noise
			(b.Dy() <= 4 && b.Dx() > 60) || (b.Dy() > 40 && b.Dy() > 10*b.Dx()) // a rule
	})
	return dropDots(blobs)
}

// isRule says of a run whether it is a part of a rule: longer than any stroke of type that is read at this size, or, in
// a blob that a rule makes much wider than high, than any strokes in a row that touch. A frame that hangs together with nothing is seen as one later.
func isRule(r run, b blob) bool {
	long := r.to - r.from
	return long > longestStroke || long > 20 && long > 4*b.Dy() && !hollow(b)
}

func findRuns(strength *image.Gray, step uint8) (runs []run) {
	w, h := strength.Rect.Dx(), strength.Rect.Dy()
	for y := range h {
		row := strength.Pix[y*strength.Stride : y*strength.Stride+w]
		for x := 0; x < w; x++ {
			if row[x] < step {
				continue
			}
			from := x
			for x < w && row[x] >= step {
				x++
			}
			runs = append(runs, run{y: y, from: from, to: x})
		}
	}
	return runs
}

// join returns the blobs that runs form, some of them empty, and of each run the index of its blob.
func join(runs []run) ([]blob, []int) {
	var sets disjoint
	labels := make([]int, len(runs))
	above, first := 0, 0 // the runs of the row above, and of this row
	for i, r := range runs {
		if i > 0 && r.y != runs[i-1].y {
			above, first = first, i
			if runs[above].y != r.y-1 {
				above = first
			}
		}
		for above < first && runs[above].to < r.from {
			above++
		}
		label := -1
		for k := above; k < first && runs[k].from <= r.to; k++ {
			if label < 0 {
				label = labels[k]
			} else {
				sets.join(label, labels[k])
			}
		}
		if label < 0 {
			label = sets.add()
		}
		labels[i] = label
	}
	blobs := make([]blob, len(sets))
	for i, r := range runs {
		labels[i] = sets.root(labels[i])
		b := &blobs[labels[i]]
		b.Rectangle = b.Union(image.Rect(r.from, r.y, r.to+1, r.y+2)) // an edge lies between two pixels
		b.pixels += r.to - r.from
		b.longest = max(b.longest, r.to-r.from)
	}
	for i, r := range runs {
		b := &blobs[labels[i]]
		inset := max(2, min(b.Dx(), b.Dy())/6)
		in := b.Inset(inset)
		if r.y >= in.Min.Y && r.y < in.Max.Y {
			b.inner += max(0, min(r.to, in.Max.X)-max(r.from, in.Min.X))
		}
	}
	return blobs, labels
}

// dropDots removes the dots and dashes of dotted and dashed rules: many small blobs of one size in a row or a column.
func dropDots(blobs []blob) []blob {
	const (
		largest = 12 // px
		fewest  = 8  // a row of points that end a sentence is shorter
	)
	drop := map[int]bool{}
	chain := func(key func(blob) [3]int, along func(blob) (from, to int)) {
		rows := map[[3]int][]int{}
		for i, b := range blobs {
			if b.Dx() <= largest && b.Dy() <= largest && min(b.Dx(), b.Dy()) <= 6 {
				rows[key(b)] = append(rows[key(b)], i)
			}
		}
		for _, row := range rows {
			slices.SortFunc(row, func(i, k int) int {
				a, _ := along(blobs[i])
				b, _ := along(blobs[k])
				return cmp.Compare(a, b)
			})
			for from := 0; from < len(row); {
				to := from + 1
				for ; to < len(row); to++ {
					start, _ := along(blobs[row[to]])
					if _, end := along(blobs[row[to-1]]); start-end > largest {
						break
					}
				}
				for _, i := range row[from:to] {
					if to-from >= fewest {
						drop[i] = true
					}
				}
				from = to
			}
		}
	}
	chain(func(b blob) [3]int { return [3]int{b.Min.Y, b.Dy(), 0} }, func(b blob) (int, int) { return b.Min.X, b.Max.X })
	chain(func(b blob) [3]int { return [3]int{b.Min.X, b.Dx(), 1} }, func(b blob) (int, int) { return b.Min.Y, b.Max.Y })
	if len(drop) == 0 {
		return blobs
	}
	var kept []blob
	for i, b := range blobs {
		if !drop[i] {
			kept = append(kept, b)
		}
	}
	return kept
}

// dropFrames removes what stands around text: pills, buttons, the rules of small
// tables. Pills are hollow and hold other blobs; a ring such as ㅇ is hollow too and
// holds its own inner edge, but nothing else. Tables have long level rules and hold
// several blobs; a syllable such as 표 has a long level stroke, but one or two holes.
func dropFrames(blobs []blob) []blob {
	slices.SortFunc(blobs, func(a, b blob) int { return cmp.Compare(a.Min.Y, b.Min.Y) })
	kept := make([]blob, 0, len(blobs))
	for _, b := range blobs {
		if (hollow(b) || ruled(b)) && holdsText(b, blobs) {
			continue
		}
		kept = append(kept, b)
	}
	return kept
}

func hollow(b blob) bool { return b.Dx() > 12 && b.Dy() > 12 && 8*b.inner < b.pixels }

func ruled(b blob) bool { return b.Dx() > 24 && b.Dy() > 24 && 2*b.longest > b.Dx() }

// holdsText looks through blobs, sorted by their top, for what lies in the frame.
func holdsText(frame blob, blobs []blob) bool {
	held := 0
	at, _ := slices.BinarySearchFunc(blobs, frame.Min.Y, func(b blob, y int) int { return cmp.Compare(b.Min.Y, y) })
	for _, b := range blobs[at:] {
		if b.Min.Y >= frame.Max.Y {
			break
		}
		if b.Rectangle == frame.Rectangle || !b.In(frame.Rectangle) {
			continue
		}
		if held++; held >= 3 {
			return true
		}
		if hollow(frame) && !hollow(b) && b.Dy() >= minGlyph && 3*b.Dx() < 2*frame.Dx() {
			return true
		}
	}
	return false
}

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
	rows := groupLines(low)
	if len(rows) < 2 {
		return splitRows(set)
	}
	slices.SortFunc(rows, func(a, b image.Rectangle) int { return cmp.Compare(a.Min.Y, b.Min.Y) })
	for i, r := range rows {
		if r.Dx() < 3*r.Dy() || i > 0 && r.Min.Y < rows[i-1].Max.Y {
			return splitRows(set)
		}
	}
	return append(rows, high)
}

// splitRows returns the box of the blobs of one set or, where the set is several
// tightly set lines that hang together by a tail or a comma, the box of each.
// Between lines hardly a blob crosses; within one, most do.
func splitRows(blobs []image.Rectangle) []image.Rectangle {
	const fewest = 6 // blobs on each side: a few syllables say nothing of a line
	var box image.Rectangle
	for _, b := range blobs {
		box = box.Union(b)
	}
	if len(blobs) < 2*fewest || box.Dx() < 4*box.Dy() {
		return []image.Rectangle{box}
	}
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
	if at == 0 || 6*least > min(slices.Max(across[:at]), slices.Max(across[at:])) {
		return []image.Rectangle{box}
	}
	// A blob that crosses is a part of both lines.
	over := image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+at)
	under := image.Rect(box.Min.X, box.Min.Y+at, box.Max.X, box.Max.Y)
	var upper, lower []image.Rectangle
	for _, b := range blobs {
		if part := b.Intersect(over); !part.Empty() {
			upper = append(upper, part)
		}
		if part := b.Intersect(under); !part.Empty() {
			lower = append(lower, part)
		}
	}
	if len(upper) < fewest || len(lower) < fewest {
		return []image.Rectangle{box}
	}
	return append(splitRows(upper), splitRows(lower)...)
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
