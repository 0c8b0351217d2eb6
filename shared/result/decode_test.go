package result

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

// agree has Decode read of b what encoding/json reads, or refuse it with the same words.
func agree(t interface{ Fatalf(string, ...any) }, b []byte) {
	var want Result
	wantErr := json.Unmarshal(b, &want)
	got, err := Decode(b)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%s\n%v, want %v", b, err, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n(-want +got):\n%s", b, cmp.Diff(want, got))
	}
}

// whole has something in every field that a result has, and text that JSON escapes.
func whole() Result {
	var r Result
	fill(reflect.ValueOf(&r).Elem())
	return r
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k)
		fill(e)
		v.SetMapIndex(k, e)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 26, 12, 0, 0, 123456789, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("<여드름> & \"치료\"\n크림\u2028\\\x7f😀")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1.0 / 3)
	case reflect.Int, reflect.Int64:
		v.SetInt(-7)
	default:
		panic("a result has a field of type " + v.Type().String() + ", which this test cannot fill")
	}
}

func TestDecode(t *testing.T) {
	for name, r := range map[string]Result{"whole": whole(), "empty": {}, "offsets": {CapturedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 9*3600))}} {
		for _, indent := range []string{"", "\t"} {
			b, err := json.MarshalIndent(r, "", indent)
			if err != nil {
				t.Fatal(err)
			}
			agree(t, b)
			if _, ok := quickly(b); !ok {
				t.Errorf("%s: what is written is left to the slow decoder", name)
			}
			for i := range bytes.Count(b, []byte(`Z"`)) { // each time
				parts := bytes.SplitAfter(b, []byte(`Z"`))
				parts[i] = bytes.Replace(parts[i], []byte(`Z"`), []byte(`\u005a"`), 1)
				agree(t, bytes.Join(parts, nil))
			}
		}
	}
}

// TestLinesAreReadAsTheyAreWritten: all that a line may have, and none of it by the quick decoder.
func TestLinesAreReadAsTheyAreWritten(t *testing.T) {
	r := whole()
	r.Lines = append(r.Lines, Line{Text: "a", Words: []Word{}}, Line{Confidence: 1e-9, Words: []Word{{Box: page.Box{X: 12.5, Y: 3, W: 1e21}}}})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string][]Line{`,"lines":`: r.Lines, `,"html":`: r.HTML} {
		var read taken
		read.take(b, at)
		if d := cmp.Diff(want, read.lines); d != "" {
			t.Errorf("%s (-want +got):\n%s", at, d)
		}
	}
	agree(t, b)
}

// TestDecodeWhatIsSpelledOtherwise: as encoding/json does, good or bad.
func TestDecodeWhatIsSpelledOtherwise(t *testing.T) {
	const word = `{"text":"a","box":{"x":1,"y":2,"w":8.25,"h":4},"confidence":1,"space":true}`
	const line = `{"text":"크림","box":{"x":-1.5,"y":0,"w":1,"h":1},"confidence":0.987,"block":3,"words":[` + word + `],"polygon":[{"x":1,"y":2}]}`
	const known = `{"schema":"s","id":"p","final_url":"u","labels":{"a":"b"},"page":{"width":7},"verdict":"pass","findings":[{"rule":"r","lines":[0],"basis":{"act":"a"}}],` +
		`"timings_ms":{"read":5},"captured_at":"2026-11-26T12:00:00Z","text":"t","lines":[` + line + `]}`
	if _, ok := quickly([]byte(known)); !ok || bytes.Equal(new(taken).take([]byte(known), `,"lines":`), []byte(known)) {
		t.Error("the lines are not spelled as they are written")
	}
	for _, c := range [][2]string{
		// Names.
		{`"schema"`, `"Schema"`}, {`"schema"`, `"SCHEMA"`}, {`"schema"`, `"\u0073chema"`}, {`"schema"`, "\"\u017fchema\""}, {`"block"`, "\"bloc\u212a\""},
		{`"final_url"`, `"finalurl"`}, {`"final_url"`, `"final-url"`}, {`"final_url"`, `"FINAL_URL"`}, {`"final_url"`, `"FinalURL"`}, {`"schema":`, `"":`},
		{`"schema"`, `"of_the_future":{"a":[1,{"lines":null}],"a":2},"schema"`}, {`"a":"b"`, `"a":"b","A":"c"`}, {`"a":"b"`, `"a":"b","a":"c"`}, {`"a":"b"`, `"":""`},
		// Fields twice.
		{`"text":"t"`, `"text":"t","text":"u"`}, {`"text":"t"`, `"text":"t","TEXT":"u"`}, {`"text":"t"`, `"lines":[{"text":"old","block":9},{"block":8}],"text":"t"`},
		{`"text":"t"`, `"lines":null,"text":"t"`}, {`"width":7`, `"width":7,"width":null`}, {`"x":1`, `"x":1,"x":2`}, {`"verdict"`, `"page":{"height":9},"verdict"`},
		{`"act":"a"`, `"act":"a","act":null`}, {`"read":5`, `"read":5,"read":null`},
		// Lines elsewhere.
		{`"schema"`, `"x":{"a":1,"lines":[` + line + `]},"schema"`}, {`"schema"`, `"x":[{"a":1,"html":[` + line + `]}],"schema"`}, {`"text":"t"`, `"html":[` + line + `],"text":"t"`},
		{`"lines":[{`, `"x":{"a":1,"lines":[` + line + `]},"lines":[{`}, {`"lines":[{`, `"x":{"a":1,"lines":[` + line + `]},"LINES":[{`}, {`"lines":[{`, `"LINES":[],"lines":[{`},
		{`"lines":[{`, `"html":[{`}, {`"lines":[{`, `"lines":[` + line + `],"html":[{`}, {`"lines":[{`, `"html":[` + line + `],"lines":[{`}, {`"lines":[{`, `"lines":[` + line + `],"lines":[{`},
		{`"block":3`, `"block":3,"source":"both"`}, {`"block":3`, `"block":3,"lines":[{}]`},
		// Text.
		{"크림", "\xff"}, {"크림", "\xed\xa0\x80"}, {"크림", `\ud800`}, {"크림", `\udc00\ud800`}, {"크림", `\ud83d\ude00`}, {"크림", "\n"}, {"크림", `\n\/\b`}, {"크림", `\q`}, {"크림", `\u00`},
		{"크림", "\x00"}, {`"크림"`, `null`}, {`"크림"`, `7`}, {`"schema"`, "\"\xff\""}, {`"a":"b"`, "\"\xff\":\"b\""}, {`"a":"b"`, "\"\xff\":\"b\",\"\xfe\":\"c\""}, {`"a":"b"`, `"\ud800":"b"`},
		// Numbers.
		{`0.987`, `"0.987"`}, {`0.987`, `9.87E-1`}, {`0.987`, `null`}, {`0.987`, `.987`}, {`0.987`, `00.987`}, {`0.987`, `0.`}, {`0.987`, `-`}, {`0.987`, `-0`}, {`0.987`, `+1`}, {`0.987`, `0x1p-2`}, {`0.987`, `1_0`}, {`0.987`, `Inf`}, {`0.987`, `1.`}, {`0.987`, `1..2`}, {`0.987`, `-0.5`}, {`0.987`, `0.12345678901234567`}, {`0.987`, `123456789012345678`}, {`0.987`, `1 `}, {`0.987`, `--1`}, {`0.987`, `-00`}, {`0.987`, ``}, {`0.987`, `NaN`},
		{`0.987`, `1` + strings.Repeat("0", 400)}, {`0.987`, `1e400`}, {`0.987`, `1e-400`}, {`0.987`, `-1e999999999999`}, {`0.987`, `0.1e1234567890123456789012`},
		{`:3`, `:3.0`}, {`:3`, `:3e0`}, {`:3`, `:-03`}, {`:3`, `:-0`}, {`:3`, `:99999999999999999999`}, {`:3`, `:9223372036854775807`}, {`:3`, `:9223372036854775808`}, {`:3`, `:-9223372036854775808`},
		{`:3`, `:"3"`}, {`:3`, `:true`}, {`:5`, `:5.5`}, {`[0]`, `[null]`}, {`[0]`, `[]`}, {`[0]`, `null`}, {`[0]`, `[1.0]`}, {`[0]`, `"AAAA"`}, {`[0]`, `{"0":1}`},
		// Other values.
		{`true`, `false`}, {`true`, `1`}, {`true`, `"true"`}, {`true`, `True`}, {`"words":[` + word + `]`, `"words":null`}, {word, ``}, {word, word + `,`}, {word, word + `,` + word}, {word, `null`}, {`,"polygon":[{"x":1,"y":2}]`, ``}, {`[{"x":1,"y":2}]`, `[]`}, {`[{"x":1,"y":2}]`, `null`}, {`{"act":"a"}`, `null`}, {`{"act":"a"}`, `{}`}, {`{"act":"a"}`, `[]`},
		{`{"a":"b"}`, `null`}, {`{"a":"b"}`, `{}`}, {`{"a":"b"}`, `{"a":null}`}, {`{"a":"b"}`, `{"a":1}`}, {`{"read":5}`, `{"read":null}`},
		{`2026-11-26T12:00:00Z`, `2026-11-26T12:00:00+09:00`}, {`2026-11-26T12:00:00Z`, `2026-11-26T12:00:00.000+00:00`}, {`2026-11-26T12:00:00Z`, `2026-11-26T12:00:00,5Z`},
		{`2026-11-26T12:00:00Z`, `2026-11-26T1:00:00Z`}, {`2026-11-26T12:00:00Z`, `2026-11-26t12:00:00z`}, {`2026-11-26T12:00:00Z`, `2026-11-26T24:00:00Z`}, {`2026-11-26T12:00:00Z`, ``},
		{`2026-11-26T12:00:00Z`, `2026-11-26T12:00:00+24:00`}, {`2026-11-26T12:00:00Z`, `2026-11-26T12:00:00\u005a`}, {`"2026-11-26T12:00:00Z"`, `null`}, {`"2026-11-26T12:00:00Z"`, `0`},
		// White space, ends, depth.
		{`,`, " ,\r\n\t"}, {`{`, "\ufeff{"}, {`,`, "\u00a0,"}, {`]}`, `],}`}, {`]}`, `]} x`}, {`]}`, `]}}`}, {`]}`, `]`}, {`]}`, "]}\x00"}, {`"schema"`, `schema`}, {`"s"`, `'s'`},
		{`"schema"`, `"x":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990) + `,"schema"`}, {`"schema"`, `"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `,"schema"`},
	} {
		if !strings.Contains(known, c[0]) {
			t.Fatalf("%q is not in what is spelled otherwise", c[0])
		}
		agree(t, []byte(strings.Replace(known, c[0], c[1], 1)))
		i := strings.LastIndex(known, c[0])
		agree(t, []byte(known[:i]+c[1]+known[i+len(c[0]):]))
	}
	for _, b := range []string{"", " ", "null", "[]", "{}", "7", `"s"`, "{", "nul", "{}{}", `{"lines":[` + strings.Repeat("{},", 1000) + `{}]}`} {
		agree(t, []byte(b))
	}
}

// TestDecodeAnyResult: numbers to the last bit, and any text.
func TestDecodeAnyResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Map(rapid.IntRange(-99, 99999), func(i int) float64 { return float64(i) / 10 }),
			rapid.Map(rapid.Uint64(), math.Float64frombits).Filter(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }))
		text := rapid.OneOf(rapid.StringMatching(`[가-힣a-z0-9"\\<>& ]{0,8}`), rapid.String())
		r := Result{Schema: Schema, Text: text.Draw(t, "text"), Labels: rapid.MapOf(text, text).Draw(t, "labels")}
		for range rapid.IntRange(0, 3).Draw(t, "lines") {
			l := Line{Text: text.Draw(t, "line"), Confidence: number.Draw(t, "confidence"), Block: rapid.Int().Draw(t, "block"), Words: []Word{}}
			for range rapid.IntRange(0, 3).Draw(t, "words") {
				l.Words = append(l.Words, Word{Text: text.Draw(t, "word"), Space: rapid.Bool().Draw(t, "space"), Polygon: []Point{{number.Draw(t, "x"), number.Draw(t, "y")}}})
			}
			r.Lines = append(r.Lines, l)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, b)
	})
}

// FuzzDecode: whatever the bytes, Decode says of them what encoding/json says.
func FuzzDecode(f *testing.F) {
	b, err := json.Marshal(whole())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"lines":null,"lines":[{"text":""}],"LABELS":{"a":"\ud800"},"captured_at":"2026-11-26T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b) })
}
