package accuracy

import (
	"slices"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestCountWords(t *testing.T) {
	box := func(x, w float64) page.Box { return page.Box{X: x, Y: 10, W: w, H: 20} }
	words := []Word{{Text: "삽입을", Box: box(0, 60), Row: 1}, {Text: "(선택)", Box: box(70, 50), Row: 1}, {Text: "-", Box: box(130, 8), Row: 1}, {Text: "합니다.", Box: box(150, 60), Row: 1}}
	read := func(texts ...string) []result.Line {
		var l result.Line
		for i, text := range texts {
			l.Words = append(l.Words, result.Word{Text: text, Box: box(float64(50*i), 40)})
		}
		return []result.Line{l}
	}
	for _, c := range []struct {
		name   string
		lines  []result.Line
		want   WordTally
		missed []string
	}{
		{"all", read("삽입을", "(선택)", "-", "합니다."), WordTally{3, 3, 3, 3}, nil},
		{"nothing", nil, WordTally{Words: 3}, []string{"삽입을", "(선택)", "합니다."}},
		{"without spaces", read("삽입을(선택)-", "합니다."), WordTally{3, 3, 3, 1}, nil},
		{"another sign", read("삽입을", "[선택)", "합니다."), WordTally{3, 3, 2, 2}, nil},
		{"a syllable wrong", read("삼입을", "(선택)", "합니다."), WordTally{3, 2, 2, 2}, []string{"삽입을"}},
		{"a syllable too many", read("삽가입을", "(선택)", "합니다."), WordTally{3, 2, 2, 2}, []string{"삽입을"}},
		{"elsewhere", []result.Line{{Words: []result.Word{{Text: "삽입을(선택)합니다.", Box: page.Box{X: 0, Y: 100, W: 200, H: 20}}}}}, WordTally{Words: 3}, []string{"삽입을", "(선택)", "합니다."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, missed := CountWords(words, c.lines)
			if got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			var texts []string
			for _, w := range missed {
				texts = append(texts, w.Text)
			}
			if !slices.Equal(texts, c.missed) {
				t.Errorf("missed %q, want %q", texts, c.missed)
			}
		})
	}
}

// TestPagesAreKeptApart: no page that is measured was tuned on.
func TestPagesAreKeptApart(t *testing.T) {
	measured := MeasuredPages()
	if len(measured) != 30 {
		t.Errorf("%d pages are measured, want 30", len(measured))
	}
	for _, p := range TuningPages() {
		if slices.Contains(measured, p) {
			t.Errorf("%s is in both sets", p)
		}
	}
}
