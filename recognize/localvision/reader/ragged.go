package reader

import (
	"image"
	"slices"
)

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
