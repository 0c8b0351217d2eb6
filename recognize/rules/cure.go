package rules

import (
	"regexp"
	"strings"
)

// cures say, in English and Korean, what to do about the mistakes in YAML that
// people make most. Each looks at the line that the parser stopped at, or at
// the whole file for what shows up later.
var cures = []struct {
	line *regexp.Regexp
	says string
}{
	{regexp.MustCompile(`^\s*\t`), `a tab indents the line; indent with spaces (탭 대신 공백으로 들여쓰세요)`},
	{regexp.MustCompile(`^[\s-]*[\p{L}_]+\s*：`), `the colon is a full-width one, ：; write : and a space (전각 쌍점 ： 대신 : 과 공백을 쓰세요)`},
	{regexp.MustCompile(`"[^"]*\\[^"\\/abefnrtvN_LPxuU0 ][^"]*"`),
		`in double quotes a backslash is written twice, "\\d"; or use single quotes, '\d' (큰따옴표 안의 \ 는 \\ 로 쓰거나 작은따옴표를 쓰세요)`},
	{regexp.MustCompile("(^|[:\\[,-])\\s*[@`%*&!|>]"),
		"text that begins with one of @ ` % * & ! | > needs quotation marks, \"@shop\" (기호로 시작하는 글은 따옴표로 묶으세요)"},
	{regexp.MustCompile(`^[\s-]*[\w.]+:\s+[^"'\[{#].*:\s`),
		`text with a colon in it needs quotation marks, message: "근거: 필요" (쌍점이 든 글은 따옴표로 묶으세요)`},
	{regexp.MustCompile(`[“”‘’]`), `curly quotes are no quotation marks here; write straight ones, "…" (둥근 따옴표 대신 곧은 따옴표를 쓰세요)`},
}

// cure is what to do about a mistake at a line, from 1; empty if that is not known.
func cure(data []byte, line int) string {
	lines := strings.Split(string(data), "\n")
	for _, n := range []int{line, line - 1, line + 1} {
		if n < 1 || n > len(lines) {
			continue
		}
		for _, c := range cures {
			if c.line.MatchString(lines[n-1]) {
				return "; " + c.says
			}
		}
	}
	if n := line - 1; n >= 1 && n < len(lines) && indent(lines[n]) != indent(lines[n-1]) {
		return "; it is indented otherwise than its neighbours: line the keys of one mapping up (들여쓰기를 위아래 줄과 맞추세요)"
	}
	return ""
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
