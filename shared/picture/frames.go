package picture

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

const (
	// maxFrames bounds how many different frames of a picture are read.
	maxFrames = 32
	// maxFramePixels bounds how much is decoded to find them, some ten seconds' worth.
	maxFramePixels = 1 << 30
	// canvasPixel is what a pixel of the canvas takes beside the frame itself, in
	// bytes: the canvas, what it is set back to, and the signatures.
	canvasPixel = 4 + 4 + maxFrames*3/(square*square)
)

// frame is one of the pictures that an animation shows in turn: what it draws,
// and on which part of the canvas.
type frame struct {
	at     image.Rectangle
	over   bool // what is there shows where the frame is transparent
	after  disposal
	stands time.Duration // how long it is shown
	decode func() (image.Image, error)
}

// image decodes the frame, if it lies on the canvas and is no larger than it says.
func (f frame) image(canvas image.Rectangle) (image.Image, error) {
	if f.at.Empty() || !f.at.In(canvas) {
		return nil, fmt.Errorf("it lies at %v, outside of the picture's %v px", f.at, canvas.Max)
	}
	img, err := f.decode()
	if err == nil && img.Bounds().Size() != f.at.Size() {
		err = fmt.Errorf("it has %v px and says %v", img.Bounds().Size(), f.at.Size())
	}
	return img, err
}

// disposal is what becomes of a frame's part of the canvas before the next.
type disposal int

// The disposals.
const (
	keep disposal = iota
	cleared
	restored // to what was there before
)

// slowest is how long a frame is shown that asks for no time, or for so little
// that browsers take it for none (blink's image_decoder.h).
const slowest = 100 * time.Millisecond

// standing is how long a frame is shown, of the time that the file says.
func standing(d time.Duration) time.Duration {
	if d <= 10*time.Millisecond {
		return slowest
	}
	return d
}

// frames plays an animation and adds every canvas that looks different from all
// those before it.
func (s *sheet) frames(ctx context.Context, h Header) error {
	return play(ctx, h, 0, s.miss, func(canvas *image.RGBA, i int) error {
		extra := ""
		if s.bands > 0 {
			extra = fmt.Sprintf("frame %d of %d", i+1, len(h.frames))
		}
		return s.add(ctx, canvas, h.turn, extra)
	})
}

// Scenes gives the pictures that an animation shows, upright: the first, and of
// the others that differ so many that none stands for as long as still without a
// part of it being given. Each is given with the number of its frame, from 0 on,
// and is the receiver's until it returns. Missing says what was not looked at.
func Scenes(ctx context.Context, h Header, still time.Duration, each func(img *image.RGBA, frame int) error) (missing []string, err error) {
	miss := func(format string, args ...any) { missing = append(missing, fmt.Sprintf(format, args...)) }
	err = play(ctx, h, still, miss, func(canvas *image.RGBA, i int) error {
		if h.turn != upright {
			canvas = h.turn.upright(canvas)
		}
		return each(canvas, i)
	})
	return missing, err
}

// play draws the frames of an animation one upon the other, and shows each canvas
// that looks different from all those that it showed before. With a time, those
// are left out that do not stand for so long, but for one in each such time.
func play(ctx context.Context, h Header, still time.Duration, miss func(string, ...any), show func(canvas *image.RGBA, frame int) error) error {
	if h.decoded > MaxDecoded {
		return fault.New(fault.Invalid, "is %dx%d px and takes %d MB to decode, more than %d; put its pictures one by one",
			h.Width, h.Height, h.decoded>>20, MaxDecoded>>20)
	}
	stored := image.Rectangle{}
	stored.Max.X, stored.Max.Y = h.turn.size(h.Width, h.Height)
	canvas := image.NewRGBA(stored)
	var before *image.RGBA
	var seen []signature
	broken, unread, firstUnread := 0, 0, 0
	var why error
	pixels := 0
	var since time.Duration // that nothing was looked at
	for i, f := range h.frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		if pixels += stored.Dx()*stored.Dy() + f.at.Dx()*f.at.Dy(); i > 0 && pixels > maxFramePixels {
			miss("its frames from %d to %d were not looked at: they have too many pixels; put its pictures one by one", i+1, len(h.frames))
			break
		}
		img, err := f.image(stored)
		if err != nil {
			broken++
			why = fmt.Errorf("frame %d: %w", i+1, err)
			continue
		}
		if f.after == restored {
			before = image.NewRGBA(f.at)
			draw.Draw(before, f.at, canvas, f.at.Min, draw.Src)
		}
		op := draw.Src
		if f.over {
			op = draw.Over
		}
		draw.Draw(canvas, f.at, img, img.Bounds().Min, op)
		if since += f.stands; i == 0 || since >= still || i == len(h.frames)-1 {
			since = 0
			if sig := signatureOf(canvas); !sig.isAmong(seen) {
				if len(seen) == maxFrames {
					if unread++; unread == 1 {
						firstUnread = i + 1
					}
				} else {
					if err := show(canvas, i); err != nil {
						return err
					}
					seen = append(seen, sig)
				}
			}
		}
		switch f.after {
		case cleared:
			draw.Draw(canvas, f.at, image.Transparent, image.Point{}, draw.Src)
		case restored:
			draw.Draw(canvas, f.at, before, f.at.Min, draw.Src)
		}
	}
	if len(seen) == 0 {
		return fault.New(fault.Invalid, "has no frame that can be decoded (%v); save it again, or put its pictures one by one as PNG or JPEG", why)
	}
	if broken > 0 {
		miss("%d of its %d frames could not be decoded and were not read (%v); save it again",
			broken, len(h.frames), why)
	}
	if unread > 0 {
		miss("of its different frames the first %d were read; %d more, from frame %d of %d on, were not; put its pictures one by one",
			maxFrames, unread, firstUnread, len(h.frames))
	}
	if h.cutOff {
		miss("the file breaks off after its %d bytes, in or after frame %d of it; put it whole", h.Bytes, len(h.frames))
	}
	return nil
}

// signature is the mean colour of each small square of a canvas, by which two
// are told apart: a lossy format changes single pixels that nobody sees.
type signature []uint8

const (
	square = 4 // px
	// differs is how far two means are apart that nobody takes for the same: pale
	// grey type on white changes those that it crosses by more.
	differs = 6
)

func signatureOf(c *image.RGBA) signature {
	w, h := c.Rect.Dx(), c.Rect.Dy()
	across, down := (w+square-1)/square, (h+square-1)/square
	sums := make([]uint16, across*3)
	sig := make(signature, 0, across*down*3)
	for y := 0; y < h; y++ {
		row := c.Pix[y*c.Stride:][:w*4]
		for x := 0; x < w; x++ {
			// What is transparent is magenta here: neither white nor black letters look like it.
			clear := 255 - uint16(row[x*4+3])
			at := x / square * 3
			sums[at] += uint16(row[x*4]) + clear
			sums[at+1] += uint16(row[x*4+1])
			sums[at+2] += uint16(row[x*4+2]) + clear
		}
		if y%square == square-1 || y == h-1 {
			for i, sum := range sums {
				n := min(square, w-i/3*square) * (y%square + 1)
				sig = append(sig, uint8(int(sum)/n))
				sums[i] = 0
			}
		}
	}
	return sig
}

// isAmong says whether one of the others looks the same.
func (s signature) isAmong(others []signature) bool {
	for _, o := range others {
		if s.looksLike(o) {
			return true
		}
	}
	return false
}

func (s signature) looksLike(o signature) bool {
	for i, v := range s {
		if d := int(v) - int(o[i]); d > differs || d < -differs {
			return false
		}
	}
	return true
}
