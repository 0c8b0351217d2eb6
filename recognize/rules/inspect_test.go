package rules

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

const sample = `version: v1
pack: claims
rules:
  - id: best
    mode: enforce
    severity: review
    message: "근거가 필요한 표현"
    law: "표시·광고의 공정화에 관한 법률 제3조 제1항"
    suggest: ["우수한"]
    match: {any: ["최고", "최고급 품질"]}
    unless: ["최고 기온"]
    tests: {hit: ["최고"], miss: ["주최 고객", "최고\n기온"]}
  - id: acne
    mode: enforce
    severity: high
    scope: {category: [cosmetics, 화장품]}
    message: "m"
    match: {any: ["여드름 완전 치료"], gap: line, fuzzy: 1}
    tests: {hit: ["여드름 완전\n치료"], miss: ["여드름"]}
  - id: off
    mode: off
    severity: high
    message: "m"
    match: {any: ["최고"]}
    tests: {hit: ["최고"], miss: ["최저"]}
  - id: dated
    mode: report
    severity: high
    from: 2026-03-01
    until: 2026-03-31
    message: "m"
    match: {any: ["봄맞이"]}
    tests: {hit: ["봄맞이"], miss: ["봄"]}
`

const notice = `version: v1
pack: notice
rules:
  - id: cautions
    mode: enforce
    severity: review
    scope: {category: [cosmetics]}
    message: "주의사항이 없음"
    match: {any: ["주의사항"], require: true}
    tests: {hit: ["크림"], miss: ["주의 사항"]}
`

func sampleSet(t testing.TB) *Set {
	t.Helper()
	s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(sample)}, "b.yaml": {Data: []byte(notice)}}, "a.yaml", "b.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var march = time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)

// inspect spells each finding as rule/severity/match:quote.
func inspect(t *testing.T, q Query, text string) []string {
	t.Helper()
	findings, err := sampleSet(t).Inspect(match.Plain(text), q)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, f := range findings {
		got = append(got, f.Rule+"/"+string(f.Severity)+"/"+string(f.Match)+":"+f.Quote)
	}
	return got
}

func TestInspect(t *testing.T) {
	cosmetics := Query{Category: "cosmetics", Packs: []string{"claims"}, At: march}
	any := Query{Packs: []string{"claims"}, At: march}
	on := func(y int, m time.Month, d int) Query {
		return Query{Packs: []string{"claims"}, At: time.Date(y, m, d, 23, 0, 0, 0, korea)}
	}
	for _, tt := range []struct {
		name string
		q    Query
		text string
		want []string
	}{
		{"in the order of the text", cosmetics, "여드름 완전 치료, 최고", []string{"acne/high/exact:여드름 완전 치료", "best/review/exact:최고"}},
		{"longest within a rule", any, "최고급 품질", []string{"best/review/exact:최고급 품질"}},
		{"unless, only where it overlaps", any, "최고 기온, 최 고", []string{"best/review/spacing:최 고"}},
		{"unless, however it is spaced", any, "최 고기 온", []string{}},
		{"unless, across a line end", any, "최고\n기온", []string{}},
		{"fuzzy is never more than review", cosmetics, "여드름 안전 치료", []string{"acne/review/fuzzy:여드름 안전 치료"}},
		{"scoped, without a category", any, "여드름 완전 치료", []string{}},
		{"scoped, another category", Query{Category: "food", At: march}, "여드름 완전 치료", []string{}},
		{"scoped, category spelled otherwise", Query{Category: " Cosmetics ", Packs: any.Packs, At: march}, "여드름 완전 치료",
			[]string{"acne/high/exact:여드름 완전 치료"}},
		{"scoped, second category", Query{Category: "화장품", Packs: any.Packs, At: march}, "여드름 완전 치료",
			[]string{"acne/high/exact:여드름 완전 치료"}},
		{"scoped, an alias of the category", Query{Category: "스킨케어", Packs: any.Packs, At: march}, "여드름 완전 치료",
			[]string{"acne/high/exact:여드름 완전 치료"}},
		{"scoped, the text speaks of the category", any, "여드름 완전 치료 크림", []string{"acne/high/exact:여드름 완전 치료"}},
		{"before from", on(2026, 2, 28), "봄맞이", []string{}},
		{"on from", on(2026, 3, 1), "봄맞이", []string{"dated/high/exact:봄맞이"}},
		{"on until", on(2026, 3, 31), "봄맞이", []string{"dated/high/exact:봄맞이"}},
		{"after until", on(2026, 4, 1), "봄맞이", []string{}},
		{"missing, after all else", Query{Category: "cosmetics", At: march}, "크림 최고", []string{"best/review/exact:최고",
			"cautions/review/:"}},
		{"not missing", Query{Category: "cosmetics", At: march}, "주 의 사 항", []string{}},
		{"missing, not in its scope", Query{At: march}, "우산", []string{}},
		{"no text at all", Query{Category: "cosmetics", At: march}, "", []string{"cautions/review/:"}},
		{"all packs", Query{Category: "cosmetics", At: march}, "최고", []string{"best/review/exact:최고", "cautions/review/:"}},
		{"one pack", Query{Category: "cosmetics", Packs: []string{"notice"}, At: march}, "최고", []string{"cautions/review/:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, inspect(t, tt.q, tt.text)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// What may be eaten or worn is judged by the rules for what is worn, which except what is eaten.
func TestAnExceptedCategoryMayBeAnotherToo(t *testing.T) {
	s := load(t, `version: v1
pack: goods
scope: {except: [food, functional]}
rules:
  - {id: best, mode: enforce, severity: review, message: m, match: {any: ["최고"]}, tests: {hit: ["최고"], miss: ["최저"]}}
`)
	for category, want := range map[string]int{"health": 1, "건강용품": 1, "식품": 0, "건강기능식품": 0, "living": 1, "": 1} {
		if got := enforced(t, s, "최고", category); len(got) != want {
			t.Errorf("%q: %v, want %d", category, got, want)
		}
	}
}

func TestADayIsADayOfThePacksZone(t *testing.T) {
	at := time.Date(2026, 2, 28, 20, 0, 0, 0, time.UTC) // in Seoul it is March already, wherever the program runs
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("HST", -10*60*60)} {
		if got := inspect(t, Query{At: at.In(zone)}, "봄맞이"); len(got) != 1 {
			t.Errorf("asked from %s: found %v", zone, got)
		}
	}
	if got := inspect(t, Query{At: at.Add(-8 * time.Hour)}, "봄맞이"); len(got) != 0 {
		t.Errorf("in Seoul it is still February; found %v", got)
	}
	s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(strings.Replace(sample, "pack: claims",
		"pack: claims\nzone: America/New_York", 1))}}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Inspect(match.Plain("봄맞이"), Query{At: at}); len(got) != 0 {
		t.Errorf("in New York it is still February; found %v", got)
	}
}

func TestFindingIsWhole(t *testing.T) {
	lines := []result.Line{
		{Words: []result.Word{{Text: "위", Box: page.Box{X: 0, Y: 0, W: 5, H: 5}}}},
		{Words: []result.Word{{Text: "국내최고의", Box: page.Box{X: 100, Y: 50, W: 50, H: 20}}}},
	}
	got, err := sampleSet(t).Inspect(lines, Query{At: march})
	if err != nil {
		t.Fatal(err)
	}
	box := page.Box{X: 120, Y: 50, W: 20, H: 20}
	want := []result.Finding{{
		Rule: "best", Severity: result.ReviewSeverity, Mode: result.Enforce, Quote: "최고", Match: result.Exact,
		Box: box, Boxes: []page.Box{box}, Lines: []int{1}, Message: "근거가 필요한 표현",
		Law: "표시·광고의 공정화에 관한 법률 제3조 제1항", Suggest: []string{"우수한"}, Pattern: "최고", Kind: result.Forbidden,
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMissingIsNowhere(t *testing.T) {
	got, err := sampleSet(t).Inspect(nil, Query{Category: "cosmetics", At: march})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if f := got[0]; f.Quote != "" || !f.Box.Empty() || f.Boxes != nil || f.Lines == nil || len(f.Lines) != 0 {
		t.Errorf("%+v: want no quote, no box, and lines that are an empty list", f)
	}
}

func TestInspectNamesTheKnownPacks(t *testing.T) {
	_, err := sampleSet(t).Inspect(nil, Query{Packs: []string{"claims", "claim", "x"}})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("kind %q, want invalid", fault.KindOf(err))
	}
	if want := `rules: no pack "claim", "x"; there are: claims, notice`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestProfileNamesPacks(t *testing.T) {
	s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(sample)}, "b.yaml": {Data: []byte(notice)},
		"p.yaml": {Data: []byte("version: v1\npack: my-market\nprofile: [claims]\n")}}, "a.yaml", "b.yaml", "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]string{"my-market": "claims", "": "claims notice", "notice": "notice"} {
		packs, err := s.Select(strings.Fields(names))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range packs {
			got = append(got, p.Name)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %s, want %s", names, g, want)
		}
	}
}

// A pack says the worst that its findings may lead to.
func TestPackCapsItsVerdict(t *testing.T) {
	for worst, want := range map[string]result.Verdict{"pass": result.Pass, "review": result.Review, "reject": result.Reject} {
		s, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(strings.Replace(pack("a", "a.one"), "pack: a",
			"pack: a\nverdict: "+worst, 1))}}, "a.yaml")
		if err != nil {
			t.Fatal(err)
		}
		findings, err := s.Inspect(match.Plain("최고"), Query{At: march})
		if err != nil {
			t.Fatal(err)
		}
		if got := VerdictOf(findings); got != want || len(findings) != 1 {
			t.Errorf("verdict: %s, %d findings with verdict: %s", got, len(findings), worst)
		}
	}
}

func TestVerdictOf(t *testing.T) {
	f := func(m result.Mode, s result.Severity) result.Finding { return result.Finding{Mode: m, Severity: s} }
	for _, tt := range []struct {
		findings []result.Finding
		want     result.Verdict
	}{
		{nil, result.Pass},
		{[]result.Finding{f(result.Report, result.High), f(result.Enforce, result.Info)}, result.Pass},
		{[]result.Finding{f(result.Enforce, result.ReviewSeverity), f(result.Enforce, result.Info)}, result.Review},
		{[]result.Finding{f(result.Enforce, result.ReviewSeverity), f(result.Enforce, result.High)}, result.Reject},
	} {
		if got := VerdictOf(tt.findings); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.findings, got, tt.want)
		}
	}
}

// Whatever is read, findings of one rule do not overlap, their boxes lie within
// the boxes of their lines, and the same page gives the same findings.
func TestFindingsLieWithinTheirLines(t *testing.T) {
	set, err := Bundled()
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"최", "고", "여드름", "치료", "카톡", "id", ":", "100%", "효과", "010-", "1234-5678", "직거", "래", "1위", "㈜"}
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		var lines []result.Line
		for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
			l, x := result.Line{Block: rapid.IntRange(0, 1).Draw(t, "block")}, 0.0
			for range rapid.IntRange(0, 5).Draw(t, "words") {
				w := result.Word{Space: rapid.Bool().Draw(t, "space"),
					Text: strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 3).Draw(t, "text"), "")}
				w.Box = page.Box{X: x, Y: float64(30 * i), W: rapid.Float64Range(1, 90).Draw(t, "w"), H: 20}
				x = w.Box.Right() + 4
				l.Words, l.Box = append(l.Words, w), l.Box.Union(w.Box)
			}
			lines = append(lines, l)
		}
		q := Query{Category: "cosmetics", At: march}
		findings, err := set.Inspect(lines, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if len(f.Boxes) != len(f.Lines) {
				t.Fatalf("%+v: boxes for other lines", f)
			}
			for i, b := range f.Boxes {
				met++
				const slip = 0.1 // boxes are rounded to a tenth
				out := lines[f.Lines[i]].Box
				if b.X < out.X-slip || b.Y < out.Y-slip || b.Right() > out.Right()+2*slip || b.Bottom() > out.Bottom()+2*slip {
					t.Fatalf("%+v: box %v is not within its line's, %v", f, b, out)
				}
			}
		}
		again, _ := set.Inspect(lines, q)
		if d := cmp.Diff(findings, again); d != "" {
			t.Fatalf("another result the second time: %s", d)
		}
	})
	if met == 0 {
		t.Error("nothing was ever found, so nothing was checked")
	}
}
