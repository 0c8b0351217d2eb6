package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Notes lists what is no mistake in the packs but may be none the author wants:
// rules that no page meets any more, and categories that nothing is called.
func (s *Set) Notes() (notes []string) {
	today := time.Now()
	for _, p := range s.packs {
		day := today.In(p.zone).Format(time.DateOnly)
		for _, r := range p.Rules {
			if r.Until != "" && r.Until < day {
				notes = append(notes, fmt.Sprintf("%s: rule %s never applies any more: until is %s", r.Where, r.ID, r.Until))
			}
			if r.Mode == result.Off {
				notes = append(notes, fmt.Sprintf("%s: rule %s is off", r.Where, r.ID))
			}
			for _, c := range slices.Concat(r.Categories, r.Not) {
				if near := nearCategory(c); near != "" {
					notes = append(notes, fmt.Sprintf("%s: rule %s is for the category %q, which is no known name; %s is one",
						r.Where, r.ID, c, near))
				}
			}
			for _, ex := range r.unless {
				if all := r.swallowed(ex); all {
					notes = append(notes,
						fmt.Sprintf("%s: rule %s never finds anything: unless %q stands in everything it looks for", r.Where, r.ID,
							ex.shown))
				}
			}
		}
	}
	return notes
}

// nearCategory is a known category that a name was probably meant to be, empty
// if the name is known itself or like none.
func nearCategory(name string) string {
	if known(canonical(name)) {
		return ""
	}
	low := strings.ToLower(strings.TrimSpace(name))
	for _, c := range []string{"cosmetics", "food", "functional", "device", "quasi", "drug", "book", "goods"} {
		if strings.HasPrefix(c, low) || strings.HasPrefix(low, c) || distance(low, c) <= 2 {
			return c
		}
	}
	return ""
}

// distance is how many letters must be put in, left out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}

// swallowed says whether an exception covers every word that the rule looks for.
func (r *Rule) swallowed(ex item) bool {
	if len(ex.words) == 0 || len(r.any) == 0 {
		return false
	}
	for _, it := range r.any {
		if len(it.words) == 0 {
			return false
		}
		for _, w := range it.words {
			spelled := match.Read(match.Plain(strings.TrimSuffix(w, "~")))
			p, err := ex.compile(match.NewDictionary())
			if err != nil || len(p.Find(spelled, match.Line)) == 0 {
				return false
			}
		}
	}
	return true
}
