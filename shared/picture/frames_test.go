package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// What testdata has was made with Pillow: a red and a blue quarter on white, and
// in three of five frames a patch at the top right of another colour; alpha has
// a dark bar on nothing, at three places.
var animations = []string{
	"turns.gif", "turns.png", "turns-lossy.webp", "turns-lossless.webp", "turns-on-its-side.webp", "alpha.gif", "alpha.png", "alpha.webp", "default.png",
}

func stored(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cutAll returns the bands of a picture, decoded.
func cutAll(t testing.TB, b []byte) ([]Band, []image.Image, Sheet) {
	t.Helper()
	h, err := Read(b)
	asItIs := err == nil && h.Plain()
	if asItIs {
		asItIs, err = Check(b, h)
	}
	if err != nil || asItIs {
		t.Fatalf("%+v, %v: want one to be cut", h, err)
	}
	var bands []Band
	var images []image.Image
	s, err := Cut(t.Context(), b, h, func(band Band) error {
		img, err := jpeg.Decode(bytes.NewReader(band.JPEG))
		bands, images = append(bands, band), append(images, img)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bands, images, s
}

// near says whether a pixel has about a colour: JPEG and lossy WebP change it.
func near(img image.Image, x, y int, want color.RGBA) bool {
	r, g, b, _ := img.At(x, y).RGBA()
	far := func(a uint32, b uint8) bool { return max(int(a>>8), int(b))-min(int(a>>8), int(b)) > 30 }
	return !far(r, want.R) && !far(g, want.G) && !far(b, want.B)
}

var (
	red    = color.RGBA{200, 0, 0, 255}
	white  = color.RGBA{255, 255, 255, 255}
	dark   = color.RGBA{20, 20, 20, 255}
	green  = color.RGBA{0, 160, 0, 255}
	olive  = color.RGBA{90, 90, 0, 255}
	petrol = color.RGBA{0, 90, 90, 255}
)

// TestEveryFrameIsRead: each that differs once, below the others, what it draws
// put together with what was there.
func TestEveryFrameIsRead(t *testing.T) {
	for _, name := range animations {
		patches, bars := []color.RGBA{white, green, olive, petrol}, strings.HasPrefix(name, "alpha")
		switch {
		case bars:
			patches = []color.RGBA{dark, dark, dark}
		case name == "default.png":
			patches = patches[:3] // what is shown without the animation is one of them
		}
		bands, images, s := cutAll(t, stored(t, name))
		if len(bands) != len(patches) || len(s.Missing) > 0 || s.Height != len(bands)*bands[0].Height {
			t.Errorf("%s: %d bands, %+v", name, len(bands), s)
			continue
		}
		for i, img := range images {
			if bands[i].Y != i*bands[0].Height || (bands[i].Extra == "") != (i == 0) {
				t.Errorf("%s: band %d: %d, %q", name, i, bands[i].Y, bands[i].Extra)
			}
			x, y := 95, 17
			if strings.Contains(name, "side") {
				x, y = 80-1-17, 95
			}
			if bars {
				x, y = 22+30*i, 35
				if other := 22 + 30*((i+1)%3); !near(img, other, y, white) {
					t.Errorf("%s: frame %d: the bar of another is still there", name, i)
				}
			} else if corner := img.Bounds().Dx() - 1 - 5; strings.Contains(name, "side") && !near(img, corner, 5, red) ||
				!strings.Contains(name, "side") && !near(img, 5, 5, red) {
				t.Errorf("%s: frame %d: no red corner", name, i)
			}
			if !near(img, x, y, patches[i]) {
				t.Errorf("%s: frame %d has %v at %d, %d, want %v", name, i, img.At(x, y), x, y, patches[i])
			}
		}
	}
}

// gifOf is an animation of n frames, each with a bar of its own.
func gifOf(t *testing.T, n int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range n {
		p := image.NewPaletted(image.Rect(0, 0, 4*n, 8), palette.Plan9)
		for j := range p.Pix {
			p.Pix[j] = 255
		}
		for y := range 8 {
			for x := range 4 {
				p.SetColorIndex(4*i+x, y, 0)
			}
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	return animated(t, &g)
}

func animated(t *testing.T, g *gif.GIF) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWhatIsNotReadOfFramesIsSaid: frames beyond the bound, broken ones, and
// those that a file that breaks off does not have.
func TestWhatIsNotReadOfFramesIsSaid(t *testing.T) {
	if bands, _, s := cutAll(t, gifOf(t, maxFrames)); len(bands) != maxFrames || len(s.Missing) > 0 {
		t.Errorf("at the bound: %d bands, %q", len(bands), s.Missing)
	}
	bands, _, s := cutAll(t, gifOf(t, maxFrames+5))
	if len(bands) != maxFrames || len(s.Missing) != 1 || !strings.Contains(s.Missing[0], "5 more, from frame 33 of 37 on") {
		t.Errorf("beyond the bound: %d bands, %q", len(bands), s.Missing)
	}
	for _, name := range animations {
		b := stored(t, name)
		h, err := Read(b)
		if err != nil {
			t.Fatal(err)
		}
		for n := len(b) * 3 / 4; n < len(b)-60; n += 7 { // the last bytes may be metadata
			cut := b[:n]
			h2, err := Read(cut)
			if err != nil || h2.Frames == h.Frames && h2.Format != "webp" && !h2.cutOff {
				t.Errorf("%s, %d of %d bytes: %d frames, %v", name, n, len(b), h2.Frames, err)
				continue
			}
			s, err := Cut(t.Context(), cut, h2, func(Band) error { return nil })
			if err == nil && len(s.Missing) == 0 {
				t.Errorf("%s, %d of %d bytes: nothing is said to be missing", name, n, len(b))
			}
		}
	}
}

// TestFrameBombs: what a frame claims is held against the canvas before it is decoded.
func TestFrameBombs(t *testing.T) {
	huge := gifOf(t, 2)
	at := bytes.LastIndexByte(huge[:len(huge)/2], 0x2c) // the first frame's descriptor
	binary.LittleEndian.PutUint16(huge[at+5:], 65_000)
	binary.LittleEndian.PutUint16(huge[at+7:], 65_000)
	png := stored(t, "turns.png")
	fc := bytes.LastIndex(png, []byte("fcTL"))
	binary.BigEndian.PutUint32(png[fc+8:], 1<<30)
	binary.BigEndian.PutUint32(png[fc+12:], 1<<30)
	webp := stored(t, "turns-lossless.webp")
	vp8l := bytes.LastIndex(webp, []byte("VP8L"))
	binary.LittleEndian.PutUint32(webp[vp8l+9:], 0x0fffffff) // 16384x16384 px
	for name, b := range map[string][]byte{"gif": huge, "png": png, "webp": webp} {
		h, err := Read(b)
		var s Sheet
		began := time.Now()
		if err == nil {
			s, err = Cut(t.Context(), b, h, func(Band) error { return nil })
		}
		if err != nil && fault.KindOf(err) != fault.Invalid || err == nil && len(s.Missing) == 0 || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %+v, %v, after %s", name, s, err, time.Since(began))
		}
	}
}

// TestFramesAlikeAreReadOnce: noise that nobody sees makes no other frame, pale
// grey type does.
func TestFramesAlikeAreReadOnce(t *testing.T) {
	a := image.NewRGBA(image.Rect(0, 0, 101, 67))
	for i := range a.Pix {
		a.Pix[i] = 255
	}
	noisy, pale := image.NewRGBA(a.Rect), image.NewRGBA(a.Rect)
	copy(noisy.Pix, a.Pix)
	copy(pale.Pix, a.Pix)
	for y := range 67 {
		for x := range 101 {
			v := uint8(250 + (x*7+y*3)%6)
			noisy.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	for y := 30; y < 40; y++ { // strokes 1 px wide, of #ddd
		for x := 40; x < 60; x += 3 {
			pale.SetRGBA(x, y, color.RGBA{221, 221, 221, 255})
		}
	}
	sig := signatureOf(a)
	if !signatureOf(noisy).looksLike(sig) || signatureOf(pale).looksLike(sig) {
		t.Errorf("noise alike: %v, pale type alike: %v", signatureOf(noisy).looksLike(sig), signatureOf(pale).looksLike(sig))
	}
}

// TestTIFF: every page, each of its own size, and what cannot be decoded is refused.
func TestTIFF(t *testing.T) {
	bands, images, s := cutAll(t, stored(t, "pages.tif"))
	sizes := []string{}
	for _, img := range images {
		sizes = append(sizes, fmt.Sprint(img.Bounds().Size()))
	}
	if want := []string{"(120,80)", "(60,200)", "(120,80)"}; !slices.Equal(sizes, want) || s.Width != 120 || s.Height != 360 || bands[2].Y != 280 || bands[2].Extra != "page 3 of 3" {
		t.Errorf("%v, %+v, %+v", sizes, s, bands[2])
	}
	b := stored(t, "jpeg.tif")
	h, err := Read(b)
	if err == nil {
		_, err = Cut(t.Context(), b, h, func(Band) error { return nil })
	}
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "put its pages as PNG or JPEG") {
		t.Errorf("compressed as JPEG: %v", err)
	}
}
