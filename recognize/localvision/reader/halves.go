package reader

import "image"

// joinHalves puts the halves of lines together that are struck through: large type whose strokes all end at the rule is found as two lines.
// One lies right above the other, and a rule runs between them that both touch.
func joinHalves(lines []image.Rectangle, strength *image.Gray, step uint8) []image.Rectangle {
	for i := 0; i < len(lines); i++ {
		for k := i + 1; k < len(lines); k++ {
			upper, lower := lines[i], lines[k]
			if upper.Min.Y > lower.Min.Y {
				upper, lower = lower, upper
			}
			if halves(upper, lower) && ruleBetween(upper, lower, strength, step) {
				lines[i] = upper.Union(lower)
				lines = append(lines[:k], lines[k+1:]...)
				k = i
			}
		}
	}
	return lines
}

// halves says whether one box lies right above the other, about as high and of about the same length.
func halves(upper, lower image.Rectangle) bool {
	low, high := min(upper.Dy(), lower.Dy()), max(upper.Dy(), lower.Dy())
	gap := lower.Min.Y - upper.Max.Y
	across := min(upper.Max.X, lower.Max.X) - max(upper.Min.X, lower.Min.X)
	return 10*low >= 5*high && gap >= -low/3 && gap <= max(4, low/4) && 10*across >= 6*min(upper.Dx(), lower.Dx()) && across >= 2*high
}

// ruleBetween says whether a row of edges runs along two boxes where one ends and the other begins, nearer to both than an underline is
// to the line below it.
func ruleBetween(upper, lower image.Rectangle, strength *image.Gray, step uint8) bool {
	const reach = 3 // px
	from, to := max(upper.Min.X, lower.Min.X), min(upper.Max.X, lower.Max.X)
	first, last := -1, -1
	for y := max(0, min(upper.Max.Y, lower.Min.Y)-reach); y < min(strength.Rect.Dy(), max(upper.Max.Y, lower.Min.Y)+reach); y++ {
		edge := 0
		for x := from; x < to; x++ {
			if strength.Pix[y*strength.Stride+x] >= step {
				edge++
			}
		}
		if 10*edge >= 9*(to-from) {
			if first < 0 {
				first = y
			}
			last = y
		}
	}
	return first >= 0 && first-upper.Max.Y < reach && lower.Min.Y-last-1 < reach
}
