package accuracy

import (
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// PhraseTally counts planted phrases as the rules' own matcher finds them.
type PhraseTally struct {
	Planted int // lines on which a phrase stands
	Found   int // of those, where it was found
	Stray   int // found where it does not stand
}

// Recall is the part of the planted phrases that was found.
func (t PhraseTally) Recall() float64 { return part(t.Found, t.Planted) }

// Precision is the part of what was found that was planted.
func (t PhraseTally) Precision() float64 { return part(t.Found, t.Found+t.Stray) }

func part(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// countPhrases looks for every phrase of a list in what was read, as a rule with
// these phrases would: spacing set right, and one jamo amiss in those that are long
// enough where fuzzy says so. What stands where is known from the page's own lines.
func (t *PhraseTally) countPhrases(p Rendered, phrases []string, lines []result.Line, fuzzy bool) error {
	text := match.Read(lines)
	for _, phrase := range phrases {
		pattern, err := match.Phrase(phrase, fuzzy)
		if err != nil { // too short for fuzzy
			if pattern, err = match.Phrase(phrase, false); err != nil {
				return err
			}
		}
		var stands []page.Box
		for _, l := range p.Lines {
			if strings.Contains(plainText(l.Text), plainText(phrase)) {
				stands = append(stands, page.Box{X: l.X - 2, Y: l.Y, W: l.W + 4, H: l.H})
			}
		}
		t.Planted += len(stands)
		for _, span := range text.Choose(pattern.Find(text, match.Word), nil) {
			_, _, boxes := text.Place(span)
			at := -1
			for i, s := range stands {
				x, y := boxes[0].X+boxes[0].W/2, boxes[0].MiddleY()
				if x >= s.X && x <= s.Right() && y >= s.Y && y <= s.Bottom() {
					at = i
				}
			}
			if at < 0 {
				t.Stray++
				continue
			}
			t.Found++
			stands = append(stands[:at], stands[at+1:]...) // found once
		}
	}
	return nil
}
