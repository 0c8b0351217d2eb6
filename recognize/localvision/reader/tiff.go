package reader

import (
	"encoding/binary"
	"image"
)

// encodeTIFF writes gray pictures as the pages of one uncompressed TIFF (revision
// 6.0, little-endian). It is the one format in which Tesseract takes many pictures from its
// standard input, so that one process reads all lines and nothing is put on disk.
func encodeTIFF(pages []*image.Gray) []byte {
	const (
		short, long, rational = 3, 4, 5
		fields                = 12
		directory             = 2 + fields*12 + 4 + 8 // count, entries, offset of the next, the resolution
		dpi                   = 300
	)
	size := 8
	for _, p := range pages {
		size += directory + p.Rect.Dx()*p.Rect.Dy() + 1
	}
	b := make([]byte, 0, size)
	order := binary.LittleEndian
	b = append(b, 'I', 'I', 42, 0)
	b = order.AppendUint32(b, 8)
	for i, p := range pages {
		w, h := p.Rect.Dx(), p.Rect.Dy()
		start := len(b)
		resolution := start + directory - 8
		pixels := start + directory
		next := pixels + w*h
		next += next % 2 // a directory begins on a word boundary
		end := next
		if i == len(pages)-1 {
			next = 0
		}
		b = order.AppendUint16(b, fields)
		for _, f := range [fields]struct {
			tag, kind uint16
			value     int
		}{
			{256, long, w}, {257, long, h}, {258, short, 8}, {259, short, 1}, // width, height, bits, no compression
			{262, short, 1}, {273, long, pixels}, {277, short, 1}, {278, long, h}, // black is zero, where, samples, rows
			{279, long, w * h}, {282, rational, resolution}, {283, rational, resolution}, {296, short, 2}, // bytes, dots an inch
		} {
			b = order.AppendUint16(b, f.tag)
			b = order.AppendUint16(b, f.kind)
			b = order.AppendUint32(b, 1)
			b = order.AppendUint32(b, uint32(f.value))
		}
		b = order.AppendUint32(b, uint32(next))
		b = order.AppendUint32(b, dpi)
		b = order.AppendUint32(b, 1)
		for y := range h {
			b = append(b, p.Pix[y*p.Stride:y*p.Stride+w]...)
		}
		for len(b) < end {
			b = append(b, 0)
		}
	}
	return b
}
