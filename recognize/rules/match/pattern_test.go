package match

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/result"
)

// look finds what is looked for, written as in a pack with /…/ for regular
// expressions, and spells each match as kind:quote.
func look(t *testing.T, lines []result.Line, gap Gap, fuzzy bool, patterns ...string) []string {
	t.Helper()
	text := Read(lines)
	var found []Span
	for _, s := range patterns {
		var p Pattern
		var err error
		if len(s) > 1 && s[0] == '/' {
			p, err = Regexp(strings.Trim(s, "/"))
		} else {
			p, err = Phrase(s, fuzzy)
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, p.Find(text, gap)...)
	}
	var got []string
	for _, s := range text.Choose(found, nil) {
		quote, _, _ := text.Place(s)
		got = append(got, string(s.Kind)+":"+quote)
	}
	return got
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pattern string
		gap     Gap
		text    string // lines apart by a newline, blocks by an empty line
		want    []string
	}{
		{"verbatim", "여드름 치료", Word, "이 여드름 치료 크림", []string{"exact:여드름 치료"}},
		{"space left out", "여드름 치료", Word, "여드름치료", []string{"spacing:여드름치료"}},
		{"space put in", "여드름 치료", Word, "여드름 치 료 효과", []string{"spacing:여드름 치 료"}},
		{"syllables", "여드름 치료", Word, "여 드 름 치 료", []string{"spacing:여 드 름 치 료"}},
		{"twice", "최고", Word, "최고 최 고", []string{"exact:최고", "spacing:최 고"}},
		{"unbroken inside a word", "최고", Word, "국내최고의", []string{"exact:최고"}},
		{"joined by OCR", "최고", Word, "주최고객", []string{"exact:최고"}},
		{"across words", "최고", Word, "주최 고객", nil},
		{"across words, another", "유일", Word, "공유 일정", nil},
		{"across lines of a word", "최고", Line, "주최\n고객", nil},
		{"refused, then allowed", "최고", Word, "주최 고객 최 고", []string{"spacing:최 고"}},
		{"each syllable a word", "최고", Word, "주 최 고 객", nil},
		{"first syllables of a spaced word", "최고", Word, "최 고 의 선 택", []string{"spacing:최 고"}},
		{"after punctuation", "최고", Word, "“최 고”", []string{"spacing:최 고"}},
		{"after Latin", "최고", Word, "BEST최 고", []string{"spacing:최 고"}},
		{"second word broken, first whole inside a word", "여드름 치료", Word, "성인여드름 치 료", []string{"spacing:여드름 치 료"}},
		{"first word broken inside a word", "여드름 치료", Word, "성인여 드름 치료", nil},
		{"joined and broken inside a word", "여드름 치료", Word, "성인여드름치 료", nil},

		{"number before", "1위", Word, "21위 101위", nil},
		{"number after a space", "1위", Word, "2024 1위", []string{"exact:1위"}},
		{"number broken", "1위", Word, "판매 1 위", []string{"spacing:1 위"}},
		{"number broken, another before", "1위", Word, "21 위", nil},
		{"longer percentage", "100%", Word, "1100% 1,100% 0.100% 100%", []string{"exact:100%"}},
		{"list comma is no thousand's comma", "100%", Word, "면,100%", []string{"exact:100%"}},
		{"number after", "top 1", Word, "TOP 10 TOP 1.5 TOP 1,000 TOP 1.", []string{"exact:TOP 1"}},
		{"Latin before", "line id", Word, "online id", nil},
		{"Latin after", "line id", Word, "line idea", nil},
		{"Latin then Hangul", "line id", Word, "라인LINE ID는", []string{"exact:LINE ID"}},

		{"gap none, as written", "직거래 환영", None, "직거래 환영", []string{"exact:직거래 환영"}},
		{"gap none, space left out", "직거래 환영", None, "직거래환영", nil},
		{"gap none, space put in", "직거래", None, "직 거래", nil},
		{"gap none, line end", "직거래 환영", None, "직거래\n환영", nil},
		{"gap word, line end", "직거래 환영", Word, "직거래\n환영", nil},
		{"gap line, line end", "직거래 환영", Line, "직거래\n환영", []string{"spacing:직거래 환영"}},
		{"gap line, mid-word", "직거래 환영", Line, "직거\n래 환영", []string{"spacing:직거 래 환영"}},
		{"gap line, block end", "직거래 환영", Line, "직거래\n\n환영", nil},

		{"full width", "100%", Word, "１００％", []string{"exact:１００％"}},
		{"case", "Kakao ID", Word, "KAKAO id", []string{"exact:KAKAO id"}},
		{"decomposed", "여드름", Word, "\u110b\u1167\u1103\u1173\u1105\u1173\u11b7",
			[]string{"exact:\u110b\u1167\u1103\u1173\u1105\u1173\u11b7"}},
		{"invisible", "여드름", Word, "여\u200b드\u00ad름", []string{"exact:여\u200b드\u00ad름"}},
		{"one rune of several", "(주)", Word, "㈜회사", []string{"exact:㈜"}},
		{"punctuation is kept", "최고", Word, "최·고", nil},

		{"expression as read", "/여드름.{0,3}제거/", Word, "여드름 흔적제거", []string{"exact:여드름 흔적제거"}},
		{"expression tight", "/여드름제거/", Word, "여드름 제 거", []string{"spacing:여드름 제 거"}},
		{"expression across words", "/최고/", Word, "주최 고객", nil},
		{"expression refused, then allowed", "/최고.{0,5}/", Word, "주최 고객 최 고", []string{"spacing:최 고"}},
		{"expression and lines", "/여드름.{0,9}제거/", Word, "여드름\n제거", nil},
		{"expression and gap line", "/여드름.{0,9}제거/", Line, "여드름\n제거", []string{"spacing:여드름 제거"}},
		{"expression and gap none", "/여드름제거/", None, "여드름 제거", nil},
		{"expression, greedy over a line", "/여드름[^x]*제거/", Word, "여드름 제거\n제거", []string{"exact:여드름 제거"}},
		{"expression, number before", "/1[0-9]위/", Word, "210위 10위", []string{"exact:10위"}},
		{"expression, case and width", "/ID[:=][A-Z]+/", Word, "ｉｄ：ａｂｃ", []string{"exact:ｉｄ：ａｂｃ"}},
		{"expression of white space", "/ +/", Word, "가 나", nil},
		{"nothing to read", "최고", Word, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, look(t, Plain(tt.text), tt.gap, false, tt.pattern)); d != "" {
				t.Errorf("%q in %q (-want +got):\n%s", tt.pattern, tt.text, d)
			}
		})
	}
}

func TestFindLongestOfOverlapping(t *testing.T) {
	got := look(t, Plain("여드름 치료 크림, 여드름 치료"), Word, false, "여드름", "여드름 치료", "치료 크림", "여드름 치료 크림")
	if d := cmp.Diff([]string{"exact:여드름 치료 크림", "exact:여드름 치료"}, got); d != "" {
		t.Error(d)
	}
}

func TestChooseLeavesOutWhatAnExceptionOverlaps(t *testing.T) {
	text := Read(Plain("최고 기온, 최고"))
	phrase := func(s string) []Span {
		p, err := Phrase(s, false)
		if err != nil {
			t.Fatal(err)
		}
		return p.Find(text, Word)
	}
	kept := text.Choose(phrase("최고"), phrase("고 기온"))
	if len(kept) != 1 || kept[0].From == 0 {
		t.Errorf("kept %v, want the second 최고 only", kept)
	}
}

func TestWordsWithoutSpaceBetweenAreOneWord(t *testing.T) {
	// Vision cuts "주최" and "고객" apart without a break: no word begins at 고.
	lines := []result.Line{{Words: []result.Word{{Text: "공"}, {Text: "유", Space: true}, {Text: "일정"}}}}
	if got := look(t, lines, Word, false, "유일"); got != nil {
		t.Errorf("found %v", got)
	}
	lines = []result.Line{{Words: []result.Word{{Text: "여드"}, {Text: "름"}, {Text: "", Space: true}, {Text: "치료"}}}}
	if d := cmp.Diff([]string{"exact:여드름 치료"}, look(t, lines, Word, false, "여드름 치료")); d != "" {
		t.Error(d)
	}
}

func TestBlocksAndLinesThatDoNotFollow(t *testing.T) {
	word := func(s string) []result.Word { return []result.Word{{Text: s}} }
	for name, tt := range map[string]struct {
		lines []result.Line
		want  []string
	}{
		"same block":    {[]result.Line{{Block: 3, Words: word("직거래")}, {Block: 3, Words: word("환영")}}, []string{"spacing:직거래 환영"}},
		"another block": {[]result.Line{{Block: 3, Words: word("직거래")}, {Block: 4, Words: word("환영")}}, nil},
		"line between":  {[]result.Line{{Words: word("직거래")}, {Words: word("을")}, {Words: word("환영")}}, nil},
		"empty between": {[]result.Line{{Words: word("직거래")}, {}, {Words: word("환영")}}, nil},
	} {
		if d := cmp.Diff(tt.want, look(t, tt.lines, Line, false, "직거래 환영")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestRegexpRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"(a":    "missing closing )",
		`a\b`:   "cannot be used",
		"^a":    "cannot be used",
		"(a|b$": "missing closing )",
		"a|b$":  "cannot be used",
		"a*":    "matches the empty text",
	} {
		if _, err := Regexp(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", source, err, want)
		}
	}
}

// TestAnExpressionMeansTheSameTwice: what it needs may be white space, which no word is.
func TestAnExpressionMeansTheSameTwice(t *testing.T) {
	d := NewDictionary()
	for range 2 {
		p, err := d.Regexp("완치[ -]보장")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"완치 보장", "완치-보장"} {
			if got := p.Find(Read(Plain(s)), Line); len(got) == 0 {
				t.Errorf("%q is not found", s)
			}
		}
	}
}
