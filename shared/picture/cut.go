package picture

import (
	"bytes"
	"context"
	"fmt"
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
	// maxBands bounds what one picture may cost.
	maxBands = 500
)

// Band is a tile cut from a picture: a JPEG of the rows from Y on, across the
// whole width. Frames and pages stand below one another, without an overlap.
type Band struct {
	Y, Width, Height int
	JPEG             []byte
	Extra            string // which frame or page it is of, but for the first
}

// Sheet is what was made of a picture: all its bands stand on it.
type Sheet struct {
	Width, Height int
	// Missing says what of the picture is in no band, a sentence for each kind.
	Missing []string
}

// sheet is a Sheet in the making.
type sheet struct {
	Sheet
	bands int
	each  func(Band) error
}

// Cut decodes the picture that is b, whose header is h, and gives its bands
// from top to bottom, each overlapping the next: of each frame that differs from
// those before it, and of each page. What is transparent is white, or what the
// letters upon it are seen on.
func Cut(ctx context.Context, b []byte, h Header, each func(Band) error) (Sheet, error) {
	s := &sheet{each: each}
	var err error
	switch {
	case h.Format == "tiff":
		err = s.pages(ctx, b, h)
	case len(h.frames) > 0:
		err = s.frames(ctx, h)
	default:
		var img image.Image
		if img, err = decode(b, h); err == nil {
			err = s.add(ctx, img, h.turn, "")
		}
	}
	return s.Sheet, err
}

func (s *sheet) miss(format string, args ...any) {
	s.Missing = append(s.Missing, fmt.Sprintf(format, args...))
}

// add puts a picture, which is stored with a turn, below what is there.
func (s *sheet) add(ctx context.Context, src image.Image, t turn, extra string) error {
	from := src.Bounds()
	width, whole := t.size(from.Dx(), from.Dy())
	height, ground := min(bandHeight, bandPixels/width), image.NewUniform(Ground(src))
	if height < 2*overlap && height < whole {
		return fault.New(fault.Invalid, "is %d px wide, too wide to be cut; put it at most %d px wide", width, bandPixels/(2*overlap))
	}
	for y := 0; ; y += height - overlap {
		if s.bands == maxBands {
			return fault.New(fault.Invalid, "makes more than %d tiles; put it in smaller pieces", maxBands)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		part := image.Rect(0, y, width, min(y+height, whole))
		stored := t.storedRect(part, from.Dx(), from.Dy())
		rows := image.NewRGBA(image.Rectangle{Max: stored.Size()})
		draw.Draw(rows, rows.Rect, ground, image.Point{}, draw.Src)
		draw.Draw(rows, rows.Rect, src, from.Min.Add(stored.Min), draw.Over)
		if t != upright {
			rows = t.upright(rows)
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, rows, &jpeg.Options{Quality: quality}); err != nil {
			return fault.Wrap(fault.Invalid, err, "encode the rows from %d on", y)
		}
		if err := s.each(Band{Y: s.Height + y, Width: width, Height: part.Dy(), JPEG: out.Bytes(), Extra: extra}); err != nil {
			return err
		}
		s.bands++
		if part.Max.Y == whole {
			break
		}
	}
	s.Width, s.Height = max(s.Width, width), s.Height+whole
	return nil
}
