package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
)

// readPages is n characters of product pages as they are read: prose, with a claim now and then.
func readPages(n int) string {
	const prose = "피부에 수분을 채워 주는 저자극 크림입니다. 매일 아침 저녁으로 얼굴에 펴 발라 주세요.\n배송은 이틀쯤 걸리고 반품은 7일 안에 신청해 주세요.\n"
	var b strings.Builder
	for i := 0; b.Len() < 3*n; i++ {
		if b.WriteString(prose); i%20 == 0 {
			b.WriteString(readPage + "\n")
		}
	}
	return string([]rune(b.String())[:n])
}

// manyRules is a pack of n rules: of ten, seven phrases, two regular expressions
// and one fuzzy phrase, of the syllables that pages are made of.
func manyRules(n int, mixed bool) string {
	r := rand.New(rand.NewPCG(7, 7))
	syllables := []rune("피부에수분을채워주는저자극크림입니다매일아침저녁으로얼굴펴발라세요배송은이틀쯤걸리고반품안신청해제품사용효과최고치료예방개선")
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(syllables[r.IntN(len(syllables))])
		}
		return b.String()
	}
	var b strings.Builder
	b.WriteString("version: v1\npack: many\nrules:\n")
	for i := range n {
		p, fuzzy := word(3+r.IntN(4)), ""
		test := p
		quoted := `"` + p + `"`
		switch {
		case mixed && i%10 == 9:
			p = word(6)
			test, quoted, fuzzy = p, `"`+p+`"`, ", fuzzy: 1"
		case mixed && i%10 >= 7:
			a, z := word(2), word(2)
			test, quoted = a+z, `{re: "`+a+`.{0,9}(`+z+`|`+word(2)+`)"}`
		}
		fmt.Fprintf(&b,
			"  - {id: many.r%d, mode: enforce, severity: review, message: m, match: {any: [%s]%s}, tests: {hit: [%q], miss: [\"x\"]}}\n", i, quoted, fuzzy, test)
	}
	return b.String()
}

func load(b testing.TB, pack string) *Set {
	b.Helper()
	s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(pack)}}, "a.yaml")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func benchmarkInspect(b *testing.B, s *Set, text string) {
	lines := match.Plain(text)
	b.ResetTimer()
	for b.Loop() {
		if _, err := s.Inspect(lines, Query{Category: "cosmetics", At: march}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBundledOn30000Runes(b *testing.B) {
	benchmarkInspect(b, bundledSet(b), readPages(30_000))
}

func BenchmarkBundledOn1000000Runes(b *testing.B) {
	benchmarkInspect(b, bundledSet(b), readPages(1_000_000))
}

func Benchmark1000MixedRulesOn30000Runes(b *testing.B) {
	benchmarkInspect(b, load(b, manyRules(1000, true)), readPages(30_000))
}

func Benchmark10000PhrasesOn30000Runes(b *testing.B) {
	benchmarkInspect(b, load(b, manyRules(10_000, false)), readPages(30_000))
}

func Benchmark1000MixedRulesOn1000000Runes(b *testing.B) {
	benchmarkInspect(b, load(b, manyRules(1000, true)), readPages(1_000_000))
}

// BenchmarkContains10000PhrasesOn30000Runes is the search that finds them as they are written only.
func BenchmarkContains10000PhrasesOn30000Runes(b *testing.B) {
	text := readPages(30_000)
	var phrases []string
	for _, p := range load(b, manyRules(10_000, false)).Packs() {
		for _, r := range p.Rules {
			phrases = append(phrases, r.Any...)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		for _, p := range phrases {
			strings.Contains(text, p)
		}
	}
}

func BenchmarkLoadBundled(b *testing.B) {
	for b.Loop() {
		if _, err := Bundled(); err != nil {
			b.Fatal(err)
		}
	}
}
