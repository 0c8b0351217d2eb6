package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// asTile is a picture as Capture hands it over.
func asTile(t testing.TB, img image.Image) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// printedOn draws a text with its baseline at y.
func printedOn(t testing.TB, img draw.Image, text string, size float64, y int, c color.Color) {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	(&font.Drawer{Dst: img, Src: image.NewUniform(c), Face: face, Dot: fixed.P(40, y)}).DrawString(text)
}

func TestCalm(t *testing.T) {
	plain := func(c color.Color) *image.RGBA {
		img := image.NewRGBA(image.Rect(0, 0, 640, 300))
		draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		return img
	}
	says := func(words string, size float64, baseline int, c color.Color) image.Image {
		img := plain(color.White)
		printedOn(t, img, words, size, baseline, c)
		return img
	}
	text := func(size float64, baseline int, c color.Color) image.Image {
		return says("Cures 100% acne, ask", size, baseline, c)
	}
	badge := plain(color.White)
	draw.Draw(badge, image.Rect(200, 200, 400, 300), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	framed := plain(color.White)
	draw.Draw(framed, image.Rect(20, 0, 24, 300), image.Black, image.Point{}, draw.Src)
	sky := plain(color.White)
	for y := range 300 {
		draw.Draw(sky, image.Rect(0, y, 640, y+1), image.NewUniform(color.RGBA{uint8(y / 2), uint8(100 + y/3), 200, 255}), image.Point{}, draw.Src)
	}
	noise := plain(color.White)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rng.IntN(256))
	}
	for _, c := range []struct {
		name string
		img  image.Image
		calm bool // at its lower edge: 16 rows or more
	}{
		{"a plain ground", plain(color.RGBA{240, 200, 30, 255}), true},
		{"a frame on both sides", framed, true},
		{"a sky", sky, true},
		{"a photo", noise, false},
		{"text well above", text(24, 260, color.Black), true},
		{"text near the edge", text(24, 292, color.Black), false},
		{"text cut in the middle", text(24, 306, color.Black), false},
		{"the tops of letters alone", text(24, 315, color.Black), false},
		{"large text cut in the middle", text(90, 330, color.Black), false},
		{"two digits cut in their uprights", says("11", 30, 310, color.Black), false},
		{"one letter cut in its upright", says("l", 40, 315, color.Black), false},
		{"an upright of 200 px", says("I", 270, 400, color.Black), false},
		{"a level stroke as thick as a finger", says("-", 400, 430, color.Black), false},
		{"a badge that goes on below", badge, false},
		{"pale uprights", says("11", 30, 310, color.RGBA{234, 234, 234, 255}), false},
		{"pale text", text(24, 306, color.RGBA{228, 228, 228, 255}), false},
		{"text in a colour as light as the ground", text(24, 306, color.RGBA{255, 240, 160, 255}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, bottom := Calm(asTile(t, c.img))
			if (bottom >= 16) != c.calm {
				t.Errorf("calm at the bottom for %d rows", bottom)
			}
			// The same picture upside down, and as another kind of picture.
			turned := image.NewRGBA(c.img.Bounds())
			for y := range 300 {
				draw.Draw(turned, image.Rect(0, y, 640, y+1), c.img, image.Pt(0, 299-y), draw.Src)
			}
			if top, _ := Calm(turned); (top >= 16) != c.calm {
				t.Errorf("calm at the top for %d rows", top)
			}
		})
	}
	if top, bottom := Calm(plain(color.White)); top != 128 || bottom != 128 {
		t.Errorf("a plain picture is calm for %d and %d rows, want as many as are counted", top, bottom)
	}
}
