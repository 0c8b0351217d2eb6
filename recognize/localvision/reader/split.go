package reader

import (
	"cmp"
	"image"
	"slices"
)

// What hangs together is one line, or several that a tail, a comma or something high beside them hangs together.

// splitSizes takes a set apart where something high, such as a logo, hangs lines together that stand beside it.
func splitSizes(set []image.Rectangle) []image.Rectangle {
	if icon, rest := takeIcon(set); rest != nil {
		return append(splitSizes(rest), icon)
	}
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

// takeIcon takes what stands apart at the left of a set and reaches above and below all else of it, as the icon of a button does; rest is nil
// where there is none.
func takeIcon(set []image.Rectangle) (icon image.Rectangle, rest []image.Rectangle) {
	sorted := slices.SortedFunc(slices.Values(set), func(a, b image.Rectangle) int { return cmp.Compare(a.Min.X, b.Min.X) })
	for i, b := range sorted {
		if i > 0 && b.Min.X > icon.Max.X {
			others := union(sorted[i:])
			gap := b.Min.X - icon.Max.X
			apart := 2*gap >= icon.Dy() || 20*gap >= 7*others.Dy() && others.Dx() >= 2*others.Dy() // one syllable may be low, as 드 is
			out := icon.Min.Y+2 <= others.Min.Y && icon.Max.Y >= others.Max.Y+2 && 10*icon.Dy() >= 13*others.Dy()
			if apart && out && 10*icon.Dx() >= 6*icon.Dy() && icon.Dx() <= 2*icon.Dy() {
				return icon, sorted[i:]
			}
		}
		icon = icon.Union(b)
	}
	return image.Rectangle{}, nil
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

// splitRagged takes two lines apart of which one is much shorter, as the last of a paragraph is. Where the longer stands alone it is about half as
// high as both, and what little crosses where it ends is a tail or a comma. It returns the blobs of each, nil where there is but one line.
func splitRagged(blobs []image.Rectangle, box image.Rectangle) (upper, lower []image.Rectangle) {
	const (
		fewest = 6  // blobs of the longer line beside the shorter
		least  = 11 // px: what is lower is rather a part of syllables
	)
	middle := middle(box.Min.Y, box.Max.Y)
	over, under := image.Rectangle{}, image.Rectangle{} // what lies in one half alone
	for _, b := range blobs {
		switch {
		case b.Max.Y <= middle:
			over = over.Union(b)
		case b.Min.Y >= middle:
			under = under.Union(b)
		}
	}
	for _, short := range []image.Rectangle{under, over} {
		if short.Empty() {
			continue
		}
		alone, n := image.Rectangle{}, 0
		across := make([]int, box.Dy()) // of each row, the px that blobs cover above or below the shorter line
		for _, b := range blobs {
			if b.Min.X >= short.Max.X || b.Max.X <= short.Min.X {
				alone = alone.Union(b)
				n++
				continue
			}
			for y := b.Min.Y; y < b.Max.Y; y++ {
				across[y-box.Min.Y] += min(b.Max.X, short.Max.X) - max(b.Min.X, short.Min.X)
			}
		}
		if n < fewest || alone.Dy() < least || 100*alone.Dy() > 66*box.Dy() {
			continue
		}
		end := alone.Max.Y - box.Min.Y
		if short == over {
			end = alone.Min.Y - box.Min.Y
		}
		reach := max(2, alone.Dy()/5)
		at := -1
		for y := max(least, end-reach); y <= min(box.Dy()-least, end+reach); y++ {
			if at < 0 || across[y] < across[at] {
				at = y
			}
		}
		if at < 0 || 5*across[at] > min(slices.Max(across[:at]), slices.Max(across[at:])) {
			continue
		}
		return partsOf(blobs, image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+at)), partsOf(blobs, image.Rect(box.Min.X, box.Min.Y+at, box.Max.X, box.Max.Y))
	}
	return nil, nil
}

// partsOf are the parts of blobs in a box. A blob that crosses its side is a part of both lines.
func partsOf(blobs []image.Rectangle, box image.Rectangle) (parts []image.Rectangle) {
	for _, b := range blobs {
		if part := b.Intersect(box); !part.Empty() {
			parts = append(parts, part)
		}
	}
	return parts
}
