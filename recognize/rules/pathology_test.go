package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// Texts that would take a search longer than their length allows: each is held
// against the bundled packs at two lengths, and the longer, sixteen times as
// long, may take no more than some multiple of that. What went wrong before was
// quadratic: seconds for a line of 16,000 characters.
func TestNoTextTakesLongerThanItsLength(t *testing.T) {
	s := bundledSet(t)
	for name, text := range map[string]func(n int) string{
		"an address that begins in a word":   func(n int) string { return "é" + strings.Repeat("a", n) + "@b.cc" },
		"one address after the other":        func(n int) string { return strings.Repeat("a@b", n/3) },
		"digits":                             func(n int) string { return strings.Repeat("0", n) },
		"telephone numbers":                  func(n int) string { return strings.Repeat("010-", n/4) },
		"one jamo":                           func(n int) string { return strings.Repeat("ㅋ", n) },
		"jamo and syllables":                 func(n int) string { return strings.Repeat("ㅋ카ㅌ", n/3) },
		"symbols between letters":            func(n int) string { return strings.Repeat("최_", n/2) },
		"a vowel drawn out":                  func(n int) string { return "치" + strings.Repeat("이", n) },
		"syllables apart":                    func(n int) string { return strings.Repeat("최 고 ", n/4) },
		"a word of a template over and over": func(n int) string { return strings.Repeat("여드름", n/3) },
		"its other word over and over":       func(n int) string { return strings.Repeat("치료", n/2) },
		"both":                               func(n int) string { return strings.Repeat("여드름 치료 ", n/7) },
		"excused over and over":              func(n int) string { return strings.Repeat("여드름 치료하지 않습니다, ", n/14) },
		"commas":                             func(n int) string { return strings.Repeat("가나 다라마바,", n/8) },
		"brackets that open":                 func(n int) string { return strings.Repeat("『암 ", n/3) },
		"a syllable a line":                  func(n int) string { return strings.Repeat("최\n", n/2) },
		"keyboard":                           func(n int) string { return strings.Repeat("zkxhr", n/5) },
		"letters and digits":                 func(n int) string { return strings.Repeat("1O", n/2) },
		"hanja":                              func(n int) string { return strings.Repeat("最高", n/2) },
	} {
		took := func(n int) time.Duration {
			lines, best := match.Plain(text(n)), time.Hour
			for range 2 {
				start := time.Now()
				if _, err := s.Inspect(lines, Query{Category: "cosmetics", At: march}); err != nil {
					t.Fatal(err)
				}
				best = min(best, time.Since(start))
			}
			return best
		}
		const short, times, slack = 1_000, 16, 8
		a, b := took(short), took(short*times)
		if b > slack*times*max(a, 20*time.Millisecond) { // a machine that others use tells no shorter times apart

			t.Errorf("%s: %d characters take %v, %d take %v", name, short, a, short*times, b)
		}
	}
}
