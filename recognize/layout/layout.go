// Package layout puts recognized words into lines, blocks and reading order by
// where they stand on the page.
//
// It believes the engine as to which words are on one line and where spaces
// are, and nothing more: an engine's own blocks and their order change with
// the place where the page was cut into pictures, while the words' places do
// not. So a page reads the same however it was cut.
//
// Lines that stand close below each other are a cell; cells are read down a
// column, and row by row where those of neighbouring columns stand level, as
// in a table. See stack for the first, order for the second.
package layout

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Arrange makes lines of runs of words, each a line or a part of one, in reading
// order and with their blocks numbered from 0. No word is lost or doubled, and
// the words' places may be in any unit.
func Arrange(runs [][]result.Word) []result.Line {
	rows := make([]row, 0, len(runs))
	var byFrame [4][]*row
	for _, words := range runs {
		if len(words) > 0 {
			rows = append(rows, newRow(words))
			r := &rows[len(rows)-1]
			byFrame[r.frame] = append(byFrame[r.frame], r)
		}
	}
	var cells []*cell
	for _, rows := range byFrame {
		cells = append(cells, stack(join(rows))...)
	}
	lines := make([]result.Line, 0, len(rows))
	block := 0
	for _, c := range order(cells) {
		for i, r := range c.rows {
			if i > 0 && !sameType(c.rows[i-1], r) {
				block++
			}
			lines = append(lines, r.line(block))
		}
		block++
	}
	return lines
}

// row is a line of text, or a part of one. Within a frame rows are compared by
// their flat boxes, in which all text runs from left to right.
type row struct {
	words []result.Word
	box   page.Box
	frame frame
	flat  page.Box
}

func newRow(words []result.Word) row {
	r := row{words: words, frame: frameOf(words)}
	for i := range words {
		r.box = r.box.Union(words[i].Box)
	}
	r.flat = r.frame.flat(r.box)
	return r
}

// sameType says whether two lines are near enough in size to be of one paragraph.
func sameType(a, b *row) bool { return ratio(a.flat.H, b.flat.H) < 1.5 }

func ratio(a, b float64) float64 { return max(a, b) / min(a, b) }

// line makes the public form of a row.
func (r *row) line(block int) result.Line {
	var b strings.Builder
	l := result.Line{Box: r.box.Round(), Block: block, Words: r.words, Polygon: polygon(r.words)}
	runes, size := 0, 0
	for i := range r.words {
		size += len(r.words[i].Text) + 1
	}
	b.Grow(size)
	for i := range r.words {
		w := &r.words[i]
		b.WriteString(w.Text)
		if w.Space && i+1 < len(r.words) {
			b.WriteByte(' ')
		}
		n := utf8.RuneCountInString(w.Text)
		l.Confidence += w.Confidence * float64(n)
		runes += n
	}
	l.Text = b.String()
	l.Confidence = math.Round(l.Confidence/float64(runes)*1000) / 1000
	return l
}

// polygon has the corners of a line whose words do not lie level: from the
// first word's leading edge to the last one's trailing edge.
func polygon(words []result.Word) []result.Point {
	first, last := words[0].Polygon, words[len(words)-1].Polygon
	if len(first) != 4 || len(last) != 4 {
		return nil
	}
	return []result.Point{first[0], last[1], last[2], first[3]}
}

// sets keeps sets of indexes that belong together.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) root(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(a, b int) {
	a, b = s.root(a), s.root(b)
	s[max(a, b)] = min(a, b)
}

// sortRows orders rows by their upper edges.
func sortRows(rows []*row) {
	slices.SortStableFunc(rows, func(a, b *row) int { return compare(a.flat.Y, b.flat.Y, a.flat.X, b.flat.X) })
}
