package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/image/tiff"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// splitTIFF counts the pages of a TIFF.
func splitTIFF(b []byte, h *Header) error {
	pages := tiffPages(b)
	if len(pages) == 0 {
		return noPicture(b, nil)
	}
	h.Frames, h.turn = len(pages), pages[0].turn
	return nil
}

// tiffPage is one page of a TIFF: its directory of tags.
type tiffPage struct {
	at   uint32 // where the directory begins
	turn turn
}

// orientationTag is Exif's Orientation, which TIFF has from the beginning.
const orientationTag = 274

// tiffPages follows the chain of directories (TIFF 6.0, 2) to its end, or to one
// that was there before.
func tiffPages(b []byte) (pages []tiffPage) {
	var order binary.ByteOrder
	switch {
	case len(b) < 8:
		return nil
	case string(b[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(b[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return nil
	}
	seen := map[uint32]bool{}
	for at := order.Uint32(b[4:]); at != 0 && !seen[at] && len(pages) <= maxFrames; {
		seen[at] = true
		p := tiffPage{at: at, turn: upright}
		if uint64(at)+2 > uint64(len(b)) {
			return append(pages, p)
		}
		tags := b[at+2:]
		n := int(order.Uint16(b[at:]))
		for i := range min(n, len(tags)/12) {
			if tag := tags[12*i:]; order.Uint16(tag) == orientationTag {
				p.turn = turnFrom(int(order.Uint16(tag[8:])))
			}
		}
		pages = append(pages, p)
		if len(tags) < 12*n+4 {
			return pages
		}
		at = order.Uint32(tags[12*n:])
	}
	return pages
}

// onePage reads a TIFF as if one page were its first.
type onePage struct {
	*bytes.Reader
	head [8]byte
}

func pageReader(b []byte, p tiffPage) *onePage {
	r := &onePage{Reader: bytes.NewReader(b)}
	copy(r.head[:], b)
	if b[0] == 'I' {
		binary.LittleEndian.PutUint32(r.head[4:], p.at)
	} else {
		binary.BigEndian.PutUint32(r.head[4:], p.at)
	}
	return r
}

// ReadAt is the file's, but for its first bytes.
func (r *onePage) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	if off < int64(len(r.head)) {
		copy(p[:n], r.head[off:])
	}
	return n, err
}

// pages adds each page of a TIFF.
func (s *sheet) pages(ctx context.Context, b []byte, h Header) error {
	broken := 0
	var why error
	all := tiffPages(b)
	for i, p := range all {
		if i == maxFrames {
			s.miss("its pages from %d on were not read; put them in another file", maxFrames+1)
			break
		}
		err := tiffFits(b, p)
		if err == nil {
			extra := ""
			if i > 0 {
				extra = fmt.Sprintf("page %d of %d", i+1, len(all))
			}
			img, e := tiff.Decode(pageReader(b, p))
			if e == nil {
				if err := s.add(ctx, img, p.turn, extra); err != nil {
					return err
				}
				continue
			}
			err = e
		}
		broken++
		why = fmt.Errorf("page %d: %w", i+1, err)
	}
	if s.bands == 0 {
		return fault.New(fault.Invalid, "is a TIFF of which no page can be decoded (%v); put its pages as PNG or JPEG", why)
	}
	if broken > 0 {
		s.miss("%d of its %d pages could not be decoded and were not read (%v); put them as PNG or JPEG", broken, len(all), why)
	}
	return nil
}

// tiffFits refuses a page that would not fit into memory.
func tiffFits(b []byte, p tiffPage) error {
	cfg, err := tiff.DecodeConfig(pageReader(b, p))
	if err != nil {
		return err
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height*perPixel(cfg.ColorModel) > MaxDecoded {
		return fault.New(fault.Invalid, "%dx%d px, more than %d MB when decoded", cfg.Width, cfg.Height, MaxDecoded>>20)
	}
	return nil
}
