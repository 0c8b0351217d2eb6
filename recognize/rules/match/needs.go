package match

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// needs lists texts of which every match of the regular expression contains at
// least one of each list. It saves the engine, which knows no literals under
// (?i), from reading what it cannot match: most rules are met by no page.
func needs(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		return lists(steady(re.Rune))
	case syntax.OpCharClass:
		var all []string
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				one := steady([]rune{r})
				if one == nil || len(all) > mostNeeds {
					return nil
				}
				all = append(all, one...)
			}
		}
		return lists(compact(all))
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpConcat:
		var all [][]string
		for _, sub := range re.Sub {
			all = append(all, needs(sub)...)
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			n := needs(sub)
			if n == nil {
				return nil
			}
			all = append(all, slices.MaxFunc(n, func(a, b []string) int { return shortest(a) - shortest(b) })...)
		}
		return lists(compact(all))
	}
	return nil
}

// lists is a list alone, if it is one.
func lists(one []string) [][]string {
	if one == nil {
		return nil
	}
	return [][]string{one}
}

// mostNeeds is how many texts are looked for at most; more cost as much as they save.
const mostNeeds = 40

func compact(all []string) []string {
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 0 || len(all) > mostNeeds {
		return nil
	}
	return all
}

func shortest(all []string) int {
	n := len(all[0])
	for _, s := range all {
		n = min(n, len(s))
	}
	return n
}

// steady is the text as the views spell it, nil if a letter of another lower
// case (σ and ς) would match too.
func steady(text []rune) []string {
	var b strings.Builder
	for _, r := range text {
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			if fold(o) != fold(r) && appears(o) {
				return nil
			}
		}
		b.WriteRune(fold(r))
	}
	return []string{b.String()}
}

// appears says whether the views can have a letter; they have no compatibility
// forms (ſ, the Kelvin sign).
func appears(r rune) bool { return normal(string(r)) == string(fold(r)) }
