package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func dom(y float64, s string) page.DOMText {
	return page.DOMText{Text: s, Box: page.Box{X: 100, Y: y, W: 400, H: 20}}
}

// line is OCR's: words of equal width across the same place, a few pixels off.
func line(y float64, words ...string) result.Line {
	l := result.Line{Text: strings.Join(words, " "), Box: page.Box{X: 103, Y: y + 2, W: 394, H: 17}}
	w := l.Box.W / float64(len(words))
	for i, s := range words {
		l.Words = append(l.Words, result.Word{Text: s, Box: page.Box{X: l.Box.X + float64(i)*w, Y: l.Box.Y, W: w - 4, H: l.Box.H}})
	}
	return l
}

// compare compares on a page that everything lies on.
func compare(t testing.TB, d []page.DOMText, lines []result.Line) Comparison {
	t.Helper()
	q, err := Compare(context.Background(), d, lines, 2000, 200_000)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestRecall(t *testing.T) {
	for _, c := range []struct {
		name   string
		dom    []page.DOMText
		lines  []result.Line
		recall float64
		runes  int
	}{
		{"as it stands", []page.DOMText{dom(0, "여드름 치료 크림")}, []result.Line{line(0, "여드름", "치료", "크림")}, 1, 7},
		{"spaced otherwise", []page.DOMText{dom(0, "여드름 치료 크림")}, []result.Line{line(0, "여드름치", "료", "크", "림")}, 1, 7},
		{"one syllable wrong", []page.DOMText{dom(0, "여드름치료크림이십")}, []result.Line{line(0, "여드름지료크림이십")}, 0.888, 9},
		{"width and case", []page.DOMText{dom(0, "Ｖitamin C, 50％!")}, []result.Line{line(0, "VITAMIN", "c50")}, 1, 10},
		{"not read", []page.DOMText{dom(0, "여드름 치료"), dom(100, "보습")}, []result.Line{line(100, "보습")}, 0.285, 7},
		{"read elsewhere", []page.DOMText{dom(0, "여드름 치료")}, []result.Line{line(500, "여드름", "치료")}, 0, 5},
		{"nothing read", []page.DOMText{dom(0, "여드름 치료")}, nil, 0, 5},
		{"no text", []page.DOMText{dom(0, " ★ – ")}, []result.Line{line(0, "★")}, 0, 0},
		{"no DOM", nil, []result.Line{line(0, "여드름")}, 0, 0},
		{"one run of two lines", []page.DOMText{{Text: "첫째 줄 둘째 줄", Box: page.Box{X: 100, Y: 0, W: 400, H: 50}}}, []result.Line{line(0, "첫째", "줄"), line(26, "둘째", "줄")}, 1, 6},
		{"beside another", []page.DOMText{dom(0, "왼쪽"), {Text: "오른쪽", Box: page.Box{X: 600, W: 100, H: 20}}}, []result.Line{line(0, "왼쪽")}, 0.4, 5},
		{"no place", []page.DOMText{{Text: "숨은 글"}}, []result.Line{line(0, "숨은", "글")}, 0, 0},
		{"left of the page", []page.DOMText{{Text: "밖", Box: page.Box{X: -900, Y: -900, W: 100, H: 20}}}, nil, 0, 0},
	} {
		if q := compare(t, c.dom, c.lines); q.DOMRecall != c.recall || q.DOMRunes != c.runes {
			t.Errorf("%s: %+v, want %v of %d", c.name, q, c.recall, c.runes)
		}
	}
}

func TestSource(t *testing.T) {
	d := []page.DOMText{dom(0, "장바구니 담기"), dom(100, "★★★"), dom(200, "무료 배송")}
	lines := []result.Line{
		line(0, "장바구니", "담기"), line(40, "여드름", "완치"), line(100, "★★★"), line(200, "무료", "빼송"), line(300, "무료", "배송"), line(200, "여드름", "완치"),
	}
	compare(t, d, lines)
	want := []result.Source{result.InBoth, result.InPicture, result.InPicture, result.InBoth, result.InPicture, result.InPicture}
	for i, l := range lines {
		if l.Source != want[i] {
			t.Errorf("%q at %v: %s, want %s", l.Text, l.Box.Y, l.Source, want[i])
		}
	}
}

// TestReadingMoreNeverLowersTheRecall, and it stays between none and all.
func TestReadingMoreNeverLowersTheRecall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[가-힣]{1,5}`)
		var d []page.DOMText
		var all []result.Line
		for i := range rapid.IntRange(1, 20).Draw(t, "lines") {
			words := rapid.SliceOfN(word, 1, 6).Draw(t, fmt.Sprint("line ", i))
			d = append(d, dom(float64(i)*30, strings.Join(words, rapid.SampledFrom([]string{"", " "}).Draw(t, "space"))))
			all = append(all, line(float64(i)*30, words...))
		}
		last := -1.0
		for n := range len(all) + 1 {
			q, err := Compare(context.Background(), d, slices.Clone(all[:n]), 2000, 200_000)
			if err != nil {
				t.Fatal(err)
			}
			if q.DOMRecall < last || q.DOMRecall > 1 {
				t.Fatalf("%d lines read: %v after %v", n, q.DOMRecall, last)
			}
			last = q.DOMRecall
		}
		if last != 1 {
			t.Fatalf("all of it read: %v", last)
		}
	})
}

// TestLettersAndWhatIsCommon hold the quick ways against the plain ones.
func TestLettersAndWhatIsCommon(t *testing.T) {
	text := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune("가나각각 aA1.１Ａſé́Kﬁ㈜")), 0, 12, -1), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		s, o := text.Draw(t, "text"), text.Draw(t, "other")
		var want []rune
		for _, c := range strings.ToLower(norm.NFKC.String(s)) {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				want = append(want, c)
			}
		}
		a, b := letters(s), letters(o)
		if !slices.Equal(a, want) {
			t.Fatalf("%q has the letters %q, want %q", s, string(a), string(want))
		}
		table := make([][]int, len(a)+1)
		table[0] = make([]int, len(b)+1)
		for i := range a {
			table[i+1] = make([]int, len(b)+1)
			for j := range b {
				if table[i+1][j+1] = max(table[i][j+1], table[i+1][j]); a[i] == b[j] {
					table[i+1][j+1] = table[i][j] + 1
				}
			}
		}
		if got := common(a, b); got != table[len(a)][len(b)] {
			t.Fatalf("%q and %q have %d in common, want %d", string(a), string(b), got, table[len(a)][len(b)])
		}
	})
}

// TestBoxesThatNoPageHas: a transform may make an element as large as a number
// goes. It costs what the page itself costs, and no more.
func TestBoxesThatNoPageHas(t *testing.T) {
	lines := []result.Line{line(0, "여드름", "치료")}
	for _, size := range []float64{1e6, 1e12, 1.9e13, 1e300, math.MaxFloat64, math.Inf(1), math.NaN(), -1e12} {
		for _, b := range []page.Box{{W: size, H: size}, {X: -size / 2, Y: -size / 2, W: size, H: size}, {X: size, Y: size, W: 10, H: 10}, {Y: 10, W: 100, H: size}} {
			texts := slices.Repeat([]page.DOMText{{Text: "크게 만든 글자", Box: b}}, 100)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if _, err := Compare(ctx, texts, lines, 1280, 200_000); err != nil {
				t.Errorf("%+v: %v", b, err)
			}
			cancel()
		}
	}
}

// TestItEndsWithItsContext: a page may have more text in one place than can be compared.
func TestItEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := slices.Repeat([]page.DOMText{dom(0, strings.Repeat("가", 5000))}, 100_000)
	if _, err := Compare(ctx, d, []result.Line{line(0, strings.Repeat("나", 5000))}, 1280, 1000); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("여드름 치료", 1.0, 2.0, 100.0, 20.0)
	f.Add("x", math.Inf(-1), math.NaN(), 1e300, 1e13)
	f.Fuzz(func(t *testing.T, s string, x, y, w, h float64) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		b := page.Box{X: x, Y: y, W: w, H: h}
		q, err := Compare(ctx, []page.DOMText{{Text: s, Box: b}}, []result.Line{line(0, "여드름", "치료"), {Text: s, Box: b, Words: []result.Word{{Text: s, Box: b}}}}, 1280, 5000)
		if err != nil || q.DOMRecall < 0 || q.DOMRecall > 1 {
			t.Errorf("%+v, %v", q, err)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	var d []page.DOMText
	var lines []result.Line
	for i := range 3000 { // as many as a page of 100,000 px has
		s := fmt.Sprintf("상품 설명 %d 번째 줄의 글자는 이만큼 길다", i)
		d, lines = append(d, dom(float64(i)*30, s)), append(lines, line(float64(i)*30, strings.Fields(s)...))
	}
	for b.Loop() {
		if q := compare(b, d, lines); q.DOMRecall < 0.99 {
			b.Fatal(q)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/3000-lines")
}
