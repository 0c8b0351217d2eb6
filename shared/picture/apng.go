package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"time"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// splitPNG finds the frames of an animated PNG (PNG, third edition, 11.3.7). An
// image that is not part of the animation is what viewers without it show: it is
// a frame, too.
func splitPNG(b []byte, h *Header) error {
	var (
		animated bool
		header   []byte   // the data of IHDR
		shared   [][]byte // chunks that every frame needs: palette and transparency
		control  []byte   // the data of fcTL, of the frame being read
		data     [][]byte // the compressed data of it
		ended    bool
	)
	finish := func() {
		if len(data) > 0 {
			h.frames = append(h.frames, pngFrame(header, control, shared, data))
		}
		control, data = nil, nil
	}
	chunks(b, func(kind string, body []byte) {
		switch kind {
		case "IHDR":
			header = body
		case "acTL":
			animated = true
		case "PLTE", "tRNS":
			shared = append(shared, chunk(kind, body))
		case "fcTL":
			finish()
			if len(body) >= 26 {
				control = body
			}
		case "IDAT":
			data = append(data, body)
		case "fdAT":
			data = append(data, body[min(4, len(body)):])
		case "IEND":
			ended = true
		}
	})
	finish()
	if !animated || len(header) != 13 || len(h.frames) == 0 {
		h.frames = nil
		return nil
	}
	h.Frames, h.cutOff = len(h.frames), !ended
	return nil
}

// chunks gives the chunks of a PNG, the last one as far as it goes.
func chunks(b []byte, each func(kind string, body []byte)) {
	for rest := b[min(len(pngSignature), len(b)):]; len(rest) >= 8; {
		n, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		each(kind, rest[8:min(8+n, uint64(len(rest)))])
		if kind == "IEND" {
			return
		}
		rest = rest[min(12+n, uint64(len(rest))):]
	}
}

// pngFrame is the frame that fcTL describes, or the one that is shown without the animation.
func pngFrame(header, control []byte, shared, data [][]byte) frame {
	n := func(b []byte, i int) int { return int(binary.BigEndian.Uint32(b[i:]) & 0x7fffffff) }
	f := frame{after: cleared, stands: standing(0)}
	own := bytes.Clone(header)
	if control != nil {
		copy(own, control[4:12])
		x, y := n(control, 12), n(control, 16)
		f.at = image.Rect(x, y, x+n(control, 4), y+n(control, 8))
		f.after = map[byte]disposal{1: cleared, 2: restored}[control[24]]
		f.over = control[25] == 1
		of := int(binary.BigEndian.Uint16(control[22:]))
		if of == 0 {
			of = 100
		}
		f.stands = standing(time.Duration(binary.BigEndian.Uint16(control[20:])) * time.Second / time.Duration(of))
	} else if len(header) == 13 {
		f.at = image.Rect(0, 0, n(header, 0), n(header, 4))
	}
	f.decode = func() (image.Image, error) {
		out := [][]byte{[]byte(pngSignature), chunk("IHDR", own)}
		out = append(out, shared...)
		return png.Decode(bytes.NewReader(bytes.Join(append(out, chunk("IDAT", data...), chunk("IEND")), nil)))
	}
	return f
}

// chunk is a PNG chunk of the parts of its data.
func chunk(kind string, data ...[]byte) []byte {
	body := bytes.Join(append([][]byte{[]byte(kind)}, data...), nil)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)-4))
	return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
}
