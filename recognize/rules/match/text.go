// Package match finds phrases and regular expressions in recognized text, and
// says where on the page they stand.
//
// Text comes from an OCR engine, and in Korean its spacing cannot be trusted:
// "여드름 치료" is read as "여드름치료" or "여드름 치 료". So a phrase is looked
// for with white space removed, and then what was removed is looked at: see
// accept for where a match may begin, edged for numbers and Latin words, and
// findFuzzy for slips within a syllable. Letters that differ in width (NFKC) or
// case are the same.
//
// A Text is read once and may be searched for many patterns, by one goroutine
// at a time. Patterns do not change and may be shared.
package match

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Gap is what stands between two neighbouring characters of a text, and what
// may stand between those of a match. The order matters: each allows those before it.
type Gap uint8

// The gaps.
const (
	None  Gap = iota // nothing: the text must be as the pattern is written
	Word             // white space within a line
	Line             // the end of a line, its block going on in the next
	block            // the end of a block; no match reaches across it
)

// glyph is one visible character after normalization, and where it was read.
type glyph struct {
	r          rune
	before     Gap
	line, word int
	from, to   int // runes of the word's text that it came from, half open
}

// Text is one page in the three views that patterns look at. They share one list
// of visible characters, so that a match in any view is a range of glyphs and
// maps back to words and boxes in one way only:
//
//   - as read: NFKC, case folded, white space as one space, blocks apart by a newline;
//   - tight: the same with all white space removed and punctuation kept;
//   - jamo: each Hangul syllable taken apart (NFD), computed when a fuzzy pattern asks.
//
// The views are built from words, whose boxes are known, and not from Line.Text.
type Text struct {
	lines  []result.Line
	glyphs []glyph
	read   view
	tight  view
	pairs  pairs
	loose  bool // a jamo is a glyph of its own
	apart  jamo // nil until a fuzzy pattern asks

	// The word last taken apart, by line and word: matches come in order, and
	// nothing bounds how many of them one word has.
	last  [2]int
	runes []rune
}

// view is a spelling of the glyphs; off has the byte each begins at, and the length.
type view struct {
	s   string
	off []int
}

// Read reads the words of a page. It keeps the lines and does not change them.
func Read(lines []result.Line) *Text {
	t := &Text{lines: lines}
	n := 0
	for _, l := range lines {
		for _, w := range l.Words {
			n += utf8.RuneCountInString(w.Text)
		}
	}
	t.glyphs = make([]glyph, 0, n)
	prev := -1 // line of the last glyph
	for i, l := range lines {
		space := false
		for j, w := range l.Words {
			start := len(t.glyphs)
			tail := t.add(i, j, w.Text)
			if start < len(t.glyphs) {
				switch first := &t.glyphs[start]; {
				case prev < 0 || prev != i && !(prev == i-1 && lines[prev].Block == l.Block):
					first.before = block
				case prev != i:
					first.before = Line
				case space:
					first.before = Word
				}
				prev, space = i, false
			}
			space = space || tail || w.Space
		}
	}
	t.spell()
	return t
}

// add appends the visible characters of a word and says whether it ends in white space.
// White space inside a word counts as such; invisible characters (zero width
// space and joiner, soft hyphen) count as nothing at all.
func (t *Text) add(line, word int, s string) (space bool) {
	put := func(r rune, from, to int) {
		switch {
		case !plain(r) && unicode.IsSpace(r):
			space = true
		case !plain(r) && unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector):
		default:
			g := glyph{r: fold(r), line: line, word: word, from: from, to: to}
			if space {
				g.before, space = Word, false
			}
			t.glyphs = append(t.glyphs, g)
		}
	}
	for from := 0; s != ""; {
		r, n := utf8.DecodeRuneInString(s)
		if next, _ := utf8.DecodeRuneInString(s[n:]); plain(r) && (n == len(s) || plain(next)) {
			put(r, from, from+1)
			s, from = s[n:], from+1
			continue
		}
		// What stands between two boundaries is normalized as one, so all that
		// comes of it is taken to come from the whole of it.
		n = norm.NFKC.NextBoundaryInString(s, true)
		to := from + utf8.RuneCountInString(s[:n])
		for _, r := range norm.NFKC.String(s[:n]) {
			put(r, from, to)
		}
		s, from = s[n:], to
	}
	return space
}

// plain says whether a character is visible ASCII or a Hangul syllable, as most
// are: one that normalization leaves as it is if the next is plain too.
func plain(r rune) bool { return '!' <= r && r <= '~' || '가' <= r && r <= '힣' }

func (t *Text) spell() {
	var read, tight strings.Builder
	t.read.off = make([]int, 0, len(t.glyphs)+1)
	t.tight.off = make([]int, 0, len(t.glyphs)+1)
	read.Grow(4 * len(t.glyphs))
	tight.Grow(3 * len(t.glyphs))
	for i, g := range t.glyphs {
		if i > 0 && g.before == block {
			read.WriteByte('\n')
		} else if i > 0 && g.before != None {
			read.WriteByte(' ')
		}
		t.read.off = append(t.read.off, read.Len())
		t.tight.off = append(t.tight.off, tight.Len())
		t.pairs.add(0, g.r)
		if i > 0 {
			t.pairs.add(t.glyphs[i-1].r, g.r)
		}
		t.loose = t.loose || isJamo(g.r)
		read.WriteRune(g.r)
		tight.WriteRune(g.r)
	}
	t.read = view{read.String(), append(t.read.off, read.Len())}
	t.tight = view{tight.String(), append(t.tight.off, tight.Len())}
}

// Len is how many visible characters the text has; spans are ranges of them.
func (t *Text) Len() int { return len(t.glyphs) }

// glyph is the first glyph that begins at or after byte b of the view; for the
// end of a match, the glyph after it.
func (v view) glyph(b int) int { return sort.SearchInts(v.off, b) }

// slice spells the glyphs from a to b, without what stands after the last.
func (v view) slice(a, b int) string {
	_, last := utf8.DecodeRuneInString(v.s[v.off[b-1]:])
	return v.s[v.off[a] : v.off[b-1]+last]
}

// segments calls f with each range of glyphs that has inside it only what most allows.
func (t *Text) segments(most Gap, f func(from, to int)) {
	from := 0
	for i := 1; i <= len(t.glyphs); i++ {
		if i == len(t.glyphs) || t.glyphs[i].before > max(most, Word) {
			f(from, i)
			from = i
		}
	}
}

// beginsWord says whether a reader would begin a word at glyph i: at the start
// of a line, after white space, after punctuation, and where the kind of
// character changes (Latin to Hangul, digits to Hangul, anything to punctuation).
//
// Boundaries between recognized words that have no white space between them
// are no evidence: engines cut words where it suits them. White space is weak
// evidence too, since an engine that breaks words into syllables begins a word
// at each; where "주최 고객" is read as "주 최 고 객", 최고 does begin a word.
// The search then prefers to find, and a rule's exceptions, which ignore
// spacing too, say what to pass over.
func (t *Text) beginsWord(i int) bool {
	return i == 0 || t.glyphs[i].before != None || class(t.glyphs[i-1].r) != class(t.glyphs[i].r)
}

// edged says whether no number and no Latin word goes on beyond the ends of
// the glyphs from a to b: 21위 is not 1위, 1100% and 1,100% and 0.100% are not
// 100%, and "online idea" is not "line id". White space ends a number or word.
func (t *Text) edged(a, b int) bool {
	for _, c := range []charClass{digit, latin} {
		if t.is(a, c) && t.joined(a) && t.is(a-1, c) || t.is(b-1, c) && t.joined(b) && t.is(b, c) {
			return false
		}
	}
	return !(t.is(a, digit) && t.inNumber(a-1)) && !(t.is(b-1, digit) && t.inNumber(b))
}

// inNumber says whether glyph i is a decimal point or a thousand's comma. A
// comma is one where at most three digits stand before it and just three
// after, so that the commas in a list of telephone numbers are not.
func (t *Text) inNumber(i int) bool {
	if i < 1 || i+1 >= len(t.glyphs) || !t.joined(i) || !t.joined(i+1) || !t.is(i-1, digit) || !t.is(i+1, digit) {
		return false
	}
	before, after := 1, 1
	for t.joined(i-before) && t.is(i-before-1, digit) {
		before++
	}
	for t.joined(i+after+1) && t.is(i+after+1, digit) {
		after++
	}
	return t.glyphs[i].r == '.' || t.glyphs[i].r == ',' && before <= 3 && after == 3
}

// joined says whether nothing stands between glyph i and the one before it.
func (t *Text) joined(i int) bool {
	return i > 0 && i < len(t.glyphs) && t.glyphs[i].before == None
}

func (t *Text) is(i int, c charClass) bool { return class(t.glyphs[i].r) == c }

type charClass uint8

const (
	other charClass = iota // punctuation, symbols
	digit
	latin
	letter // Hangul and every other script
)

func class(r rune) charClass {
	switch {
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	}
	return other
}

// fold makes letters that differ only in case the same.
func fold(r rune) rune {
	if '가' <= r && r <= '힣' {
		return r
	}
	return unicode.ToLower(r)
}

// normal spells s as the views are spelled: NFKC, folded, white space as single spaces.
func normal(s string) string {
	t := Read(Plain(s))
	if len(t.glyphs) == 0 {
		return ""
	}
	return strings.ReplaceAll(t.read.s, "\n", " ")
}

// Plain is a text of one block as an engine would have read it without a
// mistake, but for the boxes: a line for each line, a word for each field.
func Plain(s string) []result.Line {
	var lines []result.Line
	for l := range strings.Lines(s) {
		fields := strings.Fields(l)
		words := make([]result.Word, len(fields))
		for i, f := range fields {
			words[i] = result.Word{Text: f, Space: i < len(fields)-1}
		}
		lines = append(lines, result.Line{Text: strings.Join(fields, " "), Words: words})
	}
	return lines
}
