package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// turn is how a picture is stored: Exif's Orientation, 1 to 8 (CIPA DC-008,
// 4.6.4). Browsers turn it upright.
type turn int

// upright is the turn of most.
const upright turn = 1

// turnOf is what the picture's Exif says; what cannot be understood of it counts
// as nothing, as it does in a browser.
func turnOf(b []byte, format string) turn {
	exif := bytes.TrimPrefix(exifOf(b, format), []byte(exifPrefix))
	if pages := tiffPages(exif); len(pages) > 0 {
		return pages[0].turn
	}
	return upright
}

// exifPrefix is what a JPEG has before its Exif, and some WebP.
const exifPrefix = "Exif\x00\x00"

// exifOf finds the picture's Exif, which is a TIFF; nil if it has none.
func exifOf(b []byte, format string) (exif []byte) {
	found := func(name, want string, body []byte) {
		if name == want && exif == nil {
			exif = body
		}
	}
	switch format {
	case "jpeg":
		segments(b, func(marker byte, body []byte) bool {
			if marker == 0xe1 && bytes.HasPrefix(body, []byte(exifPrefix)) {
				exif = body
			}
			return exif == nil
		})
	case "png":
		chunks(b, func(kind string, body []byte) { found(kind, "eXIf", body) })
	case "webp":
		riff(b[min(riffHeader, len(b)):], func(kind string, body []byte) { found(kind, "EXIF", body) })
	}
	return exif
}

// turnFrom is the turn that a tag's value means.
func turnFrom(n int) turn {
	if n < 1 || n > 8 {
		return upright
	}
	return turn(n)
}

// side says that the picture lies on its side, so that width and height change places.
func (t turn) side() bool { return t >= 5 }

// size is the upright size of a picture that is stored as w by h, or the reverse.
func (t turn) size(w, h int) (int, int) {
	if t.side() {
		return h, w
	}
	return w, h
}

// stored is where the pixel x, y of the upright picture lies in one that is
// stored as w by h.
func (t turn) stored(x, y, w, h int) (int, int) {
	switch t {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6: // to be turned clockwise
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8: // to be turned counterclockwise
		return w - 1 - y, x
	}
	return x, y
}

// storedRect is where a part of the upright picture lies.
func (t turn) storedRect(r image.Rectangle, w, h int) image.Rectangle {
	x0, y0 := t.stored(r.Min.X, r.Min.Y, w, h)
	x1, y1 := t.stored(r.Max.X-1, r.Max.Y-1, w, h)
	return image.Rect(min(x0, x1), min(y0, y1), max(x0, x1)+1, max(y0, y1)+1)
}

// upright turns a part of a picture, its top left at 0,0.
func (t turn) upright(src *image.RGBA) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	width, height := t.size(w, h)
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	x0, y0 := t.stored(0, 0, w, h)
	x1, y1 := t.stored(1, 0, w, h)
	step := (y1-y0)*src.Stride + (x1-x0)*4 // through the source, for a pixel to the right
	for y := range height {
		x0, y0 = t.stored(0, y, w, h)
		at := y0*src.Stride + x0*4
		row := dst.Pix[y*dst.Stride:][:width*4]
		for x := 0; x < len(row); x += 4 {
			binary.NativeEndian.PutUint32(row[x:], binary.NativeEndian.Uint32(src.Pix[at:]))
			at += step
		}
	}
	return dst
}
