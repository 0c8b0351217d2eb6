package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"testing"
)

// sides says, of each orientation, where the first row and the first column of
// what is stored are seen (CIPA DC-008, 4.6.4).
var sides = map[int][2]string{
	1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
	5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"},
}

// storedAs is a picture as a camera stores it that was held so.
func storedAs(p *image.RGBA, orientation int) *image.RGBA {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	along := func(side string, i int, x, y *int) {
		switch side {
		case "top":
			*y = i
		case "bottom":
			*y = h - 1 - i
		case "left":
			*x = i
		case "right":
			*x = w - 1 - i
		}
	}
	s := sides[orientation]
	rows, columns := h, w
	if orientation >= 5 {
		rows, columns = w, h
	}
	out := image.NewRGBA(image.Rect(0, 0, columns, rows))
	for r := range rows {
		for c := range columns {
			var x, y int
			along(s[0], r, &x, &y)
			along(s[1], c, &x, &y)
			out.SetRGBA(c, r, p.RGBAAt(x, y))
		}
	}
	return out
}

// exif is one with an orientation alone.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	b := []byte("MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II")
	}
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(order.AppendUint16(order.AppendUint16(b, 1), orientationTag), 3)
	b = order.AppendUint16(order.AppendUint32(b, 1), uint16(orientation))
	return append(b, 0, 0, 0, 0, 0, 0)
}

// withExif puts an Exif into a picture.
func withExif(b, exif []byte, format string) []byte {
	switch format {
	case "jpeg": // after one that is not Exif: XMP has the same marker
		xmp := []byte("\xff\xe1\x00\x0ahttp://\x00")
		app := append([]byte(exifPrefix), exif...)
		app = append([]byte{0xff, 0xe1, byte((len(app) + 2) >> 8), byte(len(app) + 2)}, app...)
		return bytes.Join([][]byte{b[:2], xmp, app, b[2:]}, nil)
	case "png": // after the pixels
		end := len(b) - 12
		return bytes.Join([][]byte{b[:end], chunk("eXIf", exif), b[end:]}, nil)
	case "webp":
		size := make([]byte, 10)
		size[0], size[4], size[7] = 1<<3, 0, 0
		inner := bytes.Join([][]byte{[]byte("WEBP"), riffChunk("VP8X", size), b[12:], riffChunk("EXIF", append([]byte(exifPrefix), exif...))}, nil)
		return riffChunk("RIFF", inner)
	}
	return b
}

// pattern has a colour of its own in each quarter.
func pattern(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{200, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 160, 0, 255}
			case x < w/2 && y >= h/2:
				c = color.RGBA{0, 0, 200, 255}
			case x >= w/2 && y >= h/2:
				c = color.RGBA{255, 255, 255, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

// TestTurns: however the camera was held, the picture is cut upright, a tall one too.
func TestTurns(t *testing.T) {
	for _, size := range []image.Point{{64, 48}, {32, 9000}} {
		p := pattern(size.X, size.Y)
		for orientation := 1; orientation <= 8; orientation++ {
			for _, format := range []string{"jpeg", "png"} {
				for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
					name := fmt.Sprintf("%v, %d, %s, %v", size, orientation, format, order)
					b := withExif(encoded(t, storedAs(p, orientation), format), exif(order, orientation), format)
					h, err := Read(b)
					if err != nil || h.Width != size.X || h.Height != size.Y || h.turn != turn(orientation) {
						t.Fatalf("%s: %dx%d, turn %d, %v", name, h.Width, h.Height, h.turn, err)
					}
					if h.Plain() {
						if solid, err := Check(b, h); orientation != 1 || !solid || err != nil {
							t.Errorf("%s: is read as it is stored, opaque %v, %v", name, solid, err)
						}
						continue
					}
					bands, images, _ := cutAll(t, b)
					for i, img := range images {
						for _, at := range []image.Point{{4, 4}, {size.X - 5, 4}, {4, size.Y - 5}, {size.X - 5, size.Y - 5}} {
							if y := at.Y - bands[i].Y; y >= 0 && y < bands[i].Height && !near(img, at.X, y, p.RGBAAt(at.X, at.Y)) {
								t.Errorf("%s: band %d has %v at %v, want %v", name, i, img.At(at.X, y), at, p.RGBAAt(at.X, at.Y))
							}
						}
					}
				}
			}
		}
	}
}

// TestTurnOfWebP: with and without the prefix that some writers put before the Exif.
func TestTurnOfWebP(t *testing.T) {
	if h, err := Read(withExif(webpBytes, exif(binary.BigEndian, 8), "webp")); err != nil || h.turn != 8 {
		t.Errorf("with the prefix: turn %d, %v", h.turn, err)
	}
	if h, err := Read(stored(t, "on-its-side.webp")); err != nil || h.turn != 6 || h.Width != 80 || h.Height != 120 {
		t.Errorf("as Pillow writes it: turn %d, %dx%d, %v", h.turn, h.Width, h.Height, err)
	}
}

// TestOddExif: what makes no sense turns nothing.
func TestOddExif(t *testing.T) {
	img := encoded(t, pattern(16, 16), "jpeg")
	good := exif(binary.LittleEndian, 6)
	loop := bytes.Clone(good)
	binary.LittleEndian.PutUint32(loop[len(loop)-4:], 8)
	for name, c := range map[string]struct {
		exif []byte
		want turn
	}{
		"0":           {exif(binary.LittleEndian, 0), 1},
		"9":           {exif(binary.LittleEndian, 9), 1},
		"empty":       {nil, 1},
		"cut off":     {good[:9], 1},
		"no header":   {[]byte("hello, this is none"), 1},
		"a loop":      {loop, 6},
		"far away":    {[]byte("II*\x00\xff\xff\xff\x7f"), 1},
		"no last IFD": {good[:len(good)-4], 6},
	} {
		if h, err := Read(withExif(img, c.exif, "jpeg")); err != nil || h.turn != c.want {
			t.Errorf("%s: turn %d, %v, want %d", name, h.turn, err, c.want)
		}
	}
}

// TestLossyWebPKeepsItsWhite: white is white, and colours are as strong as they were.
func TestLossyWebPKeepsItsWhite(t *testing.T) {
	for name, want := range map[string]color.RGBA{"turns-lossy.webp": {200, 0, 0, 255}, "on-its-side.webp": {255, 255, 255, 255}} {
		_, images, _ := cutAll(t, stored(t, name))
		lightest, found := uint8(0), false
		for y := range images[0].Bounds().Dy() {
			for x := range images[0].Bounds().Dx() {
				r, g, b, _ := images[0].At(x, y).RGBA()
				c := color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
				lightest = max(lightest, min(c.R, c.G, c.B))
				found = found || max(c.R, want.R)-min(c.R, want.R) < 4 && max(c.G, want.G)-min(c.G, want.G) < 4 && max(c.B, want.B)-min(c.B, want.B) < 4
			}
		}
		if lightest < 253 || !found {
			t.Errorf("%s: the lightest pixel is %d; %v found: %v", name, lightest, want, found)
		}
	}
}
