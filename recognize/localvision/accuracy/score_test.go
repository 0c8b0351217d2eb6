package accuracy

import (
	"testing"

	pagebox "github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestScore(t *testing.T) {
	page := Rendered{Height: 200, Lines: []Line{
		{Text: "국내 판매 1위", X: 10, Y: 10, W: 300, H: 60, Size: 48},
		{Text: "여드름 치료 효과 100%", X: 10, Y: 100, W: 120, H: 20, Size: 14},
		{Text: "여드름 치료 효과 100%", X: 10, Y: 140, W: 120, H: 20, Size: 14},
	}}
	var s Score
	at := func(text string, x, y, w, h float64) result.Word {
		return result.Word{Text: text, Space: true, Box: pagebox.Box{X: x, Y: y, W: w, H: h}}
	}
	if err := s.Add(page, []result.Line{
		{Words: []result.Word{at("국내", 10, 12, 80, 50), at("판매", 100, 12, 80, 50), at("1위", 200, 12, 60, 50)}, Block: 0},
		{Words: []result.Word{at("여드름", 10, 101, 40, 18), at("치로", 55, 101, 20, 18), at("효과", 80, 101, 30, 18), at("100%", 115, 101, 15, 18)}, Block: 1},
		{Words: []result.Word{at("여드름치료", 10, 141, 60, 18), at("효과", 75, 141, 20, 18), at("１００％", 100, 141, 30, 18)}, Block: 2},
		{Words: []result.Word{at("ab", 500, 500, 10, 10)}, Block: 3},
		{Words: []result.Word{at("혈액순환", 500, 600, 40, 10), at("개선", 550, 600, 20, 10)}, Block: 4},
	}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if got, want := s.Sizes[Headline], (Tally{Chars: 6}); got != want {
		t.Errorf("headlines: got %+v, want %+v", got, want)
	}
	if got, want := s.Sizes[Small], (Tally{Chars: 22, Edits: 1}); got != want {
		t.Errorf("small type: got %+v, want %+v", got, want)
	}
	if got, want := s.All, (Tally{Chars: 28, Edits: 9}); got != want || s.Stray != 8 {
		t.Errorf("all: got %+v with %d stray, want %+v with 8", got, s.Stray, want)
	}
	// 치로 is one jamo from 치료; 혈액순환 개선 stands where it is not planted.
	if got, want := s.Phrases, (PhraseTally{Planted: 2, Found: 1, Stray: 1}); got != want || got.Recall() != 0.5 || got.Precision() != 0.5 {
		t.Errorf("phrases: got %+v, want %+v", got, want)
	}
	if got, want := s.Fuzzy, (PhraseTally{Planted: 2, Found: 2, Stray: 1}); got != want {
		t.Errorf("phrases one jamo amiss: got %+v, want %+v", got, want)
	}
	if s.Words != 11 || s.WholeWords != 7 {
		t.Errorf("words: %d of %d whole, want 7 of 11", s.WholeWords, s.Words)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "가나", 2}, {"가나", "", 2}, {"가나다", "가다", 1}, {"가나다", "나가다", 2}, {"10kg", "109", 2}, {"최고", "최소", 1},
	} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestGenerateIsRepeatable(t *testing.T) {
	if a, b := Generate(7, 10), Generate(7, 10); a.HTML != b.HTML {
		t.Error("the same seed gave two pages")
	}
	if Generate(7, 10).HTML == Generate(8, 10).HTML {
		t.Error("two seeds gave one page")
	}
}
