package codes

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"github.com/pageinspect/pageinspect/shared/result"
)

// drawn is how a code of the generated set looks.
type drawn struct {
	format      result.CodeFormat
	text        string
	size        float64 // of its longer side without the quiet zone, px
	angle       float64 // degrees
	dark, light color.Color
	quiet       int // modules of the quiet zone
	round       bool
	logo        bool // a disc in its middle, as messengers have it
	level       decoder.ErrorCorrectionLevel
}

var (
	black = color.Gray{}
	white = color.Gray{255}
)

const openChat = "https://open.kakao.com/o/gAbCdEf1"

// standard is the code that the set varies.
func standard() drawn {
	return drawn{format: result.QR, text: openChat, size: 150, dark: black, light: white, quiet: 4, level: decoder.ErrorCorrectionLevel_M}
}

// matrix is the code itself, a bit for a module.
func (d drawn) matrix(tb testing.TB) *gozxing.BitMatrix {
	tb.Helper()
	hints := map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_MARGIN: 0}
	var m *gozxing.BitMatrix
	var err error
	switch d.format {
	case result.QR:
		hints[gozxing.EncodeHintType_ERROR_CORRECTION] = d.level
		hints[gozxing.EncodeHintType_CHARACTER_SET] = "UTF-8"
		m, err = qrcode.NewQRCodeWriter().Encode(d.text, gozxing.BarcodeFormat_QR_CODE, 1, 1, hints)
	case result.EAN13:
		m, err = oned.NewEAN13Writer().Encode(d.text, gozxing.BarcodeFormat_EAN_13, 1, 1, hints)
	case result.EAN8:
		m, err = oned.NewEAN8Writer().Encode(d.text, gozxing.BarcodeFormat_EAN_8, 1, 1, hints)
	case result.Code128:
		m, err = oned.NewCode128Writer().Encode(d.text, gozxing.BarcodeFormat_CODE_128, 1, 1, hints)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// on draws the code with its middle at a point.
func (d drawn) on(tb testing.TB, dst draw.Image, at image.Point) {
	m := d.matrix(tb)
	const fine = 12 // px of a module before it is scaled
	w, h := m.GetWidth(), m.GetHeight()
	rows := h
	if d.format != result.QR {
		rows = w / 2
	}
	q := d.quiet * fine
	src := image.NewRGBA(image.Rect(0, 0, w*fine+2*q, rows*fine+2*q))
	draw.Draw(src, src.Rect, image.NewUniform(d.light), image.Point{}, draw.Src)
	for y := range rows * fine {
		for x := range w * fine {
			mx, my := x/fine, min(y/fine, h-1)
			if !m.Get(mx, my) {
				continue
			}
			corner := mx < 7 && my < 7 || mx >= w-7 && my < 7 || mx < 7 && my >= h-7
			if d.round && !corner && math.Hypot(float64(x%fine)-fine/2+0.5, float64(y%fine)-fine/2+0.5) > fine/2 {
				continue
			}
			src.Set(q+x, q+y, d.dark)
		}
	}
	if d.logo {
		middle, radius := src.Rect.Dx()/2, float64(w*fine)*0.1
		for y := range src.Rect.Dy() {
			for x := range src.Rect.Dx() {
				if math.Hypot(float64(x-middle), float64(y-middle)) < radius {
					src.Set(x, y, color.RGBA{250, 225, 0, 255})
				}
			}
		}
	}
	scale := d.size / float64(w*fine)
	sin, cos := math.Sincos(d.angle * math.Pi / 180)
	cx, cy := float64(src.Rect.Dx())/2, float64(src.Rect.Dy())/2
	a := f64.Aff3{scale * cos, -scale * sin, float64(at.X) - scale*(cos*cx-sin*cy), scale * sin, scale * cos, float64(at.Y) - scale*(sin*cx+cos*cy)}
	draw.CatmullRom.Transform(dst, a, src, src.Rect, draw.Over, nil)
}

// picture is the code alone on a ground, as a JPEG of a tile has it.
func (d drawn) picture(tb testing.TB, ground color.Color) image.Image {
	side := int(d.size*1.5) + 120
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(img, img.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	d.on(tb, img, image.Pt(side/2+3, side/2-2))
	return asJPEG(tb, img)
}

func asJPEG(tb testing.TB, img image.Image) image.Image {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		tb.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
