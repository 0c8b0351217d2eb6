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

	"github.com/pageinspect/pageinspect/recognize/rules/korean"

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
	class      charClass
	typed      bool // of jamo that were typed apart
	line, word int32
	from, to   int32 // runes of the word's text that it came from, half open
}

// Text is one page in the three views that patterns look at. They share one list
// of visible characters, so that a match in any view is a range of glyphs and
// maps back to words and boxes in one way only:
//
//   - as read: NFKC, case folded, white space as one space, blocks apart by a newline;
//   - tight: the same with all white space removed and punctuation kept;
//   - jamo: each Hangul syllable taken apart (NFD).
//
// They are built from words, whose boxes are known, and not from Line.Text, and
// when they are asked for: few rules need them.
type Text struct {
	lines      []result.Line
	glyphs     []glyph
	loose      []int // the glyphs that are jamo of their own
	read       view  // see views
	tight      view
	spaced     []bool  // see space
	apart      jamo    // nil until a fuzzy pattern asks
	begins     []int32 // see clauses
	classified map[NumberClass][]Span
	ends       []int32
	sentence   []int32

	// What the dictionary last looked for was met by.
	dictionary *Dictionary
	hits       *hits

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
	t.space()
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
		case !plain(r) && invisible(r):
		default:
			r = fold(r)
			g := glyph{r: r, class: class(r), line: int32(line), word: int32(word), from: int32(from), to: int32(to)}
			if space {
				g.before, space = Word, false
			}
			if isJamo(r) {
				t.loose = append(t.loose, len(t.glyphs))
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
		apart := compatible(r) && to-from > 1
		for _, r := range norm.NFKC.String(s[:n]) {
			put(r, from, to)
			if last := len(t.glyphs) - 1; apart && last >= 0 && korean.IsSyllable(r) {
				t.glyphs[last].typed = true
			}
		}
		s, from = s[n:], to
	}
	return space
}

// compatible says whether a character is a jamo as keyboards type them, which
// stands alone in honest text.
func compatible(r rune) bool { return 0x3131 <= r && r <= 0x318E }

// invisible says whether a character shows nothing of its own, or only a stroke
// or an ornament over another: what is left of marks after normalization.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) ||
		0x300 <= r && r <= 0x36F || 0x20D0 <= r && r <= 0x20FF || r == 0x2800
}

// plain says whether a character is visible ASCII or a Hangul syllable, as most
// are: one that normalization leaves as it is if the next is plain too.
func plain(r rune) bool { return '!' <= r && r <= '~' || '가' <= r && r <= '힣' }

// views spells the text as read and tight, once.
func (t *Text) views() (read, tight view) {
	if t.read.off == nil {
		n := len(t.glyphs)
		off := make([]int, 2*n+2)
		t.read.off, t.tight.off = off[:n+1], off[n+1:]
		var read, tight strings.Builder
		read.Grow(4 * n)
		tight.Grow(3 * n)
		for i, g := range t.glyphs {
			if i > 0 && g.before == block {
				read.WriteByte('\n')
			} else if i > 0 && g.before != None {
				read.WriteByte(' ')
			}
			t.read.off[i], t.tight.off[i] = read.Len(), tight.Len()
			read.WriteRune(g.r)
			tight.WriteRune(g.r)
		}
		t.read.off[n], t.tight.off[n] = read.Len(), tight.Len()
		t.read.s, t.tight.s = read.String(), tight.String()
	}
	return t.read, t.tight
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
	for from := 0; from < len(t.glyphs); {
		_, to := t.segment(from, most)
		f(from, to)
		from = to
	}
}

// segment is the range around glyph i that has inside it only what most allows.
func (t *Text) segment(i int, most Gap) (from, to int) {
	for from = i; from > 0 && t.glyphs[from].before <= max(most, Word); from-- {
	}
	for to = i + 1; to < len(t.glyphs) && t.glyphs[to].before <= max(most, Word); to++ {
	}
	return from, to
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
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) && r != ' ' }) < 0 {
		return strings.ToLower(strings.Join(strings.Fields(s), " "))
	}
	t := Read(Plain(s))
	if len(t.glyphs) == 0 {
		return ""
	}
	read, _ := t.views()
	return strings.ReplaceAll(read.s, "\n", " ")
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
