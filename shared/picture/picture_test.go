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
		if err != nil || h.Width != 30 || h.Height != 20 || h.MediaType() != "image/"+format || !h.Plain() {
			t.Errorf("%s: %+v, %v", format, h, err)
		}
		if solid, err := Check(encoded(t, img, format), h); !solid || err != nil {
			t.Errorf("%s: opaque %v, %v", format, solid, err)
		}
	}
	if h, err := Read(webpBytes); err != nil || h.Format != "webp" || h.Width != 1 {
		t.Errorf("webp: %+v, %v", h, err)
	}
}

// TestRefused: what cannot be read says what it is, and what to put instead.
func TestRefused(t *testing.T) {
	ftyp := func(brand string) string { return "\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00mif1" }
	for _, c := range []struct{ bytes, kind, cure string }{
		{"%PDF-1.7\n", "application/pdf", "pdftoppm"},
		{"<!doctype html><title>x</title>", "text/html", ""},
		{"II*\x00\x08\x00\x00\x00", "image/tiff", "save it again"},
		{"II+\x00\x08\x00\x00\x00", "BigTIFF", "convert it"},
		{ftyp("heic"), "image/heic", "convert it"},
		{ftyp("mif1"), "image/heic", "convert it"},
		{ftyp("avif"), "image/avif", "convert it"},
		{ftyp("avis"), "image/avif", "convert it"},
		{ftyp("isom"), "a film of the kind isom", "one by one"},
		{"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "drawn as a PNG"},
		{"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<SVG/>", "image/svg+xml", "drawn as a PNG"},
		{"\xff\x0a", "image/jxl", "convert it"},
		{"\x00\x00\x01\x00\x01\x00", "image/x-icon", "convert it"},
		{"II*\x00\x08\x00\x00\x00\x03\x00\x00\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00\x01\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00\x06\x01\x03\x00\x01\x00\x00\x00\x05\x00\x00\x00", "unsupported feature: color model", "convert it"}, // CMYK
		{"\xff\xd8\xff\xc9\x00\x0b\x08\x00\x09\x00\x09\x01\x01\x11\x00", "unsupported JPEG feature", "convert it"},                                                                                                                            // arithmetic coding
		{"\x1a\x45\xdf\xa3", "video/webm", "one by one"},
		{"", "it is empty", ""},
		{"hello", "text/plain", ""},
		{"\x89PNG\r\n\x1a\nbroken header", "image/png", "save it again"},
		{"\xff\xd8\xff\xe0", "image/jpeg", "save it again"},
	} {
		if _, err := Read([]byte(c.bytes)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.kind) || !strings.Contains(err.Error(), c.cure) || !strings.Contains(err.Error(), "put JPEG, PNG") {
			t.Errorf("%q: %v, want %q and %q", c.bytes, err, c.kind, c.cure)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		h     Header
		plain bool
	}{
		{Header{Width: 860, Height: MaxHeight, Bytes: MaxBytes}, true},
		{Header{Width: 860, Height: MaxHeight + 1}, false},
		{Header{Width: 860, Height: 100, Bytes: MaxBytes + 1}, false},
		{Header{Width: 10_000, Height: 2000}, true},
		{Header{Width: 10_000, Height: 2001}, false},
		{Header{Width: 10, Height: 10, Format: "tiff"}, false},
		{Header{Width: 10, Height: 10, Frames: 2}, false},
		{Header{Width: 10, Height: 10, turn: 6}, false},
	} {
		c.h.Frames, c.h.turn = max(1, c.h.Frames), max(upright, c.h.turn)
		if c.h.Plain() != c.plain {
			t.Errorf("%+v: %v", c.h, !c.plain)
		}
	}
}

// TestBrokenOff: a picture whose end is missing is not read as if it were whole.
func TestBrokenOff(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 90, 70))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(i * i / 7)
	}
	pictures := map[string][]byte{}
	for _, format := range []string{"png", "jpeg", "gif", "bmp"} {
		pictures[format] = encoded(t, noise, format)
	}
	pictures["webp"] = stored(t, "on-its-side.webp")
	for format, b := range pictures {
		for _, part := range []int{40, 70, 95} {
			cut := b[:len(b)*part/100]
			h, err := Read(cut)
			if err == nil && h.Plain() {
				_, err = Check(cut, h)
			} else if err == nil {
				_, err = Cut(t.Context(), cut, h, func(Band) error { return nil })
			}
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "again") {
				t.Errorf("%d%% of a %s: %v", part, format, err)
			}
		}
	}
	whole := pictures["jpeg"][:len(pictures["jpeg"])-2] // every row, and no end of the image
	h, err := Read(whole)
	if err == nil {
		_, err = Check(whole, h)
	}
	if err != nil {
		t.Errorf("without its last two bytes: %v", err)
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
	if err != nil || h.Plain() {
		t.Fatalf("%+v, %v", h, err)
	}
	var bands []Band
	s, err := Cut(t.Context(), b, h, func(band Band) error { bands = append(bands, band); return nil })
	if err != nil || s.Width != 40 || s.Height != 9000 || len(s.Missing) > 0 {
		t.Fatalf("%+v, %v", s, err)
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
		{60_000, 60_000, "MB to decode"},
		{2_000_000, 1, "no side may have more"},
		{1, 2_000_000, "no side may have more"},
		{100_000, 100, ""},
		{1000, 20_000, "broken below its header"},
	} {
		b := bomb(c.width, c.height)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := Read(b)
		if err == nil && !h.Plain() {
			_, err = Cut(t.Context(), b, h, func(Band) error { return nil })
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

// TestTooWide: bands must be taller than their overlap.
func TestTooWide(t *testing.T) {
	b := encoded(t, image.NewGray(image.Rect(0, 0, 40_000, 510)), "png")
	h, err := Read(b)
	if err == nil {
		_, err = Cut(t.Context(), b, h, func(Band) error { return nil })
	}
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "too wide to be cut") {
		t.Errorf("got %v", err)
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
	for _, name := range animations {
		f.Add(stored(f, name))
	}
	f.Add(stored(f, "pages.tif"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := Read(b)
		if err == nil && !h.Plain() && h.decoded < 1<<20 {
			bottom := 0
			var s Sheet
			s, err = Cut(t.Context(), b, h, func(band Band) error {
				if band.Y > bottom || band.Height <= 0 || band.Width <= 0 {
					t.Errorf("a gap between %d and %d", bottom, band.Y)
				}
				bottom = band.Y + band.Height
				return nil
			})
			if err == nil && bottom != s.Height {
				t.Errorf("ends at %d of %d", bottom, s.Height)
			}
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", fault.KindOf(err), err)
		}
	})
}
