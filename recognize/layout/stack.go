package layout

import (
	"slices"

	"github.com/pageinspect/pageinspect/shared/page"
)

// cell is lines that a person reads without looking elsewhere: a paragraph
// with its heading, the text of a card, a field of a table.
type cell struct {
	rows []*row
	box  page.Box
	size float64 // height of a line
}

// farthest is how many line heights there may be between two lines of a cell.
// Text set with a line height of 2 has 1.1 between its lines; the fields of a
// table with its usual padding are 1.5 apart and more.
const farthest = 1.25

// stack puts lines of one frame, sorted by their tops, into cells. A line goes on in the
// one close below it, unless several stand there side by side, as
// columns do below a heading. Where the lines of two neighbouring stacks are
// the rows of a table, each is a cell of its own.
func stack(rows []*row) []*cell {
	below := successors(rows)
	of := make([]int, len(rows)) // the stack of each row
	var stacks [][]int
	for i := range of {
		of[i] = -1
	}
	for i := range rows {
		if of[i] < 0 {
			of[i] = len(stacks)
			stacks = append(stacks, nil)
		}
		stacks[of[i]] = append(stacks[of[i]], i)
		if b := below[i]; b >= 0 {
			of[b] = of[i]
		}
	}
	begins := fields(rows, of, stacks)
	var cells []*cell
	for _, s := range stacks {
		from := 0
		for k := 1; k <= len(s); k++ {
			if k == len(s) || begins[s[k]] {
				cells = append(cells, newCell(rows, s[from:k]))
				from = k
			}
		}
	}
	return cells
}

func newCell(rows []*row, at []int) *cell {
	c := &cell{rows: make([]*row, len(at)), size: median(rows, at)}
	for k, i := range at {
		c.rows[k] = rows[i]
		c.box = c.box.Union(rows[i].box)
	}
	return c
}

// median is the middle height of the rows.
func median(rows []*row, at []int) float64 {
	if len(at) == 1 {
		return rows[at[0]].flat.H
	}
	heights := make([]float64, len(at))
	for k, i := range at {
		heights[k] = rows[i].flat.H
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}

// successors finds for each row the one that it goes on in; -1 is none.
func successors(rows []*row) []int {
	below, claims := make([]int, len(rows)), make([]int, len(rows))
	for i, a := range rows {
		below[i] = -1
		beside := false
		for j := i + 1; j < len(rows) && rows[j].flat.Y <= a.flat.Bottom()+farthest*a.flat.H; j++ {
			b := rows[j].flat
			least := min(a.flat.H, b.H)
			gap := b.Y - a.flat.Bottom()
			if gap > farthest*least || gap < -0.35*least || sharedX(a.flat, b) < min(a.flat.W, b.W)/2 {
				continue
			}
			if below[i] < 0 {
				below[i] = j
			} else if sharedY(rows[below[i]].flat, b) > 0 {
				beside = true
			}
		}
		if beside {
			below[i] = -1
		}
		if below[i] >= 0 {
			claims[below[i]]++
		}
	}
	for i, b := range below {
		if b >= 0 && claims[b] > 1 {
			below[i] = -1
		}
	}
	return below
}

// fields finds the rows that begin a field of a table within their stack.
//
// Two stacks side by side are columns of a table if their lines stand level
// with each other, unless they are set as text is, or as cards are.
func fields(rows []*row, of []int, stacks [][]int) []bool {
	right := neighbours(rows)
	met := map[[2]int][][2]int{} // stacks side by side -> their rows that stand level
	for l, r := range right {
		if r >= 0 {
			key := [2]int{of[l], of[r]}
			met[key] = append(met[key], [2]int{l, r})
		}
	}
	least := map[int]float64{} // of the stacks that are columns of a table: the least room between two lines
	for key, m := range met {
		a, b := stacks[key[0]], stacks[key[1]]
		if len(m) < 2 || 10*len(m) < 7*min(len(a), len(b)) || prose(rows, a) && prose(rows, b) || cards(rows, m) {
			continue
		}
		room := min(leastGap(rows, a), leastGap(rows, b))
		for _, s := range key {
			if known, ok := least[s]; !ok || room < known {
				least[s] = room
			}
		}
	}
	begins := make([]bool, len(rows))
	for l, r := range right {
		if r < 0 {
			continue
		}
		_, left := least[of[l]]
		_, right := least[of[r]]
		if left || right {
			begins[l], begins[r] = true, true
		}
	}
	// A field of several lines beside one whose line is level with none of
	// them: between fields there is more room than between lines.
	for s, room := range least {
		for k := 1; k < len(stacks[s]); k++ {
			above, r := rows[stacks[s][k-1]].flat, rows[stacks[s][k]].flat
			if r.Y-above.Bottom() > 1.3*room+0.25*min(above.H, r.H) {
				begins[stacks[s][k]] = true
			}
		}
	}
	return begins
}

// neighbours finds for each row the next one to its right that stands level; -1 is none.
func neighbours(rows []*row) []int {
	right := make([]int, len(rows))
	for i := range right {
		right[i] = -1
	}
	for i, a := range rows {
		for j := i + 1; j < len(rows) && rows[j].flat.Y < a.flat.Bottom(); j++ {
			b := rows[j]
			if sharedX(a.flat, b.flat) > 0 || !level(a.flat, b.flat, 0.3*min(a.flat.H, b.flat.H)) {
				continue
			}
			l, r := i, j
			if b.flat.X < a.flat.X {
				l, r = j, i
			}
			if right[l] < 0 || rows[r].flat.X < rows[right[l]].flat.X {
				right[l] = r
			}
		}
	}
	return right
}

// prose says whether a stack is set as running text is: wide, and most of its
// lines filled but for the last.
func prose(rows []*row, stack []int) bool {
	widest, size := 0.0, median(rows, stack)
	for _, i := range stack {
		widest = max(widest, rows[i].flat.W)
	}
	full, lines := 0.0, 0
	for _, i := range stack[:len(stack)-1] {
		if ratio(rows[i].flat.H, size) < 1.3 {
			full += rows[i].flat.W / widest
			lines++
		}
	}
	return widest >= 8*size && lines > 0 && full/float64(lines) >= 0.75
}

// cards says whether two stacks are cards, such as a name in large type
// over a price in small: from one line to the next both change their size alike.
func cards(rows []*row, met [][2]int) bool {
	for k := 1; k < len(met); k++ {
		a := rows[met[k-1][0]].flat.H / rows[met[k][0]].flat.H
		b := rows[met[k-1][1]].flat.H / rows[met[k][1]].flat.H
		if a >= 1.3 && b >= 1.3 || a <= 1/1.3 && b <= 1/1.3 {
			return true
		}
	}
	return false
}

func leastGap(rows []*row, stack []int) float64 {
	least := rows[stack[0]].flat.H * farthest
	for k := 1; k < len(stack); k++ {
		least = min(least, max(0, rows[stack[k]].flat.Y-rows[stack[k-1]].flat.Bottom()))
	}
	return least
}
