package index

import (
	"context"
	"database/sql"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"golang.org/x/text/unicode/norm"
)

// checkText says what cannot be searched for.
func checkText(s string) error {
	switch n := utf8.RuneCountInString(s); {
	case n > maxText:
		return fault.New(fault.Invalid, "text: %d letters, more than %d; search for a part of it", n, maxText)
	case !utf8.ValidString(s):
		return fault.New(fault.Invalid, "text: it is not UTF-8")
	}
	return nil
}

// plain is text as it is searched: without spaces, case and width.
func plain(s string) []rune {
	var out []rune
	for _, c := range norm.NFKC.String(s) {
		if !unicode.IsSpace(c) {
			out = append(out, unicode.ToLower(c))
		}
	}
	return out
}

// block is a part of a page's text, of which a phrase is part as a whole or not.
type block struct{ lines []string }

// tokens spells a page's text for FTS5: of each block the pairs of letters that
// follow each other, and its last letter alone.
func tokens(blocks []string) string {
	var b strings.Builder
	for _, text := range blocks {
		letters := plain(text)
		for i := range letters {
			spell(&b, letters[i])
			if i+1 < len(letters) {
				spell(&b, letters[i+1])
			}
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// spell writes a letter so that it is one to FTS5's tokenizer, which takes
// everything beyond ASCII for letters.
func spell(b *strings.Builder, c rune) {
	if c < utf8.RuneSelf {
		c += 0xe000
	}
	b.WriteRune(c)
}

// matchOf is the FTS5 query for a text; "" chooses all. Nothing of the text is syntax.
func matchOf(s string) string {
	letters := plain(s)
	if len(letters) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('"')
	if len(letters) == 1 {
		spell(&b, letters[0])
		return b.String() + `"*`
	}
	for i := range len(letters) - 1 {
		spell(&b, letters[i])
		spell(&b, letters[i+1])
		b.WriteByte(' ')
	}
	return b.String() + `"`
}

// only leaves, of what a query may choose, the pages that a statement tells.
func (x *Index) only(ctx context.Context, c *choice, stmt *sql.Stmt, arg any) error {
	rows, err := stmt.QueryContext(ctx, arg)
	if err != nil {
		return broken(err, "search")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	found := map[int64]bool{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return broken(err, "search")
		}
		if c.only == nil || c.only[n] {
			found[n] = true
		}
	}
	c.only = found
	return broken(rows.Err(), "search")
}
