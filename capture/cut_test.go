package capture

import (
	"slices"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

func TestCuts(t *testing.T) {
	for _, c := range []struct {
		name   string
		height int
		cut    cutting
		want   []span
	}{
		{"one", 100, cutting{height: 400, overlap: 50}, []span{{0, 100}}},
		{"as high as may be", 400, cutting{height: 400, overlap: 50}, []span{{0, 400}}},
		{"a row more", 401, cutting{height: 400, overlap: 50}, []span{{0, 400}, {350, 401}}},
		{"three", 1000, cutting{height: 400, overlap: 50}, []span{{0, 400}, {350, 750}, {700, 1000}}},
		{"at a clean row", 700, cutting{height: 400, overlap: 50, clean: []int{360}}, []span{{0, 360}, {360, 700}}},
		{"at the last of them", 700, cutting{height: 400, overlap: 50, clean: []int{220, 390, 401}}, []span{{0, 390}, {390, 700}}},
		{"not too soon", 700, cutting{height: 400, overlap: 50, clean: []int{200}}, []span{{0, 400}, {350, 700}}},
		{"a line is kept whole", 700, cutting{height: 400, overlap: 50, keep: []span{{330, 370}}}, []span{{0, 400}, {330, 700}}},
		{"what is too high is cut", 900, cutting{height: 400, overlap: 50, keep: []span{{100, 800}}}, []span{{0, 400}, {350, 750}, {700, 900}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []span
			for _, b := range c.cut.bands(band{width: 10, height: c.height}) {
				got = append(got, span{b.y, b.y + b.height})
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// However a region is cut, the bands cover it, none is too high, and what
// crosses a cut is whole in one of them if it is no higher than the overlap.
func TestCutsCoverTheRegion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cutting{height: rapid.IntRange(64, 5000).Draw(t, "height")}
		c.overlap = rapid.IntRange(1, c.height/2).Draw(t, "overlap")
		region := band{x: 3, y: rapid.IntRange(0, 500).Draw(t, "y"), width: 10, height: rapid.IntRange(1, 30_000).Draw(t, "region")}
		c.clean = rapid.SliceOfN(rapid.IntRange(0, 31_000), 0, 30).Draw(t, "clean")
		slices.Sort(c.clean)
		for range rapid.IntRange(0, 10).Draw(t, "keeps") {
			from := rapid.IntRange(0, 30_000).Draw(t, "from")
			c.keep = append(c.keep, span{from, from + rapid.IntRange(1, 900).Draw(t, "rows")})
		}
		end := region.y
		for i, b := range c.bands(region) {
			clean := slices.Contains(c.clean, b.y) && b.y == end
			switch {
			case b.height > c.height || b.height <= 0 || b.x != 3 || b.width != 10:
				t.Fatalf("band %d is %+v", i, b)
			case i > 0 && b.y > end || i == 0 && b.y != region.y:
				t.Fatalf("band %d begins at %d, after %d", i, b.y, end)
			case i > 0 && !clean && end-b.y < c.overlap:
				t.Fatalf("band %d overlaps by %d of %d", i, end-b.y, c.overlap)
			case b.y+b.height <= end:
				t.Fatalf("band %d ends at %d, where the one above does", i, b.y+b.height)
			}
			end = b.y + b.height
		}
		if end != region.y+region.height {
			t.Fatalf("the bands end at %d", end)
		}
	})
}

// No tile has more pixels than Vision reads at full size, whatever a profile says.
func TestTilesFitVision(t *testing.T) {
	for _, scale := range []float64{.5, 1, 1.5, 2, 3, 4} {
		for _, width := range []int{200, 1280, 4096} {
			p := Profile{Scale: scale, TileHeight: 8192, Overlap: 256}
			c := cuttingOf(p, width)
			pixels := float64(width) * scale * float64(c.height) * scale
			if pixels > page.MaxPixels || float64(c.height)*scale > page.MaxRows || c.overlap > c.height/2 || c.height < 100 {
				t.Errorf("%d px at %v: %+v, %.0f pixels", width, scale, c, pixels)
			}
		}
	}
}
