package match

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/result"
)

// expression is a regular expression, and the words of which every match has one of each list.
type expression struct {
	re    *regexp.Regexp
	needs []Group
}

// Regexp makes a pattern of a regular expression in Go's syntax (RE2).
//
// One that looks at what is around a match is refused: text is cut at lines
// and spaces come and go, so that it would mean another thing in each view,
// and \b knows no Hangul.
func (d *Dictionary) Regexp(source string) (Pattern, error) {
	re, err := regexp.Compile("(?i)" + norm.NFC.String(source))
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return Pattern{}, fmt.Errorf("%q: %s; the syntax is Go's (RE2)%s", source, e.Code, cure(e.Code))
	} else if err != nil {
		return Pattern{}, err
	}
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	switch {
	case err != nil:
		return Pattern{}, err
	case looksAround(parsed):
		return Pattern{},
			fmt.Errorf(`%q: ^ $ \A \z \b \B cannot be used; leave them out, the ends of numbers and Latin words are looked after`, source)
	case re.MatchString(""):
		return Pattern{}, fmt.Errorf("%q matches the empty text, so it would match everywhere; want at least one character", source)
	}
	e := &expression{re: re}
	for _, list := range needs(parsed) {
		g, err := d.Group(list, Options{raw: true})
		if err != nil { // white space, which is there or is not in each view
			continue
		}
		e.needs = append(e.needs, g)
	}
	return Pattern{d: d, re: e}, nil
}

// cure says what to do about an expression that RE2 has no syntax for.
func cure(code syntax.ErrorCode) string {
	if code == syntax.ErrInvalidPerlOp {
		return ", which cannot look ahead or behind; say what must not be there in unless"
	}
	return ""
}

func looksAround(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksAround)
}

// find looks in the view as read and, unless white space matters, in the tight
// one. Each line (each block with gap: line) is looked at on its own, so that no
// greedy match can reach across and hide a shorter one.
func (e *expression) find(t *Text, h *hits, most Gap, may func(Span) bool) []Span {
	var found []Span
	for _, at := range e.where(t, h, most) {
		from, to := at[0], at[1]
		read, tight := t.views()
		found = e.search(found, t, read, from, to, func(a, b int) (Span, bool) {
			s := Span{From: a, To: b, Kind: result.Exact, Gap: t.widest(a, b)}
			if s.Gap > Word {
				s.Kind = result.Spacing
			}
			return s, t.edged(a, b) && may(s)
		})
		if most == None {
			continue
		}
		found = e.search(found, t, tight, from, to, func(a, b int) (Span, bool) {
			s, ok := t.acceptExpression(a, b, max(most, Word))
			return s, ok && may(s)
		})
	}
	return found
}

// where lists the segments that have what every match needs.
func (e *expression) where(t *Text, h *hits, most Gap) (all [][2]int) {
	if len(e.needs) == 0 {
		t.segments(most, func(from, to int) { all = append(all, [2]int{from, to}) })
		return all
	}
	first := slices.MinFunc(e.needs, func(a, b Group) int { return h.count(a) - h.count(b) })
	done := 0
	for _, i := range h.group(first) {
		at := int(h.all[i].from)
		if at < done {
			continue
		}
		from, to := t.segment(at, most)
		if done = to; h.have(e.needs, from, to) {
			all = append(all, [2]int{from, to})
		}
	}
	return all
}

// have says whether each of the groups has a word between two glyphs.
func (h *hits) have(groups []Group, from, to int) bool {
	for _, g := range groups {
		if i := h.after(g, from); i == h.count(g) || h.at(g, i).From >= to {
			return false
		}
	}
	return true
}

func (t *Text) widest(a, b int) (gap Gap) {
	for i := a + 1; i < b; i++ {
		gap = max(gap, t.glyphs[i].before)
	}
	return gap
}

// acceptExpression decides whether what an expression met without white space
// may be: a word that white space was removed from must begin where a word
// begins. One white space between two pieces of two syllables or more is taken
// for one between words, since the expression cannot say where its words begin:
// 의사추천 in "대학병원의사 추천".
func (t *Text) acceptExpression(a, b int, most Gap) (Span, bool) {
	s := Span{From: a, To: b, Kind: result.Exact, Gap: t.widest(a, b)}
	if !t.edged(a, b) || s.Gap > most {
		return s, false
	}
	if s.Gap == None {
		return s, true
	}
	s.Kind = result.Spacing
	if t.beginsWord(a) {
		return s, true
	}
	const piece = 2
	from := a
	for i := a + 1; i <= b; i++ {
		if i < b && t.glyphs[i].before == None {
			continue
		}
		if i-from < piece {
			return s, false
		}
		from = i
	}
	return s, true
}

// mostRefused bounds how often in a row a search begins again inside a match
// that may not be; then it goes on behind the match. It keeps a search linear.
const mostRefused = 50

// search finds the expression in one segment of a view. After a match that may not be, it
// looks again from that match's second character, where one that may be can begin, or, if the
// match began inside a number or a Latin word, from the end of that.
// Cutting the text there is safe because expressions cannot look behind (see Regexp).
func (e *expression) search(found []Span, t *Text, v view, from, to int, may func(a, b int) (Span, bool)) []Span {
	base, s := v.off[from], v.slice(from, to)
	refused := 0
	for at := 0; at < len(s); {
		loc := e.re.FindStringIndex(s[at:])
		if loc == nil {
			break
		}
		a, b := v.glyph(base+at+loc[0]), v.glyph(base+at+loc[1])
		next := at + loc[1]
		if a < b {
			m, ok := may(a, b)
			switch {
			case ok:
				found, refused = append(found, m), 0
			case refused >= mostRefused:
				refused = 0
			default:
				refused++
				n := a + 1
				if !t.edgedLeft(a) {
					for n < to && t.joined(n) && t.glyphs[n].class == t.glyphs[a].class {
						n++
					}
				}
				if n >= to {
					return found
				}
				next = v.off[n] - base
			}
		}
		at = next
	}
	return found
}
