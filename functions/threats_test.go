package functions_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestThreats: every test that the threat model names is there, in the file that
// it names, and every attack has one.
func TestThreats(t *testing.T) {
	b, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "\n## Each attack that was tried\n")
	if !ok {
		t.Fatal("there is no table of attacks")
	}
	named := regexp.MustCompile(`\[(Test\w+)\]\(([^)]+_test\.go)\)`)
	attacks := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || strings.Contains(cells[1], "---") || strings.Contains(cells[1], "attack") {
			continue
		}
		tests := named.FindAllStringSubmatch(cells[2], -1)
		if strings.TrimSpace(cells[2]) == "" && strings.HasPrefix(strings.TrimSpace(cells[1]), "**") {
			continue // a heading
		}
		attacks++
		if len(tests) == 0 || len(tests) != strings.Count(cells[2], "](") {
			t.Errorf("no test, or something that is none, is named for%s", cells[1])
		}
		for _, m := range tests {
			code, err := os.ReadFile(path.Clean(m[2]))
			if err != nil {
				t.Error(err)
				continue
			}
			if !regexp.MustCompile(`(?m)^func ` + m[1] + `\(t \*testing\.T\) \{`).Match(code) {
				t.Errorf("%s has no %s", m[2], m[1])
			}
		}
	}
	if attacks < 35 {
		t.Errorf("only %d attacks were found", attacks)
	}
}
