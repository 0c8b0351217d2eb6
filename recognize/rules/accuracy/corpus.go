// Package accuracy measures rules on labelled texts: which violations they find
// and which lawful texts they let pass, beside a plain search for their phrases.
package accuracy

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Text is one labelled text of a corpus.
type Text struct {
	Violating bool
	Category  string // as a marketplace may name it; empty: none was given
	Text      string // of one or more lines
	Family    string // the beginning of the rules that should find it
	Disguised bool
	Note      string
}

// Read reads a corpus: tab-separated label, category, text, family, spelling and
// note below a header. In a text, \n is the end of a line.
func Read(from io.Reader) ([]Text, error) {
	all, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	var texts []Text
	for i, line := range strings.Split(strings.TrimSpace(string(all)), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 || len(f) < 4 {
			continue
		}
		f = append(f, "", "", "")
		if f[0] != "violating" && f[0] != "innocent" {
			return nil, fmt.Errorf("line %d: label %q is neither violating nor innocent", i+1, f[0])
		}
		texts = append(texts, Text{
			Violating: f[0] == "violating", Category: f[1], Text: strings.ReplaceAll(f[2], `\n`, "\n"),
			Family: f[3], Disguised: f[4] == "disguised", Note: f[5],
		})
	}
	return texts, nil
}

// Tally counts texts by what they are and whether anything was found.
type Tally struct{ Found, Missed, False, Passed int }

// Add counts a text.
func (t *Tally) Add(violating, hit bool) {
	switch {
	case violating && hit:
		t.Found++
	case violating:
		t.Missed++
	case hit:
		t.False++
	default:
		t.Passed++
	}
}

// Recall is the part of the violations that was found.
func (t Tally) Recall() Share { return Share{t.Found, t.Found + t.Missed} }

// Precision is the part of the texts with a finding that violate.
func (t Tally) Precision() Share { return Share{t.Found, t.Found + t.False} }

// Share is a part of a whole.
type Share struct{ Part, Whole int }

// Rate is the share as a number from 0 to 1; 1 of nothing.
func (s Share) Rate() float64 {
	if s.Whole == 0 {
		return 1
	}
	return float64(s.Part) / float64(s.Whole)
}

// Interval is Wilson's 95% interval of the rate that the share is a sample of.
func (s Share) Interval() (low, high float64) {
	if s.Whole == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(s.Whole), s.Rate()
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
}

// String shows the share with its interval.
func (s Share) String() string {
	low, high := s.Interval()
	return fmt.Sprintf("%3d/%-3d %5.1f%% (%4.1f-%5.1f)", s.Part, s.Whole, 100*s.Rate(), 100*low, 100*high)
}

// Found says whether enforced rules find anything in a text, and which do.
func Found(set *rules.Set, t Text, at time.Time) (ids []string, err error) {
	findings, err := set.Inspect(match.Plain(t.Text), rules.Query{Category: t.Category, At: at})
	for _, f := range findings {
		if f.Mode == result.Enforce {
			ids = append(ids, f.Rule)
		}
	}
	return ids, err
}

// Substring is the search that most shops have: the phrases of the packs, as
// they are written, anywhere in the text.
type Substring []string

// SubstringOf lists the plain phrases of a set.
func SubstringOf(set *rules.Set) Substring {
	var all Substring
	for _, p := range set.Packs() {
		for _, r := range p.Rules {
			if r.Mode == result.Enforce && !r.Require {
				for _, s := range r.Phrases() {
					all = append(all, strings.ToLower(s))
				}
			}
		}
	}
	return all
}

// Found says whether a phrase stands in the text.
func (s Substring) Found(t Text) bool {
	text := strings.ToLower(t.Text)
	return slices.ContainsFunc(s, func(phrase string) bool { return strings.Contains(text, phrase) })
}
