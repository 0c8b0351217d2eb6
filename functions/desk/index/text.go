package index

import (
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/decision"
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
func appendPlain(b []byte, s string) []byte { return decision.AppendPlain(b, s, appendNormalized) }

func appendNormalized(b []byte, s string) []byte {
	for _, c := range norm.NFKC.String(s) {
		if !unicode.In(c, unicode.White_Space, unicode.Cc, unicode.Cf, unicode.Co) {
			b = utf8.AppendRune(b, unicode.ToLower(c))
		}
	}
	return b
}

func plain(s string) string { return string(appendPlain(nil, s)) }

// plainText is all that a result says as it is searched: its title, and the blocks of
// its lines. A phrase may go on in the next line, and not in another column.
func plainText(title string, said, html lines) []byte {
	b := appendPlain(make([]byte, 0, 2048), title)
	for _, all := range []lines{said, html} {
		for i, l := range all {
			if i == 0 || l.block != all[i-1].block {
				b = append(b, between)
			}
			b = appendPlain(b, l.text)
		}
	}
	return b
}
