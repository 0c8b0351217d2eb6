package reader

import (
	"slices"
	"strings"
)

// spell mends what Korean spelling does not allow, in place, and returns the glyphs: no ㅁ or ㄴ stands before 니다 or 니까, where ㅂ does in
// most sentences; no upright bar stands behind a round letter, where 이 was taken apart; and a letter that looks the same large and small is
// large at the beginning of a word of capitals.
func spell(glyphs []Glyph) []Glyph {
	taught(glyphs)
	for i := 0; i+2 < len(glyphs); i++ {
		if glyphs[i+1].Text == "니" && (glyphs[i+2].Text == "다" || glyphs[i+2].Text == "까") {
			glyphs[i].Text = closed(glyphs[i].Text)
		}
	}
	for i := 1; i+1 < len(glyphs); i++ {
		round := glyphs[i].Text == "o" || glyphs[i].Text == "O" || glyphs[i].Text == "0"
		if round && glyphs[i+1].Text == "|" && letter(glyphs[i-1].Text) {
			glyphs[i].Text, glyphs[i].Box = "이", glyphs[i].Box.Union(glyphs[i+1].Box)
			glyphs = append(glyphs[:i+1], glyphs[i+2:]...)
		}
	}
	for from := 0; from+1 < len(glyphs); from++ {
		if from > 0 && letter(glyphs[from-1].Text) || !strings.Contains(twins, glyphs[from].Text) || !capital(glyphs[from+1].Text) {
			continue
		}
		to := from + 1
		for to < len(glyphs) && capital(glyphs[to].Text) {
			to++
		}
		if to == len(glyphs) || !letter(glyphs[to].Text) {
			glyphs[from].Text = strings.ToUpper(glyphs[from].Text)
		}
	}
	return glyphs
}

// misspelled are beginnings that no Korean word has, and what is written where the Hangul data reads them: each is the first glyph of a word, and
// what stands behind it. In 178,909 words of messages and manuals that have nothing to do with the pages that are measured, none begins so, and 올바르
// or 올바른 is there 185 times, 어쨌든 8, 훨씬 7, and 만든, for which 만는 is read, 39 times.
var misspelled = []struct{ read, behind, written string }{
	{"을", "바르", "올"}, {"을", "바른", "올"}, {"휠", "씬", "훨"}, {"었", "든", "어쨌"},
}

// begun mends, in place, how a word begins, signs before it aside.
func begun(word []Glyph) {
	i := 0
	for i < len(word) && !readable(word[i].Text) {
		i++
	}
	if i+1 >= len(word) || !hangul(word[i+1].Text) {
		return
	}
	if word[i].Text == "만" && word[i+1].Text == "는" {
		word[i+1].Text = "든"
	}
	for _, m := range misspelled {
		if word[i].Text == m.read && strings.HasPrefix(textOf(word[i+1:]), m.behind) {
			word[i].Text = m.written
			return
		}
	}
}

func capital(text string) bool { return len(text) == 1 && text[0] >= 'A' && text[0] <= 'Z' }

// closed is a syllable with ㅂ in place of ㅁ or ㄴ at its end.
func closed(text string) string {
	const finals, n, m = 28, 4, 16 // the ends of syllables, none included, and which of them ㄴ and ㅁ are; ㅂ follows ㅁ
	r := []rune(text)
	if len(r) != 1 || !hangul(text) || text == "언" { // 언니
		return text
	}
	switch end := (r[0] - '가') % finals; end {
	case n, m:
		return string(r[0] - end + m + 1)
	}
	return text
}

// countUp makes I of each letter, in place, of a word of two or three that are all I or l, as in Pentium III: signs around it aside.
func countUp(word []Glyph) {
	from, to := 0, len(word)
	for from < to && !readable(word[from].Text) {
		from++
	}
	for to > from && !readable(word[to-1].Text) {
		to--
	}
	if to-from < 2 || to-from > 3 || slices.ContainsFunc(word[from:to], func(g Glyph) bool { return g.Text != "I" && g.Text != "l" }) {
		return
	}
	for i := from; i < to; i++ {
		word[i].Text = "I"
	}
}
