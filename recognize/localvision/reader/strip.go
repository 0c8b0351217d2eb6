package reader

import (
	"image"
	"math"
	"slices"

	"golang.org/x/image/draw"
)

// textHeight is the height in px to which the text of every line is brought.
// The network was trained on lines of about this height: larger type is
// read worse, not better, and smaller type gains from a smooth enlargement.
const textHeight = 40

// strip is one line cut out of the picture as dark text on white, ready to be read.
type strip struct {
	gray *image.Gray
	line image.Rectangle // where the line's ink is in the picture
	at   image.Point     // where the strip's top left is in the picture
	per  float64         // strip px for a picture px
}

// toPicture turns a box in the strip into one in the picture. Tesseract's boxes reach
// above and below the ink, so they are cut to the line, whose ink is known.
func (s strip) toPicture(r image.Rectangle) image.Rectangle {
	low := func(v, at int) int { return at + int(math.Floor(float64(v)/s.per)) }
	high := func(v, at int) int { return at + int(math.Ceil(float64(v)/s.per)) }
	box := image.Rect(low(r.Min.X, s.at.X), low(r.Min.Y, s.at.Y), high(r.Max.X, s.at.X), high(r.Max.Y, s.at.Y))
	if cut := box.Intersect(s.line); !cut.Empty() {
		return cut
	}
	return box
}

// cutStrip cuts the line out of the picture. Whatever the colours were, light on dark
// or dark on light, over a gradient too, the result is dark on white: the ground is
// followed along the line's upper and lower margin and taken off, and what remains
// is measured along the way from the ground to the ink.
func cutStrip(pic *image.RGBA, line image.Rectangle) strip {
	margin := max(2, line.Dy()/6)
	box := line.Inset(-margin).Intersect(pic.Rect)
	w, h := box.Dx(), box.Dy()
	rim := max(1, margin/2)
	window := max(4, line.Dy())
	top := groundAlong(pic, image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+rim), window)
	bottom := groundAlong(pic, image.Rect(box.Min.X, box.Max.Y-rim, box.Max.X, box.Max.Y), window)

	away := make([][3]float32, w*h) // how far each pixel is from the ground
	var histogram [766]int
	for y := range h {
		t := float32(y) / float32(max(1, h-1))
		for x := range w {
			i := pic.PixOffset(box.Min.X+x, box.Min.Y+y)
			d, total := &away[y*w+x], float32(0)
			for c := range 3 {
				d[c] = float32(pic.Pix[i+c]) - (top[x][c]*(1-t) + bottom[x][c]*t)
				total += max(d[c], -d[c])
			}
			histogram[min(int(total), 765)]++
		}
	}
	// The ink is the mean of the tenth that differs most.
	far, left := 765, w*h/10
	for ; far > 1 && left > histogram[far]; far-- {
		left -= histogram[far]
	}
	var ink [3]float32
	inkPixels := 0
	for _, d := range away {
		if max(d[0], -d[0])+max(d[1], -d[1])+max(d[2], -d[2]) >= float32(far) {
			inkPixels++
			for c := range 3 {
				ink[c] += d[c]
			}
		}
	}
	// Where brightness tells ink from ground it alone is sharp: a JPEG smears the colours.
	if bright := brightness(ink); max(bright, -bright) >= sharpStep*float32(max(1, inkPixels)) {
		for i := range away {
			b := brightness(away[i])
			away[i] = [3]float32{b, b, b}
		}
		ink = [3]float32{bright, bright, bright}
	}
	length := float32(math.Sqrt(float64(ink[0]*ink[0] + ink[1]*ink[1] + ink[2]*ink[2])))
	gray := image.NewGray(image.Rect(0, 0, w, h))
	if length == 0 {
		length = 1
	}
	var shades [256]int
	values := make([]float32, w*h)
	for i, d := range away {
		values[i] = max(0, (d[0]*ink[0]+d[1]*ink[1]+d[2]*ink[2])/length)
		shades[min(int(values[i]), 255)]++
	}
	// Full black is what the darkest twentieth reaches.
	full, left := 255, w*h/20
	for ; full > 8 && left > shades[full]; full-- {
		left -= shades[full]
	}
	for i, v := range values {
		gray.Pix[i] = 255 - uint8(min(1, v/float32(full))*255)
	}
	s := enlarge(gray, box.Min, line.Dy())
	s.line = line
	return s
}

// sharpStep is the difference in brightness, of 0..255, from which on a line is read by brightness alone.
const sharpStep = 40

func brightness(d [3]float32) float32 { return 0.299*d[0] + 0.587*d[1] + 0.114*d[2] }

// enlarge brings a line to textHeight and puts white around it.
func enlarge(gray *image.Gray, at image.Point, height int) strip {
	const border = 10
	per := textHeight / float64(height)
	w, h := max(1, int(float64(gray.Rect.Dx())*per)), max(1, int(float64(gray.Rect.Dy())*per))
	out := image.NewGray(image.Rect(0, 0, w+2*border, h+2*border))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	draw.CatmullRom.Scale(out, image.Rect(border, border, border+w, border+h), gray, gray.Rect, draw.Src, nil)
	shift := int(math.Round(border / per))
	return strip{gray: out, at: at.Sub(image.Pt(shift, shift)), per: per}
}

// groundAlong returns the colour of the ground for each column of a rim: the
// median of each channel in a window around it.
func groundAlong(pic *image.RGBA, rim image.Rectangle, window int) [][3]float32 {
	const every = 4 // columns between two medians; the ground changes slowly
	out := make([][3]float32, rim.Dx())
	var seen [3][]uint8
	for from := 0; from < len(out); from += every {
		for c := range seen {
			seen[c] = seen[c][:0]
		}
		for x := max(0, from-window); x < min(len(out), from+window); x += 2 {
			for y := rim.Min.Y; y < rim.Max.Y; y++ {
				i := pic.PixOffset(rim.Min.X+x, y)
				for c := range seen {
					seen[c] = append(seen[c], pic.Pix[i+c])
				}
			}
		}
		var colour [3]float32
		for c := range seen {
			slices.Sort(seen[c])
			colour[c] = float32(seen[c][len(seen[c])/2])
		}
		for x := from; x < min(len(out), from+every); x++ {
			out[x] = colour
		}
	}
	return out
}
