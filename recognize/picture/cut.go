package picture

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"

	"github.com/pageinspect/pageinspect/shared/fault"
)

const (
	// bandHeight and overlap are Capture's: they suit the engine and the merge.
	bandHeight = 4096
	overlap    = 256
	// bandPixels keeps a tile below MaxBytes whatever is in it.
	bandPixels = 16_000_000
	// quality of the tiles, which costs no readable detail.
	quality = 95
)

// Band is a tile cut from a picture: a JPEG of the rows from Y on, across the whole width.
type Band struct {
	Y, Height int
	JPEG      []byte
}

// Cut decodes the picture that is b, whose header is h, and gives its bands
// from top to bottom, each overlapping the next. What is transparent is white.
func Cut(b []byte, h Header, each func(Band) error) error {
	if h.decoded > MaxDecoded {
		return fault.New(fault.Invalid, "is %dx%d px and takes %d MB to decode, more than %d; put it in smaller pieces", h.Width, h.Height, h.decoded>>20, MaxDecoded>>20)
	}
	height := min(bandHeight, bandPixels/h.Width)
	if height < 2*overlap {
		return fault.New(fault.Invalid, "is %d px wide, too wide to be cut; put it at most %d px wide", h.Width, bandPixels/(2*overlap))
	}
	src, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return fault.New(fault.Invalid, "is broken below its header: %v", err)
	}
	from := src.Bounds()
	if from.Dx() != h.Width || from.Dy() != h.Height {
		return fault.New(fault.Invalid, "has another size than its header says")
	}
	band := image.NewRGBA(image.Rect(0, 0, h.Width, min(height, h.Height)))
	for y := 0; ; y += height - overlap {
		part := band.SubImage(image.Rect(0, 0, h.Width, min(height, h.Height-y))).(*image.RGBA)
		draw.Draw(part, part.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(part, part.Rect, src, from.Min.Add(image.Pt(0, y)), draw.Over)
		var out bytes.Buffer
		if err := jpeg.Encode(&out, part, &jpeg.Options{Quality: quality}); err != nil {
			return fault.Wrap(fault.Invalid, err, "encode the rows from %d on", y)
		}
		if err := each(Band{y, part.Rect.Dy(), out.Bytes()}); err != nil {
			return err
		}
		if y+height >= h.Height {
			return nil
		}
	}
}
