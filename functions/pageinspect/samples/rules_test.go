package samples

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// read is the lines of a page as an engine without faults would read them.
func read(p Page) []result.Line {
	var lines []result.Line
	for i, l := range p.Truth.Lines {
		fields := strings.Fields(l.Text)
		line := result.Line{Text: l.Text, Box: l.Box, Confidence: 1, Block: i}
		// Where in the line a word stands does not matter here, so each gets an equal share.
		for j, w := range fields {
			share := l.Box.W / float64(len(fields))
			line.Words = append(line.Words, result.Word{Text: w, Box: page.Box{X: l.Box.X + float64(j)*share, Y: l.Box.Y, W: share, H: l.Box.H}, Confidence: 1, Space: j+1 < len(fields)})
		}
		lines = append(lines, line)
	}
	return lines
}

// Read without fault, a page yields what is planted in it and nothing else that counts.
func TestBundledRulesFindThePlantedAndNothingElse(t *testing.T) {
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Pages() {
		findings, err := set.Inspect(read(p), rules.Query{Category: p.Category, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, f := range p.Truth.Planted {
			for _, rule := range f.Rules {
				want = append(want, rule+" on "+p.Truth.Lines[f.Line].Text)
			}
		}
		for _, f := range findings {
			if f.Mode == result.Enforce {
				got = append(got, f.Rule+" on "+p.Truth.Lines[f.Lines[0]].Text)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s:\n found   %q\n planted %q", p.Name, got, want)
		}
		if v := rules.VerdictOf(findings); (v == result.Pass) != (len(want) == 0) {
			t.Errorf("%s: verdict %s with %d planted", p.Name, v, len(want))
		}
	}
}
