package picture

import (
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"testing"
)

// strokesOn draws strokes 4 px wide of some colours on nothing.
func strokesOn(dst draw.Image, colors ...color.Color) {
	for i, c := range colors {
		for x := 10 + 10*i; x < dst.Bounds().Dx()-10; x += 10 * len(colors) {
			draw.Draw(dst, image.Rect(x, 10, x+4, 50), image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
}

// TestWhatIsTransparentIsReadOnAGround: letters are told from what is put behind
// them, whatever they were made to stand on.
func TestWhatIsTransparentIsReadOnAGround(t *testing.T) {
	grey := color.NRGBA{136, 136, 136, 255}
	for _, c := range []struct {
		name    string
		letters []color.Color
		back    uint8
	}{
		{"dark", []color.Color{color.Black}, 255},
		{"grey", []color.Color{grey}, 255},
		{"white", []color.Color{color.White}, 0},
		{"pale", []color.Color{color.NRGBA{240, 240, 200, 255}}, 0},
		{"white and black", []color.Color{color.White, color.Black}, 128},
		{"white, black and grey", []color.Color{color.White, color.Black, grey}, 64},
	} {
		deep := image.NewNRGBA64(image.Rect(0, 0, 200, 60))
		flat := image.NewPaletted(deep.Rect, color.Palette(append([]color.Color{color.Transparent}, c.letters...)))
		straight := image.NewNRGBA(deep.Rect)
		for format, img := range map[string]draw.Image{"png": straight, "16-bit png": deep, "gif": flat} {
			strokesOn(img, c.letters...)
			b := encoded(t, img, format[max(0, len(format)-3):])
			h, err := Read(b)
			if err != nil || !h.Plain() {
				t.Fatalf("%s, %s: %+v, %v", c.name, format, h, err)
			}
			if solid, err := Check(b, h); solid || err != nil {
				t.Errorf("%s, %s: taken for opaque: %v, %v", c.name, format, solid, err)
			}
			bands, images, _ := cutAll(t, b)
			if len(bands) != 1 || !near(images[0], 5, 5, color.RGBA{c.back, c.back, c.back, 255}) {
				t.Errorf("%s, %s: %d bands, on %v, want %d", c.name, format, len(bands), images[0].At(5, 5), c.back)
			}
		}
	}
}

// TestWhatIsPaleAtAnEdgeIsNoLetter: a shadow and a glint do not change the ground.
func TestWhatIsPaleAtAnEdgeIsNoLetter(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	draw.Draw(img, image.Rect(50, 50, 350, 350), image.NewUniform(color.NRGBA{120, 60, 40, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(50, 50, 54, 52), image.White, image.Point{}, draw.Src)                                         // a glint
	draw.Draw(img, image.Rect(50, 350, 350, 360), image.NewUniform(color.NRGBA{230, 230, 230, 90}), image.Point{}, draw.Src) // a shadow
	draw.Draw(img, image.Rect(100, 100, 300, 300), image.White, image.Point{}, draw.Src)                                     // a label, in the midst of it
	if g := Ground(img); g.Y != 255 {
		t.Errorf("on %d", g.Y)
	}
}

// TestWhiteFramesOnNothing: frames of an animation that differ in white letters
// on nothing are different.
func TestWhiteFramesOnNothing(t *testing.T) {
	var g gif.GIF
	for i := range 3 {
		p := image.NewPaletted(image.Rect(0, 0, 90, 60), color.Palette{color.Transparent, color.White})
		draw.Draw(p, image.Rect(10+25*i, 10, 14+25*i, 50), image.White, image.Point{}, draw.Src)
		g.Image, g.Delay, g.Disposal = append(g.Image, p), append(g.Delay, 10), append(g.Disposal, gif.DisposalBackground)
	}
	bands, images, _ := cutAll(t, animated(t, &g))
	if len(bands) != 3 {
		t.Fatalf("%d of 3 frames", len(bands))
	}
	for i, img := range images {
		if black := (color.RGBA{0, 0, 0, 255}); !near(img, 12+25*i, 30, white) || !near(img, 12+25*((i+1)%3), 30, black) {
			t.Errorf("frame %d: %v, %v", i, img.At(12+25*i, 30), img.At(12+25*((i+1)%3), 30))
		}
	}
}
