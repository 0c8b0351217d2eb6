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
// is measured along the way from the ground to the ink. Where the ground changes at once, as at
// the ends of a highlight, each side has a ground and an ink of its own. Rules are taken off.
func cutStrip(pic *image.RGBA, line image.Rectangle) strip {
	margin := max(2, line.Dy()/6)
	box := line.Inset(-margin).Intersect(pic.Rect)
	rim := max(1, margin/2)
	parts := evenGrounds(pic, box, line, rim)
	drawn := make([]ink, len(parts))
	most := float32(0)
	for i, part := range parts {
		drawn[i] = inkOf(pic, part, line, rim)
		most = max(most, drawn[i].full)
	}
	w, h := box.Dx(), box.Dy()
	gray := image.NewGray(image.Rect(0, 0, w, h))
	for i, part := range parts {
		full := max(drawn[i].full, 0.3*most) // where there is no text the ground's noise is no ink
		for y := range h {
			for x := range part.Dx() {
				v := drawn[i].values[y*part.Dx()+x]
				if x == 0 && i > 0 || x == part.Dx()-1 && i < len(parts)-1 {
					v = 0 // where two grounds meet
				}
				gray.Pix[y*gray.Stride+part.Min.X-box.Min.X+x] = 255 - uint8(min(1, v/full)*255)
			}
		}
	}
	// What reaches into the margin belongs to the lines above and below.
	for y := range h {
		if at := box.Min.Y + y; at < line.Min.Y-1 || at > line.Max.Y {
			for x := range w {
				gray.Pix[y*gray.Stride+x] = 255
			}
		}
	}
	if text := eraseRules(gray, line.Sub(box.Min)).Add(box.Min); 2*text.Dy() >= line.Dy() {
		line = text
	}
	line.Min.X += bullet(gray, line.Sub(box.Min))
	s := enlarge(gray, box.Min, line.Dy())
	s.line = line
	return s
}

// bullet wipes out the dot or square before an item of a list, and returns how far in the text begins. Tesseract takes it and the
// letter behind it for others.
func bullet(gray *image.Gray, line image.Rectangle) int {
	dark := func(x int) (top, bottom int) {
		for y := range gray.Rect.Dy() {
			if gray.Pix[y*gray.Stride+x] < inkBelow {
				if bottom == 0 {
					top = y
				}
				bottom = y + 1
			}
		}
		return top, bottom
	}
	first := max(0, line.Min.X)
	x, top, bottom := first, gray.Rect.Dy(), 0
	skip := func(white bool) int {
		from := x
		for ; x < min(line.Max.X, gray.Rect.Dx()); x++ {
			t, b := dark(x)
			if (b == 0) != white {
				break
			}
			if b > 0 {
				top, bottom = min(top, t), max(bottom, b)
			}
		}
		return x - from
	}
	skip(true)
	wide := skip(false)
	gap := skip(true)
	high, size := bottom-top, line.Dy()
	centre := middle(top, bottom) - line.Min.Y
	if x >= line.Max.X-size || 10*gap < 4*size || 2*high > size || 6*high < size || 10*max(wide, high) > 14*min(wide, high) || 10*centre < 3*size || 10*centre > 7*size {
		return 0
	}
	for at := first; at < x; at++ {
		for y := range gray.Rect.Dy() {
			gray.Pix[y*gray.Stride+at] = 255
		}
	}
	return x - first
}

// ink is how far each pixel of a box is from the ground towards the ink, and how far full ink is.
type ink struct {
	values []float32
	full   float32
}

// inkOf measures the ink of a box, whose upper and lower rim show the ground.
func inkOf(pic *image.RGBA, box, line image.Rectangle, rim int) ink {
	w, h := box.Dx(), box.Dy()
	over, under := rims(pic, box, line, rim)
	window := max(4, line.Dy())
	top, bottom := groundAlong(pic, over, window), groundAlong(pic, under, window)

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
	var mean [3]float32
	inkPixels := 0
	for _, d := range away {
		if max(d[0], -d[0])+max(d[1], -d[1])+max(d[2], -d[2]) >= float32(far) {
			inkPixels++
			for c := range 3 {
				mean[c] += d[c]
			}
		}
	}
	// Where brightness tells ink from ground it alone is sharp: a JPEG smears the colours.
	if bright := brightness(mean); max(bright, -bright) >= sharpStep*float32(max(1, inkPixels)) {
		for i := range away {
			b := brightness(away[i])
			away[i] = [3]float32{b, b, b}
		}
		mean = [3]float32{bright, bright, bright}
	}
	length := float32(math.Sqrt(float64(mean[0]*mean[0] + mean[1]*mean[1] + mean[2]*mean[2])))
	if length == 0 {
		length = 1
	}
	var shades [256]int
	values := make([]float32, w*h)
	for i, d := range away {
		values[i] = max(0, (d[0]*mean[0]+d[1]*mean[1]+d[2]*mean[2])/length)
		shades[min(int(values[i]), 255)]++
	}
	// Full black is what the darkest twentieth reaches.
	full, left := 255, w*h/20
	for ; full > 8 && left > shades[full]; full-- {
		left -= shades[full]
	}
	return ink{values, float32(full)}
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
