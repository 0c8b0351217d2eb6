package accuracy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Word is a recognized word with its box in CSS px.
type Word struct {
	Text       string
	X, Y, W, H float64
}

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
	All        Tally // with the stray characters
	Stray      int   // characters read where there is no text
	Phrases    int   // planted
	Found      int   // read without a mistake, spacing aside
	Words      int   // on the page
	WholeWords int   // of those, read with their spaces where they are
}

// Class is a range of font sizes.
type Class string

// The classes. Headlines are what is set in 36 px and more.
const (
	Small    Class = "12-15 px"
	Body     Class = "16-23 px"
	Large    Class = "24-35 px"
	Headline Class = "36-72 px"
)

// Classes lists every class, smallest first.
func Classes() []Class { return []Class{Small, Body, Large, Headline} }

func classOf(size float64) Class {
	switch {
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
func (s *Score) Add(page Rendered, phrases []string, read []Word) {
	if s.Sizes == nil {
		s.Sizes = map[Class]Tally{}
	}
	of := make([][]Word, len(page.Lines))
	for _, w := range read {
		cx, cy := w.X+w.W/2, w.Y+w.H/2
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
	texts := make([]string, len(page.Lines))
	for i, l := range page.Lines {
		slices.SortFunc(of[i], func(a, b Word) int { return cmp.Compare(a.X, b.X) })
		words := make([]string, len(of[i]))
		for k, w := range of[i] {
			words[k] = w.Text
		}
		texts[i] = plainText(strings.Join(words, ""))
		want := []rune(plainText(l.Text))
		one := Tally{Chars: len(want), Edits: distance(want, []rune(texts[i]))}
		t := s.Sizes[classOf(l.Size)]
		t.add(one)
		s.Sizes[classOf(l.Size)] = t
		s.All.add(one)
		s.countWords(strings.Fields(l.Text), words)
	}
	for _, p := range phrases {
		at := -1
		for i, l := range page.Lines {
			if plainText(l.Text) == plainText(p) && texts[i] != "\x00" {
				at = i
				break
			}
		}
		if at < 0 {
			continue // below the cut, or broken over two lines
		}
		s.Phrases++
		if strings.Contains(texts[at], plainText(p)) {
			s.Found++
		}
		texts[at] = "\x00" // a phrase planted twice stands on two lines
	}
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
