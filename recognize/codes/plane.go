package codes

import (
	"image"
	"image/color"
)

// plane is the brightness of a picture.
type plane struct {
	w, h int
	pix  []uint8 // rows of w
}

// planeOf takes the brightness that a JPEG has already, and works it out of others.
func planeOf(img image.Image) *plane {
	r := img.Bounds()
	p := &plane{w: r.Dx(), h: r.Dy()}
	p.pix = make([]uint8, p.w*p.h)
	for y := range p.h {
		row := p.pix[y*p.w:][:p.w]
		switch m := img.(type) {
		case *image.YCbCr:
			copy(row, m.Y[m.YOffset(r.Min.X, r.Min.Y+y):])
		case *image.Gray:
			copy(row, m.Pix[m.PixOffset(r.Min.X, r.Min.Y+y):])
		case *image.RGBA:
			from := m.Pix[m.PixOffset(r.Min.X, r.Min.Y+y):]
			for x := range row {
				row[x] = grey(uint32(from[4*x]), uint32(from[4*x+1]), uint32(from[4*x+2]), uint32(from[4*x+3]))
			}
		default:
			for x := range row {
				c := color.RGBAModel.Convert(img.At(r.Min.X+x, r.Min.Y+y)).(color.RGBA)
				row[x] = grey(uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A))
			}
		}
	}
	return p
}

// grey is the brightness of a colour that is multiplied by its alpha, on white.
func grey(r, g, b, a uint32) uint8 { return uint8((77*r+150*g+29*b)>>8 + 255 - a) }

// bits is a plane in black and white.
type bits struct {
	w, h int
	dark []uint8 // 1 for dark, rows of w
}

const (
	// block is the side of the squares whose extremes are taken, px.
	block = 8
	// near and far are how many blocks to each side a threshold looks at: the
	// nearest, and, where these are of one colour, some more, as within the
	// middle of a large code's corner.
	near, far = 1, 4
	// flat is the difference in brightness below which nothing is written.
	flat = 32
)

// binarize takes for dark what is darker than the middle between the darkest
// and the lightest around it.
func (p *plane) binarize() *bits {
	cols, rows := (p.w+block-1)/block, (p.h+block-1)/block
	low, high := make([]uint8, cols*rows), make([]uint8, cols*rows)
	for i := range low {
		low[i] = 255
	}
	for y := range p.h {
		l, h := low[y/block*cols:][:cols], high[y/block*cols:][:cols]
		row := p.pix[y*p.w:][:p.w]
		for i := range l {
			lo, hi := l[i], h[i]
			for _, v := range row[i*block : min((i+1)*block, p.w)] {
				lo, hi = min(lo, v), max(hi, v)
			}
			l[i], h[i] = lo, hi
		}
	}
	darkest, lightest := func(a, b uint8) uint8 { return min(a, b) }, func(a, b uint8) uint8 { return max(a, b) }
	low, high = spread(low, cols, rows, near, darkest), spread(high, cols, rows, near, lightest)
	lower, higher := spread(low, cols, rows, far-near, darkest), spread(high, cols, rows, far-near, lightest)
	out := &bits{w: p.w, h: p.h, dark: make([]uint8, p.w*p.h)}
	for y := range p.h {
		l, h := low[y/block*cols:][:cols], high[y/block*cols:][:cols]
		row, dark := p.pix[y*p.w:][:p.w], out.dark[y*p.w:][:p.w]
		for i := range l {
			lo, hi := l[i], h[i]
			if hi-lo < flat {
				lo, hi = lower[y/block*cols+i], higher[y/block*cols+i]
			}
			threshold := uint8((int(lo) + int(hi) + 1) / 2)
			if hi-lo < flat {
				threshold = 128
			}
			for x := i * block; x < min((i+1)*block, p.w); x++ {
				if row[x] < threshold {
					dark[x] = 1
				}
			}
		}
	}
	return out
}

// spread gives each block the extreme of those around it.
func spread(v []uint8, cols, rows, around int, pick func(a, b uint8) uint8) []uint8 {
	across, out := make([]uint8, len(v)), make([]uint8, len(v))
	for y := range rows {
		for x := range cols {
			e := v[y*cols+x]
			for i := max(0, x-around); i <= min(cols-1, x+around); i++ {
				e = pick(e, v[y*cols+i])
			}
			across[y*cols+x] = e
		}
	}
	for y := range rows {
		for x := range cols {
			e := across[y*cols+x]
			for i := max(0, y-around); i <= min(rows-1, y+around); i++ {
				e = pick(e, across[i*cols+x])
			}
			out[y*cols+x] = e
		}
	}
	return out
}
