package accuracy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestCasesExtra(t *testing.T) {
	dir := os.Getenv("CASES")
	if dir == "" {
		return
	}
	set := bundled(t)
	for _, name := range strings.Split(os.Getenv("CASEFILES"), ",") {
		b, _ := os.ReadFile(dir + "/" + name)
		var texts []Text
		for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			f := strings.Split(line, "\t")
			if i == 0 || len(f) < 4 {
				continue
			}
			texts = append(texts, Text{Violating: f[0] == "violating", Category: f[1], Text: strings.ReplaceAll(f[2], `\n`, "\n"), Family: f[3]})
		}
		all := tallies(t, set, texts, true)
		fmt.Println(name, all["all"].Recall(), all["all"].Precision())
	}
}
