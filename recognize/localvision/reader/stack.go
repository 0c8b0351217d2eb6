package reader

import (
	"image"
	"math"
	"slices"
)

// Lines that are found as one, as the glyphs of a heading that was broken reach into those of its next line, are told by what they are read as: next to
// nothing. So are small lines that look like the letters of large type where the picture is seen smaller.

// stack is a line that may be several, one above the other.
type stack struct {
	box   image.Rectangle
	at    []int // the rows between them
	reach int   // px: how far a line reaches into the next above and below such a row
	one   *Line // what was read of it as one line, nil if nothing
}

// stackOf cuts a line in two or three where it has the fewest edges, if it was read badly and is so high and wide that it may be several.
func stackOf(strength *image.Gray, box image.Rectangle, read *Line) (stack, bool) {
	const (
		bad   = 0.8
		least = 24 // px: two lines of the smallest type that is found as one
		most  = 3  // lines
		// nearest is how far apart two lines stand at least, in tenths of the height of their strokes.
		nearest = 7.0
	)
	if read.confidence() >= bad || read.address() || box.Dy() < least || box.Dx() < 3*box.Dy() || oneHigh(strength, box) {
		return stack{}, false
	}
	edges := make([]int, box.Dy())
	for y := range edges {
		row := strength.Pix[strength.PixOffset(box.Min.X, box.Min.Y+y):strength.PixOffset(box.Max.X-1, box.Min.Y+y)]
		for _, v := range row {
			if v >= edgeStep {
				edges[y]++
			}
		}
	}
	var best []int
	fewest := 0
	for n := 2; n <= most && box.Dy() >= n*least/2; n++ {
		var at []int
		crossed := 0
		for k := 1; k < n; k++ {
			wish, reach := k*box.Dy()/n, box.Dy()/(5*n)
			cut := wish
			for y := wish - reach; y <= wish+reach; y++ {
				if edges[y] < edges[cut] {
					cut = y
				}
			}
			at = append(at, box.Min.Y+cut)
			crossed += edges[cut]
		}
		if best == nil || crossed/(n-1) < fewest {
			best, fewest = at, crossed/(n-1)
		}
	}
	t := stack{box: box, at: best, one: read}
	if high := strokeHeight(strength, box, len(best)+1); high > 0 {
		n := len(best)
		pitch := float64(box.Dy()-high) / float64(n)
		if 10*pitch < nearest*float64(high) { // the strokes of one line
			return t, true
		}
		if t.reach = int(math.Round((float64(high) - pitch) / 2)); t.reach > 0 {
			for k := range best { // the fewest edges are within a line, rather, above the ends of its syllables
				best[k] = box.Min.Y + int(math.Round(float64(k+1)*pitch)) + t.reach
			}
		}
		t.reach = max(0, t.reach)
	}
	return t, true
}

// strokeHeight is how high the upright strokes are that begin at the top of n lines and end where the next has begun, 0 where there are few. Such as
// touch a glyph of the next line are higher.
func strokeHeight(strength *image.Gray, box image.Rectangle, n int) int {
	const fewest = 3
	blobs, _ := join(findRuns(strength.SubImage(box).(*image.Gray), edgeStep))
	var heights []int
	for _, b := range blobs {
		if 2*b.Dx() <= b.Dy() && b.Dy()*(10*n+7) >= 10*box.Dy() && b.Dy()*(10*n-6) <= 10*box.Dy() {
			heights = append(heights, b.Dy())
		}
	}
	if len(heights) < fewest {
		return 0
	}
	slices.Sort(heights)
	return heights[len(heights)*3/4]
}

// oneHigh says whether narrow strokes, as of ㅏ and l, reach through all of a box: it is one line.
func oneHigh(strength *image.Gray, box image.Rectangle) bool {
	const often = 10 // a stroke that touches the one below it is rarer among the glyphs of a line
	blobs, _ := join(findRuns(strength.SubImage(box).(*image.Gray), edgeStep))
	through := 0
	for _, b := range blobs {
		if 10*b.Dy() >= 8*box.Dy() && 3*b.Dx() <= box.Dy() {
			through++
		}
	}
	return through > 1+2*box.Dx()/box.Dy()/often
}

// candidates are the lines, each without the glyphs of the others.
func (t stack) candidates(pic *image.RGBA) (out []candidate) {
	for i := range len(t.at) + 1 {
		out = append(out, candidate{cut: func() strip { return t.cut(pic, i) }})
	}
	return out
}

// lineAt is which of the lines a row is in.
func (t stack) lineAt(y int) int {
	i := 0
	for i < len(t.at) && y >= t.at[i] {
		i++
	}
	return i
}

// cut is one of the lines. What hangs together is a part of that in which its middle lies; what reaches far into two is cut, and where both lines
// reach it is a part of that which it comes from.
func (t stack) cut(pic *image.RGBA, which int) strip {
	const (
		dark  = 0.35 // of full ink, from which on pixels hang together
		reach = 3    // parts of a line's height that a glyph may reach into the next one
	)
	rim := max(1, t.box.Dy()/24)
	box := t.box.Inset(-2 * rim).Intersect(pic.Rect)
	all := inkOf(pic, box, t.box, rim)
	w, h := box.Dx(), box.Dy()
	shade := func(x, y int) float32 { return min(1, all.values[y*w+x]/all.full) }
	var runs []run
	for y := range h {
		for x := 0; x < w; x++ {
			from := x
			for x < w && shade(x, y) >= dark {
				x++
			}
			if x > from {
				runs = append(runs, run{y: y, from: from, to: x})
			}
		}
	}
	blobs, of := join(runs)
	far := t.box.Dy() / (len(t.at) + 1) / reach
	if t.reach > 0 {
		far = t.reach + 1
	}
	own, other := make([]bool, w*h), make([]bool, w*h)
	var shared [][]run // what reaches far into two lines, by the row between them
	for range t.at {
		shared = append(shared, nil)
	}
	for i, r := range runs {
		b := blobs[of[i]].Add(box.Min)
		line := t.lineAt(middle(b.Min.Y, b.Max.Y))
		if t.lineAt(b.Min.Y+far) != t.lineAt(b.Max.Y-1-far) {
			line = t.lineAt(box.Min.Y + r.y)
			if k := t.between(box.Min.Y + r.y); k >= 0 {
				shared[k] = append(shared[k], r)
			}
		}
		for x := r.from; x < r.to; x++ {
			own[r.y*w+x], other[r.y*w+x] = line == which, line != which
		}
	}
	for k, at := range t.at {
		if which != k && which != k+1 || len(shared[k]) == 0 {
			continue
		}
		up, down := comesFrom(shared[k], at-box.Min.Y-t.reach, at-box.Min.Y+t.reach, func(x, y int) bool {
			return y >= 0 && y < h && shade(x, y) >= dark
		})
		for i, r := range shared[k] {
			for x := r.from; x < r.to; x++ {
				j := r.y*w + x
				u, d := up[i][x-r.from], down[i][x-r.from]
				if u == d { // of both, or of neither: each line has it
					u, d = true, true
				}
				own[j] = which == k && u || which == k+1 && d
				other[j] = !own[j]
			}
		}
	}
	near := func(of []bool, x, y int) bool {
		for dy := max(0, y-1); dy <= min(h-1, y+1); dy++ {
			for dx := max(0, x-1); dx <= min(w-1, x+1); dx++ {
				if of[dy*w+dx] {
					return true
				}
			}
		}
		return false
	}
	gray := image.NewGray(image.Rect(0, 0, w, h))
	var line image.Rectangle
	for y := range h {
		for x := range w {
			v := uint8(255)
			if !other[y*w+x] && near(own, x, y) {
				v -= uint8(255 * shade(x, y))
			}
			gray.Pix[y*w+x] = v
			if own[y*w+x] {
				line = line.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if line.Empty() {
		line = gray.Rect
	}
	around := line.Inset(-max(2, line.Dy()/6)).Intersect(gray.Rect)
	s := enlarge(gray.SubImage(around).(*image.Gray), box.Min.Add(around.Min), line.Dy())
	s.line = line.Add(box.Min)
	return s
}

// between is the row between two lines by which a row lies to which both reach, -1 for none.
func (t stack) between(y int) int {
	return slices.IndexFunc(t.at, func(at int) bool { return y >= at-t.reach && y < at+t.reach })
}

// comesFrom says of each pixel of runs that lie from one row up to another whether it hangs together with what is above these rows, and with what is
// below: the stroke that it is a part of goes on there, or that beside which it lies.
func comesFrom(runs []run, from, to int, dark func(x, y int) bool) (up, down [][]bool) {
	up, down = make([][]bool, len(runs)), make([][]bool, len(runs))
	for i, r := range runs {
		up[i], down[i] = make([]bool, r.to-r.from), make([]bool, r.to-r.from)
		for x := r.from; x < r.to; x++ {
			y := r.y
			for y >= from && dark(x, y) {
				y--
			}
			up[i][x-r.from] = y < from
			for y = r.y; y < to && dark(x, y); {
				y++
			}
			down[i][x-r.from] = y >= to
		}
	}
	pieces, of := join(runs)
	above, below := make([]bool, len(pieces)), make([]bool, len(pieces))
	for i := range runs {
		above[of[i]] = above[of[i]] || slices.Contains(up[i], true)
		below[of[i]] = below[of[i]] || slices.Contains(down[i], true)
	}
	for i := range runs {
		for x := range up[i] {
			if !up[i][x] && !down[i][x] {
				up[i][x], down[i][x] = above[of[i]], below[of[i]]
			}
		}
	}
	return up, down
}

// best is the lines where they are read with more confidence than the one was. Where the one was no text, what was read in its place by
// strong edges stands for it: the halves of large letters are read surely, too, www as 1 and V.
func (t stack) best(read []*Line, strong []Line) []Line {
	const surer = 0.1
	one := kept([]*Line{t.one})
	if t.one == nil {
		for _, l := range strong {
			if 2*area(l.Box.Intersect(t.box)) > area(l.Box) {
				one = append(one, l)
			}
		}
	}
	apart := kept(read)
	if len(apart) > 0 && confidenceOf(apart) >= confidenceOf(one)+surer {
		return apart
	}
	return kept([]*Line{t.one})
}

// notOverruled are the lines of large type, nil in place of those within which much more was read as small type.
func notOverruled(large, small []*Line) []*Line {
	out := slices.Clone(large)
	for i, l := range large {
		if l == nil {
			continue
		}
		legible := 0.0
		for _, s := range small {
			if s != nil && 2*area(s.Box.Intersect(l.Box)) > area(s.Box) && 3*s.Box.Dy() <= l.Box.Dy() {
				legible += s.confidence() * float64(s.glyphs())
			}
		}
		if legible > 2*l.confidence()*float64(l.glyphs()) {
			out[i] = nil
		}
	}
	return out
}

// confidence is the mean of a line's glyphs, 0 for none.
func (l *Line) confidence() float64 {
	if l == nil {
		return 0
	}
	return confidenceOf([]Line{*l})
}

// address says whether a line is the address of a site and nothing else.
func (l *Line) address() bool {
	return l != nil && len(l.Words) == 1 && address(l.Words[0].Glyphs)
}

func (l *Line) glyphs() (n int) {
	for _, w := range l.Words {
		n += len(w.Glyphs)
	}
	return n
}

func confidenceOf(lines []Line) float64 {
	total, n := 0.0, 0
	for _, l := range lines {
		for _, w := range l.Words {
			total += w.Confidence * float64(len(w.Glyphs))
			n += len(w.Glyphs)
		}
	}
	return total / float64(max(1, n))
}
