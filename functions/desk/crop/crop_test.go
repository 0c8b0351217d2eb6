package crop

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var blue = color.RGBA{0, 0, 255, 255}

// twoTiles is a page at 2 pixels a CSS pixel, with a blue rectangle in the lower tile.
func twoTiles() (result.Result, image.Image, page.Box) {
	r := result.Result{Page: result.Page{Width: 500, Height: 900, Scale: 2}, Tiles: []page.Tile{{Width: 500, Height: 500}, {Y: 400, Width: 500, Height: 500}}}
	box := page.Box{X: 200, Y: 600, W: 100, H: 20}
	img := image.NewRGBA(image.Rect(0, 0, 1000, 1000))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(400, 400, 600, 440), image.NewUniform(blue), image.Point{}, draw.Src)
	return r, img, box
}

func TestTile(t *testing.T) {
	r, _, box := twoTiles()
	for _, c := range []struct {
		box  page.Box
		want int
	}{{box, 1}, {page.Box{X: 10, Y: 10, W: 10, H: 10}, 0}, {page.Box{X: 10, Y: 420, W: 10, H: 10}, 0}, {page.Box{X: 10, Y: 450, W: 10, H: 200}, 1}, {page.Box{}, -1}, {page.Box{X: 600, Y: 10, W: 5, H: 5}, -1}} {
		if got := Tile(r, c.box); got != c.want {
			t.Errorf("%v lies on tile %d, want %d", c.box, got, c.want)
		}
	}
}

// TestAround: the place, what is around it, and a line that does not cover it.
func TestAround(t *testing.T) {
	r, img, box := twoTiles()
	got := Around(img, r.Tiles[1], box, 2000)
	if want := image.Pt(2*(100+2*marginX), 2*(20+2*marginY)); got.Rect.Size() != want {
		t.Fatalf("the crop has %v, want %v", got.Rect.Size(), want)
	}
	for _, c := range []struct {
		x, y int
		want color.Color
	}{{2 * marginX, 2 * marginY, blue}, {2*marginX + 199, 2*marginY + 39, blue}, {2*marginX - 2*frame, 2*marginY + 20, color.RGBA{224, 32, 47, 255}}, {2*marginX - 2, 2*marginY + 20, color.RGBA{255, 255, 255, 255}}, {0, 0, color.RGBA{255, 255, 255, 255}}} {
		if got.At(c.x, c.y) != c.want {
			t.Errorf("%d,%d is %v, want %v", c.x, c.y, got.At(c.x, c.y), c.want)
		}
	}
	if small := Around(img, r.Tiles[1], box, 170); small.Rect.Dx() != 170 {
		t.Errorf("the crop is %d wide, want 170", small.Rect.Dx())
	}
	if plain := Plain(img, r.Tiles[1], box); plain.At(2*marginX-2*frame, 2*marginY+20) != (color.RGBA{255, 255, 255, 255}) {
		t.Error("something is drawn on a plain crop")
	}
	if off := Around(img, r.Tiles[1], page.Box{X: 900, Y: 5000, W: 5, H: 5}, 100); !off.Rect.Empty() {
		t.Errorf("a place off the tile has a crop of %v", off.Rect)
	}
	if _, err := JPEG(image.NewRGBA(image.Rectangle{}), 80); err == nil {
		t.Error("nothing was encoded")
	}
}

func TestDecode(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 5000, 4001))); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(b.Bytes()); err == nil {
		t.Error("a picture larger than any tile was decoded")
	}
	for _, bad := range []string{"", "GIF89a", "<svg/>"} {
		if _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q was decoded", bad)
		}
	}
}
