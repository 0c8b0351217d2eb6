package web

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
	"golang.org/x/text/unicode/norm"
)

// lineDiff says of each line of two texts, once, what became of it. Pairs are of an old
// line's index and a new one's.
type lineDiff struct {
	Same  [][2]int // in order on both sides
	Moved [][2]int // the same words, elsewhere; in the order of the new text
	Went  []int    // old lines that are nowhere
	Came  []int    // new lines that were nowhere
}

// diffLines compares texts by their lines. How OCR and sellers space, case and widen
// letters does not count.
func diffLines(before, after []string) (d lineDiff) {
	ids := map[string]rune{}
	olds, news := lineIDs(before, ids), lineIDs(after, ids)
	d.Same = common(olds, news)
	oldDone, newDone := make([]bool, len(olds)), make([]bool, len(news))
	for _, p := range d.Same {
		oldDone[p[0]], newDone[p[1]] = true, true
	}
	left := map[rune][]int{}
	for i, id := range olds {
		if !oldDone[i] {
			left[id] = append(left[id], i)
		}
	}
	for j, id := range news {
		if newDone[j] {
			continue
		}
		if at := left[id]; len(at) > 0 {
			d.Moved, left[id], oldDone[at[0]] = append(d.Moved, [2]int{at[0], j}), at[1:], true
		} else {
			d.Came = append(d.Came, j)
		}
	}
	for i := range olds {
		if !oldDone[i] {
			d.Went = append(d.Went, i)
		}
	}
	return d
}

// lineIDs numbers lines so that equal ones have one number, which is a rune that any
// string can hold: there are none between 0xD800 and 0xDFFF.
func lineIDs(lines []string, ids map[string]rune) []rune {
	out := make([]rune, len(lines))
	for i, l := range lines {
		l = normal(l)
		id, ok := ids[l]
		if !ok {
			if id = rune(len(ids)) + 1; id >= 0xD800 {
				id += 0x800
			}
			ids[l] = id
		}
		out[i] = id
	}
	return out
}

// hardest is how many pairs of lines are compared without a limit of time: 20,000
// lines that share nothing but their number.
const hardest = 400_000_000

// common is a longest common subsequence (Myers). Lines that one side lacks cannot be
// in it, and cost nothing.
func common(before, after []rune) (pairs [][2]int) {
	olds, oldAt := shared(before, after)
	news, newAt := shared(after, before)
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // until it is the longest
	if len(olds)*len(news) > hardest {
		dmp.DiffTimeout = 2 * time.Second
	}
	i, j := 0, 0
	for _, part := range dmp.DiffMainRunes(olds, news, false) {
		n := utf8.RuneCountInString(part.Text)
		switch part.Type {
		case diffmatchpatch.DiffEqual:
			for k := range n {
				pairs = append(pairs, [2]int{oldAt[i+k], newAt[j+k]})
			}
			i, j = i+n, j+n
		case diffmatchpatch.DiffDelete:
			i += n
		case diffmatchpatch.DiffInsert:
			j += n
		}
	}
	return pairs
}

// shared are the lines of one side that the other has, too, and where they stand.
func shared(of, other []rune) (lines []rune, at []int) {
	has := map[rune]bool{}
	for _, id := range other {
		has[id] = true
	}
	for i, id := range of {
		if has[id] {
			lines, at = append(lines, id), append(at, i)
		}
	}
	return lines, at
}

// normal is a line as it is compared and searched.
func normal(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, norm.NFKC.String(s))
}

// hunk is a change that a reader takes in one go: lines that stand together.
type hunk struct {
	Kind     string // came, went, changed, moved
	Old, New []int
}

// hunks puts changes together between the lines that are the same, in the order of the
// new text. Each line of Went, Came and Moved is in one of them.
func (d lineDiff) hunks(before, after int) (all []hunk) {
	went, came, moved := d.Went, d.Came, d.Moved
	for _, end := range append(slices.Clone(d.Same), [2]int{before, after}) {
		var gone, added []int
		gone, went = until(went, end[0])
		added, came = until(came, end[1])
		switch {
		case len(gone) > 0 && len(added) > 0:
			all = append(all, hunk{"changed", gone, added})
		case len(gone) > 0:
			all = append(all, hunk{"went", gone, nil})
		case len(added) > 0:
			all = append(all, hunk{"came", nil, added})
		}
		var block hunk
		for len(moved) > 0 && moved[0][1] < end[1] {
			p := moved[0]
			moved = moved[1:]
			if n := len(block.Old); n > 0 && (block.Old[n-1]+1 != p[0] || block.New[n-1]+1 != p[1]) {
				all = append(all, block)
				block = hunk{}
			}
			block.Kind, block.Old, block.New = "moved", append(block.Old, p[0]), append(block.New, p[1])
		}
		if len(block.Old) > 0 {
			all = append(all, block)
		}
	}
	return all
}

// until splits what comes before an end off.
func until(all []int, end int) (before, rest []int) {
	n, _ := slices.BinarySearch(all, end)
	return all[:n], all[n:]
}

// part is a piece of a changed line: kept (0), taken away (-1) or added (1).
type part struct {
	Is   int    `json:"is"`
	Text string `json:"text"`
}

// longest is how many bytes of two changed texts are compared letter by letter.
const longest = 4000

// parts says which letters of a text changed, for the eye; nil where it is too much.
func parts(before, after string) (all []part) {
	if len(before)+len(after) > longest {
		return nil
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0
	for _, d := range dmp.DiffCleanupSemantic(dmp.DiffMain(before, after, false)) {
		all = append(all, part{int(d.Type), d.Text})
	}
	return all
}

// rising keeps the longest chain of points that rise on both sides: what was put
// elsewhere does not pull a whole page out of line.
func rising(points [][2]float64) [][2]float64 {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b [2]float64) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(b[1], a[1])) // of two at one place, one at most can be taken
	})
	var ends []int // the point that ends the best chain of each length
	before := make([]int, len(points))
	for i, p := range points {
		n, _ := slices.BinarySearchFunc(ends, p[1], func(at int, y float64) int { return cmp.Compare(points[at][1], y) })
		if before[i] = -1; n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	var chain [][2]float64
	for i := ends[len(ends)-1]; i >= 0; i = before[i] {
		chain = append(chain, points[i])
	}
	slices.Reverse(chain)
	return chain
}
