package selfcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
		{"left of the page", []page.DOMText{{Text: "밖", Box: page.Box{X: -900, Y: -900, W: 100, H: 20}}}, nil, 0, 1},
	} {
		if q := Compare(c.dom, c.lines); q.DOMRecall != c.recall || q.DOMRunes != c.runes {
			t.Errorf("%s: %+v, want %v of %d", c.name, q, c.recall, c.runes)
		}
	}
}

func TestSource(t *testing.T) {
	d := []page.DOMText{dom(0, "장바구니 담기"), dom(100, "★★★"), dom(200, "무료 배송")}
	lines := []result.Line{
		line(0, "장바구니", "담기"), line(40, "여드름", "완치"), line(100, "★★★"), line(200, "무료", "빼송"), line(300, "무료", "배송"), line(200, "여드름", "완치"),
	}
	Compare(d, lines)
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
			q := Compare(d, slices.Clone(all[:n]))
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

func BenchmarkCompare(b *testing.B) {
	var d []page.DOMText
	var lines []result.Line
	for i := range 3000 { // as many as a page of 100,000 px has
		s := fmt.Sprintf("상품 설명 %d 번째 줄의 글자는 이만큼 길다", i)
		d, lines = append(d, dom(float64(i)*30, s)), append(lines, line(float64(i)*30, strings.Fields(s)...))
	}
	for b.Loop() {
		if q := Compare(d, lines); q.DOMRecall < 0.99 {
			b.Fatal(q)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/3000-lines")
}
