package codes

import (
	"image"
	"math"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// formats are those that are read. Others of the family have no checksum, or a
// short one, and are found in many a pattern that is none.
var formats = map[gozxing.BarcodeFormat]result.CodeFormat{
	gozxing.BarcodeFormat_QR_CODE:  result.QR,
	gozxing.BarcodeFormat_EAN_13:   result.EAN13,
	gozxing.BarcodeFormat_EAN_8:    result.EAN8,
	gozxing.BarcodeFormat_UPC_A:    result.EAN13,
	gozxing.BarcodeFormat_CODE_128: result.Code128,
}

// bestModule is how many px a module has when gozxing reads it best.
const bestModule = 5

// read has gozxing decode a place, enlarged or reduced to what it reads best,
// and then as it is.
func (p *plane) read(at place) (Code, bool) {
	scales := []float64{1, 2}
	if !at.bars {
		best := math.Round(bestModule / at.module)
		switch {
		case at.module > 2*bestModule:
			best = bestModule / at.module
		case best < 1:
			best = 1
		}
		scales = []float64{best, best + 1}
	}
	agreed := map[string]int{} // barcodes: their checksums are weak, so two readings must agree
	for _, scale := range scales {
		img := p.crop(at, scale)
		for _, binarizer := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
			text, format, ok := attempt(binarizer(gozxing.NewLuminanceSourceFromImage(img)), at.bars)
			if agreed[text]++; ok && (!at.bars || agreed[text] > 1) {
				return Code{Text: page.Cut(strings.ToValidUTF8(text, "�"), page.MaxCodeBytes), Format: format, Box: at.box}, true
			}
		}
	}
	return Code{}, false
}

// crop is the picture of a place, dark on light.
func (p *plane) crop(at place, scale float64) *image.Gray {
	src := &image.Gray{Pix: p.pix, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h)}
	dst := image.NewGray(image.Rect(0, 0, int(float64(at.box.Dx())*scale), int(float64(at.box.Dy())*scale)))
	switch {
	case scale == 1:
		draw.Draw(dst, dst.Rect, src, at.box.Min, draw.Src)
	case scale < 1:
		draw.ApproxBiLinear.Scale(dst, dst.Rect, src, at.box, draw.Src, nil)
	default:
		draw.BiLinear.Scale(dst, dst.Rect, src, at.box, draw.Src, nil)
	}
	if at.light {
		for i, v := range dst.Pix {
			dst.Pix[i] = 255 - v
		}
	}
	return dst
}

// attempt decodes what a binarizer makes of a place. A decoder that breaks on a
// stranger's picture has found nothing.
func attempt(b gozxing.Binarizer, bars bool) (text string, format result.CodeFormat, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return "", "", false
	}
	readers := []gozxing.Reader{qrcode.NewQRCodeReader()}
	if bars {
		readers = []gozxing.Reader{oned.NewEAN13Reader(), oned.NewEAN8Reader(), oned.NewCode128Reader()}
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, r := range readers {
		if res, err := r.Decode(bitmap, hints); err == nil {
			if format, ok = formats[res.GetBarcodeFormat()]; ok && res.GetText() != "" {
				return res.GetText(), format, true
			}
		}
	}
	return "", "", false
}
