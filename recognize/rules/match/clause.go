package match

import "github.com/pageinspect/pageinspect/recognize/rules/korean"

// stops end a sentence or an item of a list.
var stops = map[rune]bool{'.': true, '!': true, '?': true, ';': true, '。': true, '|': true, '•': true, '●': true, '■': true, '◆': true, '▶': true,
	'※': true, '✓': true, '✔': true, '★': true, '☆': true, '→': true, '▼': true, '◎': true}

// clauses finds where clauses begin and end: each glyph's first of its clause,
// and the one after the last. A clause goes on over line ends.
func (t *Text) clauses() (begins, ends []int) {
	n := len(t.glyphs)
	if t.ends != nil || n == 0 {
		return t.begins, t.ends
	}
	t.begins, t.ends = make([]int, n), make([]int, n)
	from := 0
	for i := range t.glyphs {
		t.begins[i] = from
		if i+1 == n || t.parts(i) {
			for j := from; j <= i; j++ {
				t.ends[j] = i + 1
			}
			from = i + 1
		}
	}
	return t.begins, t.ends
}

// parts says whether a clause ends with glyph i, which is not the last.
func (t *Text) parts(i int) bool {
	g, next := t.glyphs[i], t.glyphs[i+1]
	if next.before == block {
		return true
	}
	if stops[g.r] {
		// One with no white space behind it may be a point in a number or an address, or hide a word.
		return !t.close(i+1) || g.r == '!' || g.r == '?' || i > 1 && korean.ClosesClause(t.glyphs[i-2].r, t.glyphs[i-1].r)
	}
	if i == 0 || !t.close(i) || !korean.ClosesClause(t.glyphs[i-1].r, g.r) {
		return false
	}
	return t.beginsWord(i + 1)
}

// Clause is the clause around a span: where it begins and ends.
func (t *Text) Clause(s Span) (from, to int) {
	begins, ends := t.clauses()
	return begins[s.From], ends[s.To-1]
}
