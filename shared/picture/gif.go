package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"time"
)

// splitGIF finds the frames of a GIF (GIF89a, 17 to 27) without decoding them.
// One whose only frame fills the screen is left as it is.
func splitGIF(b []byte, h *Header) error {
	const headerSize = 13
	if len(b) < headerSize {
		return nil
	}
	at := headerSize + table(b[10])
	header := b[:min(at, len(b))]
	var control []byte // the extension that belongs to the next frame
	for ended := false; !ended; {
		begin := at
		switch {
		case at >= len(b):
			h.cutOff = true // without a trailer: there may have been more
		case b[at] == 0x21 && at+1 < len(b):
			if at = afterBlocks(b, at+2); b[begin+1] == 0xf9 && at-begin >= 8 {
				control = b[begin:min(at, len(b))]
			}
			h.cutOff = at > len(b)
		case b[at] == 0x2c && at+10 <= len(b):
			at = afterBlocks(b, at+10+table(b[at+9])+1)
			h.cutOff = at > len(b)
			h.frames = append(h.frames, gifFrame(header, control, b[begin:min(at, len(b))]))
			control = nil
		default: // the trailer; what follows it, or is no block, is no picture
			h.cutOff = b[at] == 0x2c || b[at] == 0x21
			ended = true
		}
		ended = ended || h.cutOff
	}
	canvas := image.Rect(0, 0, h.Width, h.Height)
	for _, f := range h.frames {
		canvas = canvas.Union(f.at)
	}
	if len(h.frames) == 1 && h.frames[0].at == canvas && !h.cutOff {
		h.frames = nil
	}
	h.Width, h.Height, h.Frames = canvas.Dx(), canvas.Dy(), max(1, len(h.frames))
	return nil
}

// table is the size in bytes of the colour table that flags announce.
func table(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// afterBlocks is where the data blocks end that begin at an offset: past the end
// of b if they do not end.
func afterBlocks(b []byte, at int) int {
	for at < len(b) {
		n := int(b[at])
		if at += 1 + n; n == 0 {
			return at
		}
	}
	return len(b) + 1
}

// gifFrame is the frame that an image block is, after its control extension.
func gifFrame(header, control, block []byte) frame {
	n := func(i int) int { return int(binary.LittleEndian.Uint16(block[i:])) }
	f := frame{at: image.Rect(n(1), n(3), n(1)+n(5), n(3)+n(7)), over: true, stands: standing(0)}
	if len(control) > 5 {
		f.stands = standing(time.Duration(binary.LittleEndian.Uint16(control[4:])) * 10 * time.Millisecond)
	}
	if len(control) > 3 {
		f.after = map[byte]disposal{2: cleared, 3: restored}[control[3]>>2&7]
	}
	f.decode = func() (image.Image, error) {
		alone := bytes.Join([][]byte{header, control, block, {0x3b}}, nil)
		// A frame may reach beyond the screen that the header announces.
		binary.LittleEndian.PutUint16(alone[6:], uint16(min(f.at.Max.X, 0xffff)))
		binary.LittleEndian.PutUint16(alone[8:], uint16(min(f.at.Max.Y, 0xffff)))
		return gif.Decode(bytes.NewReader(alone))
	}
	return f
}
