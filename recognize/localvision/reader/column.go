package reader

import (
	"cmp"
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/draw"
)

// Glyphs that stand farther from each other than those of a line usually do are found one by one, or a few at a time. They are
// one text if they are alike and follow each other: from left to right, letter-spaced; or from top to bottom, upright.
// They are set closely beside each other and read as a line.

// fewestApart is how many boxes make a spaced line or a column.
const fewestApart = 3

// single says whether a box may be that of one glyph.
func single(r image.Rectangle) bool {
	return r.Dy() >= minGlyph && 10*r.Dx() >= 3*r.Dy() && 10*r.Dx() <= 16*r.Dy()
}

// takeSpaced takes letter-spaced lines out: boxes on a line, most of them of a single glyph, no farther apart than a space
// and two letter spaces as wide as a glyph.
func takeSpaced(boxes []image.Rectangle) (lines, rest []image.Rectangle) {
	follows := func(a, b image.Rectangle) bool {
		low, high := min(a.Dy(), b.Dy()), max(a.Dy(), b.Dy())
		level := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
		gap := b.Min.X - a.Max.X
		return 10*high <= 16*low && 10*level >= 7*low && gap > 0 && 10*gap <= 24*high
	}
	may := func(b image.Rectangle) bool { return b.Dx() <= 6*b.Dy() }
	chains, rest := chain(boxes, may, follows, func(r image.Rectangle) int { return r.Min.X })
	for _, c := range chains {
		var box image.Rectangle
		singles, near := 0, 0
		for i, b := range c {
			box = box.Union(b)
			if single(b) {
				singles++
			}
			if i > 0 && 10*(b.Min.X-c[i-1].Max.X) <= 16*b.Dy() {
				near++
			}
		}
		if len(c) < fewestApart || 2*singles < len(c) || 2*near < len(c) {
			rest = append(rest, c...)
			continue
		}
		lines = append(lines, box)
	}
	slices.SortFunc(rest, byPlace)
	return lines, rest
}

// takeColumns takes upright text out: boxes below each other that stand nearer than the lines of a text do.
func takeColumns(boxes []image.Rectangle) (columns, rest []image.Rectangle) {
	follows := func(a, b image.Rectangle) bool {
		size := max(a.Dx(), b.Dx())
		apart := middle(a.Min.X, a.Max.X) - middle(b.Min.X, b.Max.X)
		gap := b.Min.Y - a.Max.Y
		return 10*max(apart, -apart) <= 3*size && size <= 2*min(a.Dx(), b.Dx()) && gap >= -size/8 && 10*gap <= 15*size
	}
	may := func(b image.Rectangle) bool { return b.Dx() >= 2*minGlyph && 10*b.Dx() <= 22*b.Dy() }
	chains, rest := chain(boxes, may, follows, func(r image.Rectangle) int { return r.Min.Y })
	for _, c := range chains {
		var box image.Rectangle
		var gaps []int
		low := 0
		for i, b := range c {
			box = box.Union(b)
			if i > 0 {
				gaps = append(gaps, b.Min.Y-c[i-1].Max.Y)
			}
			if 10*b.Dx() > 16*b.Dy() { // such as 으
				low++
			}
		}
		slices.Sort(gaps)
		single := len(c) == 1 && box.Dx() >= 2*minGlyph
		switch {
		case 10*box.Dy() < 23*box.Dx(), // two glyphs
			2*low > len(c), // words below each other
			!single && 100*gaps[(len(gaps)-1)/2] > 35*box.Dx(): // lines of a text
			rest = append(rest, c...)
		default:
			columns = append(columns, box)
		}
	}
	slices.SortFunc(rest, byPlace)
	return columns, rest
}

func byPlace(a, b image.Rectangle) int {
	return cmp.Or(cmp.Compare(a.Min.Y, b.Min.Y), cmp.Compare(a.Min.X, b.Min.X))
}

// chain returns the rows of boxes of which each follows the one before, and those that may not be in one.
func chain(boxes []image.Rectangle, may func(image.Rectangle) bool, follows func(a, b image.Rectangle) bool, along func(image.Rectangle) int) (chains [][]image.Rectangle, rest []image.Rectangle) {
	var left []image.Rectangle
	for _, b := range boxes {
		if may(b) {
			left = append(left, b)
		} else {
			rest = append(rest, b)
		}
	}
	slices.SortStableFunc(left, func(a, b image.Rectangle) int { return cmp.Compare(along(a), along(b)) })
	used := make([]bool, len(left))
	for i := range left {
		if used[i] {
			continue
		}
		row := []image.Rectangle{left[i]}
		for k := i + 1; k < len(left); k++ {
			if !used[k] && follows(row[len(row)-1], left[k]) {
				used[k] = true
				row = append(row, left[k])
			}
		}
		chains = append(chains, row)
	}
	return chains, rest
}

// layOut returns the glyphs of each spaced line from left to right, and of each column from top to bottom, set close to be read and put
// back where they stand.
func layOut(pic *image.RGBA, strength *image.Gray, spaced, columns []image.Rectangle) (out []candidate) {
	for _, box := range spaced {
		out = append(out, spread{glyphs: glyphsAlong(strength, box, false)}.candidate(pic))
	}
	for _, box := range columns {
		out = append(out, spread{glyphs: glyphsAlong(strength, box, true), upright: true}.candidate(pic))
	}
	return out
}

// spread is a text whose glyphs stand apart.
type spread struct {
	glyphs  []image.Rectangle
	upright bool
}

func (a spread) gap(i int) int {
	if a.upright {
		return a.glyphs[i+1].Min.Y - a.glyphs[i].Max.Y
	}
	return a.glyphs[i+1].Min.X - a.glyphs[i].Max.X
}

// glyphsAlong cuts a box where no ink is, and puts the parts of one glyph together, which is about as long as the
// box is wide; what is longer in a column is several glyphs.
func glyphsAlong(strength *image.Gray, box image.Rectangle, upright bool) []image.Rectangle {
	box = box.Intersect(strength.Rect)
	length, size := box.Dx(), box.Dy()
	if upright {
		length, size = size, length
	}
	ink := make([]int, length)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if strength.Pix[y*strength.Stride+x] >= edgeStep {
				if upright {
					ink[y-box.Min.Y]++
				} else {
					ink[x-box.Min.X]++
				}
			}
		}
	}
	var parts [][2]int
	for at := 0; at < length; at++ {
		if ink[at] == 0 {
			continue
		}
		from := at
		for at < length && ink[at] > 0 {
			at++
		}
		if n := len(parts); n > 0 && 8*(from-parts[n-1][1]) <= size && 100*(at-parts[n-1][0]) <= 108*size {
			parts[n-1][1] = at
		} else {
			parts = append(parts, [2]int{from, at})
		}
	}
	var out []image.Rectangle
	for _, p := range parts {
		n := 1
		if upright {
			n = max(1, (10*(p[1]-p[0])+5*size)/(10*size))
		}
		from := p[0]
		for k := range n {
			to := p[1]
			if k < n-1 {
				wish := p[0] + (k+1)*(p[1]-p[0])/n
				to = wish
				for d := range size / 5 {
					for _, at := range []int{wish - d, wish + d} {
						if ink[at] < ink[to] {
							to = at
						}
					}
				}
			}
			r := image.Rect(box.Min.X+from, box.Min.Y, box.Min.X+to+1, box.Max.Y)
			if upright {
				r = image.Rect(box.Min.X, box.Min.Y+from, box.Max.X, box.Min.Y+to+1)
			}
			out = append(out, r.Intersect(box))
			from = to
		}
	}
	return out
}

func (a spread) candidate(pic *image.RGBA) candidate {
	var ends []int // where each glyph ends in the line
	return candidate{
		cut: func() (s strip) {
			s, ends = a.closeUp(pic)
			return s
		},
		place: func(l *Line) {
			l.Box = image.Rectangle{}
			for k := range l.Words {
				w := &l.Words[k]
				w.Box = image.Rectangle{}
				for g := range w.Glyphs {
					at, _ := slices.BinarySearch(ends, middle(w.Glyphs[g].Box.Min.X, w.Glyphs[g].Box.Max.X))
					w.Glyphs[g].Box = a.glyphs[min(at, len(ends)-1)]
					w.Box = w.Box.Union(w.Glyphs[g].Box)
				}
				l.Box = l.Box.Union(w.Box)
			}
		},
	}
}

// closeUp sets the glyphs beside each other, as near as those of a line, and cuts that line, with where in it each glyph ends.
func (a spread) closeUp(pic *image.RGBA) (strip, []int) {
	var all image.Rectangle
	size, length, nearest := 0, 0, 0
	for i, b := range a.glyphs {
		all = all.Union(b)
		size = max(size, b.Dy())
		length += b.Dx()
		if i > 0 && (i == 1 || a.gap(i-1) < nearest) {
			nearest = a.gap(i - 1)
		}
	}
	usual := max(1, size/10) // between two glyphs
	margin := max(3, size/4)
	// The ground is what is left and right of a column, or above and below a line.
	beside := image.Rect(all.Min.X-3, all.Min.Y, all.Min.X-1, all.Max.Y)
	if !a.upright {
		beside = image.Rect(all.Min.X, all.Min.Y-3, all.Max.X, all.Min.Y-1)
	}
	ground := middleColour(pic, beside.Intersect(pic.Rect))
	width := length + 2*margin
	gaps := make([]int, len(a.glyphs))
	for i := range len(a.glyphs) - 1 {
		gaps[i] = usual + min(2*size, max(0, a.gap(i)-nearest))
		width += gaps[i]
	}
	out := image.NewRGBA(image.Rect(0, 0, width, size+2*margin))
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{uint8(ground[0]), uint8(ground[1]), uint8(ground[2]), 255}), image.Point{}, draw.Src)
	x := margin
	ends := make([]int, len(a.glyphs))
	for i, b := range a.glyphs {
		to := image.Rectangle{Max: b.Size()}.Add(image.Pt(x, margin+(size-b.Dy())/2))
		draw.Draw(out, to, pic, b.Min, draw.Src)
		x = to.Max.X + gaps[i]
		ends[i] = x
	}
	return cutStrip(out, image.Rect(margin, margin, width-margin, margin+size)), ends
}
