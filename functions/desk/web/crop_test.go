package web

import (
	"image"
	"testing"

	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// tiled is a page of a width and height in tiles of at most so many rows.
func tiled(width, height, rows int) result.Result {
	r := result.Result{Page: result.Page{Width: width, Height: height, Scale: 1}}
	for y := 0; y < height; y += rows {
		r.Tiles = append(r.Tiles, page.Tile{Y: y, Width: width, Height: min(rows, height-y)})
	}
	return r
}

// A crop lies within the page, shows the finding or its beginning with something
// around it, and is no larger than it may be.
func TestCrops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := tiled(rapid.IntRange(1, 2000).Draw(t, "width"), rapid.IntRange(1, 200_000).Draw(t, "height"), 4096)
		w, h := float64(r.Page.Width), float64(r.Page.Height)
		draw := func(name string, most float64) float64 { return rapid.Float64Range(-50, most+50).Draw(t, name) }
		f := result.Finding{Box: page.Box{X: draw("x", w), Y: draw("y", h), W: draw("w", w), H: draw("h", h)}}
		c, ok := cropOf(r, f, cropWidth("480"))
		at := f.Box.Clip(w, h)
		if ok != !at.Empty() {
			t.Fatalf("%v: a crop is %v", f.Box, ok)
		}
		if !ok {
			return
		}
		if c.Region.Empty() || !c.Region.In(image.Rect(0, 0, r.Page.Width, r.Page.Height)) {
			t.Fatalf("%v of a page of %v x %v", c.Region, w, h)
		}
		if c.Region.Dy() > mostHigh+2*mostAround+2 {
			t.Fatalf("%v is too tall", c.Region)
		}
		if c.Width > 480 || c.Width < 1 {
			t.Fatalf("%d px wide", c.Width)
		}
		top := float64(c.Region.Min.Y)
		if float64(c.Region.Min.X) > at.X || float64(c.Region.Max.X) < at.Right() || top > at.Y || !c.Part && float64(c.Region.Max.Y) < at.Bottom() {
			t.Fatalf("%v does not show %v, part %v", c.Region, at, c.Part)
		}
		if at.Y > leastAround && at.Y-top < leastAround-1 {
			t.Fatalf("%v shows nothing above %v", c.Region, at)
		}
		if c.Part != (at.H > mostHigh) {
			t.Fatalf("%v: part is %v", at, c.Part)
		}
	})
}

func TestCropsOfQuotes(t *testing.T) {
	r := tiled(1280, 20_000, 4000)
	for _, c := range []struct {
		name  string
		f     result.Finding
		want  image.Rectangle
		tiles int
		part  bool
	}{
		{"a short one", result.Finding{Box: page.Box{X: 400, Y: 1000, W: 200, H: 40}}, image.Rect(290, 944, 710, 1096), 1, false},
		{"at the top left", result.Finding{Box: page.Box{X: 0, Y: 0, W: 80, H: 20}}, image.Rect(0, 0, 420, 132), 1, false},
		{"at the end", result.Finding{Box: page.Box{X: 1200, Y: 19_980, W: 80, H: 20}}, image.Rect(860, 19_868, 1280, 20_000), 1, false},
		{"across a cut", result.Finding{Box: page.Box{X: 400, Y: 3980, W: 200, H: 40}}, image.Rect(290, 3924, 710, 4076), 2, false},
		{"two lines", result.Finding{Boxes: []page.Box{{X: 600, Y: 1000, W: 600, H: 40}, {X: 80, Y: 1060, W: 100, H: 40}}}, image.Rect(0, 900, 1280, 1200), 1, false},
		{"lines far from each other", result.Finding{Boxes: []page.Box{{X: 400, Y: 1000, W: 200, H: 40}, {X: 400, Y: 9000, W: 200, H: 40}}}, image.Rect(290, 944, 710, 1096), 1, true},
		{"a whole tile", result.Finding{Box: page.Box{Y: 4000, W: 1280, H: 4000}}, image.Rect(0, 3840, 1280, 4880), 2, true},
	} {
		got, ok := cropOf(r, c.f, 480)
		if !ok || got.Region != c.want || got.Part != c.part || len(got.tiles(r)) != c.tiles {
			t.Errorf("%s: %v part %v of tiles %v, want %v", c.name, got.Region, got.Part, got.tiles(r), c.want)
		}
	}
	if _, ok := cropOf(r, result.Finding{}, 480); ok {
		t.Error("what is missing from the page has a crop")
	}
	if c, _ := cropOf(r, result.Finding{Box: page.Box{X: 400, Y: 1000, W: 20, H: 10}}, 640); c.Width != 420 {
		t.Errorf("a crop is enlarged to %d", c.Width)
	}
	for asked, want := range map[string]int{"": 480, "x": 480, "1": 120, "-5": 120, "300": 300, "99999999": 640} {
		if got := cropWidth(asked); got != want {
			t.Errorf("w=%s is %d, want %d", asked, got, want)
		}
	}
}
