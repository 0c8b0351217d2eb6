package accuracy

import "testing"

func TestScore(t *testing.T) {
	page := Rendered{Height: 200, Lines: []Line{
		{Text: "국내 판매 1위", X: 10, Y: 10, W: 300, H: 60, Size: 48},
		{Text: "여드름 치료 100%", X: 10, Y: 100, W: 120, H: 20, Size: 14},
		{Text: "여드름 치료 100%", X: 10, Y: 140, W: 120, H: 20, Size: 14},
	}}
	var s Score
	s.Add(page, []string{"여드름 치료 100%", "여드름 치료 100%", "없는 문구"}, []Word{
		{"국내", 10, 12, 80, 50}, {"판매", 100, 12, 80, 50}, {"1위", 200, 12, 60, 50},
		{"여드름", 10, 101, 40, 18}, {"치로", 55, 101, 20, 18}, {"100%", 80, 101, 30, 18},
		{"여드름치료", 10, 141, 60, 18}, {"１００％", 80, 141, 30, 18},
		{"ab", 500, 500, 10, 10},
	})
	s.Close()
	if got, want := s.Sizes[Headline], (Tally{Chars: 6}); got != want {
		t.Errorf("headlines: got %+v, want %+v", got, want)
	}
	if got, want := s.Sizes[Small], (Tally{Chars: 18, Edits: 1}); got != want {
		t.Errorf("small type: got %+v, want %+v", got, want)
	}
	if got, want := s.All, (Tally{Chars: 24, Edits: 3}); got != want || s.Stray != 2 {
		t.Errorf("all: got %+v with %d stray, want %+v with 2", got, s.Stray, want)
	}
	if s.Phrases != 2 || s.Found != 1 {
		t.Errorf("phrases: %d of %d found, want 1 of 2", s.Found, s.Phrases)
	}
	if s.Words != 9 || s.WholeWords != 5 {
		t.Errorf("words: %d of %d whole, want 5 of 9", s.WholeWords, s.Words)
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
	if a, b := Generate(7, 10), Generate(7, 10); a.HTML != b.HTML || len(a.Phrases) == 0 {
		t.Error("the same seed gave two pages, or one without phrases")
	}
	if Generate(7, 10).HTML == Generate(8, 10).HTML {
		t.Error("two seeds gave one page")
	}
}
