package reader

import (
	"bytes"
	"image"
	"testing"

	"golang.org/x/image/tiff"
	"pgregory.net/rapid"
)

func TestEncodeTIFF(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		pic := image.NewGray(image.Rect(0, 0, w, h))
		copy(pic.Pix, rapid.SliceOfN(rapid.Byte(), w*h, w*h).Draw(t, "pixels"))
		out, err := tiff.Decode(bytes.NewReader(encodeTIFF([]*image.Gray{pic, pic})))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := out.(*image.Gray); !ok || got.Rect != pic.Rect || !bytes.Equal(got.Pix, pic.Pix) {
			t.Fatalf("got %T of %v", out, out.Bounds())
		}
	})
}
