package codes

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// square is one of the three in a QR code's corners: dark, light, dark of 1, 1,
// 3, 1, 1 modules on every line through its middle (ISO/IEC 18004, 6.3.3).
type square struct {
	x, y, module float64
	light        bool // light and dark are exchanged
	rows         int  // on how many rows it was seen
}

const (
	// rowStep is how far apart the rows are that are looked at, px.
	rowStep = 2
	// leastModule is the width of a module below which no decoder reads a code, px.
	leastModule = 1.4
	// maxSquares bounds the squares whose combinations are tried.
	maxSquares = 60
)

// squares finds what may be a corner of a QR code, the surest first.
func (b *bits) squares() []square {
	var found []square
	for y := rowStep / 2; y < b.h; y += rowStep {
		row := b.dark[y*b.w:][:b.w]
		var runs [5]int
		from := 0
		for x := 1; x <= b.w; x++ {
			if x < b.w && row[x] == row[x-1] {
				continue
			}
			copy(runs[:], runs[1:])
			runs[4] = x - from
			from = x
			if module, ok := finder(runs); ok {
				middle := x - runs[4] - runs[3] - (runs[2]+1)/2
				if s, ok := b.check(middle, y, module); ok {
					found = add(found, s)
				}
			}
		}
	}
	found = slices.DeleteFunc(found, func(s square) bool { return s.rows < 2 && s.module > 2 })
	slices.SortStableFunc(found, func(a, b square) int { return cmp.Compare(b.rows, a.rows) })
	return found[:min(len(found), maxSquares)]
}

// finder says whether runs are 1, 1, 3, 1, 1 modules, and how wide one is.
func finder(runs [5]int) (module float64, ok bool) {
	sum := 0
	for _, n := range runs {
		if n == 0 {
			return 0, false
		}
		sum += n
	}
	module = float64(sum) / 7
	if module < leastModule {
		return 0, false
	}
	slack := module*0.5 + 0.3
	for i, n := range runs {
		want, most := module, slack
		if i == 2 {
			want, most = 3*module, 3*slack
		}
		if math.Abs(float64(n)-want) > most {
			return 0, false
		}
	}
	return module, true
}

// check follows the square that a row suggests up, down and across.
func (b *bits) check(x, y int, module float64) (square, bool) {
	light := b.dark[y*b.w+x] == 0
	runs, top := b.cross(x, y, 0, 1, 4*module)
	down, ok := finder(runs)
	if !ok || down > 1.5*module || module > 1.5*down {
		return square{}, false
	}
	middle := y + top + runs[2]/2
	runs, left := b.cross(x, middle, 1, 0, 4*module)
	across, ok := finder(runs)
	if !ok {
		return square{}, false
	}
	return square{float64(x+left) + float64(runs[2])/2, float64(y+top) + float64(runs[2])/2, (across + down) / 2, light, 1}, true
}

// cross measures the five runs on a line through a point of the third, and how
// far before the point that begins. No run is followed for more than most px.
func (b *bits) cross(x, y, dx, dy int, most float64) (runs [5]int, start int) {
	limit := int(most) + 1
	colour := b.dark[y*b.w+x]
	walk := func(step int, order [3]int) int {
		px, py, n := x, y, 0
		if step > 0 {
			px, py = x+dx, y+dy
		}
		for i, k := range order {
			want := colour ^ uint8(i&1)
			for runs[k] < limit && px >= 0 && py >= 0 && px < b.w && py < b.h && b.dark[py*b.w+px] == want {
				runs[k]++
				px, py = px+step*dx, py+step*dy
				if i == 0 {
					n++
				}
			}
		}
		return n
	}
	before := walk(-1, [3]int{2, 1, 0})
	walk(1, [3]int{2, 3, 4})
	return runs, 1 - before
}

// add counts a square that was seen before, or lists another.
func add(found []square, s square) []square {
	for i := len(found) - 1; i >= 0; i-- {
		f := &found[i]
		if f.light == s.light && math.Hypot(f.x-s.x, f.y-s.y) < 2*f.module && s.module < 1.5*f.module && f.module < 1.5*s.module {
			n := float64(f.rows)
			f.x, f.y, f.module = (f.x*n+s.x)/(n+1), (f.y*n+s.y)/(n+1), (f.module*n+s.module)/(n+1)
			f.rows++
			return found
		}
	}
	return append(found, s)
}

// triples are the places that three squares span at a right angle, the likeliest first.
func (b *bits) triples(all []square) []place {
	var out []place
	for i, corner := range all {
		for j, p := range all {
			if j == i || !alike(corner, p) {
				continue
			}
			for _, q := range all[j+1:] {
				if q == corner || !alike(corner, q) || !alike(p, q) {
					continue
				}
				if at, ok := span(corner, p, q); ok {
					at.timed = b.timed(corner, p, q)
					at.box = at.box.Intersect(image.Rect(0, 0, b.w, b.h))
					out = append(out, at)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b place) int { return cmp.Compare(b.score, a.score) })
	return out
}

// alike says that two squares may be of one code, of 21 to 177 modules.
func alike(a, b square) bool {
	d := math.Hypot(a.x-b.x, a.y-b.y) / ((a.module + b.module) / 2)
	return a.light == b.light && a.module < 1.5*b.module && b.module < 1.5*a.module && d > 11 && d < 245
}

// span is the code whose corner squares these are, the first at the right angle.
func span(corner, p, q square) (place, bool) {
	ax, ay, bx, by := p.x-corner.x, p.y-corner.y, q.x-corner.x, q.y-corner.y
	a, b := math.Hypot(ax, ay), math.Hypot(bx, by)
	cos := (ax*bx + ay*by) / (a * b)
	if a > 1.4*b || b > 1.4*a || math.Abs(cos) > 0.35 {
		return place{}, false
	}
	module := (corner.module + p.module + q.module) / 3
	x, y := []float64{corner.x, p.x, q.x, p.x + bx}, []float64{corner.y, p.y, q.y, p.y + by}
	edge := 5 * module
	box := image.Rect(int(slices.Min(x)-edge), int(slices.Min(y)-edge), int(slices.Max(x)+edge)+1, int(slices.Max(y)+edge)+1)
	uneven := math.Abs(cos) + math.Abs(math.Log(a/b)) + math.Abs(math.Log(p.module/q.module))
	rows := float64(min(corner.rows, p.rows, q.rows)) / module
	return place{box: box, module: module, light: corner.light, score: min(rows, 2) - 3*uneven}, true
}

// timed says whether there are dark and light modules in turn between the
// corners, as the timing patterns of a QR code have them (ISO/IEC 18004, 6.3.5).
// Nothing else that has three such squares has them.
func (b *bits) timed(corner, p, q square) bool {
	right, all := 0, 0
	for _, to := range []square{p, q} {
		beside := p
		if to == p {
			beside = q
		}
		dx, dy := to.x-corner.x, to.y-corner.y
		module := (corner.module + to.module) / 2 * max(math.Abs(dx), math.Abs(dy)) / math.Hypot(dx, dy) // of a turned code, lines along the rows are longer
		// 7 modules of the squares lie beyond the middles, and there are 17 and four times the version.
		between := math.Round((math.Hypot(dx, dy)/module-10)/4)*4 + 10
		if between < 14 {
			return false
		}
		dx, dy = dx/between, dy/between
		inX, inY := (beside.x-corner.x)/between, (beside.y-corner.y)/between
		for i := 5.0; i <= between-5; i++ { // from the corner's middle, in modules
			x, y := int(corner.x+i*dx+3*inX), int(corner.y+i*dy+3*inY)
			if x < 0 || y < 0 || x >= b.w || y >= b.h {
				return false
			}
			all++
			if dark := b.dark[y*b.w+x] != 0; dark == (int(i)%2 == 1 != corner.light) {
				right++
			}
		}
	}
	return right*10 >= all*9
}
