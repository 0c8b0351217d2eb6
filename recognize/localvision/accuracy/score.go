package accuracy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/pageinspect/pageinspect/shared/result"
)

// Tally counts what was read right and wrong.
type Tally struct {
	Chars int // characters on the page, spaces apart
	Edits int // inserted, left out or wrong
}

// CER is the character error rate, 0 where there was nothing to read.
func (t Tally) CER() float64 {
	if t.Chars == 0 {
		return 0
	}
	return float64(t.Edits) / float64(t.Chars)
}

func (t *Tally) add(o Tally) { t.Chars += o.Chars; t.Edits += o.Edits }

// Score compares readings with pages.
type Score struct {
	Sizes      map[Class]Tally
	All        Tally       // with the stray characters
	Stray      int         // characters read where there is no text
	Phrases    PhraseTally // as a rule finds them that does not say fuzzy
	Fuzzy      PhraseTally // as one that does
	Words      int         // on the page
	WholeWords int         // of those, read with their spaces where they are
}

// Class is a range of font sizes or, on hard pages, a kind of line.
type Class string

// The classes. Headlines are what is set in 36 px and more.
const (
	Small    Class = "12-15 px"
	Body     Class = "16-23 px"
	Large    Class = "24-35 px"
	Headline Class = "36-72 px"
)

// Classes lists every class: by size, smallest first, then the hard kinds.
func Classes() []Class {
	return []Class{Small, Body, Large, Headline, Textured, Outlined, Sloped}
}

func classOf(l Line) Class {
	switch size := l.Size; {
	case l.Kind != "":
		return l.Kind
	case size >= 36:
		return Headline
	case size >= 24:
		return Large
	case size >= 16:
		return Body
	}
	return Small
}

// Add counts one page. A word belongs to the line whose box holds its centre, or to none.
func (s *Score) Add(page Rendered, read []result.Line) error {
	if s.Sizes == nil {
		s.Sizes = map[Class]Tally{}
	}
	of := make([][]result.Word, len(page.Lines))
	for _, w := range wordsOf(read) {
		cx, cy := w.Box.X+w.Box.W/2, w.Box.MiddleY()
		owner := -1
		for i, l := range page.Lines {
			if cx >= l.X-2 && cx <= l.X+l.W+2 && cy >= l.Y && cy <= l.Y+l.H {
				owner = i
				break
			}
		}
		if owner < 0 {
			s.Stray += len([]rune(plainText(w.Text)))
			continue
		}
		of[owner] = append(of[owner], w)
	}
	for i, l := range page.Lines {
		slices.SortFunc(of[i], func(a, b result.Word) int { return cmp.Compare(a.Box.X, b.Box.X) })
		words := make([]string, len(of[i]))
		for k, w := range of[i] {
			words[k] = w.Text
		}
		want := []rune(plainText(l.Text))
		one := Tally{Chars: len(want), Edits: distance(want, []rune(plainText(strings.Join(words, ""))))}
		t := s.Sizes[classOf(l)]
		t.add(one)
		s.Sizes[classOf(l)] = t
		s.All.add(one)
		s.countWords(strings.Fields(l.Text), words)
	}
	if err := s.Phrases.countPhrases(page, phrases, read, false); err != nil {
		return err
	}
	return s.Fuzzy.countPhrases(page, phrases, read, true)
}

func wordsOf(lines []result.Line) (words []result.Word) {
	for _, l := range lines {
		words = append(words, l.Words...)
	}
	return words
}

// Close adds the stray characters to the whole, once all pages are in.
func (s *Score) Close() { s.All.Edits += s.Stray }

func (s *Score) countWords(want, got []string) {
	s.Words += len(want)
	left := map[string]int{}
	for _, w := range got {
		left[w]++
	}
	for _, w := range want {
		if left[w] > 0 {
			left[w]--
			s.WholeWords++
		}
	}
}

// plainText is the text as it is compared: compatibility forms folded, no spaces.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
}

// distance is the number of single characters to insert, remove or change to make a of b.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
