package capture

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

func TestCuts(t *testing.T) {
	type span struct{ from, to int }
	at := func(ys ...int) (rows []row) {
		for _, y := range ys {
			rows = append(rows, row{Y: y, Rank: uint32(1000 - y)})
		}
		return rows
	}
	piece := func(ys ...int) (rows []row) {
		for _, y := range ys {
			rows = append(rows, row{Y: y, Piece: true})
		}
		return rows
	}
	for _, c := range []struct {
		name   string
		height int
		rows   []row
		want   []span
	}{
		{"one", 100, nil, []span{{0, 100}}},
		{"as high as may be", 400, nil, []span{{0, 400}}},
		{"a row more", 401, nil, []span{{0, 400}, {350, 401}}},
		{"three", 1000, nil, []span{{0, 400}, {350, 750}, {700, 1000}}},
		{"at a clean row", 700, at(360), []span{{0, 360}, {360, 700}}},
		{"at the highest of them", 700, at(220, 350, 390, 401), []span{{0, 350}, {350, 700}}},
		{"at one in the lower half, the last", 700, at(220, 300), []span{{0, 300}, {300, 700}}},
		{"not too soon", 700, at(200), []span{{0, 400}, {350, 700}}},
		{"not where there is no need", 390, at(360), []span{{0, 390}}},
		{"pieces", 700, piece(0, 100, 350, 700), []span{{0, 100}, {100, 350}, {350, 700}}},
		{"a strip is no piece", 700, piece(7, 350, 357, 695), []span{{0, 350}, {350, 700}}},
		{"a piece before the best row", 700, append(at(60), append(piece(120), at(470, 500)...)...), []span{{0, 120}, {120, 470}, {470, 700}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []span
			for _, b := range (cutting{height: 400, overlap: 50, rows: c.rows}).bands(band{width: 10, height: c.height}) {
				got = append(got, span{b.y, b.y + b.height})
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// However a region is cut, the bands cover it, none is too high, and neighbours
// overlap but at a row that nothing crosses.
func TestCutsCoverTheRegion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cutting{height: rapid.IntRange(64, 5000).Draw(t, "height")}
		c.overlap = rapid.IntRange(1, c.height/2).Draw(t, "overlap")
		region := band{x: 3, y: rapid.IntRange(0, 500).Draw(t, "y"), width: 10, height: rapid.IntRange(1, 30_000).Draw(t, "region")}
		c.rows = drawRows(t, 31_000)
		end := region.y
		for i, b := range c.bands(region) {
			clean := b.y == end && slices.ContainsFunc(c.rows, func(r row) bool { return r.Y == b.y })
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

func drawRows(t *rapid.T, below int) []row {
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
		return row{Y: rapid.IntRange(0, below).Draw(t, "row"), Rank: rapid.Uint32().Draw(t, "rank"), Piece: rapid.Bool().Draw(t, "piece")}
	}), 0, 60).Draw(t, "rows")
	slices.SortFunc(rows, func(a, b row) int { return a.Y - b.Y })
	return rows
}

// A large picture is the same band wherever it stands.
func TestAPieceIsTheSameAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cutting{height: 4096, overlap: 256, rows: drawRows(t, 4990)}
		top := rapid.IntRange(5000, 9000).Draw(t, "top")
		height := rapid.IntRange(512, 4000).Draw(t, "picture")
		c.rows = append(c.rows, row{Y: top, Piece: true}, row{Y: top + height, Piece: true})
		whole := band{width: 10, height: top + height + rapid.IntRange(strip, 9000).Draw(t, "after")}
		if !slices.ContainsFunc(c.bands(whole), func(b band) bool { return b.y == top && b.height == height }) {
			t.Fatalf("no band is %d to %d: %+v", top, top+height, c.bands(whole))
		}
	})
}

// Ordinary text with something put in before it is cut as before soon after.
func TestCutsComeTogetherAgain(t *testing.T) {
	for _, c := range []struct{ least, most, want float64 }{{20, 40, 1.3}, {10, 300, 3}} {
		if each := freshTiles(int(c.least), int(c.most)); each > c.want {
			t.Errorf("%.2f tiles a page are new when %v to %v rows were put in before it, want %v at most", each, c.least, c.most, c.want)
		}
	}
}

// freshTiles is how many tiles of a page of some 16 are new, the first apart, when rows were put in before it.
func freshTiles(least, most int) float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	var fresh, pages int
	for range 200 {
		var rows []row
		y := 0
		for y < 60_000 {
			y += 40 + rng.IntN(160)
			rows = append(rows, row{Y: y, Rank: rng.Uint32()})
		}
		shift := least + rng.IntN(most-least)
		moved := make([]row, 0, len(rows)+1)
		for _, r := range rows {
			r.Y += shift
			moved = append(moved, r)
		}
		before := map[band]bool{}
		for _, b := range (cutting{height: 4096, overlap: 256, rows: rows}).bands(band{width: 1, height: y + 40}) {
			before[b] = true
		}
		for _, b := range (cutting{height: 4096, overlap: 256, rows: moved}).bands(band{width: 1, height: y + 40 + shift}) {
			b.y -= shift
			if !before[b] {
				fresh++
			}
		}
		pages++
	}
	return float64(fresh) / float64(pages)
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
