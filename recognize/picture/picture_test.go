package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"github.com/pageinspect/pageinspect/shared/fault"
)

func encoded(t testing.TB, img image.Image, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "bmp":
		err = bmp.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpBytes is a lossless WebP of one pixel.
var webpBytes, _ = base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")

func TestFormats(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 30, 20))
	for _, format := range []string{"png", "jpeg", "gif", "bmp"} {
		h, err := Read(encoded(t, img, format))
		if err != nil || h.Width != 30 || h.Height != 20 || h.MediaType() != "image/"+format || h.Tall() {
			t.Errorf("%s: %+v, %v", format, h, err)
		}
	}
	if h, err := Read(webpBytes); err != nil || h.Format != "webp" || h.Width != 1 {
		t.Errorf("webp: %+v, %v", h, err)
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	for say, b := range map[string]string{
		"application/pdf": "%PDF-1.7\n",
		"text/html":       "<!doctype html><title>x</title>",
		"image/tiff":      "II*\x00\x08\x00\x00\x00",
		"heic":            "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
		"it is empty":     "",
		"text/plain":      "hello",
		"image/png":       "\x89PNG\r\n\x1a\nbroken header",
	} {
		if _, err := Read([]byte(b)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), "put JPEG, PNG") {
			t.Errorf("%s: %v", say, err)
		}
	}
}

func TestTall(t *testing.T) {
	for _, c := range []struct {
		h    Header
		tall bool
	}{
		{Header{Width: 860, Height: MaxHeight, Bytes: MaxBytes}, false},
		{Header{Width: 860, Height: MaxHeight + 1}, true},
		{Header{Width: 860, Height: 100, Bytes: MaxBytes + 1}, true},
		{Header{Width: 10_000, Height: 7500}, false},
		{Header{Width: 10_000, Height: 7501}, true},
	} {
		if c.h.Tall() != c.tall {
			t.Errorf("%+v: %v", c.h, !c.tall)
		}
	}
}

// TestCut: every row is in a band, at its place, and neighbours share 256 rows.
func TestCut(t *testing.T) {
	src := image.NewNRGBA(image.Rect(0, 0, 40, 9000))
	for y := range 9000 {
		for x := range 40 {
			src.Set(x, y, color.NRGBA{uint8(y / 40), 0, 0, 255})
		}
	}
	src.Set(0, 0, color.NRGBA{}) // transparent
	b := encoded(t, src, "png")
	h, err := Read(b)
	if err != nil || !h.Tall() {
		t.Fatalf("%+v, %v", h, err)
	}
	var bands []Band
	if err := Cut(b, h, func(band Band) error { bands = append(bands, band); return nil }); err != nil {
		t.Fatal(err)
	}
	want := [][2]int{{0, 4096}, {3840, 4096}, {7680, 1320}}
	if len(bands) != len(want) {
		t.Fatalf("%d bands, want %d", len(bands), len(want))
	}
	for i, band := range bands {
		img, err := jpeg.Decode(bytes.NewReader(band.JPEG))
		if err != nil || band.Y != want[i][0] || band.Height != want[i][1] || img.Bounds().Dy() != band.Height || img.Bounds().Dx() != 40 {
			t.Fatalf("band %d: y %d, height %d, %v", i, band.Y, band.Height, err)
		}
		for y := 60; y < band.Height; y += 97 {
			if r, _, _, _ := img.At(20, y).RGBA(); max(int(r>>8), (band.Y+y)/40)-min(int(r>>8), (band.Y+y)/40) > 6 {
				t.Errorf("band %d, row %d: red %d, want %d", i, y, r>>8, (band.Y+y)/40)
			}
		}
	}
	first, _ := jpeg.Decode(bytes.NewReader(bands[0].JPEG))
	if r, g, _, _ := first.At(0, 0).RGBA(); r>>8 < 100 || g>>8 < 60 { // chroma is shared with its neighbours
		t.Errorf("what is transparent became %d, %d", r>>8, g>>8)
	}
}

// bomb is a PNG whose header claims the size given, and nothing more.
func bomb(width, height uint32) []byte {
	b := encoded(&testing.T{}, image.NewRGBA(image.Rect(0, 0, 1, 1)), "png")
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc(b[12:29]))
	return b
}

func crc(b []byte) uint32 { // of a PNG chunk
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			c = c>>1 ^ 0xedb88320*(c&1)
		}
	}
	return ^c
}

func TestBombsAreNotDecoded(t *testing.T) {
	for _, c := range []struct {
		width, height uint32
		say           string
	}{
		{60_000, 60_000, "MB to decode"}, {2_000_000, 1, "no side may have more"}, {1, 2_000_000, "no side may have more"}, {100_000, 100, ""}, {40_000, 2500, "too wide to be cut"}, {1000, 20_000, "broken below its header"},
	} {
		b := bomb(c.width, c.height)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := Read(b)
		if err == nil && h.Tall() {
			err = Cut(b, h, func(Band) error { return nil })
		}
		runtime.ReadMemStats(&after)
		if c.say == "" && err != nil || c.say != "" && (fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.say)) {
			t.Errorf("%dx%d: %v, want %q", c.width, c.height, err, c.say)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > MaxDecoded {
			t.Errorf("%dx%d: took %d MB", c.width, c.height, used>>20)
		}
	}
}

// TestProgressive: the decoder keeps five times as much of these.
func TestProgressive(t *testing.T) {
	plain := encoded(t, image.NewRGBA(image.Rect(0, 0, 64, 64)), "jpeg")
	at := bytes.Index(plain, []byte{0xff, 0xc0})
	other := bytes.Clone(plain)
	other[at+1] = 0xc2
	p, err1 := Read(plain)
	o, err2 := Read(other)
	if err1 != nil || err2 != nil || o.decoded != 5*p.decoded {
		t.Errorf("%d and %d bytes, %v, %v", p.decoded, o.decoded, err1, err2)
	}
}

func FuzzRead(f *testing.F) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 9000))
	for _, format := range []string{"png", "jpeg", "gif", "bmp"} {
		f.Add(encoded(f, img, format))
	}
	f.Add(webpBytes)
	f.Add(bomb(1000, 20_000))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := Read(b)
		if err == nil && h.Tall() && h.decoded < 1<<20 {
			bottom := 0
			err = Cut(b, h, func(band Band) error {
				if band.Y > bottom || band.Height <= 0 {
					t.Errorf("a gap between %d and %d", bottom, band.Y)
				}
				bottom = band.Y + band.Height
				return nil
			})
			if err == nil && bottom != h.Height {
				t.Errorf("ends at %d of %d", bottom, h.Height)
			}
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", fault.KindOf(err), err)
		}
	})
}
