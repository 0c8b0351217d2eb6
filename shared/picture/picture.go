// Package picture looks at pictures that anybody may have put, says which of
// them Vision reads well where they are, and makes tiles of the others: of tall
// ones, of those that lie on their side, and of every frame or page of those
// that have several.
//
// # What it promises
//
// Nothing is decoded whose header says that it would not fit into MaxDecoded
// bytes. A picture is read whole, or what is missing of it is said. Errors are
// fault.Invalid and say what to put instead.
package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // the formats that are read here
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

// MaxBytes is Vision's limit for one image (cloud.google.com/vision/quotas).
const MaxBytes = 20 << 20

const (
	// MaxUpload bounds a picture as it is stored: what can be held in memory
	// beside the picture itself.
	MaxUpload = 64 << 20
	// MaxDecoded bounds a picture as it is decoded, bytes.
	MaxDecoded = 400 << 20
	// MaxHeight is the height, in pixels, above which a picture is cut although
	// Vision would take it: a very tall one is scaled down, and small type is lost.
	MaxHeight = 8192
)

// Header is what a picture says of itself.
type Header struct {
	Format        string // jpeg, png, gif, bmp, webp, tiff
	Width, Height int    // pixels, of the first frame or page, as it is meant to be seen
	Bytes         int    // as stored
	Frames        int    // how many pictures it shows in turn, or pages it has: 1 for most
	turn          turn
	decoded       int // bytes, when decoded
	frames        []frame
	cutOff        bool // the file ends within a frame, or before one that it speaks of
}

// MediaType is the media type of the format.
func (h Header) MediaType() string { return "image/" + h.Format }

// Read reads the header of a picture that is b, and where its frames begin.
func Read(b []byte) (Header, error) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return Header{}, noPicture(b, err)
	}
	h := Header{Format: format, Width: cfg.Width, Height: cfg.Height, Bytes: len(b), Frames: 1, turn: turnOf(b, format)}
	pixel := perPixel(cfg.ColorModel)
	if format == "jpeg" && progressive(b) {
		pixel *= 5 // the decoder keeps 32-bit coefficients beside the samples
	}
	if split := splitters[format]; split != nil {
		if err := split(b, &h); err != nil {
			return Header{}, err
		}
	}
	if h.Width > maxSide || h.Height > maxSide {
		return Header{}, fault.New(fault.Invalid, "is %dx%d px; no side may have more than %d", h.Width, h.Height, maxSide)
	}
	h.decoded = h.Width * h.Height * pixel
	if h.Frames > 1 {
		h.decoded += h.Width * h.Height * canvasPixel
	}
	h.Width, h.Height = h.turn.size(h.Width, h.Height)
	return h, nil
}

// splitters find the frames of the formats that may have several.
var splitters = map[string]func([]byte, *Header) error{"gif": splitGIF, "png": splitPNG, "webp": splitWebP, "tiff": splitTIFF}

// maxSide keeps products of sides far from overflowing.
const maxSide = 1 << 20

// Plain says that Vision reads the picture well as it is stored, if it is opaque.
// Any other must be cut into tiles. Vision sees the first frame alone, and takes
// a TIFF in another call only.
func (h Header) Plain() bool {
	return h.Format != "tiff" && h.Height <= MaxHeight && h.Bytes <= MaxBytes && h.Width*h.Height <= page.MaxPixels &&
		h.Frames == 1 && len(h.frames) == 0 && h.turn == upright && !h.cutOff
}

// Check decodes a plain picture that is b, whose header is h: one that breaks
// off would be read as far as it goes, and pass. It says whether the picture is
// opaque. Where it is not, an engine may see what lies beneath, black as a rule,
// and no black letters on it (tesseract-ocr/tesseract#369): it must be cut.
func Check(b []byte, h Header) (solid bool, err error) {
	img, err := decode(b, h)
	return err == nil && opaque(img), err
}

// decode decodes the first frame of a picture, or the only one.
func decode(b []byte, h Header) (image.Image, error) {
	if h.decoded > MaxDecoded {
		return nil, fault.New(fault.Invalid, "is %dx%d px and takes %d MB to decode, more than %d; put it in smaller pieces",
			h.Width, h.Height, h.decoded>>20, MaxDecoded>>20)
	}
	noEnd := endless(b, h.Format)
	img, _, err := image.Decode(bytes.NewReader(b))
	switch {
	case noEnd && h.Format == "webp":
		err = io.ErrUnexpectedEOF // what is missing may be the Exif, which stands last
	case noEnd && h.Format == "jpeg" && err != nil: // browsers need no end either, if every row is there
		whole, _, e := image.Decode(io.MultiReader(bytes.NewReader(b), bytes.NewReader(jpegEnd)))
		if e == nil {
			img, err = whole, nil
		}
	}
	switch {
	case err != nil && (noEnd || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		const cure = "put it whole: copy or save it again"
		return nil, fault.New(fault.Invalid, "breaks off after its %d bytes, before the last of its rows; %s", len(b), cure)
	case err != nil:
		return nil, fault.New(fault.Invalid, "is broken below its header: %v; save it again as PNG or JPEG", err)
	}
	if h.Format == "webp" {
		img = fullRange(img)
	}
	if w, height := h.turn.size(img.Bounds().Dx(), img.Bounds().Dy()); w != h.Width || height != h.Height {
		return nil, fault.New(fault.Invalid, "has another size than its header says")
	}
	return img, nil
}

var jpegEnd = []byte{0xff, 0xd9}

// endless says that the file has no end: it breaks off somewhere.
func endless(b []byte, format string) bool {
	switch format {
	case "jpeg":
		return bytes.LastIndex(b, jpegEnd) < bytes.LastIndex(b, []byte{0xff, 0xda})
	case "png":
		return !bytes.Contains(b, []byte("IEND"))
	case "webp": // the size leaves out the first eight bytes, and some writers a padding byte
		return len(b) >= riffHeader && uint64(binary.LittleEndian.Uint32(b[4:]))+8 > uint64(len(b))+1
	}
	return false
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
	known, is := false, false
	segments(b, func(marker byte, _ []byte) bool {
		switch marker {
		case 0xc0, 0xc1, 0xc2, 0xda:
			known, is = true, marker == 0xc2
		}
		return !known
	})
	return is || !known // not understood: take the worse
}

// segments gives the segments of a JPEG (ITU-T T.81, annex B) up to its first
// scan, or until told to stop.
func segments(b []byte, each func(marker byte, body []byte) bool) {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		marker := b[i+1]
		if marker == 0xff { // padding
			i++
			continue
		}
		end := i + 2 + int(b[i+2])<<8 + int(b[i+3])
		if end < i+4 || !each(marker, b[i+4:min(end, len(b))]) || marker == 0xda {
			return
		}
		i = end
	}
}
