package match

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/result"
)

func TestFuzzy(t *testing.T) {
	for _, tt := range []struct {
		name, phrase, text string
		want               []string
	}{
		{"verbatim stays exact", "의약품과 같은 효과", "의약품과 같은 효과", []string{"exact:의약품과 같은 효과"}},
		{"spacing stays spacing", "의약품과 같은 효과", "의약품과같은효과", []string{"spacing:의약품과같은효과"}},
		{"vowel changed", "의약품과 같은 효과", "의약품과 같은 효고", []string{"fuzzy:의약품과 같은 효고"}},
		{"final put in", "의약품과 같은 효과", "의약품과 같은 횽과", []string{"fuzzy:의약품과 같은 횽과"}},
		{"final left out", "의약품과 같은 효과", "의약푸과 같은 효과", []string{"fuzzy:의약푸과 같은 효과"}},
		{"a jamo on its own put in", "의약품과 같은 효과", "의약품과 ㅣ같은 효과", []string{"fuzzy:의약품과 ㅣ같은 효과"}},
		{"a jamo on its own left out", "의약품과 같은 효과ㅋ", "의약품과 같은 효과", []string{"fuzzy:의약품과 같은 효과"}},
		{"two slips", "의약품과 같은 효과", "의악픔과 같은 효과", nil},
		{"slip and spacing", "의약품과 같은 효과", "의 악 품과같은 효 과", []string{"fuzzy:의 악 품과같은 효 과"}},
		{"slip across words", "의약품과 같은 효과", "주의 악품과같은효과", nil},
		{"digits exact", "100% 완치 보장합니다", "180% 완치 보장합니다", nil},
		{"digit for jamo", "완치를 100% 보장", "완치를 10% 보장", nil},
		{"slip beside digits", "완치를 100% 보장", "완치를 100% 모장", []string{"fuzzy:완치를 100% 모장"}},
		{"Latin exact", "kakao 아이디로 연락", "kakap 아이디로 연락", nil},
		{"exact wins over longer", "의약품과 같은 효과", "의약품과 같은 효과ㄱ", []string{"exact:의약품과 같은 효과"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, look(t, Plain(tt.text), Word, true, tt.phrase)); d != "" {
				t.Errorf("%q in %q (-want +got):\n%s", tt.phrase, tt.text, d)
			}
		})
	}
}

// TestHalvesHideNoSlip: with them and without, a fuzzy phrase is found in the same places.
func TestHalvesHideNoSlip(t *testing.T) {
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		phrase := rapid.SampledFrom([]string{"의약품과 같은 효과", "완치를 100% 보장", "가나다라마", "부작용이 없ㅋ는"}).Draw(t, "phrase")
		apart := []rune(norm.NFD.String(phrase))
		for range rapid.IntRange(0, 2).Draw(t, "slips") {
			i := rapid.IntRange(0, len(apart)-1).Draw(t, "at")
			slip := rapid.SampledFrom([]string{"", "ᄀ", "ᅡ", "ᆨ", "ᄒ", "ㅋ", "0", " "}).Draw(t, "slip")
			apart = slices.Concat(apart[:i], []rune(slip), apart[i+rapid.IntRange(0, 1).Draw(t, "over"):])
		}
		around := rapid.SampledFrom([]string{"", " ", "이 ", "의약품", " ㅋㅋ", "보장"})
		p, err := Phrase(phrase, true)
		if err != nil {
			t.Fatal(err)
		}
		words := []result.Word{{Text: around.Draw(t, "before")}}
		for cut := rapid.IntRange(0, len(apart)).Draw(t, "cut"); len(apart) > 0; cut = len(apart) {
			words, apart = append(words, result.Word{Text: string(apart[:cut])}),
				apart[cut:] // jamo that two words have do not make a syllable
		}
		text := Read([]result.Line{{Words: append(words, result.Word{Text: around.Draw(t, "after")})}})
		h := text.find(p.d)
		with := p.fuzzy[0].find(text, h)
		met += len(with)
		p.fuzzy[0].loose = true // so that it is looked for everywhere
		if d := cmp.Diff(p.fuzzy[0].find(text, h), with); d != "" {
			read, _ := text.views()
			t.Fatalf("%q: %s", read.s, d)
		}
	})
	if met == 0 {
		t.Error("nothing was ever found, so nothing was checked")
	}
}

func TestJamoAreThoseOfNFD(t *testing.T) {
	for r := '가'; r <= '힣'; r++ {
		if got, want := string(appendJamo(nil, r)), norm.NFD.String(string(r)); got != want {
			t.Fatalf("%c: %+q, want %+q", r, got, want)
		}
	}
}

func TestFuzzyOnlyWhenAsked(t *testing.T) {
	if got := look(t, Plain("의악품과 같은 효과"), Word, false, "의약품과 같은 효과"); got != nil {
		t.Errorf("found %v without fuzzy", got)
	}
}

func TestFuzzyRefusesShortPhrases(t *testing.T) {
	_, err := Phrase("완치 보장 100%", true)
	if err == nil || !strings.Contains(err.Error(), "4 Hangul syllables") {
		t.Errorf("error %v, want one that counts 4 syllables", err)
	}
	if _, err := Phrase("완치 보장함", true); err != nil {
		t.Error(err)
	}
}
