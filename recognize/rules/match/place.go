package match

import (
	"math"
	"strings"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// piece is the part of one word that a match covers, in runes of the word's
// text, half open, and what stands before it.
type piece struct {
	line, word, from, to int
	before               Gap
}

// pieces says which parts of which words the glyphs from a to b are.
func (t *Text) pieces(a, b int) []piece {
	var ps []piece
	for _, g := range t.glyphs[a:b] {
		if n := len(ps) - 1; n >= 0 && ps[n].line == int(g.line) && ps[n].word == int(g.word) {
			ps[n].to = max(ps[n].to, int(g.to))
			continue
		}
		ps = append(ps, piece{int(g.line), int(g.word), int(g.from), int(g.to), g.before})
	}
	return ps
}

// Place says where a span was read: the text as the engine
// spelled it, with a space for each white space and line end, the lines, and a
// box for each line.
func (t *Text) Place(s Span) (quote string, lines []int, boxes []page.Box) {
	var q strings.Builder
	for i, p := range t.pieces(s.From, s.To) {
		runes := t.runesOf(p.line, p.word)
		if i > 0 && p.before != None {
			q.WriteByte(' ')
		}
		q.WriteString(string(runes[p.from:p.to]))
		box := t.lines[p.line].Words[p.word].Box
		if t.lines[p.line].Source != result.InCode { // a code's text does not run across it: it is met as a whole
			box = cut(t.lines[p.line].Words[p.word], len(runes), p.from, p.to)
		}
		if n := len(lines) - 1; n >= 0 && lines[n] == p.line {
			boxes[n] = boxes[n].Union(box)
			continue
		}
		lines, boxes = append(lines, p.line), append(boxes, box)
	}
	return q.String(), lines, boxes
}

func (t *Text) runesOf(line, word int) []rune {
	if at := [2]int{line, word}; t.runes == nil || t.last != at {
		t.last, t.runes = at, []rune(t.lines[line].Words[word].Text)
	}
	return t.runes
}

// cut is the box of some of a word's n runes, taking all runes to be of one
// width: the engines give no boxes below words. A word that does not lie level
// is cut along its own baseline, and the box is the rectangle around the cut.
func cut(w result.Word, n, from, to int) page.Box {
	if from == 0 && to == n {
		return w.Box
	}
	a, b := float64(from)/float64(n), float64(to)/float64(n)
	if len(w.Polygon) != 4 {
		return page.Box{X: w.Box.X + w.Box.W*a, Y: w.Box.Y, W: w.Box.W * (b - a), H: w.Box.H}
	}
	along := func(p, q result.Point, f float64) result.Point {
		return result.Point{X: p.X + (q.X-p.X)*f, Y: p.Y + (q.Y-p.Y)*f}
	}
	c := w.Polygon
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range []result.Point{along(c[0], c[1], a), along(c[0], c[1], b), along(c[3], c[2], a), along(c[3], c[2], b)} {
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
	}
	return page.Box{X: x0, Y: y0, W: x1 - x0, H: y1 - y0}
}
