package accuracy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Word is what stands between two spaces or ends of lines on a page, box in CSS px from the page's top left.
type Word struct {
	Text string   `json:"text"`
	Box  page.Box `json:"box"`
	Row  int      `json:"row"`            // words of one row stand beside each other on a line
	Kind Class    `json:"kind,omitempty"` // how it is drawn
}

// WordTally counts the words of a page that were read.
type WordTally struct {
	Words int // with a letter or digit in them
	Read  int // of those, read where they stand, spaces and signs aside
	Exact int // of those, with every sign right
	Apart int // of those, with the spaces on either side
}

// Recall is the part of the words that was read.
func (t WordTally) Recall() float64 { return part(t.Read, t.Words) }

// Add counts another tally in.
func (t *WordTally) Add(o WordTally) {
	t.Words += o.Words
	t.Read += o.Read
	t.Exact += o.Exact
	t.Apart += o.Apart
}

// CountWords compares the words of a page with what was read. A word counts as read if, in the best alignment of its row with what was
// read there, each of its letters and digits is, in its order and with no other among them.
func CountWords(words []Word, lines []result.Line) (all WordTally, byKind map[Class]WordTally, missed []Word) {
	byKind = map[Class]WordTally{}
	rows := map[int][]Word{}
	var order []int
	for _, w := range words {
		if rows[w.Row] == nil {
			order = append(order, w.Row)
		}
		rows[w.Row] = append(rows[w.Row], w)
	}
	var boxes []page.Box
	for _, row := range order {
		box := rows[row][0].Box
		for _, w := range rows[row] {
			box = union(box, w.Box)
		}
		boxes = append(boxes, box)
	}
	// What was read belongs to the row whose box holds its middle, to the lowest of several.
	read := make([][]result.Word, len(order))
	for _, w := range wordsOf(lines) {
		x, y := w.Box.X+w.Box.W/2, w.Box.MiddleY()
		owner := -1
		for i, b := range boxes {
			if x >= b.X-3 && x <= b.Right()+3 && y >= b.Y && y <= b.Bottom() && (owner < 0 || b.H < boxes[owner].H) {
				owner = i
			}
		}
		if owner >= 0 {
			read[owner] = append(read[owner], w)
		}
	}
	for i, row := range order {
		vertical := boxes[i].H > 2*boxes[i].W && len([]rune(rows[row][0].Text)) > 1
		slices.SortFunc(read[i], func(a, b result.Word) int {
			if vertical {
				return cmp.Compare(a.Box.Y, b.Box.Y)
			}
			return cmp.Compare(a.Box.X, b.Box.X)
		})
		var got []string
		for _, w := range read[i] {
			got = append(got, w.Text)
		}
		plainGot := lettersOf(strings.Join(got, ""))
		exactGot := plainText(strings.Join(got, ""))
		left := map[string]int{}
		for _, w := range got {
			left[plainText(w)]++
		}
		var want [][]rune
		for _, w := range rows[row] {
			want = append(want, lettersOf(w.Text))
		}
		right := aligned(want, plainGot)
		for k, w := range rows[row] {
			if len(want[k]) == 0 {
				continue
			}
			one := WordTally{Words: 1}
			if right[k] {
				one.Read = 1
				if strings.Contains(exactGot, plainText(w.Text)) {
					one.Exact = 1
				}
				if left[plainText(w.Text)] > 0 {
					left[plainText(w.Text)]--
					one.Apart = 1
				}
			} else {
				missed = append(missed, w)
			}
			all.Add(one)
			t := byKind[w.Kind]
			t.Add(one)
			byKind[w.Kind] = t
		}
	}
	return all, byKind, missed
}

func union(a, b page.Box) page.Box {
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return page.Box{X: x, Y: y, W: max(a.Right(), b.Right()) - x, H: max(a.Bottom(), b.Bottom()) - y}
}

// lettersOf is the letters and digits of a text, compatibility forms folded.
func lettersOf(text string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(text)))
}

// aligned says of each word whether it stands in got in one piece, got being aligned with all words by the fewest changes.
func aligned(words [][]rune, got []rune) []bool {
	var want []rune
	var of []int
	for i, w := range words {
		for _, r := range w {
			want, of = append(want, r), append(of, i)
		}
	}
	n, m := len(want), len(got)
	cost := make([][]int, n+1)
	for i := range cost {
		cost[i] = make([]int, m+1)
		for j := range cost[i] {
			switch {
			case i == 0:
				cost[i][j] = j
			case j == 0:
				cost[i][j] = i
			default:
				change := cost[i-1][j-1]
				if want[i-1] != got[j-1] {
					change++
				}
				cost[i][j] = min(change, cost[i-1][j]+1, cost[i][j-1]+1)
			}
		}
	}
	right := make([]bool, len(words))
	for i := range right {
		right[i] = len(words[i]) > 0
	}
	for i, j := n, m; i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && want[i-1] == got[j-1] && cost[i][j] == cost[i-1][j-1]:
			i, j = i-1, j-1
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+1:
			right[of[i-1]] = false
			i, j = i-1, j-1
		case i > 0 && cost[i][j] == cost[i-1][j]+1:
			right[of[i-1]] = false
			i--
		default:
			if i > 0 && i < n && of[i-1] == of[i] { // something else stands in the middle of the word
				right[of[i]] = false
			}
			j--
		}
	}
	return right
}
