package codes

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"golang.org/x/image/draw"
)

// BenchmarkTile decodes a tile of 1280x4096 px and finds its codes: none, and two.
func BenchmarkTile(b *testing.B) {
	for name, n := range map[string]int{"none": 0, "two": 2} {
		b.Run(name, func(b *testing.B) {
			img := image.NewRGBA(image.Rect(0, 0, 1280, 4096))
			draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
			for y := 0; y < 4096; y += 40 { // strokes like those of type
				for x := 20; x < 1260; x += 7 {
					draw.Draw(img, image.Rect(x, y+x%11, x+2+x%3, y+16+x%5), image.Black, image.Point{}, draw.Src)
				}
			}
			for i := range n {
				standard().on(b, img, image.Pt(400+300*i, 900+1500*i))
			}
			var tile bytes.Buffer
			if err := jpeg.Encode(&tile, img, &jpeg.Options{Quality: 90}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if f, err := find(b.Context(), tile.Bytes()); err != nil || len(f.Codes) != n {
					b.Fatalf("%+v, %v", f, err)
				}
			}
		})
	}
}
