package result

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pageinspect/pageinspect/shared/page"
)

// taken is the lines that were taken out of a result's JSON, and where they were.
type taken struct {
	lines []Line
	at    int // 0 if none were
}

// take reads the lines behind a name, if they are spelled as json.Marshal spells
// them, and returns the JSON with an empty list in their place.
func (t *taken) take(b []byte, name string) []byte {
	at := bytes.Index(b, []byte(name+"[{"))
	if at < 0 {
		return b
	}
	at += len(name)
	s := spelling{rest: b[at:]}
	lines := s.lines()
	if s.other {
		return b
	}
	t.lines, t.at = lines, at
	return slices.Concat(b[:at], []byte("[]"), s.rest)
}

// listed is lines as the quick decoder reads them.
type listed struct {
	lines []Line
	colon int // where it stands before them
}

// UnmarshalJSONFrom reads the lines, and where they are.
func (l *listed) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	l.colon = int(d.InputOffset())
	return jsonv2.UnmarshalDecode(d, &l.lines)
}

// with is the lines with those that were taken from here; not ok if they were from elsewhere.
func (l listed) with(t taken) (lines []Line, ok bool) {
	if t.at == 0 {
		return l.lines, true
	}
	return t.lines, l.colon+1 == t.at
}

// spelling is what is still to be read of a result's JSON. Once something is not
// spelled as json.Marshal spells a line, other is set, and what was read means nothing.
type spelling struct {
	rest  []byte
	other bool
	words []Word // of the line that is read
}

func (s *spelling) lines() (lines []Line) {
	s.list(func() {
		s.must(`{"text":`)
		l := Line{Text: s.text(), Box: s.box(), Confidence: s.number(`,"confidence":`), Block: s.int(`,"block":`)}
		if s.may(`,"source":`) {
			l.Source = Source(s.text())
		}
		s.must(`,"words":`)
		s.words = s.words[:0]
		s.list(s.word)
		l.Words = append(make([]Word, 0, len(s.words)), s.words...)
		l.Polygon = s.polygon()
		s.must(`}`)
		lines = append(lines, l)
	})
	return lines
}

func (s *spelling) word() {
	s.must(`{"text":`)
	w := Word{Text: s.text(), Box: s.box(), Confidence: s.number(`,"confidence":`), Space: s.may(`,"space":true`), Polygon: s.polygon()}
	s.must(`}`)
	s.words = append(s.words, w)
}

func (s *spelling) box() page.Box {
	b := page.Box{X: s.number(`,"box":{"x":`), Y: s.number(`,"y":`), W: s.number(`,"w":`), H: s.number(`,"h":`)}
	s.must(`}`)
	return b
}

func (s *spelling) polygon() (all []Point) {
	if s.may(`,"polygon":`) {
		all = []Point{}
		s.list(func() {
			all = append(all, Point{X: s.number(`{"x":`), Y: s.number(`,"y":`)})
			s.must(`}`)
		})
	}
	return all
}

// list reads a list, of which each reads one.
func (s *spelling) list(each func()) {
	if s.must(`[`); s.may(`]`) {
		return
	}
	for each(); !s.other && s.may(`,`); each() {
	}
	s.must(`]`)
}

func (s *spelling) may(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

func (s *spelling) must(text string) { s.other = !s.may(text) || s.other }

// text reads a string.
func (s *spelling) text() string {
	s.must(`"`)
	n, plain := 0, true
	for n < len(s.rest) && s.rest[n] != '"' {
		if s.rest[n] < ' ' || s.rest[n] == '\\' {
			plain = false
			n++
		}
		n++
	}
	if n >= len(s.rest) {
		s.other = true
		return ""
	}
	raw := s.rest[:n]
	s.rest = s.rest[n+1:]
	if plain && utf8.Valid(raw) {
		return string(raw)
	}
	b, err := jsontext.AppendUnquote(nil, slices.Concat([]byte(`"`), raw, []byte(`"`)))
	s.other = s.other || err != nil
	return string(b)
}

// int reads a whole number behind a name.
func (s *spelling) int(name string) int {
	raw := string(s.raw(name))
	i, err := strconv.Atoi(raw)
	s.other = s.other || err != nil || strconv.Itoa(i) != raw // as +1
	return i
}

// number reads a number behind a name.
func (s *spelling) number(name string) float64 {
	raw := s.raw(name)
	if f, ok := short(raw); ok {
		return f
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	s.other = s.other || err != nil || !jsontext.Value(raw).IsValid() // as 0x1p-2
	return f
}

// raw is what stands behind a name.
func (s *spelling) raw(name string) []byte {
	s.must(name)
	n := 0
	for n < len(s.rest) && s.rest[n] != ',' && s.rest[n] != '}' {
		n++
	}
	raw := s.rest[:n]
	s.rest = s.rest[n:]
	return raw
}

// short is a number of few digits and no exponent: both what is divided and what
// it is divided by are numbers to the last bit, and so is what comes of it.
func short(raw []byte) (f float64, ok bool) {
	digits := bytes.TrimPrefix(raw, []byte("-"))
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	whole, part := 0, 1.0
	point := -1
	for i, c := range digits {
		switch {
		case c == '.' && point < 0:
			point = i
			continue
		case c < '0' || c > '9':
			return 0, false
		case point >= 0:
			part *= 10
		}
		whole = whole*10 + int(c-'0')
	}
	if point == 0 || point == len(digits)-1 || digits[0] == '0' && len(digits) > 1 && point != 1 {
		return 0, false
	}
	f = float64(whole) / part
	if len(digits) < len(raw) {
		f = -f
	}
	return f, true
}
