package match

import (
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNeeds(t *testing.T) {
	for source, want := range map[string]string{
		"여드름.{0,9}(완치|제거)":           "여드름 & 완치 제거",
		"(카톡|KAKAO|kakaotalk)[:=@]x": "kakao 카톡 & : = @ & x",
		"t[.]me/[a-z0-9]{3,}":        "t & . & me/",
		"01[016789]-?[0-9]{4}":       "01 & 0 1 6 7 8 9 & 0 1 2 3 4 5 6 7 8 9",
		"[0-9]+(kg|킬로)":              "0 1 2 3 4 5 6 7 8 9 & kg 킬로",
		"[0-9]{2}":                   "0 1 2 3 4 5 6 7 8 9",
		"(카톡[0-9]+|(여드름|부작용).?(완치|없))x": "부작용 여드름 카톡 & x",
		"(가)?나":      "나",
		"가*":         "",
		"(가|.)":      "",
		"[가-힣]{2}":   "",
		"σ":          "",
		"S":          "s",
		"가{0,2}나{2}": "나",
	} {
		re, err := syntax.Parse("(?i)"+source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		var lists []string
		for _, list := range needs(re) {
			lists = append(lists, strings.Join(list, " "))
		}
		if got := strings.Join(lists, " & "); got != want {
			t.Errorf("%s needs %q, want %q", source, got, want)
		}
	}
}

// TestNeedsHideNoMatch: with them and without, a pattern finds the same.
func TestNeedsHideNoMatch(t *testing.T) {
	sources := []string{"여드름.{0,9}(완치|제거)", "(카톡|kakao(talk)?)[:=@][a-z0-9]{2,}", "01[016]-?[0-9]{3,4}-?[0-9]{4}",
		"100(%|퍼센트).{0,3}효과", "부작용(이|은)?(전혀)?없(는|다)", "[a-z]+@[a-z]+[.]com", "[στ]ο", "k?elvin", "(가|나)+다",
		"(카톡[0-9]+|(여드름|부작용).?(완치|없))+다?"}
	parts := []string{"여드름", "완치", "제거", "카톡", "KaKao", "talk", ":", "@", "ab1", "010", "-", "1234", "100%", "퍼센트", "효과", "부작용",
		"이", "없", "는", "다", ".com", "σο", "ςο", "Το", "K", "elvin", "가", "나", " ", " ", "\n"}
	rapid.Check(t, func(t *rapid.T) {
		p, err := Regexp(rapid.SampledFrom(sources).Draw(t, "pattern"))
		if err != nil {
			t.Fatal(err)
		}
		text := Read(Plain(strings.Join(rapid.SliceOf(rapid.SampledFrom(parts)).Draw(t, "text"), "")))
		most := rapid.SampledFrom([]Gap{None, Word, Line}).Draw(t, "gap")
		with := p.Find(text, most)
		p.re.needs = nil
		if d := cmp.Diff(p.Find(text, most), with); d != "" {
			t.Fatal(d)
		}
	})
}
