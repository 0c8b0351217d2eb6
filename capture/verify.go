package capture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	_ "image/jpeg" // the formats a tile may have
	_ "image/png"
	"math"

	"github.com/pageinspect/pageinspect/shared/fault"
	_ "golang.org/x/image/webp"
)

// verify demands of a tile that it has bytes, is a whole picture, and has the
// size asked for: a browser that cannot draw so much answers without an error.
// The header is decoded and the structure followed to its end; the pixels are
// not, which would cost a third of drawing them and the memory of a tile.
func verify(data []byte, b band, scale float64) error {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fault.New(fault.Transient, "the browser returned %d bytes that are not a picture: %v", len(data), err)
	}
	if !whole[format](data) {
		return fault.New(fault.Transient, "the browser returned a %s that is cut off or damaged, of %d bytes", format, len(data))
	}
	near := func(got, css int) bool { return math.Abs(float64(got)-float64(css)*scale) <= 1 }
	if !near(cfg.Width, b.width) || !near(cfg.Height, b.height) {
		return fault.New(fault.Transient, "the browser returned a picture of %dx%d px for %dx%d CSS px at scale %v", cfg.Width, cfg.Height, b.width, b.height, scale)
	}
	return nil
}

// whole follows a picture's structure, whose header was read, to its end.
var whole = map[string]func([]byte) bool{
	// ITU-T T.81, annex B: segments of a stated length up to the first scan, and EOI at the end.
	"jpeg": func(data []byte) bool {
		for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
			if rest[1] == 0xda {
				return bytes.HasSuffix(rest, []byte{0xff, 0xd9})
			}
			n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
			if n > len(rest) {
				return false
			}
			rest = rest[n:]
		}
		return false
	},
	// PNG, third edition, 5.3: chunks with a length and a checksum, the last one IEND.
	"png": func(data []byte) bool {
		for rest := data[8:]; len(rest) >= 12; {
			n := uint64(binary.BigEndian.Uint32(rest))
			if n+12 > uint64(len(rest)) || crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
				return false
			}
			if string(rest[4:8]) == "IEND" {
				return len(rest) == 12
			}
			rest = rest[12+n:]
		}
		return false
	},
	// RFC 9649, 2.4: a RIFF file of a stated length.
	"webp": func(data []byte) bool { return uint64(binary.LittleEndian.Uint32(data[4:]))+8 == uint64(len(data)) },
}
