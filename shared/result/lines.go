package result

import (
	"bytes"
	"slices"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pageinspect/pageinspect/shared/page"
)

// readLines reads lines by the one way in which they are written, and leaves
// those that are spelled otherwise to the decoder, which has proved them JSON,
// valid and without a name twice, in either case.
func readLines(d *jsontext.Decoder, to *[]Line) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	s := spelling{rest: v}
	if lines := s.lines(); !s.other && len(s.rest) == 0 {
		*to = lines
		return nil
	}
	return jsonv2.Unmarshal(v, to, names)
}

// spelling is what is still to be read of valid JSON. Once something is not
// spelled as json.Marshal spells a line, other is set, and what was read means nothing.
type spelling struct {
	rest  []byte
	other bool
	words []Word // of the line that is read
}

func (s *spelling) lines() []Line {
	lines := make([]Line, 0, bytes.Count(s.rest, []byte(`"words":`)))
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
	if s.must(`"`); s.other {
		return ""
	}
	n := bytes.IndexByte(s.rest, '"')
	if raw := s.rest[:n]; bytes.IndexByte(raw, '\\') < 0 {
		s.rest = s.rest[n+1:]
		return string(raw)
	}
	for n = 0; s.rest[n] != '"'; n++ {
		if s.rest[n] == '\\' {
			n++
		}
	}
	b, err := jsontext.AppendUnquote(nil, slices.Concat([]byte(`"`), s.rest[:n+1]))
	s.rest, s.other = s.rest[n+1:], err != nil
	return string(b)
}

// number reads a number behind a name.
func (s *spelling) number(name string) float64 {
	raw := s.digits(name)
	f, err := strconv.ParseFloat(string(raw), 64)
	s.other = s.other || err != nil
	return f
}

func (s *spelling) int(name string) int {
	i, err := strconv.Atoi(string(s.digits(name)))
	s.other = s.other || err != nil
	return i
}

func (s *spelling) digits(name string) []byte {
	s.must(name)
	n := bytes.IndexAny(s.rest, ",}")
	if n < 0 {
		s.other = true
		return nil
	}
	raw := s.rest[:n]
	s.rest = s.rest[n:]
	return raw
}
