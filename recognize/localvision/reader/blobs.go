package reader

import (
	"cmp"
	"image"
	"slices"
)

// blob is a set of touching edge pixels: a glyph, a part of one, or a frame.
type blob struct {
	image.Rectangle
	pixels  int // edge pixels of the blob
	inner   int // those of them away from the sides of its box
	longest int // px: its longest level run of edge pixels
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
		case isRule(r, b) && !betweenHalves(b, byTop):
		case alone[of[i]]:
			if in, ok := within(r, b); ok {
				kept = append(kept, in)
			}
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

// within is the part of a run that lies in a frame with corners, away from its sides: of a glyph that touches one.
func within(r run, frame blob) (run, bool) {
	const side = 3 // px: a rule of one or two and its edges
	in := frame.Inset(side)
	r.from, r.to = max(r.from, in.Min.X), min(r.to, in.Max.X)
	return r, 10*frame.longest >= 9*frame.Dx() && r.y >= in.Min.Y && r.y < in.Max.Y && r.from < r.to
}

// isRule says of a run whether it is a part of a rule: longer than any stroke of type that is read at this size, or, in
// a blob that a rule makes much wider than high, than any strokes in a row that touch. A frame that hangs together with nothing is seen as one later.
func isRule(r run, b blob) bool {
	long := r.to - r.from
	return long > longestStroke || long > 20 && long > 4*b.Dy() && !hollow(b)
}

// betweenHalves says whether a level stroke has a part of a syllable right above it and another right below, as that of 응 has: it is about as long as all of
// that is high.
func betweenHalves(stroke blob, byTop []blob) bool {
	const longest = 100 // px
	if stroke.Dx() > longest || 2*stroke.Dy() > stroke.Dx() {
		return false
	}
	near := max(4, stroke.Dx()/5)
	var above, below image.Rectangle
	for _, b := range byTop {
		if b.Min.Y > stroke.Max.Y+near {
			break
		}
		if b.Min.X < stroke.Min.X-2 || b.Max.X > stroke.Max.X+2 || 3*b.Dx() < stroke.Dx() || b.Dy() > stroke.Dx() {
			continue
		}
		if b.Max.Y <= stroke.Min.Y+2 && b.Max.Y >= stroke.Min.Y-near {
			above = above.Union(b.Rectangle)
		}
		if b.Min.Y >= stroke.Max.Y-2 {
			below = below.Union(b.Rectangle)
		}
	}
	high := above.Union(below).Dy()
	return !above.Empty() && !below.Empty() && 10*high >= 7*stroke.Dx() && 10*high <= 14*stroke.Dx()
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

// holdsText looks through blobs, sorted by their top, for what lies in the frame. Text has room on all sides; the parts of
// syllables whose level strokes touch are as high as those or as low.
func holdsText(frame blob, blobs []blob) bool {
	held, within := 0, frame.Rectangle
	if !hollow(frame) {
		within = within.Inset(max(3, min(8, frame.Dy()/10)))
	}
	at, _ := slices.BinarySearchFunc(blobs, frame.Min.Y, func(b blob, y int) int { return cmp.Compare(b.Min.Y, y) })
	for _, b := range blobs[at:] {
		if b.Min.Y >= frame.Max.Y {
			break
		}
		if b.Rectangle == frame.Rectangle || !b.In(within) {
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
