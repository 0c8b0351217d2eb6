package match

import (
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// stops says whether a character ends a sentence or an item of a list.
func stops(r rune) bool {
	switch r {
	case '.', '!', '?', ';', '。', '|', '•', '●', '■', '◆', '▶', '※', '✓', '✔', '★', '☆', '→', '▼', '◎':
		return true
	}
	return false
}

// clauses finds where clauses begin and end: each glyph's first of its clause,
// and the one after the last. A clause goes on over line ends.
func (t *Text) clauses() (begins, ends []int32) {
	n := len(t.glyphs)
	if t.ends != nil || n == 0 {
		return t.begins, t.ends
	}
	room := make([]int32, 3*n)
	t.begins, t.ends, t.sentence = room[:n], room[n:2*n], room[2*n:]
	from, first := 0, 0
	end := func(ends []int32, from, to int) {
		for j := from; j < to; j++ {
			ends[j] = int32(to)
		}
	}
	for i := range t.glyphs {
		t.begins[i] = int32(from)
		last := i+1 == n || t.parts(i)
		if last {
			end(t.sentence, first, i+1)
			first = i + 1
		}
		if last || t.glyphs[i].r == ',' && !t.close(i+1) && t.said(i) {
			end(t.ends, from, i+1)
			from = i + 1
		}
	}
	return t.begins, t.ends
}

// sentences has, of each glyph, the one after the last of its sentence; a comma ends none.
func (t *Text) sentences() []int32 {
	t.clauses()
	return t.sentence
}

// parts says whether a sentence, or a clause set against the next, ends with glyph i, which is not the last.
func (t *Text) parts(i int) bool {
	g, next := &t.glyphs[i], &t.glyphs[i+1]
	if next.before == block {
		return true
	}
	if stops(g.r) {
		// One with no white space behind it may be a point in a number or an address, or hide a word.
		return !t.close(i+1) || g.r == '!' || g.r == '?' || i > 1 && korean.ClosesClause(t.glyphs[i-2].r, t.glyphs[i-1].r)
	}
	if i == 0 || !t.close(i) || !korean.ClosesClause(t.glyphs[i-1].r, g.r) {
		return false
	}
	return t.beginsWord(i+1) && !stops(next.r) && next.r != ',' && !t.quoted(i+1)
}

// quoted says whether at glyph i a quotation ends and the sentence goes on: "…된다"는 말.
func (t *Text) quoted(i int) bool {
	return strings.ContainsRune("\"'”’」』", t.glyphs[i].r) && i+1 < len(t.glyphs) && t.close(i) && t.close(i+1) &&
		strings.ContainsRune("는고라며던란", t.glyphs[i+1].r)
}

// shortest that stands before a comma and is a clause and no item of a list.
const (
	clauseWords = 2
	clauseRunes = 7
)

// said says whether what stands before the comma at glyph i, back to the last
// comma or end of a clause, is a clause of its own: not one noun of a list, nor
// what "or" joins to what follows. English has other lists.
func (t *Text) said(i int) bool {
	if i < 2 || !korean.IsSyllable(t.glyphs[i-1].r) || t.glyphs[i-1].r == '나' && (t.glyphs[i-2].r == '거' || t.glyphs[i-2].r == '이') {
		return false
	}
	words, runes := 1, 0
	for j := i - 1; j >= int(t.begins[i]) && t.glyphs[j].r != ','; j-- {
		if t.glyphs[j].r == '(' { // of a note in brackets, which is one
			return false
		}
		if runes++; j > int(t.begins[i]) && !t.close(j) {
			words++
		}
	}
	return words >= clauseWords && runes >= clauseRunes
}

// or is what joins to a noun the next one that the same is said of, mostly
// that it is not; a verb's has 거나, and may have its noun before it.
var (
	or     = [][]rune{[]rune("이나"), []rune("나"), []rune("또는"), []rune("혹은"), []rune("라거나")}
	verbOr = []rune("거나")
)

// Or says whether "or" follows before glyph i: a few of its ending, or a verb, may stand before it.
func (t *Text) Or(i int) bool {
	const ending, verb = 3, 8
	for j, close := i, true; j < min(i+verb, len(t.glyphs)) && t.glyphs[j].r != ','; j++ {
		close = close && (j == i || t.close(j))
		if t.endsIn(j, verbOr) || close && j < i+ending && slices.ContainsFunc(or, func(w []rune) bool { return t.endsIn(j, w) }) {
			return true
		}
	}
	return false
}

// endsIn says whether a word ends in these syllables, which stand from glyph i on, and another follows.
func (t *Text) endsIn(i int, word []rune) bool {
	end := i + len(word)
	return end < len(t.glyphs) && t.spells(i, word) && !t.close(end)
}

// Clause is the clause around a span: where it begins and ends.
func (t *Text) Clause(s Span) (from, to int) {
	begins, ends := t.clauses()
	return int(begins[s.From]), int(ends[s.To-1])
}
