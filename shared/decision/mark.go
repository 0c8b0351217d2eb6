package decision

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/text/unicode/norm"
)

// MarkOf remembers a finding of a result.
func MarkOf(r result.Result, f result.Finding) Mark {
	m := Mark{Rule: f.Rule, Quote: f.Quote, Box: f.Box, Source: f.Source}
	if t, ok := tileOf(r, f.Box); ok {
		in := page.Box{X: f.Box.X - float64(t.X), Y: f.Box.Y - float64(t.Y), W: f.Box.W, H: f.Box.H}
		m.Picture, m.In = t.SHA256, &in
	}
	return m
}

// UnseenOf remembers the parts of a result that were not seen.
func UnseenOf(r result.Result) (marks []UnseenMark) {
	for _, u := range r.Unseen {
		marks = append(marks, UnseenMark{u.Kind, u.Box, u.Source})
	}
	return marks
}

// InPicture is the mark as it stands in its picture, for a decision in the
// series picture; false where it lies in no one picture.
func (m Mark) InPicture() (Mark, bool) {
	if m.In == nil {
		return m, false
	}
	m.Box, m.In, m.Picture = *m.In, nil, ""
	return m, true
}

// tileOf is the tile that has all of the box, seams aside.
func tileOf(r result.Result, b page.Box) (page.Tile, bool) {
	if b.Empty() {
		return page.Tile{}, false
	}
	for _, t := range r.Tiles {
		if !t.Seam && t.SHA256 != "" && b.X >= float64(t.X)-slack && b.Y >= float64(t.Y)-slack &&
			b.Right() <= float64(t.X+t.Width)+slack && b.Bottom() <= float64(t.Bottom())+slack {
			return t, true
		}
	}
	return page.Tile{}, false
}

// slack is how far, in CSS pixels, a box may stand off and be in the same place:
// engines differ by a pixel or two from one reading to the next.
const slack = 4

// Fingerprint is what stays the same of a finding wherever it stands on a page,
// in hex: a sum of its rule and of its quote without spaces, case and width.
func Fingerprint(rule, quote string) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + plain(quote)))
	return hex.EncodeToString(sum[:16])
}

// TextSum is what a page says, in hex: a sum of its lines as read, where spaces, case
// and width do not count.
func TextSum(r result.Result) string {
	return TextSumOf(func(yield func(string) bool) {
		for _, l := range r.Lines {
			if !yield(l.Text) {
				return
			}
		}
	})
}

// TextSumOf is TextSum of a result of which only the texts of its lines are at hand.
func TextSumOf(lines iter.Seq[string]) string {
	sum := sha256.New()
	var b []byte
	for text := range lines {
		b = appendPlain(b[:0], text)
		sum.Write(b)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// plain is a quote as it is compared: what OCR makes of spaces does not count.
func plain(s string) string { return string(appendPlain(nil, s)) }

func appendPlain(b []byte, s string) []byte {
	return AppendPlain(b, s, func(b []byte, s string) []byte { return append(b, normalized(s)...) })
}

// AppendPlain appends a text without its spaces and in lower case, if it consists of
// ASCII and Hangul alone, as nearly all do: no normalization changes these. Any other
// text is appended by other, whole: NFKC may change a letter, or what stands beside it.
func AppendPlain(b []byte, s string, other func(b []byte, s string) []byte) []byte {
	began := len(b)
	for _, c := range s {
		switch {
		case c == ' ':
		case c >= 'A' && c <= 'Z':
			b = append(b, byte(c)-'A'+'a')
		case c > ' ' && c <= '~':
			b = append(b, byte(c))
		case c >= '가' && c <= '힣':
			b = utf8.AppendRune(b, c)
		default:
			return other(b[:began], s)
		}
	}
	return b
}

func normalized(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, norm.NFKC.String(s))
}

// Meets says whether the mark is about this finding of a later result: rule, quote
// and place still hold. The place holds if the finding is in the same picture at
// the same place, wherever the picture stands now, or at the same place of the
// page. Where something is missing from a page there is no place.
func (m Mark) Meets(now Mark) bool {
	if m.Rule != now.Rule || plain(m.Quote) != plain(now.Quote) {
		return false
	}
	if m.Box.Empty() || now.Box.Empty() {
		return m.Box.Empty() && now.Box.Empty()
	}
	if m.In != nil && now.In != nil && m.Picture == now.Picture {
		return near(*m.In, *now.In)
	}
	return near(m.Box, now.Box)
}

func near(a, b page.Box) bool {
	return math.Abs(a.X-b.X) <= slack && math.Abs(a.Y-b.Y) <= slack &&
		math.Abs(a.Right()-b.Right()) <= 2*slack && math.Abs(a.Bottom()-b.Bottom()) <= 2*slack
}

func (u UnseenMark) meets(now UnseenMark) bool {
	if u.Kind != now.Kind || u.Source != now.Source {
		return false
	}
	return u.Box.Empty() && now.Box.Empty() || near(u.Box, now.Box)
}
