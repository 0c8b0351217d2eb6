package recognize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"pgregory.net/rapid"
)

// printed is a word as it stands on a page, in CSS pixels.
type printed struct {
	text       string
	x, y, w, h float64
	endOfLine  bool
}

// readingOf is what an engine would say of one tile: words wholly inside are
// read, those cut by an edge are read as rubbish, and every edge of a box is off by up
// to jitter.
func readingOf(words []printed, t page.Tile, scale float64, jitter func() float64) tileText {
	a := &visionpb.TextAnnotation{}
	p := &visionpb.Page{Width: int32(float64(t.Width) * scale), Height: int32(float64(t.Height) * scale)}
	a.Pages = []*visionpb.Page{p}
	para := &visionpb.Paragraph{}
	for _, w := range words {
		top, bottom := math.Max(w.y, float64(t.Y)), math.Min(w.y+w.h, float64(t.Bottom()))
		br := visionpb.TextAnnotation_DetectedBreak_SPACE
		if w.endOfLine {
			br = visionpb.TextAnnotation_DetectedBreak_LINE_BREAK
		}
		if bottom <= top {
			if n := len(para.Words); n > 0 && w.endOfLine {
				para.Words[n-1].Symbols[0].Property.DetectedBreak.Type = br
			}
			continue
		}
		text := w.text
		if bottom-top < w.h-0.01 {
			text = "cut off"
		}
		px := func(f float64) int32 { return int32(math.Round((f + jitter()) * scale)) }
		x0, y0, x1, y1 := px(w.x-float64(t.X)), px(top-float64(t.Y)), px(w.x+w.w-float64(t.X)), px(bottom-float64(t.Y))
		para.Words = append(para.Words, spoken(text, br, x0, y0, x1, y0, x1, y1, x0, y1))
	}
	p.Blocks = []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{para}}}
	return tileText{annotation: a}
}

// spoken is a word as Vision says it, of one symbol, with the corners of its box.
func spoken(text string, br visionpb.TextAnnotation_DetectedBreak_BreakType, xy ...int32) *visionpb.Word {
	w := &visionpb.Word{Confidence: 0.9, BoundingBox: &visionpb.BoundingPoly{}}
	for i := 0; i < len(xy); i += 2 {
		w.BoundingBox.Vertices = append(w.BoundingBox.Vertices, &visionpb.Vertex{X: xy[i], Y: xy[i+1]})
	}
	w.Symbols = []*visionpb.Symbol{{Text: text, Property: &visionpb.TextAnnotation_TextProperty{
		DetectedBreak: &visionpb.TextAnnotation_DetectedBreak{Type: br}}}}
	return w
}

// exact is a jitter of nothing.
func exact() float64 { return 0 }

func tilesOf(height, tile, overlap int) []page.Tile {
	var out []page.Tile
	for y := 0; ; y += tile - overlap {
		h := min(tile, height-y)
		out = append(out, page.Tile{Y: y, Width: pageWidth, Height: h})
		if y+h >= height {
			return out
		}
	}
}

const pageWidth = 1000

// mergeOf reads a page in tiles and merges them.
func mergeOf(words []printed, tiles []page.Tile, scale float64, jitter func() float64) []result.Line {
	var read []tileText
	for _, t := range tiles {
		read = append(read, readingOf(words, t, scale, jitter))
	}
	return mergeTiles(tiles, read, scale)
}

func lineTexts(lines []result.Line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

// wordTexts are the words of the lines, sorted.
func wordTexts(lines []result.Line) []string {
	var out []string
	for _, l := range lines {
		for _, w := range l.Words {
			out = append(out, w.Text)
		}
	}
	slices.Sort(out)
	return out
}

// TestEveryWordOnce: for any page, any tile height, any scale and any overlap of at
// least the tallest word, the merged words are the words of the page, although
// every reading places them a little differently.
func TestEveryWordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scatter(t)
		jitter := rapid.SampledFrom([]float64{0, 1, 2}).Draw(t, "jitter")
		tiles, scale := tiled(t, s, jitter), rapid.SampledFrom(scales).Draw(t, "scale")
		var want []string
		for _, w := range s.words {
			want = append(want, w.text)
		}
		slices.Sort(want)
		if d := cmp.Diff(want, wordTexts(mergeOf(s.words, tiles, scale, jitterOf(t, jitter)))); d != "" {
			t.Fatalf("tiles %v, scale %v, jitter %v, words %v (-page +merged)\n%s", spans(tiles), scale, jitter, s.words, d)
		}
	})
}

// TestTextOfThePageUncut: the merged text is that of the page read in one
// piece: the same lines and blocks in the same order.
func TestTextOfThePageUncut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := setSheet(t)
		jitter := rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "jitter")
		tiles, scale := tiled(t, s, jitter), rapid.SampledFrom(scales).Draw(t, "scale")
		want := text(mergeOf(s.words, tilesOf(int(s.y)+10, int(s.y)+10, 0), scale, exact))
		if d := cmp.Diff(want, text(mergeOf(s.words, tiles, scale, jitterOf(t, jitter)))); d != "" {
			t.Fatalf("%d tiles, scale %v, jitter %v (-uncut +merged)\n%s", len(tiles), scale, jitter, d)
		}
	})
}

// TestWordThatOneTileMissed: what two tiles show whole may be missing from the
// reading of either, the one that owns it too.
func TestWordThatOneTileMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := setSheet(t)
		jitter := rapid.SampledFrom([]float64{0, 1}).Draw(t, "jitter")
		tiles := tiled(t, s, jitter)
		missedBy := map[string]int{}
		for _, w := range s.words {
			var whole []int
			for i, tile := range tiles {
				if w.y > float64(tile.Y)+2*edge && w.y+w.h < float64(tile.Bottom())-2*edge {
					whole = append(whole, i)
				}
			}
			if len(whole) > 1 && rapid.Bool().Draw(t, "missed") {
				missedBy[w.text] = rapid.SampledFrom(whole).Draw(t, "by")
			}
		}
		move := jitterOf(t, jitter)
		var read []tileText
		for i, tile := range tiles {
			read = append(read, readingOf(slices.DeleteFunc(slices.Clone(s.words), func(w printed) bool {
				by, missed := missedBy[w.text]
				return missed && by == i && !w.endOfLine
			}), tile, 1, move))
		}
		want := wordTexts(mergeOf(s.words, tilesOf(int(s.y)+10, int(s.y)+10, 0), 1, exact))
		if d := cmp.Diff(want, wordTexts(mergeTiles(tiles, read, 1))); d != "" {
			t.Fatalf("%d tiles, jitter %v, missed %v (-page +merged)\n%s", len(tiles), jitter, missedBy, d)
		}
	})
}

// TestBoxesAreInPageCoordinates whatever the device scale, where the tile lies, and
// how its picture's height was rounded.
func TestBoxesAreInPageCoordinates(t *testing.T) {
	words := []printed{{"a", 100, 50, 40, 20, true}, {"b", 300, 2000, 60, 30, true}, {"c", 20, 2470, 60, 21, true}}
	for _, scale := range []float64{1, 1.25, 1.5, 2.625, 3} {
		for _, left := range []int{0, 7} {
			tiles := tilesOf(2501, 1000, 200)
			for i := range tiles {
				tiles[i].X = left
			}
			for i, l := range mergeOf(words, tiles, scale, exact) {
				want := page.Box{X: words[i].x, Y: words[i].y, W: words[i].w, H: words[i].h}
				for k, off := range []float64{l.Box.X - want.X, l.Box.Y - want.Y, l.Box.Right() - want.Right(), l.Box.Bottom() - want.Bottom()} {
					if math.Abs(off) > 0.6/scale+0.05 {
						t.Errorf("scale %v, x %d: %s at %+v, want %+v (edge %d)", scale, left, l.Text, l.Box, want, k)
					}
				}
			}
		}
	}
}

// TestUnreadTileLosesOnlyItsOwn: what lies in the overlap with a
// tile that could not be read is kept from the one that was.
func TestUnreadTileLosesOnlyItsOwn(t *testing.T) {
	words := []printed{{"a", 10, 10, 40, 20, true}, {"b", 10, 900, 40, 20, true}, {"c", 10, 1500, 40, 20, true}}
	tiles := tilesOf(1800, 1000, 200)
	read := []tileText{readingOf(words, tiles[0], 1, exact), {err: fmt.Errorf("unreadable")}}
	if got := lineTexts(mergeTiles(tiles, read, 1)); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q, want a and b: b's band is the unread tile's, but the first tile shows it whole", got)
	}
}

// TestTableAcrossACut: its rows stay rows, one of them under the cut itself.
func TestTableAcrossACut(t *testing.T) {
	for _, columns := range []int{2, 3} {
		var words []printed
		var want []string
		for row := range 12 {
			for c := range columns {
				text := fmt.Sprintf("r%dc%d", row, c)
				words = append(words, printed{text, 40 + 280*float64(c), 100 + 42*float64(row), 90, 15, true})
				want = append(want, text)
			}
		}
		rnd := rand.New(rand.NewPCG(1, 1))
		for tile := 200; tile < 260; tile++ {
			got := lineTexts(mergeOf(words, tilesOf(620, tile, 60), 1.5, func() float64 { return 2*rnd.Float64() - 1 }))
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%d columns, tiles of %d px (-want +got)\n%s", columns, tile, d)
			}
		}
	}
}

// TestTurnedTextAcrossACut: a line that runs down the page through three tiles is one line.
func TestTurnedTextAcrossACut(t *testing.T) {
	tiles := tilesOf(1000, 400, 120)
	var read []tileText
	for _, tile := range tiles {
		para := &visionpb.Paragraph{}
		for i := range int32(9) {
			top, bottom := 50+100*i, 130+100*i
			if int(top) < tile.Y || int(bottom) > tile.Bottom() {
				continue
			}
			br := visionpb.TextAnnotation_DetectedBreak_SPACE
			if i == 8 {
				br = visionpb.TextAnnotation_DetectedBreak_LINE_BREAK
			}
			y0, y1 := top-int32(tile.Y), bottom-int32(tile.Y)
			para.Words = append(para.Words, spoken(fmt.Sprint(i), br, 60, y0, 60, y1, 30, y1, 30, y0))
		}
		read = append(read, tileText{annotation: &visionpb.TextAnnotation{Pages: []*visionpb.Page{{Width: pageWidth, Height: int32(tile.Height),
			Blocks: []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{para}}}}}}})
	}
	got := mergeTiles(tiles, read, 1)
	want := []result.Point{{X: 60, Y: 50}, {X: 60, Y: 930}, {X: 30, Y: 930}, {X: 30, Y: 50}}
	if len(got) != 1 || got[0].Text != "0 1 2 3 4 5 6 7 8" || !cmp.Equal(got[0].Polygon, want) {
		t.Errorf("got %q %+v", lineTexts(got), got[0].Polygon)
	}
}

// TestSpacesAcrossACut: Korean words of which one tile owns the first half of the
// line and another the second keep the spaces that the engine saw, and only those.
func TestSpacesAcrossACut(t *testing.T) {
	var read []tileText
	tiles := tilesOf(1800, 1000, 200)
	for _, tile := range tiles {
		at := func(y int) int32 { return int32(y - tile.Y) }
		none, space := visionpb.TextAnnotation_DetectedBreak_UNKNOWN, visionpb.TextAnnotation_DetectedBreak_SPACE
		box := func(x0, x1 int32, y0, y1 int) []int32 { return []int32{x0, at(y0), x1, at(y0), x1, at(y1), x0, at(y1)} }
		read = append(read, tileText{annotation: &visionpb.TextAnnotation{Pages: []*visionpb.Page{{Width: pageWidth, Height: int32(tile.Height),
			Blocks: []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{{Words: []*visionpb.Word{
				spoken("여드름", none, box(100, 160, 888, 908)...), // its middle is above the cut at 900
				spoken("을", space, box(162, 182, 891, 911)...),  // and this one's is below it
				spoken("치료", none, box(190, 230, 888, 908)...),
				spoken("합니다", visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE, box(232, 292, 891, 911)...),
			}}}}}}}}})
	}
	if got := lineTexts(mergeTiles(tiles, read, 1)); !slices.Equal(got, []string{"여드름을 치료합니다"}) {
		t.Errorf("got %q", got)
	}
}

func TestText(t *testing.T) {
	got := text([]result.Line{{Text: "a"}, {Text: "b"}, {Text: "c", Block: 1}})
	if want := "a\nb\n\nc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.TrimSpace(text(nil)) != "" {
		t.Error("text of nothing")
	}
}

// spans are where the tiles begin and end.
func spans(tiles []page.Tile) (out [][2]int) {
	for _, t := range tiles {
		out = append(out, [2]int{t.Y, t.Bottom()})
	}
	return out
}
