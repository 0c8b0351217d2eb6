package layout

import (
	"cmp"
	"math"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// frame is the way text runs, in quarter turns clockwise from left to right.
type frame uint8

// frameOf is the way most of the words' length runs.
func frameOf(words []result.Word) frame {
	var dx, dy float64
	for i := range words {
		w := &words[i]
		if len(w.Polygon) == 4 {
			dx += w.Polygon[1].X - w.Polygon[0].X
			dy += w.Polygon[1].Y - w.Polygon[0].Y
		} else {
			dx += w.Box.W
		}
	}
	switch {
	case math.Abs(dx) >= math.Abs(dy) && dx >= 0:
		return 0
	case math.Abs(dx) >= math.Abs(dy):
		return 2
	case dy > 0:
		return 1
	}
	return 3
}

// flat turns a box so that the text in it runs from left to right.
func (f frame) flat(b page.Box) page.Box {
	switch f {
	case 1:
		return page.Box{X: b.Y, Y: -b.Right(), W: b.H, H: b.W}
	case 2:
		return page.Box{X: -b.Right(), Y: -b.Bottom(), W: b.W, H: b.H}
	case 3:
		return page.Box{X: -b.Bottom(), Y: b.X, W: b.H, H: b.W}
	}
	return b
}

// shared is how far two stretches overlap; less than 0 is the gap between them.
func shared(from1, to1, from2, to2 float64) float64 {
	return math.Min(to1, to2) - math.Max(from1, from2)
}

func sharedX(a, b page.Box) float64 { return shared(a.X, a.Right(), b.X, b.Right()) }
func sharedY(a, b page.Box) float64 { return shared(a.Y, a.Bottom(), b.Y, b.Bottom()) }

// level says whether two boxes stand on one line: their tops, middles or feet meet.
func level(a, b page.Box, tolerance float64) bool {
	return math.Abs(a.MiddleY()-b.MiddleY()) <= tolerance || math.Abs(a.Bottom()-b.Bottom()) <= tolerance || math.Abs(a.Y-b.Y) <= tolerance
}

func compare(a1, b1, a2, b2 float64) int { return cmp.Or(cmp.Compare(a1, b1), cmp.Compare(a2, b2)) }
