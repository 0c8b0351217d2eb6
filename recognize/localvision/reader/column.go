package reader

import (
	"cmp"
	"context"
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/draw"
)

// Glyphs that stand farther from each other than those of a line usually do are found one by one. They are one text if they
// are alike and follow each other at even distances: from left to right, letter-spaced; or from top to bottom, upright.

const fewestSingles = 3 // glyphs that make a spaced line or a column

// single says whether a box may be that of one glyph.
func single(r image.Rectangle) bool {
	return r.Dy() >= 2*minGlyph && 10*r.Dx() >= 3*r.Dy() && 10*r.Dx() <= 16*r.Dy()
}

// joinSpaced puts glyphs together that stand beside each other at even distances, up to one and a half times their height.
func joinSpaced(boxes []image.Rectangle) []image.Rectangle {
	follows := func(a, b image.Rectangle) bool {
		low, high := min(a.Dy(), b.Dy()), max(a.Dy(), b.Dy())
		level := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
		gap := b.Min.X - a.Max.X
		return 10*high <= 15*low && 10*level >= 7*low && gap > 0 && 10*gap <= 16*high
	}
	chains, rest := chain(boxes, follows, func(r image.Rectangle) int { return r.Min.X })
	for _, c := range chains {
		var box image.Rectangle
		for _, b := range c {
			box = box.Union(b)
		}
		rest = append(rest, box)
	}
	slices.SortFunc(rest, byPlace)
	return rest
}

// takeColumns takes the glyphs that stand below each other out, each column from top to bottom, where they stand nearer
// than the lines of a text do and nothing stands beside them.
func takeColumns(boxes []image.Rectangle) (columns [][]image.Rectangle, rest []image.Rectangle) {
	follows := func(a, b image.Rectangle) bool {
		size := max(a.Dx(), b.Dx())
		apart := middle(a.Min.X, a.Max.X) - middle(b.Min.X, b.Max.X)
		gap := b.Min.Y - a.Max.Y
		return 10*max(apart, -apart) <= 3*size && 10*max(a.Dx(), b.Dx()) <= 18*min(a.Dx(), b.Dx()) && gap >= -size/8 && 10*gap <= 9*size
	}
	chains, rest := chain(boxes, follows, func(r image.Rectangle) int { return r.Min.Y })
	for _, c := range chains {
		var gaps []int
		width := 0
		for i := range c {
			width = max(width, c[i].Dx())
			if i > 0 {
				gaps = append(gaps, c[i].Min.Y-c[i-1].Max.Y)
			}
		}
		slices.Sort(gaps)
		if 100*gaps[len(gaps)/2] > 35*width { // lines of a text
			rest = append(rest, c...)
			continue
		}
		columns = append(columns, c)
	}
	slices.SortFunc(rest, byPlace)
	return columns, rest
}

func byPlace(a, b image.Rectangle) int {
	return cmp.Or(cmp.Compare(a.Min.Y, b.Min.Y), cmp.Compare(a.Min.X, b.Min.X))
}

// chain returns the rows of single glyphs of which each follows the one before, and what is in none.
func chain(boxes []image.Rectangle, follows func(a, b image.Rectangle) bool, along func(image.Rectangle) int) (chains [][]image.Rectangle, rest []image.Rectangle) {
	var singles []image.Rectangle
	for _, b := range boxes {
		if single(b) {
			singles = append(singles, b)
		} else {
			rest = append(rest, b)
		}
	}
	slices.SortStableFunc(singles, func(a, b image.Rectangle) int { return cmp.Compare(along(a), along(b)) })
	used := make([]bool, len(singles))
	for i := range singles {
		if used[i] {
			continue
		}
		used[i] = true
		row := []image.Rectangle{singles[i]}
		for k := i + 1; k < len(singles); k++ {
			if !used[k] && follows(row[len(row)-1], singles[k]) {
				used[k] = true
				row = append(row, singles[k])
			}
		}
		if len(row) >= fewestSingles {
			chains = append(chains, row)
		} else {
			rest = append(rest, row...)
		}
	}
	return chains, rest
}

// readColumns reads upright text: its glyphs are set beside each other in a picture of a line, and what is read is put back
// where they stand.
func (r *Reader) readColumns(ctx context.Context, pic *image.RGBA, columns [][]image.Rectangle) ([]Line, error) {
	if len(columns) == 0 {
		return nil, nil
	}
	strips := make([]strip, len(columns))
	cells := make([][]int, len(columns)) // where each glyph ends in the line
	for i, c := range columns {
		strips[i], cells[i] = layLevel(pic, c)
	}
	pages, err := r.readStrips(ctx, strips)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for i, glyphs := range pages {
		l, ok := makeLine(strips[i], glyphs)
		if !ok {
			continue
		}
		l.Box = image.Rectangle{}
		for k := range l.Words {
			w := &l.Words[k]
			w.Box = image.Rectangle{}
			for g := range w.Glyphs {
				at, _ := slices.BinarySearch(cells[i], middle(w.Glyphs[g].Box.Min.X, w.Glyphs[g].Box.Max.X))
				w.Glyphs[g].Box = columns[i][min(at, len(columns[i])-1)]
				w.Box = w.Box.Union(w.Glyphs[g].Box)
			}
			l.Box = l.Box.Union(w.Box)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// layLevel sets the glyphs of a column beside each other and cuts that line, with where in the line each glyph ends.
func layLevel(pic *image.RGBA, column []image.Rectangle) (strip, []int) {
	var all image.Rectangle
	size := 0
	for _, b := range column {
		all = all.Union(b)
		size = max(size, b.Dx(), b.Dy())
	}
	margin := max(3, size/4)
	ground := middleColour(pic, image.Rect(all.Min.X-3, all.Min.Y, all.Min.X-1, all.Max.Y).Intersect(pic.Rect))
	out := image.NewRGBA(image.Rect(0, 0, all.Dy()+len(column)*size+2*margin, size+2*margin))
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{uint8(ground[0]), uint8(ground[1]), uint8(ground[2]), 255}), image.Point{}, draw.Src)
	x := margin
	ends := make([]int, len(column))
	var line image.Rectangle
	for i, b := range column {
		to := image.Rectangle{Max: b.Size()}.Add(image.Pt(x, margin+(size-b.Dy())/2))
		draw.Draw(out, to, pic, b.Min, draw.Src)
		line = line.Union(to)
		x = to.Max.X
		if i+1 < len(column) {
			x += max(size/12, column[i+1].Min.Y-b.Max.Y)
		}
		ends[i] = x
	}
	out = out.SubImage(image.Rect(0, 0, x+margin, out.Rect.Dy())).(*image.RGBA)
	return cutStrip(out, line), ends
}
