package recognize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

// printed is a word as it stands on a page, in CSS pixels.
type printed struct {
	text       string
	x, y, w, h float64
	endOfLine  bool
}

// reading is what an engine would say of one tile: words wholly inside are
// read, those cut by an edge are read as rubbish, and every box is off by up
// to jitter.
func readingOf(words []printed, t page.Tile, scale float64, jitter func() float64) tileText {
	a := &visionpb.TextAnnotation{}
	p := &visionpb.Page{Width: int32(float64(t.Width) * scale), Height: int32(float64(t.Height) * scale)}
	a.Pages = []*visionpb.Page{p}
	para := &visionpb.Paragraph{}
	for _, w := range words {
		top, bottom := math.Max(w.y, float64(t.Y)), math.Min(w.y+w.h, float64(t.Bottom()))
		if bottom <= top {
			continue
		}
		text := w.text
		if bottom-top < w.h-0.01 {
			text = "cut off"
		}
		px := func(f float64) int32 { return int32(math.Round((f + jitter()) * scale)) }
		x0, y0, x1, y1 := px(w.x), px(top-float64(t.Y)), px(w.x+w.w), px(bottom-float64(t.Y))
		br := visionpb.TextAnnotation_DetectedBreak_SPACE
		if w.endOfLine {
			br = visionpb.TextAnnotation_DetectedBreak_LINE_BREAK
		}
		para.Words = append(para.Words, &visionpb.Word{
			Confidence:  0.9,
			BoundingBox: &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}},
			Symbols: []*visionpb.Symbol{{Text: text, Property: &visionpb.TextAnnotation_TextProperty{
				DetectedBreak: &visionpb.TextAnnotation_DetectedBreak{Type: br}}}},
		})
	}
	p.Blocks = []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{para}}}
	return tileText{annotation: a}
}

func tilesOf(height, tile, overlap int) []page.Tile {
	var out []page.Tile
	for y := 0; ; y += tile - overlap {
		h := min(tile, height-y)
		out = append(out, page.Tile{Y: y, Width: 1000, Height: h})
		if y+h >= height {
			return out
		}
	}
}

// TestMergeKeepsEveryWordOnce: for any page, any tile height, and any overlap of
// at least the tallest word, the merged words are the page's words, in lines
// and in order, although every reading places them a little differently.
func TestMergeKeepsEveryWordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jitterMost := rapid.SampledFrom([]float64{0, 0.4, 1.5}).Draw(t, "jitter")
		scale := rapid.SampledFrom([]float64{1, 1.5, 2, 3}).Draw(t, "scale")
		var words []printed
		var want []string
		y, tallest := 5.0, 0.0
		for l := range rapid.IntRange(1, 40).Draw(t, "lines") {
			h := float64(rapid.IntRange(12, 72).Draw(t, "height"))
			tallest = math.Max(tallest, h)
			x, n := 10.0, rapid.IntRange(1, 6).Draw(t, "words")
			var texts []string
			for i := range n {
				// Small words stand on a large line's baseline, as they do.
				wh := h * rapid.SampledFrom([]float64{1, 1, 1, 0.9}).Draw(t, "part")
				w := printed{text: fmt.Sprintf("w%d.%d", l, i), x: x, y: y + h - wh, w: wh * 2, h: wh, endOfLine: i == n-1}
				x += w.w + h/3
				words, texts = append(words, w), append(texts, w.text)
			}
			want = append(want, strings.Join(texts, " "))
			y += h + float64(rapid.IntRange(6, 60).Draw(t, "leading"))
		}
		overlap := int(math.Ceil(tallest)) + rapid.IntRange(0, 200).Draw(t, "extra overlap")
		if jitterMost > 0 {
			overlap += int(4*jitterMost) + 8 // a word at the cut must be clear of both edges whatever the readings say
		}
		tile := overlap*2 + rapid.IntRange(1, 800).Draw(t, "tile")
		tiles := tilesOf(int(y)+10, tile, overlap)
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var read []tileText
		for _, tile := range tiles {
			read = append(read, readingOf(words, tile, scale, func() float64 { return (rnd.Float64()*2 - 1) * jitterMost }))
		}
		var got []string
		for _, l := range mergeTiles(tiles, read, scale) {
			got = append(got, l.Text)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d tiles of %d px, overlap %d:\ngot  %q\nwant %q", len(tiles), tile, overlap, got, want)
		}
	})
}

func TestBoxesAreInPageCoordinates(t *testing.T) {
	words := []printed{{"a", 100, 50, 40, 20, true}, {"b", 300, 2000, 60, 30, true}}
	tiles := tilesOf(2500, 1000, 200)
	for i := range tiles {
		tiles[i].X = 7
	}
	for _, scale := range []float64{1, 1.5, 3} {
		var read []tileText
		for _, tile := range tiles {
			read = append(read, readingOf(words, tile, scale, func() float64 { return 0 }))
		}
		lines := mergeTiles(tiles, read, scale)
		want := []page.Box{{X: 107, Y: 50, W: 40, H: 20}, {X: 307, Y: 2000, W: 60, H: 30}}
		for i, l := range lines {
			if math.Abs(l.Box.X-want[i].X) > 0.5 || math.Abs(l.Box.Y-want[i].Y) > 0.5 || math.Abs(l.Box.W-want[i].W) > 0.7 {
				t.Errorf("scale %v: %s at %+v, want %+v", scale, l.Text, l.Box, want[i])
			}
		}
	}
}

// TestUnreadTileLosesOnlyItsOwn: what lies in the overlap with a
// tile that could not be read is kept from the one that was.
func TestUnreadTileLosesOnlyItsOwn(t *testing.T) {
	words := []printed{{"a", 10, 10, 40, 20, true}, {"b", 10, 900, 40, 20, true}, {"c", 10, 1500, 40, 20, true}}
	tiles := tilesOf(1800, 1000, 200)
	read := []tileText{readingOf(words, tiles[0], 1, func() float64 { return 0 }), {err: fmt.Errorf("unreadable")}}
	var got []string
	for _, l := range mergeTiles(tiles, read, 1) {
		got = append(got, l.Text)
	}
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q, want a and b: b's band is the unread tile's, but the first tile shows it whole", got)
	}
}

func TestRotatedWordKeepsItsPolygon(t *testing.T) {
	c := coordinates{tile: page.Tile{Y: 100}, perPixel: 0.5}
	box, polygon := c.box(&visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: 100, Y: 0}, {X: 100, Y: 80}, {X: 60, Y: 80}, {X: 60, Y: 0}}})
	if len(polygon) != 4 || polygon[1].Y != 140 || box.W != 20 || box.H != 40 {
		t.Errorf("box %+v, polygon %+v", box, polygon)
	}
	_, level := c.box(&visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: 0, Y: 0}, {X: 100, Y: 1}, {X: 100, Y: 31}, {X: 0, Y: 30}}})
	if level != nil {
		t.Errorf("a level word has polygon %+v", level)
	}
}

func TestReadingOrder(t *testing.T) {
	at := func(block int, x, y, w, h float64) piece {
		return piece{block: block, box: page.Box{X: x, Y: y, W: w, H: h}}
	}
	pieces := []piece{
		at(3, 500, 120, 300, 400), at(1, 0, 0, 1000, 50), at(2, 0, 100, 400, 450), at(4, 0, 600, 1000, 40),
	}
	var got []float64
	for i := range pieces {
		pieces[i].words = nil
	}
	for _, l := range readingOrder(pieces) {
		got = append(got, l.Box.X+l.Box.Y)
	}
	if !slices.Equal(got, []float64{0, 100, 620, 600}) {
		t.Errorf("order %v: want the head, the left column, the right one, the foot", got)
	}
}
