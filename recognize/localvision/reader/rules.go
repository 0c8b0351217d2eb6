package reader

import (
	"image"
	"slices"
)

// Text is underlined, struck through, framed and highlighted. To Tesseract a rule that touches a glyph is a part of
// it, and one below a line is a line of its own, or a lot of hyphens. So rules are taken off before reading: what is
// drawn along a line and is longer than any stroke of a glyph.

// evenGrounds cuts a line's box where the ground changes at once, by its upper and lower rim: at the ends of a
// highlight, a badge or a cell. Where the ground is not even, as over a photograph, it is not cut.
func evenGrounds(pic *image.RGBA, box image.Rectangle, line image.Rectangle, rim int) []image.Rectangle {
	const (
		step = 45 // of 0..765: what differs less is one ground
		even = 36
	)
	w, height := box.Dx(), line.Dy()
	if w < 2*height {
		return []image.Rectangle{box}
	}
	// The middle of each column's rim, which a tail of a glyph from another line may cross here or there.
	ground := func(from, to int) [][3]int {
		out := make([][3]int, w)
		var seen [3][]int
		for x := range w {
			for c := range 3 {
				seen[c] = seen[c][:0]
				for y := from; y < to; y++ {
					seen[c] = append(seen[c], int(pic.Pix[pic.PixOffset(box.Min.X+x, y)+c]))
				}
				slices.Sort(seen[c])
				out[x][c] = seen[c][len(seen[c])/2]
			}
		}
		return out
	}
	// Next to the text: a highlight reaches little farther.
	near := nearRims(box, line, rim)
	top, bottom := ground(near[0].Min.Y, near[0].Max.Y), ground(near[1].Min.Y, near[1].Max.Y)
	const reach = 3 // px on either side of an end that a JPEG may blur
	var cuts []int
	for x := reach; x+reach < w; x++ {
		if apart(top[x-reach], top[x+reach]) < step || apart(bottom[x-reach], bottom[x+reach]) < step {
			continue
		}
		best, at := 0, x
		for k := x; k < min(w-1, x+2*reach); k++ {
			if d := apart(top[k-1], top[k]) + apart(bottom[k-1], bottom[k]); d > best {
				best, at = d, k
			}
		}
		cuts = append(cuts, at)
		x = at + reach
	}
	if len(cuts) == 0 {
		return []image.Rectangle{box}
	}
	var out []image.Rectangle
	from := 0
	for _, to := range append(cuts, w) {
		if to-from < height/3 && to < w { // the side of a frame, or the tail of a glyph
			continue
		}
		uneven := 0
		middle := top[(from+to)/2]
		for x := from + reach; x < to-reach; x++ {
			if apart(top[x], middle) > even {
				uneven++
			}
		}
		if 5*uneven > to-from {
			return []image.Rectangle{box}
		}
		out = append(out, image.Rect(box.Min.X+from, box.Min.Y, box.Min.X+to, box.Max.Y))
		from = to
	}
	return out
}

// nearRims are the rims above and below a line that lie next to it.
func nearRims(box, line image.Rectangle, rim int) [2]image.Rectangle {
	upper, lower := max(box.Min.Y, line.Min.Y-1-rim), min(box.Max.Y, line.Max.Y+1+rim)
	return [2]image.Rectangle{
		image.Rect(box.Min.X, upper, box.Max.X, upper+rim),
		image.Rect(box.Min.X, lower-rim, box.Max.X, lower),
	}
}

// rims returns the rims above and below a line that show its ground: those farthest from the text or, where one of these lies in
// a rule or beyond the end of the ground, others that are of one colour.
func rims(pic *image.RGBA, box, line image.Rectangle, rim int) (top, bottom image.Rectangle) {
	const alike = 40
	near := nearRims(box, line, rim)
	outer := [2]image.Rectangle{
		image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+rim),
		image.Rect(box.Min.X, box.Max.Y-rim, box.Max.X, box.Max.Y),
	}
	uppers, lowers := []image.Rectangle{outer[0], near[0]}, []image.Rectangle{outer[1], near[1]}
	// Beyond a thick rule.
	if far := outer[0].Sub(image.Pt(0, line.Dy()/4)); far.In(pic.Rect) {
		uppers = append(uppers, far)
	}
	if far := outer[1].Add(image.Pt(0, line.Dy()/4)); far.In(pic.Rect) {
		lowers = append(lowers, far)
	}
	least := 766
	for _, u := range uppers {
		for _, l := range lowers {
			d := apart(middleColour(pic, u), middleColour(pic, l))
			if d < least {
				least, top, bottom = d, u, l
			}
			if least <= alike {
				return top, bottom
			}
		}
	}
	return top, bottom
}

// middleColour is the median of each channel.
func middleColour(pic *image.RGBA, r image.Rectangle) (out [3]int) {
	var seen [3][]uint8
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			i := pic.PixOffset(x, y)
			for c := range seen {
				seen[c] = append(seen[c], pic.Pix[i+c])
			}
		}
	}
	for c := range seen {
		slices.Sort(seen[c])
		out[c] = int(seen[c][len(seen[c])/2])
	}
	return out
}

// eraseRules takes the rules off a line, dark on white, whose text and rules lie in the box given, and returns
// the box of the text alone.
func eraseRules(gray *image.Gray, line image.Rectangle) image.Rectangle {
	const (
		drawn = 90  // of 0..255: a rule from which on a line has one
		dark  = 150 // a rule as dark as text, under which no text can be told
	)
	w, h := gray.Rect.Dx(), gray.Rect.Dy()
	span := max(20, 3*line.Dy()/2) // longer than any stroke
	if w < span {
		return line
	}
	level := make([]uint8, w*h) // how dark the rule is at each pixel
	ruled := make([]int, h)     // of each row, px of rule
	row := make([]uint8, w)
	any := invertBlocks(gray, span)
	type stretch struct{ y, from, to int }
	var found []stretch
	for y := range h {
		for x, v := range gray.Pix[y*gray.Stride : y*gray.Stride+w] {
			row[x] = 255 - v
		}
		opened := level[y*w : (y+1)*w]
		openRow(row, opened, span)
		dropStrokes(row, opened)
		for x := 0; x < w; x++ {
			from := x
			for x < w && opened[x] > 0 {
				x++
			}
			if x > from {
				found = append(found, stretch{y, from, x})
			}
		}
	}
	// Three syllables with level strokes that touch are as long as a short rule. A frame's rules come in pairs.
	paired := func(a stretch) bool {
		return slices.ContainsFunc(found, func(b stretch) bool {
			return 10*max(a.y-b.y, b.y-a.y) >= 8*line.Dy() && max(a.from-b.from, b.from-a.from, a.to-b.to, b.to-a.to) <= 3
		})
	}
	for _, f := range found {
		if 10*(f.to-f.from) < 32*line.Dy() && !paired(f) {
			clear(level[f.y*w+f.from : f.y*w+f.to])
			continue
		}
		for x := f.from; x < f.to; x++ {
			o, v := level[f.y*w+x], &gray.Pix[f.y*gray.Stride+x]
			if o >= drawn {
				ruled[f.y]++
				any = true
			}
			if o < dark {
				*v = 255 - uint8(min(255, max(0, 255-int(*v)-int(o))*255/(255-int(o))))
			}
		}
	}
	if !any {
		return line
	}
	// Under a dark rule there is ink where there is some both above and below it.
	for x := range w {
		for y := 0; y < h; y++ {
			if level[y*w+x] < dark {
				continue
			}
			from := y
			for y < h && level[y*w+x] >= dark {
				y++
			}
			above, below := uint8(255), uint8(255)
			if from > 0 {
				above = gray.Pix[(from-1)*gray.Stride+x]
			}
			if y < h {
				below = gray.Pix[y*gray.Stride+x]
			}
			for k := from; k < y; k++ {
				gray.Pix[k*gray.Stride+x] = max(above, below)
			}
		}
	}
	// The sides of a frame reach from its upper to its lower rule, as no glyph does.
	upper, lower := slices.IndexFunc(ruled, func(n int) bool { return n > 0 }), h-1
	for lower > 0 && ruled[lower] == 0 {
		lower--
	}
	if 10*(lower-upper) >= 7*line.Dy() {
		for x := range w {
			inked := 0
			for y := upper; y <= lower; y++ {
				if gray.Pix[y*gray.Stride+x] < 200 || level[y*w+x] > 0 {
					inked++
				}
			}
			if inked > lower-upper-1 {
				for y := range h {
					gray.Pix[y*gray.Stride+x] = 255
				}
			}
		}
	}
	return textRows(gray, line)
}

// dropStrokes takes out of what is opened of a row what is no rule: the strokes of glyphs that all but touch are, other
// than a rule, darker in most places than where they do.
func dropStrokes(row, opened []uint8) {
	const (
		faint  = 60 // what is fainter parts no strokes, and takes nothing from them
		darker = 40
	)
	for x := 0; x < len(opened); x++ {
		if opened[x] < faint {
			continue
		}
		from, above := x, 0
		for ; x < len(opened) && opened[x] >= faint; x++ {
			if int(row[x]) > int(opened[x])+darker {
				above++
			}
		}
		if 2*above > x-from {
			clear(opened[from:x])
		}
	}
}

// invertBlocks turns light text in dark blocks, such as a highlight in the midst of a line, into dark text on white,
// and says whether there was any.
func invertBlocks(gray *image.Gray, span int) bool {
	const dark = 127
	w, h := gray.Rect.Dx(), gray.Rect.Dy()
	type stretch struct{ y, from, to int }
	var long []stretch
	for y := range h {
		for x := 0; x < w; x++ {
			from := x
			for x < w && gray.Pix[y*gray.Stride+x] < dark {
				x++
			}
			if x-from >= span {
				long = append(long, stretch{y, from, x})
			}
		}
	}
	found := false
	for len(long) > 0 {
		upper := long[0]
		lower := upper
		rest := long[:0:0]
		for _, s := range long[1:] {
			switch {
			case s.from >= upper.to || s.to <= upper.from:
				rest = append(rest, s)
			case 10*min(s.to-s.from, upper.to-upper.from) >= 8*max(s.to-s.from, upper.to-upper.from):
				lower = s
			}
		}
		long = rest
		from, to := min(upper.from, lower.from), max(upper.to, lower.to)
		if 2*(lower.y-upper.y) < h {
			continue
		}
		var shades [256]int
		total := 0
		for y := upper.y; y <= lower.y; y++ {
			for _, v := range gray.Pix[y*gray.Stride+from : y*gray.Stride+to] {
				shades[255-v]++
				total += 255 - int(v)
			}
		}
		n := (lower.y - upper.y + 1) * (to - from)
		if 100*total < 55*255*n { // text in a frame
			continue
		}
		level, left := 255, n/2 // of the block
		for ; level > 1 && left > shades[level]; level-- {
			left -= shades[level]
		}
		for y := range h {
			for x := max(0, from-2); x < min(w, to+2); x++ {
				v := &gray.Pix[y*gray.Stride+x]
				if y <= upper.y || y >= lower.y || x < from+1 || x >= to-1 {
					*v = 255
					continue
				}
				*v = 255 - uint8(255*max(0, level-(255-int(*v)))/level)
			}
		}
		found = true
	}
	return found
}

// openRow is what of a row is at least span long: of each pixel the most, over all stretches of that length that hold
// it, of the least value in them.
func openRow(row, out []uint8, span int) {
	n := len(row)
	least := make([]uint8, n-span+1) // of the stretch that begins at each pixel
	slide(row, least, span, func(a, b uint8) bool { return a <= b })
	padded := make([]uint8, n+span-1)
	copy(padded[span-1:], least)
	slide(padded, out, span, func(a, b uint8) bool { return a >= b })
}

// slide writes the best value of each stretch of a length.
func slide(in, out []uint8, span int, better func(a, b uint8) bool) {
	queue := make([]int, 0, len(in)) // places of values that may yet be the best, best first
	head := 0
	for i, v := range in {
		for len(queue) > head && better(v, in[queue[len(queue)-1]]) {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, i)
		if queue[head] <= i-span {
			head++
		}
		if i >= span-1 {
			out[i-span+1] = in[queue[head]]
		}
	}
}

// textRows cuts the box of a line to the rows that have ink.
func textRows(gray *image.Gray, line image.Rectangle) image.Rectangle {
	inked := make([]int, gray.Rect.Dy())
	for y := range inked {
		for x := max(0, line.Min.X); x < min(line.Max.X, gray.Rect.Dx()); x++ {
			if gray.Pix[y*gray.Stride+x] < inkBelow {
				inked[y]++
			}
		}
	}
	few := slices.Max(inked) / 20
	out := line
	for out.Min.Y < line.Max.Y && inked[max(0, out.Min.Y)] <= few {
		out.Min.Y++
	}
	for out.Max.Y > out.Min.Y && inked[min(out.Max.Y, len(inked))-1] <= few {
		out.Max.Y--
	}
	return out
}
