package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	corpus "github.com/pageinspect/pageinspect/recognize/rules/accuracy"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var at = time.Date(2026, 11, 26, 9, 30, 0, 0, time.UTC)

// hostile is what a seller may write to harm whoever opens an export.
const hostile = "=HYPERLINK(\"http://evil.example\")\n\"#<script>: - \t\u202e\u0000'"

// onePage is a page with something of everything: a finding that is dismissed for each
// reason that is of use, one that is confirmed, one that is open, and one that is missing.
func onePage(n int) Page {
	line := func(text string, block int) result.Line {
		return result.Line{Text: text, Block: block, Box: page.Box{X: 40, Y: float64(50 + 60*block), W: 300, H: 40}}
	}
	finding := func(rule, quote string, line int) result.Finding {
		return result.Finding{
			Rule: rule, Severity: result.High, Mode: result.Enforce, Quote: quote, Message: "의약품으로 오인", Law: "화장품법 제13조 제1항 제1호", Suggest: []string{"피지 케어", "진정"}, Kind: result.Forbidden,
			Match: result.Exact, Box: page.Box{X: 40, Y: float64(50 + 60*line), W: 300, H: 40}, Lines: []int{line}, Source: result.InPicture,
		}
	}
	r := result.Result{
		Schema: result.Schema, ID: fmt.Sprintf("p-%06d", n), URL: fmt.Sprintf("https://user:secret@shop.example/p/%d?a=1", n), FinalURL: fmt.Sprintf("https://shop.example/p/%d", n), Title: hostile,
		Category: "화장품", Labels: map[string]string{"seller": "더맑음", "batch": "12"}, Page: result.Page{Width: 400, Height: 400, Scale: 1}, Verdict: result.Reject,
		Tiles: []page.Tile{{Object: fmt.Sprintf("gs://shots/p-%06d/000.png", n), Width: 400, Height: 400, MediaType: "image/png", SHA256: strings.Repeat("ab", 32)}},
		Lines: []result.Line{line("여드름 치료 크림", 0), line("여드름 흉터 커버", 1), line("피부 재생", 2), line("새살 솔솔", 3), line(hostile, 4)},
		Findings: []result.Finding{
			finding("cosmetics.acne", "여드름 치료", 0), finding("cosmetics.acne", "여드름 흉터", 1), finding("cosmetics.regenerate", "피부 재생", 2),
			finding("cosmetics.regenerate", "새살", 3), finding("ads.safe", hostile, 4),
			{Rule: "notice.cautions", Severity: result.Info, Mode: result.Report, Message: "주의사항이 없음"},
		},
		Unseen:     []page.Unseen{{Kind: page.Failed, Why: "a script did not come", Source: "https://cdn.example/app.js"}},
		CapturedAt: at, RecognizedAt: at.Add(time.Minute),
	}
	decide := func(n, finding int, action decision.Action, reason decision.Reason, words string) decision.Decision {
		return decision.Decision{
			Schema: decision.Schema, Series: decision.Page, Subject: r.ID, N: n, Action: action, Reason: reason, Words: words, By: "kim@example.com", At: at,
			Marks: []decision.Mark{decision.MarkOf(r, r.Findings[finding])},
		}
	}
	p := Page{Result: r, Standing: decision.Stand(r, []decision.Decision{
		decide(1, 0, decision.Confirm, "", ""), decide(2, 1, decision.Dismiss, decision.RuleWrong, "커버 제품"), decide(3, 2, decision.Dismiss, decision.Misread, "피부 개선"),
		decide(4, 4, decision.Dismiss, decision.Lawful, hostile),
	}, nil)}
	p.Row = index.Row{
		ID: r.ID, URL: r.URL, FinalURL: r.FinalURL, Host: "shop.example", Title: r.Title, Category: r.Category, Labels: r.Labels, Verdict: r.Verdict, State: p.Standing.State, Captured: r.CapturedAt,
		Recognized: r.RecognizedAt, Findings: 5, Open: 1, FindingsAll: 6, Unseen: []string{"failed"}, DecidedBy: "kim@example.com", DecidedAt: at, Last: 4, Units: 2,
		Worst: &index.Finding{N: 3, Rule: "cosmetics.regenerate", Quote: hostile, Message: "의약품으로 오인", Severity: result.High},
	}
	p.Tile = func(context.Context, int) ([]byte, string, error) {
		img := image.NewPaletted(image.Rect(0, 0, 400, 400), color.Palette{color.White, color.Black})
		var b bytes.Buffer
		err := png.Encode(&b, img)
		return b.Bytes(), "image/png", err
	}
	return p
}

func pagesOf(n int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for i := range n {
			if !yield(onePage(i), nil) {
				return
			}
		}
	}
}

func write(t *testing.T, o Options, n int) []byte {
	t.Helper()
	o.Link = func(id string) string { return "https://desk.example/p/" + id }
	var b bytes.Buffer
	if err := Write(t.Context(), &b, o, pagesOf(n)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSpreadsheets: every page and finding has a row, every column a name, and
// nothing that a page says is a formula or another row.
func TestSpreadsheets(t *testing.T) {
	for _, findings := range []bool{false, true} {
		want, columns := 3, len(header[PageRow]())
		if findings {
			want, columns = 18, len(header[FindingRow]())
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(write(t, Options{Format: CSV, Findings: findings}, 3), []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(write(t, Options{Format: XLSX, Findings: findings}, 3)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		book, err := f.GetRows("pageinspect")
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string][][]string{"CSV": rows, "XLSX": book} {
			if len(got) != want+1 || len(got[0]) != columns {
				t.Fatalf("%s has %d rows and %d columns, want %d and %d", name, len(got), len(got[0]), want+1, columns)
			}
			if got[0][0] != "page" || got[1][0] != "p-000000" || got[want][0] != "p-000002" {
				t.Errorf("%s: rows %q, %q … %q", name, got[0][0], got[1][0], got[want][0])
			}
			for _, row := range got {
				for _, cell := range row {
					if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) || strings.Contains(cell, "secret") {
						t.Errorf("%s: a cell says %q", name, cell)
					}
				}
			}
		}
		if diff := cmp.Diff(rows[1], book[1]); diff != "" {
			t.Errorf("CSV and XLSX differ:\n%s", diff)
		}
	}
}

// TestRowsReadBack: JSON lines and Parquet give the rows that were written.
func TestRowsReadBack(t *testing.T) {
	want := findingRows(onePage(0), "https://desk.example/p/p-000000")
	same := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)}
	var lines []FindingRow
	for d := json.NewDecoder(bytes.NewReader(write(t, Options{Format: JSONL, Findings: true}, 1))); d.More(); {
		var row FindingRow
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, row)
	}
	if diff := cmp.Diff(want, lines, same); diff != "" {
		t.Errorf("JSON lines:\n%s", diff)
	}
	b := write(t, Options{Format: Parquet, Findings: true}, 1)
	rows, err := parquet.Read[FindingRow](bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, rows, same); diff != "" {
		t.Errorf("Parquet:\n%s", diff)
	}
	if want[1].State != "dismissed" || want[1].Reason != "rule-wrong" || want[0].State != "confirmed" || want[3].State != "open" || want[0].Picture == "" || want[0].Law == "" || want[5].State != "none" {
		t.Errorf("rows say %+v", want)
	}
}

// TestRuleTests: the texts are those that people decided about, as YAML reads them.
func TestRuleTests(t *testing.T) {
	b := write(t, Options{Format: RuleTests}, 2)
	var got struct {
		Rules []struct {
			ID    string
			Tests struct{ Hit, Miss []string }
		}
	}
	if err := yaml.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if len(got.Rules) != 1 || got.Rules[0].ID != "cosmetics.acne" || len(got.Rules[0].Tests.Hit) != 1 || got.Rules[0].Tests.Hit[0] != "여드름 치료 크림" || len(got.Rules[0].Tests.Miss) != 1 || got.Rules[0].Tests.Miss[0] != "여드름 흉터 커버" {
		t.Errorf("%+v\n%s", got, b)
	}
	for _, s := range []string{hostile, "a: b # c", "- x", "'", `\`, "\u2028", "\u0085", "가\n나", "{{x}}", "&a *a !t", "\ufeff"} {
		var back string
		if err := yaml.Unmarshal([]byte(quote(s)), &back); err != nil || back != s {
			t.Errorf("%q is read as %q, %v", s, back, err)
		}
	}
}

// TestReviewersDisagree: a text that one confirmed and another dismissed is no test.
func TestReviewersDisagree(t *testing.T) {
	a, b := onePage(0), onePage(1)
	b.Standing.By[0] = &decision.Decision{Action: decision.Dismiss, Reason: decision.RuleWrong, By: "lee\n- x", At: at}
	w := &bytes.Buffer{}
	out := newRuleTests(w)
	for _, p := range []Page{a, b} {
		if err := out.page(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.String(), `- "여드름 치료 크림"`) || !strings.Contains(w.String(), `# reviewers disagree: "여드름 치료 크림"`) || strings.Contains(w.String(), "\n- x") {
		t.Errorf("%s", w)
	}
}

// TestAccuracy: the corpus is one that the rules are measured by, and a misread
// finding comes with its picture.
func TestAccuracy(t *testing.T) {
	b := write(t, Options{Format: Accuracy}, 2)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(all)
	}
	texts, err := corpus.Read(strings.NewReader(files["corpus.tsv"]))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range texts {
		got = append(got, fmt.Sprintln(x.Violating, x.Family, x.Category, strings.HasPrefix(x.Text, "여드름")))
	}
	if diff := cmp.Diff([]string{"true cosmetics 화장품 true\n", "false cosmetics 화장품 true\n", "false ads 화장품 false\n"}, got); diff != "" {
		t.Errorf("%s\n%s", diff, files["corpus.tsv"])
	}
	misread := strings.Split(strings.TrimSpace(files["misread.tsv"]), "\n")
	if len(misread) != 3 || !strings.HasPrefix(misread[1], "misread/000.jpg\t피부 재생\t피부 재생\tcosmetics.regenerate\tp-000000\t") {
		t.Errorf("misread.tsv says %q", misread)
	}
	img, _, err := image.Decode(strings.NewReader(files["misread/001.jpg"]))
	if err != nil || img.Bounds().Dx() != 400 || img.Bounds().Dy() != 152 { // from edge to edge, and with its margins
		t.Errorf("the crop is %v, %v", img.Bounds(), err)
	}
}

// TestFailsAsAWhole: what could not be read ends an export with its error, whatever the format.
func TestFailsAsAWhole(t *testing.T) {
	broken := fmt.Errorf("the store is away")
	for _, f := range Formats {
		err := Write(t.Context(), io.Discard, Options{Format: f}, func(yield func(Page, error) bool) {
			if yield(onePage(0), nil) {
				yield(Page{}, broken)
			}
		})
		if err != broken {
			t.Errorf("%s: %v", f, err)
		}
	}
	if err := Write(t.Context(), io.Discard, Options{Format: "pdf"}, pagesOf(1)); err == nil || !strings.Contains(err.Error(), "csv") {
		t.Errorf("%v", err)
	}
}

// TestMemory: more pages take no more memory. Each has a title of some KiB, so that
// holding them would show; a workbook and Parquet hold so many and no more.
func TestMemory(t *testing.T) {
	live := func() uint64 {
		for range 3 { // what pools keep is dropped by the second
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	p := onePage(0)
	for _, c := range []struct {
		format      Format
		title       int // bytes
		early, late int // pages
	}{{CSV, 8 << 10, 100, 1200}, {JSONL, 8 << 10, 100, 1200}, {SARIF, 16, 100, 1200}, {XLSX, 8 << 10, 2300, 3500}, {Parquet, 1 << 10, rowGroup - 1, 3*rowGroup - 1}} {
		p.Row.Title, p.Result.Findings[0].Message = strings.Repeat("가", c.title/3), strings.Repeat("나", 4<<10/3)
		var early, late uint64
		err := Write(t.Context(), io.Discard, Options{Format: c.format}, func(yield func(Page, error) bool) {
			for i := range c.late + 1 {
				p.Row.ID, p.Result.ID = fmt.Sprint("p-", i), fmt.Sprint("p-", i)
				switch i {
				case c.early:
					early = live()
				case c.late:
					late = live()
				}
				if !yield(p, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if late > early+5<<20 {
			t.Errorf("%s holds %d MiB after %d pages and %d MiB after %d", c.format, early>>20, c.early, late>>20, c.late)
		}
	}
}
