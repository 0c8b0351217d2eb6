package index

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/unicode/norm"
)

// checkText says what cannot be searched for.
func checkText(s string) error {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		return fault.New(fault.Invalid, "text: it is not UTF-8")
	case n > maxText:
		return fault.New(fault.Invalid, "text: %d letters, more than %d; search for a part of it", n, maxText)
	}
	return nil
}

// between separates blocks in text as it is searched, and is in no phrase.
const between = '\n'

// appendPlain appends text as it is searched: without spaces, case and width, and
// without what nobody sees or types.
func appendPlain(b []byte, s string) []byte {
	for _, c := range norm.NFKC.String(s) {
		switch {
		case c >= '가' && c <= '힣', c >= 'a' && c <= 'z', c >= '0' && c <= '9': // nearly all
			b = utf8.AppendRune(b, c)
		case !unicode.In(c, unicode.White_Space, unicode.Cc, unicode.Cf, unicode.Co):
			b = utf8.AppendRune(b, unicode.ToLower(c))
		}
	}
	return b
}

func plain(s string) string { return string(appendPlain(nil, s)) }

// plainText is all that a result says as it is searched: its title, and the blocks of
// its lines. A phrase may go on in the next line, and not in another column.
func plainText(title string, lines, html []line) []byte {
	b := appendPlain(nil, title)
	for _, all := range [][]line{lines, html} {
		for i, l := range all {
			if i == 0 || l.Block != all[i-1].Block {
				b = append(b, between)
			}
			b = appendPlain(b, l.Text)
		}
	}
	return b
}

// tokens spells text for FTS5: the pairs of letters that follow each other in a
// block, with its last letter alone, which keeps blocks apart; and each letter once.
func tokens(text string) (pairs, letters string) {
	var p, l strings.Builder
	seen := map[rune]bool{}
	for block := range strings.SplitSeq(text, string(between)) {
		for i, c := range block {
			spell(&p, c)
			if next, size := utf8.DecodeRuneInString(block[i+utf8.RuneLen(c):]); size > 0 {
				spell(&p, next)
			}
			p.WriteByte(' ')
			if !seen[c] {
				seen[c] = true
				spell(&l, c)
				l.WriteByte(' ')
			}
		}
	}
	return p.String(), l.String()
}

// spell writes a letter so that it is one to FTS5's tokenizer, which takes
// everything beyond ASCII for letters. What is for private use is in no text.
func spell(b *strings.Builder, c rune) {
	if c < utf8.RuneSelf {
		c += 0xe000
	}
	b.WriteRune(c)
}

// matchOf is the FTS5 query for a plain phrase. Nothing of it is syntax.
func matchOf(phrase string) string {
	var b strings.Builder
	letters := []rune(phrase)
	if len(letters) == 1 {
		b.WriteString(`letters : "`)
		spell(&b, letters[0])
		return b.String() + `"`
	}
	b.WriteString(`pairs : "`)
	for i := range len(letters) - 1 {
		spell(&b, letters[i])
		spell(&b, letters[i+1])
		b.WriteByte(' ')
	}
	return b.String() + `"`
}
