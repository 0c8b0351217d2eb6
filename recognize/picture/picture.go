// Package picture looks at the headers of pictures that anybody may have put,
// and cuts those that Vision would not read well, or at all, into tiles.
//
// # What it promises
//
// Nothing is decoded whose header says that it would not fit into MaxDecoded
// bytes. Errors are fault.Invalid and say what to put instead.
package picture

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif" // the formats that are read here, all of which Vision accepts
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Vision's limits for one image (cloud.google.com/vision/quotas).
const (
	MaxBytes  = 20 << 20
	MaxPixels = 75_000_000
)

const (
	// MaxUpload bounds a picture as it is stored: what can be held in memory
	// beside the picture itself.
	MaxUpload = 64 << 20
	// MaxDecoded bounds a picture that must be decoded to be cut, bytes.
	MaxDecoded = 400 << 20
	// MaxHeight is the height, in pixels, above which a picture is cut although
	// Vision would take it: a very tall one is scaled down, and small type is lost.
	MaxHeight = 8192
)

// Header is what a picture says of itself.
type Header struct {
	Format        string // jpeg, png, gif, bmp, webp
	Width, Height int    // pixels
	Bytes         int    // as stored
	decoded       int    // bytes, when decoded
}

// MediaType is the media type of the format.
func (h Header) MediaType() string { return "image/" + h.Format }

// Read reads the header of a picture that is b.
func Read(b []byte) (Header, error) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return Header{}, fault.New(fault.Invalid, "is not an image that can be read (it looks like %s); put JPEG, PNG, GIF, BMP or WebP", looks(b))
	}
	if cfg.Width > maxSide || cfg.Height > maxSide {
		return Header{}, fault.New(fault.Invalid, "is %dx%d px; no side may have more than %d", cfg.Width, cfg.Height, maxSide)
	}
	h := Header{Format: format, Width: cfg.Width, Height: cfg.Height, Bytes: len(b)}
	h.decoded = h.Width * h.Height * perPixel(cfg.ColorModel)
	if format == "jpeg" && progressive(b) {
		h.decoded *= 5 // the decoder keeps 32-bit coefficients beside the samples
	}
	return h, nil
}

// maxSide keeps products of sides far from overflowing.
const maxSide = 1 << 20

// Tall says that the picture must be cut before Vision reads it.
func (h Header) Tall() bool {
	return h.Height > MaxHeight || h.Bytes > MaxBytes || h.Width*h.Height > MaxPixels
}

// looks is what bytes that are no picture seem to be.
func looks(b []byte) string {
	switch head := b[:min(len(b), 64)]; {
	case len(b) == 0:
		return "nothing: it is empty"
	case bytes.HasPrefix(head, []byte("II*\x00")), bytes.HasPrefix(head, []byte("MM\x00*")):
		return "image/tiff"
	case len(head) > 12 && string(head[4:8]) == "ftyp":
		return "a picture or film of the kind " + strings.TrimSpace(strings.ToValidUTF8(string(head[8:12]), "?")) + ", as HEIC and AVIF are"
	}
	kind, _, _ := strings.Cut(http.DetectContentType(b), ";")
	return kind
}

// perPixel is how many bytes a decoded pixel takes at most.
func perPixel(m color.Model) int {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel, color.NYCbCrAModel:
		return 4
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 8
}

// progressive says whether a JPEG's frame is progressive (SOF2).
func progressive(b []byte) bool {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		switch marker := b[i+1]; {
		case marker == 0xff: // padding
			i++
			continue
		case marker == 0xc2:
			return true
		case marker == 0xc0, marker == 0xc1, marker == 0xda:
			return false
		}
		i += 2 + int(b[i+2])<<8 + int(b[i+3])
	}
	return true // not understood: take the worse
}
