package rules

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/result"
)

// lintLines reads a file of testdata/lint without its comments.
func lintLines(t *testing.T, name string) (lines []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/lint/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			lines = append(lines, l)
		}
	}
	return lines
}

func enforced(t *testing.T, s *Set, text, category string) (ids []string) {
	t.Helper()
	findings, err := s.Inspect(match.Plain(text), Query{Category: category, At: march})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Mode == result.Enforce {
			ids = append(ids, f.Rule)
		}
	}
	return ids
}

// No exception and no excuse of a rule is a shield for the claim beside it.
func TestNoExceptionHidesAClaim(t *testing.T) {
	s := bundledSet(t)
	for _, l := range lintLines(t, "claims.txt") {
		f := strings.SplitN(l, "|", 3)
		if ids := enforced(t, s, f[2], f[1]); !slices.Contains(ids, f[0]) {
			t.Errorf("%s does not find %q (%v)", f[0], f[2], ids)
		}
	}
}

// Short words are not found in others that have their letters by chance.
func TestShortWordsHaveNoFalseNeighbours(t *testing.T) {
	s := bundledSet(t)
	for _, l := range lintLines(t, "neighbours.txt") {
		for _, category := range []string{"", "cosmetics", "food", "living"} {
			if ids := enforced(t, s, l, category); len(ids) > 0 {
				t.Errorf("%v found in %q, category %q", ids, l, category)
			}
		}
	}
}

// Lawful texts of many kinds pass, and unlawful ones do not.
func TestLawfulTextsPassAndUnlawfulOnesDoNot(t *testing.T) {
	s := bundledSet(t)
	for file, found := range map[string]bool{"lawful.txt": false, "unlawful.txt": true} {
		for _, l := range lintLines(t, file) {
			category, text, _ := strings.Cut(l, "|")
			if ids := enforced(t, s, text, category); len(ids) > 0 != found {
				t.Errorf("%s: %q, category %q: found %v", file, text, category, ids)
			}
		}
	}
}

// What one exception of a rule passes over does not swallow all that the rule looks for.
func TestNoExceptionSwallowsItsRule(t *testing.T) {
	for _, n := range bundledSet(t).Notes() {
		if strings.Contains(n, "never finds anything") {
			t.Error(n)
		}
	}
}
