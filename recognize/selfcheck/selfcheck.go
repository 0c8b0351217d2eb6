// Package selfcheck holds what was read in the pictures against the page's own
// text, its DOM: how much of that was read, and which lines stand in pictures
// only.
//
// Both sides are compared where they stand and by letters and digits alone
// (NFKC, lower case): spacing is what OCR gets wrong in Korean and what HTML
// has at will. A run of DOM text counts as read as far as the longest common
// subsequence with the words that lie in its box goes, so that one wrong
// syllable costs one syllable. Text that the DOM has and the page does not
// show, or shows elsewhere, lowers the recall; that is why a low one is a
// warning and nothing more.
package selfcheck

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Comparison is what became of the page's own text.
type Comparison struct {
	result.Quality
	// Letters and Read are, for each text, how many letters and digits it has on the
	// page, and how many of them were read where they stand.
	Letters, Read []int
}

// Compare holds the DOM text on a page of the given size in CSS pixels against
// what was read, and sets the source of each line. The DOM text is a stranger's: what
// lies outside of the page counts as if it were not there, and the work ends with
// ctx, whose error it then returns.
func Compare(ctx context.Context, dom []page.DOMText, lines []result.Line, width, height float64) (Comparison, error) {
	words, runs := rows{}, rows{}
	for _, l := range lines {
		for _, w := range l.Words {
			words.add(w.Box.Clip(width, height), w.Text)
		}
	}
	q := Comparison{Letters: make([]int, len(dom)), Read: make([]int, len(dom))}
	read := 0
	for i, d := range dom {
		if ctx.Err() != nil {
			return Comparison{}, ctx.Err()
		}
		run, box := letters(d.Text), d.Box.Clip(width, height)
		if len(run) == 0 || box.Empty() {
			continue
		}
		runs.put(box, run)
		q.Letters[i], q.Read[i] = len(run), common(run, words.in(box))
		q.DOMRunes += q.Letters[i]
		read += q.Read[i]
	}
	if q.DOMRunes > 0 {
		q.DOMRecall = float64(read*1000/q.DOMRunes) / 1000
	}
	for i := range lines {
		if ctx.Err() != nil {
			return Comparison{}, ctx.Err()
		}
		lines[i].Source = source(lines[i], lines[i].Box.Clip(width, height), runs)
	}
	return q, nil
}

// source says both of a line of whose letters at least half are in the DOM
// where it stands. A line without any, a row of signs, goes by whether the DOM
// has letters there.
func source(l result.Line, at page.Box, runs rows) result.Source {
	there := runs.in(at)
	line := letters(l.Text)
	if len(there) > 0 && common(line, there)*2 >= len(line) {
		return result.InBoth
	}
	return result.InPicture
}

// text is some letters and the place of them.
type text struct {
	box     page.Box
	letters []rune
}

// rows are texts by the strips of the page that they touch.
type rows map[int][]text

const strip = 64 // CSS pixels; a line of ordinary text touches one or two

func (r rows) add(b page.Box, s string) {
	if l := letters(s); len(l) > 0 && !b.Empty() {
		r.put(b, l)
	}
}

func (r rows) put(b page.Box, l []rune) {
	at := int(b.MiddleY()) / strip
	r[at] = append(r[at], text{b, l})
}

// in returns the letters of the texts that share a line with the box and more
// than a tenth of whose width lies in it, from left to right.
func (r rows) in(b page.Box) []rune {
	var found []text
	for at := int(b.Y)/strip - 1; at <= int(b.Bottom())/strip+1; at++ {
		for _, t := range r[at] {
			shared := min(b.Right(), t.box.Right()) - max(b.X, t.box.X)
			middle, own := t.box.MiddleY(), b.MiddleY()
			level := middle > b.Y && middle < b.Bottom() || own > t.box.Y && own < t.box.Bottom()
			if level && shared > min(b.W, t.box.W)/10 {
				found = append(found, t)
			}
		}
	}
	// A box of several lines, which the DOM may give, is read line by line.
	slices.SortStableFunc(found, func(a, c text) int {
		if min(a.box.Bottom(), c.box.Bottom()) <= max(a.box.Y, c.box.Y) {
			return cmp.Compare(a.box.Y, c.box.Y)
		}
		return cmp.Compare(a.box.X, c.box.X)
	})
	if len(found) == 1 {
		return found[0].letters
	}
	var out []rune
	for _, t := range found {
		out = append(out, t.letters...)
	}
	return out
}

// letters is the letters and digits of a text, in one spelling.
func letters(s string) []rune {
	if strings.ContainsFunc(s, uncertain) {
		s = norm.NFKC.String(s)
	}
	out := make([]rune, 0, utf8.RuneCountInString(s))
	for _, c := range s {
		if !syllable(c) {
			if c = unicode.ToLower(c); !unicode.IsLetter(c) && !unicode.IsDigit(c) {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// uncertain says whether normalization may change a character, or join it to the one before.
func uncertain(c rune) bool { return c >= utf8.RuneSelf && !syllable(c) }

// syllable says whether c is a Hangul syllable, as most letters are.
func syllable(c rune) bool { return '가' <= c && c <= '힣' }

// longest bounds what is compared at once, since the work grows with the square.
const longest = 4000

// common is the length of the longest common subsequence.
func common(a, b []rune) int {
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	alike := 0 // where both begin and end, which is nearly all of most
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b, alike = a[1:], b[1:], alike+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b, alike = a[:len(a)-1], b[:len(b)-1], alike+1
	}
	if len(a) == 0 || len(b) == 0 {
		return alike
	}
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return alike + row[len(b)]
}
