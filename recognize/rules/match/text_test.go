package match

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/result"
)

func TestViews(t *testing.T) {
	text := Read([]result.Line{
		{Words: []result.Word{{Text: "Ａ㈜", Space: true}, {Text: "나 다"}}},
		{Words: []result.Word{{Text: "라."}}},
		{Block: 1, Words: []result.Word{{Text: "마"}}},
	})
	read, tight := text.views()
	if want := "a(주) 나 다 라.\n마"; read.s != want {
		t.Errorf("as read: %q, want %q", read.s, want)
	}
	if want := "a(주)나다라.마"; tight.s != want {
		t.Errorf("tight: %q, want %q", tight.s, want)
	}
	if want := "라"; string(text.jamo().runes[text.jamo().off[6]:text.jamo().off[7]]) != "\u1105\u1161" {
		t.Errorf("jamo of %s: %q", want, string(text.jamo().runes))
	}
}

// TestPlainCharactersAreReadAsAnyOther: as what NFKC makes of each piece of text between two boundaries.
func TestPlainCharactersAreReadAsAnyOther(t *testing.T) {
	parts := []string{"가", "각", "힣", "a", "Z", "~", "!", " ", "\t", "\u0301", "\u11a8", "\u1161", "\u1100", "ㅋ", "㈜", "Ａ", "ﬁ", "é",
		"\u200b", "\ufe0f", "😀", "\u3099", "\xff", "\x00", "\x7f", "İ"}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(parts)).Draw(t, "text"), "")
		var want []glyph
		space, from := false, 0
		for rest := s; rest != ""; {
			n := norm.NFKC.NextBoundaryInString(rest, true)
			to := from + utf8.RuneCountInString(rest[:n])
			for _, r := range norm.NFKC.String(rest[:n]) {
				if unicode.IsSpace(r) {
					space = true
				} else if !invisible(r) {
					g := glyph{r: unicode.ToLower(r), class: class(unicode.ToLower(r)), from: int32(from), to: int32(to)}
					if space {
						g.before, space = Word, false
					}
					want = append(want, g)
				}
			}
			rest, from = rest[n:], to
		}
		var got Text
		tail := got.add(0, 0, s)
		for i := range got.glyphs {
			got.glyphs[i].typed = false // that is not of normalization
		}
		if tail != space || !slices.Equal(got.glyphs, want) {
			t.Fatalf("%+q: %v, space %t; want %v, %t", s, got.glyphs, tail, want, space)
		}
	})
}

// Spacing is never trusted: wherever a hit begins a word, no space put in or
// left out inside it may lose it.
func TestSpacesNeverLoseAHit(t *testing.T) {
	phrases := []string{"여드름 치료", "최고", "1위", "100% 효과", "카톡 id", "부작용 걱정 없음", "의약품과 같은 효과"}
	rapid.Check(t, func(t *rapid.T) {
		phrase := rapid.SampledFrom(phrases).Draw(t, "phrase")
		fuzzy := syllables([]rune(phrase)) >= MinFuzzySyllables && rapid.Bool().Draw(t, "fuzzy")
		gap := rapid.SampledFrom([]Gap{Word, Line}).Draw(t, "gap")
		p, err := Phrase(phrase, fuzzy)
		if err != nil {
			t.Fatal(err)
		}
		between := []string{"", " "}
		if gap == Line {
			between = append(between, "\n")
		}
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "이 ", "국내\n", "(", "주최 고객 ", "21 "}).Draw(t, "before"))
		for i, r := range strings.ReplaceAll(phrase, " ", "") {
			if i > 0 {
				b.WriteString(rapid.SampledFrom(between).Draw(t, "between"))
			}
			b.WriteRune(r)
		}
		b.WriteString(rapid.SampledFrom([]string{"", " 효과", "를", "\n21위", "!"}).Draw(t, "after"))
		text := Read(Plain(b.String()))
		if found := text.Choose(p.Find(text, gap), nil); len(found) == 0 {
			t.Fatalf("%q is lost in %q", phrase, b.String())
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"여드름 치 료", "１００％", "㈜\u200b최고", "\u1100\u1161\u11a8 010-1234-5678\n\n,1.", "\xff\xfe가"} {
		f.Add(s, "여드름 치료제입니다", "0[0-9-]+")
		f.Add(s, s, "최.{0,3}")
	}
	f.Fuzz(func(t *testing.T, s, phrase, expression string) {
		text := Read(Plain(s))
		var found []Span
		if p, err := Phrase(phrase, false); err == nil {
			found = append(found, p.Find(text, Line)...)
		}
		if p, err := Phrase(phrase, true); err == nil {
			found = append(found, p.Find(text, Word)...)
		}
		if p, err := Regexp(expression); err == nil && len(expression) < 50 {
			found = append(found, p.Find(text, Word)...)
		}
		end := 0
		for _, m := range text.Choose(found, nil) {
			if m.From < end || m.To <= m.From || m.To > text.Len() {
				t.Fatalf("span %v after %d in a text of %d", m, end, text.Len())
			}
			end = m.To
			if quote, lines, boxes := text.Place(m); quote == "" || len(lines) != len(boxes) {
				t.Fatalf("span %v: quote %q, lines %v, boxes %v", m, quote, lines, boxes)
			}
		}
	})
}

// terms is n phrases of two to seven syllables, none of which stands in page.
func terms(n int) []string {
	all := make([]string, n)
	for i := range all {
		var b strings.Builder
		for j := range 2 + i%6 {
			b.WriteRune(rune('가' + (i*7919+j*104729)%11172))
		}
		all[i] = b.String()
	}
	return all
}

// page is 30,000 runes of product-page Korean.
func longPage() string {
	const s = "피부에 수분을 채워 주는 저자극 크림입니다. 매일 아침 저녁으로 얼굴에 펴 발라 주세요.\n"
	return strings.Repeat(s, 30000/utf8.RuneCountInString(s)+1)
}

// The terms are not in the page, as nearly all of a pack's are not in any
// page; the second benchmark is the least that any search could cost.
func BenchmarkFind500TermsIn30000Runes(b *testing.B) {
	lines := Plain(longPage())
	var ps []Pattern
	for _, s := range terms(500) {
		p, err := Phrase(s, false)
		if err != nil {
			b.Fatal(err)
		}
		ps = append(ps, p)
	}
	for b.Loop() {
		text := Read(lines)
		for _, p := range ps {
			p.Find(text, Word)
		}
	}
}

func BenchmarkIndex500TermsIn30000Runes(b *testing.B) {
	page, ps := longPage(), terms(500)
	for b.Loop() {
		for _, s := range ps {
			strings.Index(page, s)
		}
	}
}

func BenchmarkFuzzyTermIn30000Runes(b *testing.B) {
	lines := Plain(longPage())
	p, _ := Phrase("의약품과 같은 효과", true)
	for b.Loop() {
		p.Find(Read(lines), Word)
	}
}
