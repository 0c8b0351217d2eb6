package result

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/pageinspect/pageinspect/shared/page"
)

// Decode reads a result. The lines, which are nearly all of it, stand last in
// what Recognize writes and are all spelled alike, so a scanner that knows
// only that spelling reads them in a fifth of the time. Whatever is spelled
// otherwise, or wrong, is left to the general decoder: what is accepted and
// what comes of it are the same.
func Decode(b []byte) (Result, error) {
	const key = `,"lines":`
	var r Result
	if i := bytes.Index(b, []byte(key+`[{"text":`)); i >= 0 {
		// The key stays in the head, which is a whole object only if it was not
		// cut inside of another, and where a second one would be a duplicate.
		head := slices.Concat(b[:i], []byte(key+"null}"))
		s := scanner{in: string(b[i+len(key):]), words: make([]Word, 0, 32)}
		if lines, ok := s.lines(); ok && json.Unmarshal(head, &r) == nil {
			r.Lines = lines
			return r, nil
		}
		r = Result{}
	}
	err := json.Unmarshal(b, &r)
	return r, err
}

// scanner takes JSON apart that is spelled as encoding/json spells a Line: its
// order of keys, no white space. After what it does not know it takes nothing more.
type scanner struct {
	in    string
	at    int    // what is before it was taken
	words []Word // of one line, reused for the next
}

// take takes text if it is next.
func (s *scanner) take(text string) bool {
	if !strings.HasPrefix(s.in[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// want takes what must be next.
func (s *scanner) want(text string) {
	if !s.take(text) {
		s.fail()
	}
}

// fail leaves something that nobody wants, so that nothing that follows is taken either.
func (s *scanner) fail() { s.in, s.at = "\x00", 0 }

// lines takes the list and the end of the result.
func (s *scanner) lines() (lines []Line, ok bool) {
	lines = list(s, nil, s.line)
	s.want("}")
	return lines, s.at == len(s.in)
}

func (s *scanner) line() (l Line) {
	s.want(`{"text":`)
	l.Text = s.text()
	s.want(`,"box":`)
	l.Box = s.box()
	s.want(`,"confidence":`)
	l.Confidence = s.float()
	s.want(`,"block":`)
	l.Block = s.integer()
	if s.take(`,"source":`) {
		l.Source = Source(s.text())
	}
	s.want(`,"words":`)
	s.words = list(s, s.words[:0], s.word)
	l.Words = slices.Clone(s.words)
	l.Polygon = s.polygon()
	s.want("}")
	return l
}

func (s *scanner) word() (w Word) {
	s.want(`{"text":`)
	w.Text = s.text()
	s.want(`,"box":`)
	w.Box = s.box()
	s.want(`,"confidence":`)
	w.Confidence = s.float()
	w.Space = s.take(`,"space":true`)
	w.Polygon = s.polygon()
	s.want("}")
	return w
}

func (s *scanner) box() (b page.Box) {
	s.want(`{"x":`)
	b.X = s.float()
	s.want(`,"y":`)
	b.Y = s.float()
	s.want(`,"w":`)
	b.W = s.float()
	s.want(`,"h":`)
	b.H = s.float()
	s.want("}")
	return b
}

func (s *scanner) polygon() []Point {
	if !s.take(`,"polygon":`) {
		return nil
	}
	return list(s, []Point{}, func() (p Point) {
		s.want(`{"x":`)
		p.X = s.float()
		s.want(`,"y":`)
		p.Y = s.float()
		s.want("}")
		return p
	})
}

// list takes a list and appends what is in it.
func list[T any](s *scanner, to []T, one func() T) []T {
	s.want("[")
	if s.take("]") {
		return to
	}
	for more := true; more; more = s.take(",") {
		to = append(to, one())
	}
	s.want("]")
	return to
}

// text takes a string, which shares the memory of what is scanned if it has no escapes.
func (s *scanner) text() string {
	s.want(`"`)
	from, escaped := s.at, false
	for i := from; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c < ' ':
			s.fail()
			return ""
		case c == '\\':
			escaped = true
			i++
		case c == '"':
			text := s.in[from:i]
			s.at = i + 1
			if escaped {
				b, err := jsontext.AppendUnquote(nil, `"`+text+`"`)
				if err != nil {
					s.fail()
				}
				return string(b)
			}
			if !utf8.ValidString(text) {
				s.fail()
			}
			return text
		}
	}
	s.fail()
	return ""
}

func (s *scanner) float() float64 {
	f, err := strconv.ParseFloat(s.number(), 64)
	if err != nil {
		s.fail()
	}
	return f
}

func (s *scanner) integer() int {
	i, err := strconv.Atoi(s.number())
	if err != nil {
		s.fail()
	}
	return i
}

// number takes what strconv may make a number of. JSON wants digits around a
// point and no zeros ahead; exponents are too rare to be known here.
func (s *scanner) number() string {
	from := s.at
	for s.at < len(s.in) && ('0' <= s.in[s.at] && s.in[s.at] <= '9' || s.in[s.at] == '-' || s.in[s.at] == '.') {
		s.at++
	}
	number := s.in[from:s.at]
	digits := strings.TrimPrefix(number, "-")
	if digits == "" || digits[0] == '.' || digits[len(digits)-1] == '.' || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		s.fail()
	}
	return number
}
