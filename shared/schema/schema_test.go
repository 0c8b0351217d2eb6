package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var update = flag.Bool("update", false, "rewrite the schemas from the Go types")

// The files are what the Go types say now.
func TestFilesAgreeWithTypes(t *testing.T) {
	for _, c := range contracts {
		s, err := c.derive()
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		compact, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%s: %v", c.file, err)
		}
		var want bytes.Buffer
		if err := json.Indent(&want, compact, "", "  "); err != nil {
			t.Fatal(err)
		}
		want.WriteByte('\n')
		if *update {
			if err := os.WriteFile(c.file, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue // Files still holds what was there at compile time
		}
		got, err := fs.ReadFile(Files, c.file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(got)); diff != "" {
			t.Errorf("%s does not say what its Go types say; if they are right, run go test ./shared/schema -update (-types +file)\n%s", c.file, diff)
		}
	}
}

// validate checks an instance against the published file.
func validate(t *testing.T, file string, instance []byte) error {
	t.Helper()
	b, err := fs.ReadFile(Files, file)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var v any
	if err := json.Unmarshal(instance, &v); err != nil {
		return err
	}
	return resolved.Validate(v)
}

var (
	at      = time.Date(2026, 11, 22, 10, 0, 9, 120_000_000, time.UTC)
	request = job.Request{Schema: job.RequestSchema, ID: "p-1001", URL: "https://shop.example/products/1001", Profile: "mobile",
		Category: "cosmetics", Rules: []string{"cosmetics-kr"}, Labels: map[string]string{"seller": "한"}, Force: true}
	source   = job.Source{Via: "confluent", Topic: "requests", Partition: 3, Offset: 42}
	tiles    = []page.Tile{tileAt(0), tileAt(700)}
	manifest = page.Manifest{Schema: page.Schema, ID: "p-1001", Request: request, Source: source, FinalURL: request.URL, Status: 200, Title: "t",
		CapturedAt: at, Width: 1280, Height: 1500, Scale: 1.5, Truncated: true, Partial: "p", Warnings: []string{"w"}, Blocked: []string{"b"},
		Profile: "mobile", Clicked: []string{"#more"}, Hidden: []string{".ad"}, DOM: "gs://b/dom.txt", Tiles: tiles, TimingsMS: map[string]int64{"settle": 5}}
	box     = page.Box{X: 1, Y: 2.5, W: 3, H: 4}
	inspect = result.Result{Schema: result.Schema, ID: "p-1001", URL: request.URL, FinalURL: request.URL, Title: "t", Category: "cosmetics",
		Labels: request.Labels, Page: result.Page{Width: 1280, Height: 1500, Scale: 1.5}, Tiles: tiles, Verdict: result.Reject,
		Findings: []result.Finding{{Rule: "r", Severity: result.High, Mode: result.Enforce, Quote: "q", Match: result.Spacing, Box: box,
			Boxes: []page.Box{box}, Lines: []int{0}, Message: "m", Law: "l", Suggest: []string{"s"},
			Pattern: "p", Evasion: "jamo", Kind: result.Forbidden, Basis: &result.Basis{Act: "a", Article: "1", Paragraph: "2", Item: "3", Source: "s", Checked: "2026-11-26"}}},
		Scope: result.Scope{Category: "cosmetics", Unknown: true, Guessed: true, LeftOut: map[string]int{"food-kr": 3}},
		Rules: []string{"cosmetics-kr@abc"}, Vision: result.Vision{Units: 2, Images: 2, Requests: 1}, TimingsMS: map[string]int64{"read": 7},
		Packs: []string{"cosmetics-kr"}, Quality: result.Quality{DOMRecall: 0.9, DOMRunes: 10}, ReinspectedAt: at,
		SafeSearch: []result.SafeSearch{{Tile: 1, Adult: "unknown", Racy: "very_unlikely", Violence: "likely", Medical: "possible", Spoof: "unlikely"}},
		CapturedAt: at, RecognizedAt: at, Text: "q", Lines: []result.Line{{Text: "q", Box: box, Confidence: 0.9, Source: result.InBoth, Words: []result.Word{
			{Text: "q", Box: box, Confidence: 0.9, Space: true, Polygon: []result.Point{{X: 1, Y: 2}}}}, Polygon: []result.Point{{X: 1, Y: 2}}}}}
)

// decided is a decision with everything set that goes together.
var decided = decision.Decision{Schema: decision.Schema, Series: decision.Page, Subject: "p-1001", N: 2, Action: decision.Dismiss,
	Reason: decision.Misread, Policy: "cosmetics.cure", Words: "광고가 아님", By: "reviewer@example.com", At: at, Run: "r", Whole: true,
	Marks:  []decision.Mark{{Rule: "r", Quote: "q", Box: box, Picture: strings.Repeat("a", 64), In: &box, Source: result.InPicture}},
	Unseen: []decision.UnseenMark{{Kind: page.Failed, Box: box, Source: "https://shop.example/a.jpg"}},
	Shown: decision.Shown{URL: request.URL, Verdict: result.Reject, Result: strings.Repeat("b", 64), Text: "ab", CapturedAt: at,
		RecognizedAt: at, Rules: []string{"cosmetics-kr@abc"}, Blind: true}}

func tileAt(y int) page.Tile {
	return page.Tile{Object: "gs://shots/p-1001/r/000.jpg", Y: y, Width: 1280, Height: 800, MediaType: "image/jpeg", Bytes: 5, SHA256: "ab", CRC32C: "mnG7TA=="}
}

func failure(value string) job.Failure {
	return job.NewFailure(job.StageCapture, fault.New(fault.Blocked, "no"), request, []byte(value), source, at)
}

// What our own types marshal to is valid: everything set, and as little as can be.
func TestGoodSamples(t *testing.T) {
	sparse := manifest
	sparse.Request, sparse.Source, sparse.Warnings, sparse.TimingsMS = job.Request{}, job.Source{Partition: -1, Offset: -1}, nil, nil
	nothing := result.Result{Schema: result.Schema, ID: "x", Verdict: result.Pass, Page: result.Page{Width: 1, Height: 1, Scale: 1}}
	for _, c := range []struct {
		file string
		v    any
	}{
		{"request.json", request},
		{"request.json", job.Request{Schema: job.RequestSchema, URL: "HTTP://user:pw@[::1]:8080"}},
		{"page.json", manifest},
		{"page.json", sparse},
		{"result.json", inspect},
		{"result.json", inspect.Event("gs://r/p-1001/result.json", "gs://r/p-1001/report.html")},
		{"result.json", nothing},
		{"error.json", failure(`{"schema":"pageinspect.request/v1"}`)},
		{"error.json", failure("not json")},
		{"error.json", failure("\xff")},
		{"error.json", failure("")},
		{"decision.json", decided},
		{"decision.json", decision.Decision{Schema: decision.Schema, Series: decision.Picture, Subject: strings.Repeat("a", 64), N: 1,
			Action: decision.Undo, By: "김", At: at, Undoes: 3}},
	} {
		b, err := json.Marshal(c.v)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, c.file, b); err != nil {
			t.Errorf("%s: %s: %v", c.file, b, err)
		}
	}
}

// change is a sample with one field, at a path of names and "0", replaced by
// JSON, or removed for "".
func change(t *testing.T, v any, path, to string) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var root any
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	at := root
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		if list, ok := at.([]any); ok && step == "0" {
			at = list[0]
			continue
		}
		at = at.(map[string]any)[step]
	}
	fields, last := at.(map[string]any), steps[len(steps)-1]
	delete(fields, last)
	if to != "" {
		fields[last] = json.RawMessage(to)
	}
	b, err = json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A schema and the decoder of its contract agree on what is good and what is not.
func TestSchemasAgreeWithDecoders(t *testing.T) {
	decoders := map[string]func([]byte) error{
		"request.json": func(b []byte) error { _, err := job.DecodeRequest(b); return err },
		"page.json":    func(b []byte) error { _, err := page.Decode(b); return err },
		"decision.json": func(b []byte) error {
			var d decision.Decision
			if err := json.Unmarshal(b, &d); err != nil {
				return err
			}
			return d.Validate()
		},
	}
	samples := map[string]any{"request.json": request, "page.json": manifest, "decision.json": decided}
	for _, c := range []struct {
		file, path, to string
		good           bool
	}{
		{"request.json", "new_field", `{"a":[1]}`, true},
		{"request.json", "id", ``, true},
		{"request.json", "id", `""`, true},
		{"request.json", "id", `"한글-1.a_b~c"`, true},
		{"request.json", "id", `".hidden"`, false},
		{"request.json", "id", `"a/b"`, false},
		{"request.json", "id", `"a\n"`, false},
		{"request.json", "id", `"` + strings.Repeat("x", job.MaxIDBytes) + `"`, true},
		{"request.json", "id", `"` + strings.Repeat("x", job.MaxIDBytes+1) + `"`, false},
		{"request.json", "id", `7`, false},
		{"request.json", "schema", ``, false},
		{"request.json", "schema", `""`, false},
		{"request.json", "schema", `"pageinspect.request/v2"`, false},
		{"request.json", "url", ``, false},
		{"request.json", "url", `""`, false},
		{"request.json", "url", `"shop.example"`, false},
		{"request.json", "url", `"ftp://shop.example"`, false},
		{"request.json", "url", `"https:///path"`, false},
		{"request.json", "url", `"https://:443/"`, false},
		{"request.json", "url", `"https://user@:443/"`, false},
		{"request.json", "url", `" https://shop.example"`, false},
		{"request.json", "url", `"https://상점.example/상품?q=1#x"`, true},
		{"request.json", "rules", `null`, true},
		{"request.json", "labels", `null`, true},
		{"request.json", "rules", `"cosmetics-kr"`, false},
		{"request.json", "rules", `[1]`, false},
		{"request.json", "labels", `{"a":1}`, false},
		{"request.json", "force", `"yes"`, false},
		{"page.json", "new_field", `1`, true},
		{"page.json", "tiles.0.new_field", `1`, true},
		{"page.json", "status", ``, true},
		{"page.json", "schema", `"pageinspect.page/v2"`, false},
		{"page.json", "schema", ``, false},
		{"page.json", "id", ``, false},
		{"page.json", "id", `""`, false},
		{"page.json", "id", `"a/b"`, false},
		{"page.json", "final_url", `""`, false},
		{"page.json", "final_url", ``, false},
		{"page.json", "captured_at", ``, false},
		{"page.json", "captured_at", `"yesterday"`, false},
		{"page.json", "captured_at", `"2026-11-22T10:00:09+09:00"`, true},
		{"page.json", "width", `0`, false},
		{"page.json", "width", `"1280"`, false},
		{"page.json", "width", `1280.5`, false},
		{"page.json", "height", ``, false},
		{"page.json", "scale", `0`, false},
		{"page.json", "scale", `10`, true},
		{"page.json", "scale", `10.5`, false},
		{"page.json", "tiles", `[]`, false},
		{"page.json", "tiles", `null`, false},
		{"page.json", "tiles", ``, false},
		{"page.json", "tiles.0.object", `"https://a.example/x.jpg"`, false},
		{"page.json", "tiles.0.object", ``, false},
		{"page.json", "tiles.0.y", `-1`, false},
		{"page.json", "tiles.0.x", `-1`, false},
		{"page.json", "tiles.0.width", `0`, false},
		{"page.json", "tiles.0.height", `0`, false},
		{"decision.json", "new_field", `1`, true},
		{"decision.json", "words", ``, true},
		{"decision.json", "schema", `"pageinspect.decision/v2"`, false},
		{"decision.json", "series", `"third"`, false},
		{"decision.json", "action", ``, false},
		{"decision.json", "action", `"delete"`, false},
		{"decision.json", "subject", `"a/b"`, false},
		{"decision.json", "subject", ``, false},
		{"decision.json", "by", `" "`, false},
		{"decision.json", "by", ``, false},
		{"decision.json", "at", ``, false},
		{"decision.json", "at", `"yesterday"`, false},
		{"decision.json", "reason", `"because"`, false},
		{"decision.json", "words", `"` + strings.Repeat("x", decision.MaxWords+1) + `"`, false},
		{"decision.json", "marks.0.box", `[1,2,3,4]`, false},
		{"decision.json", "shown", `1`, false},
	} {
		b := change(t, samples[c.file], c.path, c.to)
		if err := validate(t, c.file, b); (err == nil) != c.good {
			t.Errorf("%s: %s = %s: the schema says %v, want good: %v", c.file, c.path, c.to, err, c.good)
		}
		if err := decoders[c.file](b); (err == nil) != c.good {
			t.Errorf("%s: %s = %s: the decoder says %v, want good: %v", c.file, c.path, c.to, err, c.good)
		}
	}
}

// Results and errors have no decoder that checks; consumers have the schema.
func TestBrokenResultsAndErrors(t *testing.T) {
	samples := map[string]any{"result.json": inspect, "error.json": failure("{}")}
	for _, c := range [][3]string{
		{"result.json", "schema", `"pageinspect.page/v1"`},
		{"result.json", "id", ``},
		{"result.json", "verdict", `"maybe"`},
		{"result.json", "verdict", ``},
		{"result.json", "findings.0.severity", `"low"`},
		{"result.json", "findings.0.mode", `"on"`},
		{"result.json", "findings.0.match", `"regexp"`},
		{"result.json", "findings.0.box", `[1,2,3,4]`},
		{"result.json", "findings.0.box.w", ``},
		{"result.json", "findings.0.lines", `["0"]`},
		{"result.json", "lines.0.confidence", `90`},
		{"result.json", "lines.0.words.0.text", `1`},
		{"result.json", "recognized_at", `1790000000`},
		{"result.json", "vision.units", `1.5`},
		{"result.json", "quality.dom_recall", `1.5`},
		{"result.json", "safe_search.0.adult", `"LIKELY"`},
		{"result.json", "lines.0.source", `"elsewhere"`},
		{"error.json", "kind", `"fatal"`},
		{"error.json", "stage", `"upload"`},
		{"error.json", "attempt", `0`},
		{"error.json", "request_base64", `[1,2]`},
		{"error.json", "source", ``},
		{"error.json", "source.offset", `"42"`},
		{"error.json", "at", `"now"`},
		{"error.json", "message", ``},
	} {
		if err := validate(t, c[0], change(t, samples[c[0]], c[1], c[2])); err == nil {
			t.Errorf("%s: %s = %s is valid, want it refused", c[0], c[1], c[2])
		}
	}
	for file, v := range samples {
		if err := validate(t, file, change(t, v, "new_field", `1`)); err != nil {
			t.Errorf("%s: an unknown field is refused: %v", file, err)
		}
	}
}

// Each file names its draft and itself, and there are no others.
func TestFiles(t *testing.T) {
	entries, err := fs.ReadDir(Files, ".")
	if err != nil || len(entries) != len(contracts) {
		t.Fatalf("%d files, error %v, want %d", len(entries), err, len(contracts))
	}
	ids := map[string]bool{}
	for _, e := range entries {
		b, err := fs.ReadFile(Files, e.Name())
		if err != nil {
			t.Fatal(err)
		}
		var head struct{ Schema, ID, Title, Description string }
		err = json.Unmarshal(bytes.ReplaceAll(b, []byte(`"$`), []byte(`"`)), &head)
		if err != nil || head.Schema != "https://json-schema.org/draft/2020-12/schema" || head.Title == "" || head.Description == "" || ids[head.ID] {
			t.Errorf("%s: %+v, error %v", e.Name(), head, err)
		}
		ids[head.ID] = true
	}
}
