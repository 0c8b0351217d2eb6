package recognize

import (
	"slices"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
)

func TestRotatedWordKeepsItsPolygon(t *testing.T) {
	c := newCoordinates(page.Tile{Y: 100}, nil, 2)
	box, polygon := c.box(&visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: 100, Y: 0}, {X: 100, Y: 80}, {X: 60, Y: 80}, {X: 60, Y: 0}}})
	if len(polygon) != 4 || polygon[1].Y != 140 || box.W != 20 || box.H != 40 {
		t.Errorf("box %+v, polygon %+v", box, polygon)
	}
	_, level := c.box(&visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: 0, Y: 0}, {X: 100, Y: 1}, {X: 100, Y: 31}, {X: 0, Y: 30}}})
	if level != nil {
		t.Errorf("a level word has polygon %+v", level)
	}
}

func TestNormalizedVertices(t *testing.T) {
	c := newCoordinates(page.Tile{Y: 100, Width: 400, Height: 200}, &visionpb.Page{Width: 800, Height: 400}, 2)
	box, _ := c.box(&visionpb.BoundingPoly{NormalizedVertices: []*visionpb.NormalizedVertex{{X: 0.25, Y: 0.5}, {X: 0.5, Y: 0.5}, {X: 0.5, Y: 0.75}, {X: 0.25, Y: 0.75}}})
	if want := (page.Box{X: 100, Y: 200, W: 100, H: 50}); box != want {
		t.Errorf("got %+v, want %+v", box, want)
	}
	// A picture that somebody made half as large, and one whose size was only rounded.
	for height, want := range map[int32]float64{200: 1, 399: 0.5, 401: 0.5} {
		c := newCoordinates(page.Tile{Width: 400, Height: 200}, &visionpb.Page{Width: 800, Height: height}, 2)
		if got := c.point(0, 100).Y; got != 100*want {
			t.Errorf("picture of %d px: pixel 100 is at %v CSS px, want %v", height, got, 100*want)
		}
	}
}

// TestDetectedBreaks: each kind of break, after a word and before it.
func TestDetectedBreaks(t *testing.T) {
	const (
		unknown = visionpb.TextAnnotation_DetectedBreak_UNKNOWN
		space   = visionpb.TextAnnotation_DetectedBreak_SPACE
		sure    = visionpb.TextAnnotation_DetectedBreak_SURE_SPACE
		eol     = visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE
		hyphen  = visionpb.TextAnnotation_DetectedBreak_HYPHEN
		newline = visionpb.TextAnnotation_DetectedBreak_LINE_BREAK
	)
	type brk = visionpb.TextAnnotation_DetectedBreak_BreakType
	at := func(x int32, text string, b brk) *visionpb.Word {
		return spoken(text, b, x, 0, x+40, 0, x+40, 20, x, 20)
	}
	prefixed := func(w *visionpb.Word) *visionpb.Word {
		w.Symbols[0].Property.DetectedBreak.IsPrefix = true
		return w
	}
	for _, c := range []struct {
		name  string
		words []*visionpb.Word
		want  []string
	}{
		{"space", []*visionpb.Word{at(0, "a", space), at(50, "b", newline)}, []string{"a b"}},
		{"no break, no space", []*visionpb.Word{at(0, "a", unknown), at(42, "b", newline)}, []string{"ab"}},
		{"wide space within a line", []*visionpb.Word{at(0, "a", sure), at(60, "b", newline)}, []string{"a b"}},
		{"wide space at a gutter", []*visionpb.Word{at(0, "a", sure), at(70, "b", newline)}, []string{"a", "b"}},
		{"space of that width", []*visionpb.Word{at(0, "a", space), at(70, "b", newline)}, []string{"a b"}},
		{"space wider than text has", []*visionpb.Word{at(0, "a", space), at(90, "b", newline)}, []string{"a", "b"}},
		{"line ends", []*visionpb.Word{at(0, "a", eol), at(0, "b", newline), at(0, "c", unknown)}, []string{"a", "b", "c"}},
		{"hyphen", []*visionpb.Word{at(0, "mira", hyphen), at(0, "cle", newline)}, []string{"mira-", "cle"}},
		{"space before", []*visionpb.Word{at(0, "a", unknown), prefixed(at(50, "b", space))}, []string{"a b"}},
		{"line begins", []*visionpb.Word{at(0, "a", space), prefixed(at(50, "b", newline)), at(100, "c", newline)}, []string{"a", "bc"}},
		{"word on one column of pixels", []*visionpb.Word{at(0, "a", space), spoken("1", space, 50, 0, 50, 0, 50, 20, 50, 20), at(60, "b", newline)}, []string{"a 1 b"}},
		{"word without a box", []*visionpb.Word{at(0, "a", space), {Symbols: at(0, "x", newline).Symbols}, at(50, "b", newline)}, []string{"a", "b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, l := range newCoordinates(page.Tile{Width: 1000, Height: 100}, nil, 1).lines(c.words) {
				s := ""
				for i, w := range l.words {
					s += w.Text
					if w.Space && i+1 < len(l.words) {
						s += " "
					}
				}
				got = append(got, s)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
