package recognize

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// sliced puts a design into the store, cut at these rows into tiles that do not overlap.
func sliced(t *testing.T, m *memory, design image.Image, cuts ...int) {
	t.Helper()
	b := design.Bounds()
	m.putManifest(t, func(p *page.Manifest) {
		p.Width, p.Height, p.Tiles = b.Dx(), b.Dy(), nil
		from := 0
		for i, to := range append(slices.Clone(cuts), b.Dy()) {
			part := image.NewRGBA(image.Rect(0, 0, b.Dx(), to-from))
			draw.Draw(part, part.Rect, design, image.Pt(0, from), draw.Src)
			var out bytes.Buffer
			if err := jpeg.Encode(&out, part, &jpeg.Options{Quality: 90}); err != nil {
				t.Fatal(err)
			}
			uri := store.URI{Bucket: "shots", Object: fmt.Sprintf("p-1/run/%03d.jpg", i)}
			m.putTile(uri, out.String())
			p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: from, Width: b.Dx(), Height: to - from})
			from = to
		}
	})
}

// ground is a white picture with black bars at these rows, 20 px high.
func ground(height int, bars ...int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 600, height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for _, y := range bars {
		for x := 100; x < 500; x += 40 {
			draw.Draw(img, image.Rect(x, y, x+20, y+20), image.NewUniform(color.Black), image.Point{}, draw.Src)
		}
	}
	return img
}

// A seam lies over each cut that something crosses, and over no other.
func TestSeams(t *testing.T) {
	for _, c := range []struct {
		name   string
		height int
		bars   []int
		cuts   []int
		want   string // the tiles, seams in brackets
	}{
		{"nothing crosses", 2000, []int{100, 1200}, []int{700}, "0-700 700-2000"},
		{"a line crosses", 2000, []int{690}, []int{700}, "0-700 [666-734] 700-2000"},
		{"a line ends at the cut", 2000, []int{680}, []int{700}, "0-700 700-2000"}, // and a blank begins below it
		{"lines touch the cut on both sides", 2000, []int{679, 701}, []int{700}, "0-700 [655-745] 700-2000"},
		{"two cuts", 2000, []int{690, 1490}, []int{700, 1500}, "0-700 [666-734] 700-1500 [1466-1534] 1500-2000"},
		{"a low slice", 2000, []int{690, 790}, []int{700, 800}, "0-700 [666-834] 800-2000"},
		{"low slices", 2000, []int{690, 790, 890}, []int{700, 800, 900}, "0-700 [666-934] 900-2000"},
		{"a low slice at the top", 2000, []int{90}, []int{100}, "[0-134] 100-2000"},
		{"a low slice at the end", 2000, []int{1890}, []int{1900}, "0-1900 [1866-2000]"},
		{"a low slice that is calm below", 2000, []int{690}, []int{700, 800}, "0-700 [666-800] 800-2000"},
		{"a photo crosses", 2000, nil, []int{700}, "0-700 [444-956] 700-2000"},
		{"nothing but low slices", 300, []int{90, 190}, []int{100, 200}, "[0-300]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t)
			seeingCodes(r, m)
			design := ground(c.height, c.bars...)
			if c.bars == nil {
				for y := range c.height {
					for x := range 600 {
						design.SetRGBA(x, y, color.RGBA{uint8(128 + 90*math.Sin(float64(y)/9)), uint8(128 + 90*math.Sin(float64(x+y)/20)), 90, 255})
					}
				}
			}
			sliced(t, m, design, c.cuts...)
			_, res, err := r.Page(t.Context(), manifestURI)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, tile := range res.Tiles {
				s := fmt.Sprintf("%d-%d", tile.Y, tile.Bottom())
				if tile.Seam {
					s = "[" + s + "]"
					sameAs(t, m, tile, design)
				}
				got = append(got, s)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
}

// sameAs holds a tile's picture against the design that it is a part of.
func sameAs(t *testing.T, m *memory, tile page.Tile, design *image.RGBA) {
	t.Helper()
	uri, err := store.ParseURI(tile.Object)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(m.Objects()[uri]))
	if err != nil || img.Bounds().Dy() != tile.Height || img.Bounds().Dx() != tile.Width {
		t.Fatalf("%s is %v, %v", tile.Object, img, err)
	}
	for y := 0; y < tile.Height; y += 3 {
		for x := 2; x < 600; x += 7 {
			a, _, _, _ := img.At(x, y).RGBA()
			b, _, _, _ := design.At(x, tile.Y+y).RGBA()
			if max(a, b)-min(a, b) > 60<<8 {
				t.Fatalf("%s shows %d at %d,%d, the design %d", tile.Object, a>>8, x, y, b>>8)
			}
		}
	}
}

// TestNoSeamOfPicturesOfAnotherSize: a manifest that says four pixels where there
// is one would have a seam drawn of sixteen times as many, or of any number.
func TestNoSeamOfPicturesOfAnotherSize(t *testing.T) {
	for scale, want := range map[float64]bool{1: true, 4: false} {
		r, m, _ := recognizer(t)
		seeingCodes(r, m)
		sliced(t, m, ground(2000, 690), 700)
		lying, err := page.Decode(m.Objects()[manifestURI])
		if err != nil {
			t.Fatal(err)
		}
		lying.Scale = scale
		b, err := lying.Encode()
		if err != nil {
			t.Fatal(err)
		}
		m.put(manifestURI, "application/json", b, nil)
		_, res, err := r.Page(t.Context(), manifestURI)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(res.Tiles, func(t page.Tile) bool { return t.Seam }); got != want {
			t.Errorf("at %v px a CSS px, a seam: %v", scale, got)
		}
	}
}

// A QR code that is cut by two pictures is read, once.
func TestCodeAcrossACut(t *testing.T) {
	r, m, _ := recognizer(t)
	seeingCodes(r, m)
	design := ground(2000)
	code, err := qrcode.NewQRCodeWriter().Encode(chat, gozxing.BarcodeFormat_QR_CODE, 150, 150, nil)
	if err != nil {
		t.Fatal(err)
	}
	draw.Draw(design, image.Rect(200, 630, 350, 780), code, image.Point{}, draw.Src)
	sliced(t, m, design, 700)
	if _, res, err := r.Page(t.Context(), manifestURI); err != nil || len(res.Codes) != 1 || !res.Codes[0].Box.Overlaps(page.Box{X: 220, Y: 650, W: 100, H: 100}) {
		t.Errorf("%v, %+v", err, res.Codes)
	}
}
