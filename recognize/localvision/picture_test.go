package localvision

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/bmp"
	"google.golang.org/grpc/status"
)

func FuzzDecode(f *testing.F) {
	pic := image.NewRGBA(image.Rect(0, 0, 7, 5))
	var b bytes.Buffer
	for _, encode := range []func() error{
		func() error { return png.Encode(&b, pic) },
		func() error { return jpeg.Encode(&b, pic, nil) },
		func() error { return gif.Encode(&b, pic, nil) },
		func() error { return bmp.Encode(&b, pic) },
	} {
		b.Reset()
		if err := encode(); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(b.Bytes()))
		f.Add(bytes.Clone(b.Bytes()[:b.Len()/2]))
	}
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		pic, err := decode(data)
		if err != nil {
			if _, ok := status.FromError(err); !ok {
				t.Fatalf("an error without a status: %v", err)
			}
			return
		}
		if pic.Rect.Min != (image.Point{}) || pic.Rect.Empty() {
			t.Fatalf("the picture lies at %v", pic.Rect)
		}
	})
}
