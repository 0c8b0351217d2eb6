package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math"
	"time"

	"golang.org/x/image/webp"
)

// riffHeader is the size of what a WebP has before its first chunk.
const riffHeader = 12

// splitWebP finds the frames of an animated WebP (RFC 9649, 2.7).
func splitWebP(b []byte, h *Header) error {
	riff(b[min(riffHeader, len(b)):], func(kind string, body []byte) {
		if kind == "ANMF" && len(body) >= 16 {
			h.frames = append(h.frames, webpFrame(body))
		}
	})
	if len(h.frames) > 0 {
		h.Frames, h.cutOff = len(h.frames), endless(b, h.Format)
	}
	return nil
}

// riff gives each chunk, the last one as far as it goes, and says whether the last one breaks off.
func riff(rest []byte, each func(kind string, body []byte)) {
	for len(rest) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(rest[4:]))
		end := 8 + n
		each(string(rest[:4]), rest[8:min(end, uint64(len(rest)))])
		rest = rest[min(end+n%2, uint64(len(rest))):]
	}
}

// webpFrame is the frame that the data of an ANMF chunk is.
func webpFrame(b []byte) frame {
	n := func(i int) int { return int(b[i]) | int(b[i+1])<<8 | int(b[i+2])<<16 }
	x, y, w, h := 2*n(0), 2*n(3), n(6)+1, n(9)+1
	f := frame{at: image.Rect(x, y, x+w, y+h), over: b[15]&2 == 0, stands: standing(time.Duration(n(12)) * time.Millisecond)}
	if b[15]&1 != 0 {
		f.after = cleared
	}
	f.decode = func() (image.Image, error) {
		var alpha, picture []byte
		riff(b[16:], func(kind string, body []byte) {
			switch kind {
			case "ALPH":
				alpha = riffChunk(kind, body)
			case "VP8 ", "VP8L":
				picture = riffChunk(kind, body)
			}
		})
		if picture == nil {
			return nil, errors.New("has no picture")
		}
		size := make([]byte, 10) // whether there is an alpha channel, and the size less one, to which the decoder holds the picture
		copy(size[4:], b[6:12])
		if string(picture[:4]) != "VP8 " {
			alpha = nil // VP8L has its own
		}
		if alpha != nil {
			size[0] = 1 << 4
		}
		alone := bytes.Join([][]byte{[]byte("WEBP"), riffChunk("VP8X", size), alpha, picture}, nil)
		img, err := webp.Decode(bytes.NewReader(riffChunk("RIFF", alone)))
		return fullRange(img), err
	}
	return f
}

// riffChunk is a chunk of a RIFF file.
func riffChunk(kind string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 != 0 {
		out = append(out, 0)
	}
	return out
}

// fullRange stretches the light and colours of a lossy WebP, in place. They are
// stored from 16 up to 235 and 240 (RFC 6386, 9.2), and the decoder hands them
// on as if they were a JPEG's, from 0 to 255 (golang/go#40173): white would be
// grey, and pale letters on it paler.
func fullRange(img image.Image) image.Image {
	stretch := func(p []uint8, table *[256]uint8) {
		for i, v := range p {
			p[i] = table[v]
		}
	}
	switch img := img.(type) {
	case *image.YCbCr:
		stretch(img.Y, &light)
		stretch(img.Cb, &tint)
		stretch(img.Cr, &tint)
	case *image.NYCbCrA:
		fullRange(&img.YCbCr)
	}
	return img
}

var light, tint = stretched(16, 219, 0), stretched(128, 224, 128)

// stretched maps what is range/255 as wide, around from, to full width, around to.
func stretched(from, span, to int) (table [256]uint8) {
	for v := range table {
		table[v] = uint8(min(255, max(0, to+int(math.Round(float64(v-from)*255/float64(span))))))
	}
	return table
}
