package result

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

// agree has Decode and the general decoder read the same of b, or nothing.
func agree(t interface{ Fatalf(string, ...any) }, b []byte) {
	var want Result
	wantErr := jsonv2.Unmarshal(b, &want)
	got, err := Decode(b)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%s\n%v, want %v", b, err, wantErr)
	}
	if d := cmp.Diff(want, got); err == nil && d != "" {
		t.Fatalf("%s\n(-want +got):\n%s", b, d)
	}
}

// known says whether the scanner reads the lines, the general decoder the head alone.
func known(b []byte) bool {
	_, lines, _ := strings.Cut(string(b), `,"lines":[{`)
	s := scanner{in: `[{` + lines}
	_, ok := s.lines()
	return ok
}

// whole has every field of a line and a word, and text that JSON escapes.
var whole = Result{
	Schema: Schema, ID: "p-1", Findings: []Finding{{Rule: "a", Quote: `,"lines":[{"text":`, Lines: []int{0}}},
	Text: "<여드름> & \"치료\"\n크림\u2028\\", Labels: map[string]string{"lines": `[{"text":`},
	Lines: []Line{
		{Text: "<여드름> & \"치료\"", Box: page.Box{X: -1.5, Y: 0, W: 100.25, H: 1e5}, Confidence: 0.987, Block: 3, Source: InBoth,
			Words: []Word{
				{Text: "<여드름>", Box: page.Box{X: 1, Y: 2, W: 3, H: 4}, Confidence: 1, Space: true},
				{Text: "\"\\\u2028\x7f😀", Polygon: []Point{{X: 1.0 / 3, Y: -2.0 / 3}, {X: 0, Y: 1}, {}, {}}},
				{Text: "크림"},
			},
			Polygon: []Point{{X: 1, Y: 2}}},
		{Words: []Word{}},
	},
}

func TestDecode(t *testing.T) {
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	if !known(b) {
		t.Errorf("lines as they are written are left to the general decoder:\n%s", b)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(whole, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestDecodeWhatIsSpelledOtherwise: as the general decoder does, good or bad.
func TestDecodeWhatIsSpelledOtherwise(t *testing.T) {
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"confidence":0.987`, `"confidence":"0.987"`}, {`"confidence":0.987`, `"confidence":9.87e-1`}, {`"confidence":0.987`, `"confidence":null`},
		{`"confidence":0.987`, `"confidence":.987`}, {`"confidence":0.987`, `"confidence":00.987`}, {`"confidence":0.987`, `"confidence":0.`},
		{`"confidence":0.987`, `"confidence":-`}, {`"confidence":0.987`, `"confidence":-0`}, {`"confidence":0.987`, `"confidence":1` + strings.Repeat("0", 400)},
		{`"block":3`, `"block":3.0`}, {`"block":3`, `"block":-03`}, {`"block":3`, `"block":-3`}, {`"block":3`, `"block":99999999999999999999`},
		{`"block":3`, `"block":3,"block":3`}, {`"block":3`, `"block":3,"new":[{}]`}, {`"block":3,`, ``}, {`"space":true`, `"space":false`}, {`"space":true`, `"space":1`},
		{`"words":[]`, `"words":null`}, {`"words":[]`, `"words":[{}]`}, {`"words":[]`, `"words":[,]`}, {`"words":[]`, `"words": []`},
		{`"polygon":[{"x":1,"y":2}]`, `"polygon":[]`}, {`"polygon":[{"x":1,"y":2}]`, `"polygon":null`}, {`"x":1,"y":2`, `"y":2,"x":1`},
		{`\u2028`, `\ud800`}, {`\u2028`, `\q`}, {`\u2028`, "\xff"}, {"크림", "\xff"}, {"크림", "\n"}, {"크림", `\n`}, {`<`, "<"},
		{`"text":"`, `"lines":null,"text":"`}, {`"text":"`, `"lin\u0065s":[],"text":"`}, {`"schema"`, `"other":{"a":1,"lines":[{"text":""}]},"schema"`},
		{`}]}]}`, `}]}],"more":1}`}, {`]}]}`, `]}`}, {`]}]}`, `]}]} `}, {`]}]}`, `]}]}}`}, {`]}]}`, `]}],"lines":[]}`},
	} {
		agree(t, []byte(strings.Replace(string(b), c[0], c[1], 1)))
		if i := strings.LastIndex(string(b), c[0]); i >= 0 {
			agree(t, []byte(string(b)[:i]+c[1]+string(b)[i+len(c[0]):]))
		}
	}
}

// TestDecodeAnyResult: what is written is read by the scanner, numbers to the last bit.
func TestDecodeAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func() float64 {
			f := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Map(rapid.IntRange(-99, 99999), func(i int) float64 { return float64(i) / 10 })).Draw(t, "number")
			if math.Abs(f) < 1e-6 { // encoding/json writes these with an exponent
				return 0
			}
			return f
		}
		box := func() page.Box { return page.Box{X: number(), Y: number(), W: number(), H: number()} }
		polygon := func() (ps []Point) {
			for range rapid.SampledFrom([]int{0, 0, 0, 4}).Draw(t, "corners") {
				ps = append(ps, Point{number(), number()})
			}
			return ps
		}
		text := rapid.OneOf(rapid.StringMatching(`[가-힣a-z0-9"\\<>& ]{0,8}`), rapid.String())
		r := Result{Schema: Schema, Text: text.Draw(t, "text")}
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			l := Line{Text: text.Draw(t, "line"), Box: box(), Confidence: number(), Block: rapid.Int().Draw(t, "block"),
				Source: Source(rapid.SampledFrom([]string{"", "both", "picture"}).Draw(t, "source")), Words: []Word{}, Polygon: polygon()}
			for range rapid.IntRange(0, 3).Draw(t, "words") {
				l.Words = append(l.Words, Word{Text: text.Draw(t, "word"), Box: box(), Confidence: number(), Space: rapid.Bool().Draw(t, "space"), Polygon: polygon()})
			}
			r.Lines = append(r.Lines, l)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if !known(b) {
			t.Fatalf("left to the general decoder: %s", b)
		}
		agree(t, b)
	})
}

// FuzzDecode: whatever the bytes, Decode says of them what the general decoder says.
func FuzzDecode(f *testing.F) {
	b, err := json.Marshal(whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"a":0,"lines":[{"text":"a","box":{"x":0,"y":0,"w":0,"h":0},"confidence":0,"block":0,"words":[]}]}`))
	f.Add([]byte(`{"lines":null,"lines":[{"text":""}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b) })
}
