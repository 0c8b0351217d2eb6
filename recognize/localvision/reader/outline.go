package reader

import (
	"context"
	"image"
	"math"
	"slices"
)

// Letters over photographs often have a rim of another colour. What differs most
// from the ground is then rim and letter both, and the line is read badly and
// with little confidence. Both are even in colour though, as nothing else there
// is: so a line in doubt is read again by each of its two most even colours that are not the ground's.

const (
	// doubt is the mean confidence below which a line is read again.
	doubt = 0.75
	// sure is the mean confidence from which on the second reading is taken: scraps of pictures
	// have even colours too, and are not to become text by being asked about often enough.
	sure = 0.85
	// fewestGlyphs is how many glyphs a line has at least: scraps of pictures are read as fewer. So are rims; a line that has room for
	// so many is read again all the same.
	fewestGlyphs = 3
)

// rereadDoubtful replaces strips of candidates, and the pages that were read of them, by those of a
// single colour where these are read with more confidence.
func (r *Reader) rereadDoubtful(ctx context.Context, of []candidate, strips []strip, pages [][]Glyph) error {
	var again []strip
	var lines []int
	for i, glyphs := range pages {
		if of[i].pic != nil && inDoubt(strips[i].line, glyphs) {
			for _, s := range cutByColour(of[i].pic, strips[i].line) {
				again, lines = append(again, s), append(lines, i)
			}
		}
	}
	if len(again) == 0 {
		return nil
	}
	read, err := r.readStrips(ctx, again)
	if err != nil {
		return err
	}
	for k, i := range lines {
		if c := meanConfidence(read[k]); len(read[k]) >= fewestGlyphs && c >= sure && c > meanConfidence(pages[i]) {
			strips[i], pages[i] = again[k], read[k]
		}
	}
	return nil
}

// inDoubt says whether a line is to be read again.
func inDoubt(line image.Rectangle, glyphs []Glyph) bool {
	room := line.Dx() >= fewestGlyphs*line.Dy()
	return (room || len(glyphs) >= fewestGlyphs) && meanConfidence(glyphs) < doubt
}

// cutByColour cuts a line out of the picture for each of its two most even colours,
// as what has that colour on white; none where it has no two that differ enough. What is as frequent in
// the line's margin as in the line is its ground, which is even, too, where a photograph is out of focus.
func cutByColour(pic *image.RGBA, line image.Rectangle) []strip {
	const most = 3 // even colours that are looked at: letter, rim and ground
	box := line.Inset(-max(2, line.Dy()/6)).Intersect(pic.Rect)
	var seen, own [][3]int
	for len(seen) < most && len(own) < 2 {
		c, ok := evenColour(pic, box, seen)
		if !ok {
			break
		}
		seen = append(seen, c)
		if !groundColour(pic, box, line, c) {
			own = append(own, c)
		}
	}
	if len(own) < 2 && len(seen) >= 2 {
		own = seen[:2]
	}
	if len(own) < 2 {
		return nil
	}
	first, second := own[0], own[1]
	if plain(pic, box, first, second) {
		return nil
	}
	var out []strip
	for _, c := range [][3]int{first, second} {
		// Between a letter and its rim the colours run into each other; where
		// the letter ends is tried nearer to it and farther from it.
		for _, reach := range []int{apart(first, second) * 2 / 5, apart(first, second) * 3 / 5} {
			s := enlarge(likeness(pic, box, c, max(1, reach)), box.Min, line.Dy())
			s.line = line
			out = append(out, s)
		}
	}
	return out
}

// plain says whether all of a box is one of two colours or lies between them: text on an even ground, which is read no better by them.
func plain(pic *image.RGBA, box image.Rectangle, a, b [3]int) bool {
	const off = 75 // of 0..765
	var along [3]float64
	length := 0.0
	for i := range along {
		along[i] = float64(b[i] - a[i])
		length += along[i] * along[i]
	}
	others := 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			c := at(pic, x, y)
			t := 0.0
			for i := range c {
				t += float64(c[i]-a[i]) * along[i] / length
			}
			t = min(1.2, max(-0.2, t))
			d := 0.0
			for i := range c {
				d += math.Abs(float64(c[i]-a[i]) - t*along[i])
			}
			if d > off {
				others++
			}
		}
	}
	return 50*others < area(box)
}

// likeness is the box as dark as it is like a colour, and white from reach on.
func likeness(pic *image.RGBA, box image.Rectangle, c [3]int, reach int) *image.Gray {
	gray := image.NewGray(image.Rect(0, 0, box.Dx(), box.Dy()))
	for y := range box.Dy() {
		for x := range box.Dx() {
			gray.Pix[y*gray.Stride+x] = uint8(min(255, 255*apart(c, at(pic, box.Min.X+x, box.Min.Y+y))/reach))
		}
	}
	return gray
}

// alike is how far apart two pixels of one colour are at most, of 0..765.
const alike = 60

// groundColour says whether a colour is as frequent above and below a line as in it.
func groundColour(pic *image.RGBA, box, line image.Rectangle, c [3]int) bool {
	count := func(r image.Rectangle) (n int) {
		r = r.Intersect(pic.Rect) // a line may reach its edge
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if apart(c, at(pic, x, y)) <= alike {
					n++
				}
			}
		}
		return n
	}
	above := image.Rect(box.Min.X, box.Min.Y, box.Max.X, line.Min.Y-1)
	below := image.Rect(box.Min.X, line.Max.Y+1, box.Max.X, box.Max.Y)
	rim := area(above) + area(below)
	return rim > 0 && (count(above)+count(below))*area(line) >= count(line)*rim
}

// evenColour returns the colour that most pixels of the box have, and whether a
// twentieth of them have it. Those like others are left out.
func evenColour(pic *image.RGBA, box image.Rectangle, not [][3]int) ([3]int, bool) {
	const differs = 150 // of 0..765: colours that a JPEG does not make of one
	count := map[[3]int]int{}
	most := 0
	var colour [3]int
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			c := at(pic, x, y)
			if slices.ContainsFunc(not, func(n [3]int) bool { return apart(c, n) < differs }) {
				continue
			}
			key := [3]int{c[0] / 24, c[1] / 24, c[2] / 24}
			if count[key]++; count[key] > most {
				most, colour = count[key], c
			}
		}
	}
	if most == 0 {
		return colour, false
	}
	n := 0
	for range 3 { // towards the middle of those alike
		var sum [3]int
		n = 0
		for y := box.Min.Y; y < box.Max.Y; y++ {
			for x := box.Min.X; x < box.Max.X; x++ {
				if c := at(pic, x, y); apart(c, colour) <= alike {
					for i := range c {
						sum[i] += c[i]
					}
					n++
				}
			}
		}
		for i := range sum {
			colour[i] = sum[i] / max(1, n)
		}
	}
	return colour, 20*n >= area(box)
}

func at(pic *image.RGBA, x, y int) [3]int {
	i := pic.PixOffset(x, y)
	return [3]int{int(pic.Pix[i]), int(pic.Pix[i+1]), int(pic.Pix[i+2])}
}

// apart is how far two colours differ, of 0..765.
func apart(a, b [3]int) (d int) {
	for i := range a {
		d += max(a[i]-b[i], b[i]-a[i])
	}
	return d
}
