package recognize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

// sheet is a page being set, a section below the other.
type sheet struct {
	t       *rapid.T
	words   []printed
	y       float64
	tallest float64
}

func (s *sheet) between(low, high int, what string) float64 {
	return float64(rapid.IntRange(low, high).Draw(s.t, what))
}

// line sets n words and returns where it ends. Their texts are all different.
func (s *sheet) line(x, y, h float64, n int) float64 {
	for i := range n {
		w := printed{text: fmt.Sprintf("w%d", len(s.words)), x: x, y: y, h: h, w: h * s.between(1, 3, "width"), endOfLine: i == n-1}
		x += w.w + h/3
		s.words = append(s.words, w)
	}
	s.tallest = max(s.tallest, h)
	return y + h
}

// text sets lines of one size to fill a column.
func (s *sheet) text(x, y float64, lines int) float64 {
	h := s.between(14, 22, "type")
	for i := range lines {
		n := 8 / (1 + i/(lines-1)) // the last line is not full
		for k := range n {
			s.words = append(s.words, printed{fmt.Sprintf("w%d", len(s.words)), x + float64(k)*h*2, y, h * 1.7, h, k == n-1})
		}
		y += math.Round(1.6 * h)
	}
	s.tallest = max(s.tallest, h)
	return y
}

func (s *sheet) banner() {
	h := s.between(36, 72, "headline")
	s.y = s.line(200, s.y, h, 2)
}

func (s *sheet) paragraph() { s.y = s.text(40, s.y, int(s.between(2, 6, "lines"))) }

func (s *sheet) columns() {
	left := s.text(40, s.y, int(s.between(2, 6, "lines")))
	right := s.text(540, s.y+s.between(0, 1, "lower")*12, int(s.between(2, 6, "lines")))
	s.y = max(left, right)
}

func (s *sheet) table() {
	h := s.between(12, 18, "type")
	columns, pitch := int(s.between(2, 3, "columns")), h*s.between(3, 4, "pitch")
	for range int(s.between(2, 6, "rows")) {
		for c := range columns {
			s.line(60+float64(c)*300, s.y, h, 1+c%2)
		}
		s.y += pitch
	}
}

// setSheet sets a page of several sections with room between them.
func setSheet(t *rapid.T) *sheet {
	s := &sheet{t: t, y: 10}
	for range rapid.IntRange(1, 8).Draw(t, "sections") {
		rapid.SampledFrom([]func(){s.banner, s.paragraph, s.columns, s.table}).Draw(t, "section")()
		s.y += s.between(100, 180, "room") // more than belongs together below the largest type
	}
	return s
}

// scatter sets words anywhere, so long as they do not touch each other.
func scatter(t *rapid.T) *sheet {
	s := &sheet{t: t}
	for range rapid.IntRange(1, 25).Draw(t, "rows") {
		h := s.between(12, 72, "height")
		for x := s.between(0, 300, "x"); x < 800; x += s.between(1, 300, "gap") {
			wh := math.Round(h * s.between(7, 10, "tenths") / 10)
			w := printed{fmt.Sprintf("w%d", len(s.words)), x, s.y + s.between(0, int(h-wh), "drop"), s.between(6, 200, "width"), wh, s.between(0, 3, "ends") == 0}
			s.words = append(s.words, w)
			s.tallest = max(s.tallest, wh)
			x += w.w + 5
		}
		s.y += h + s.between(5, 60, "leading")
	}
	return s
}

// tiled draws how a page is cut: by a grid of any tile height and any overlap that
// is at least the tallest word, or at any rows whatever, with seams where something
// is near. Where readings jitter, the overlap must be larger by what makes a word
// cut by an edge tell from one that only touches it.
func tiled(t *rapid.T, s *sheet, jitter float64) []page.Tile {
	if rapid.Bool().Draw(t, "cut anywhere") {
		return cutAnywhere(t, s)
	}
	overlap := int(s.tallest) + rapid.IntRange(0, 200).Draw(t, "extra overlap")
	if jitter > 0 {
		overlap += 2 * edge
	}
	return tilesOf(int(s.y)+10, overlap+rapid.IntRange(10, 1500).Draw(t, "step"), overlap)
}

// cutAnywhere draws rows at which a page is cut without an overlap.
func cutAnywhere(t *rapid.T, s *sheet) []page.Tile {
	var tiles []page.Tile
	height := int(s.y) + 10
	for y := 0; y < height; {
		h := min(rapid.SampledFrom([]int{8, 30, 100, 255, 256, 300, 600, 1500}).Draw(t, "tile")+rapid.IntRange(0, 50).Draw(t, "more"), height-y)
		tiles = append(tiles, page.Tile{Y: y, Width: pageWidth, Height: h})
		y += h
	}
	var out []page.Tile
	still := func(y int) bool {
		return !slices.ContainsFunc(s.words, func(w printed) bool { return float64(y+1) > w.y && float64(y-1) < w.y+w.h })
	}
	for _, part := range seams(tiles, func(i int) bool { return calmAround(s.words, float64(tiles[i].Bottom())) < calmRows }) {
		if part.seam && part.from > tiles[part.first].Y {
			part.from = calmBefore(tiles[part.first].Bottom(), part.from, endRows, still)
		}
		if part.seam && part.to < tiles[part.last].Bottom() {
			part.to = calmAfter(tiles[part.last].Y, part.to, endRows, still)
		}
		out = append(out, page.Tile{Y: part.from, Width: pageWidth, Height: part.to - part.from, Seam: part.seam})
	}
	return out
}

// calmAround is how many rows around row y no word is in.
func calmAround(words []printed, y float64) float64 {
	above, below := math.Inf(-1), math.Inf(1)
	for _, w := range words {
		switch {
		case w.y+w.h <= y:
			above = max(above, w.y+w.h)
		case w.y >= y:
			below = min(below, w.y)
		default:
			return 0
		}
	}
	return below - above
}

func jitterOf(t *rapid.T, most float64) func() float64 {
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	return func() float64 { return (rnd.Float64()*2 - 1) * most }
}

var scales = []float64{1, 1.25, 1.5, 2, 3}
