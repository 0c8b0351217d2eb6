package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/text/unicode/norm"
)

type writer struct{ bytes.Buffer }

// TestSamplesFromEndToEnd takes the bundled samples through the whole flow, on
// the real browser and Tesseract, and holds what comes out against what was
// planted.
func TestSamplesFromEndToEnd(t *testing.T) {
	out := t.TempDir()
	code, stdout, stderr := pageinspect(t, "run", "--json", "--out", out)
	if code != exitFinding {
		t.Fatalf("exit %d, want %d\n%s", code, exitFinding, stderr)
	}
	if n := strings.Count(stdout, "\n"); n != len(samples.Pages()) {
		t.Errorf("%d lines of JSON for %d pages", n, len(samples.Pages()))
	}
	misread := 0
	for _, sample := range samples.Pages() {
		t.Run(sample.Name, func(t *testing.T) {
			r := readResult(t, filepath.Join(out, sample.Name, "result.json"))
			checkFields(t, r, sample)
			misread += checkFindings(t, r, sample.Truth)
			checkSeams(t, r, sample.Truth)
			checkTiles(t, r, filepath.Join(out, sample.Name))
			checkReport(t, r, filepath.Join(out, sample.Name, "report.html"))
		})
	}
	if misread > 2 { // of 27; make accuracy measures how many letters it misreads
		t.Errorf("the stand-in misread %d planted phrases", misread)
	}
}

func readResult(t *testing.T, file string) result.Result {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkFields goes through the result field by field, but for the text and the findings.
func checkFields(t *testing.T, r result.Result, s samples.Page) {
	t.Helper()
	want := result.Reject
	if len(s.Truth.Planted) == 0 {
		want = result.Pass
	}
	switch {
	case r.Schema != result.Schema:
		t.Errorf("schema %q", r.Schema)
	case r.ID != s.Name || r.Category != s.Category || r.Title != s.Title:
		t.Errorf("id %q, category %q, title %q", r.ID, r.Category, r.Title)
	case !strings.HasSuffix(r.URL, s.Path) || r.FinalURL != r.URL:
		t.Errorf("url %q, final %q, want …%s", r.URL, r.FinalURL, s.Path)
	case r.Page.Width != samples.ViewportWidth || r.Page.Scale != 1:
		t.Errorf("page %+v", r.Page)
	case math.Abs(float64(r.Page.Height-s.Height)) > 4:
		t.Errorf("height %d, want %d", r.Page.Height, s.Height)
	case r.Page.Truncated || r.Page.Partial != "" || len(r.Page.Warnings)+len(r.Page.Blocked) > 0:
		t.Errorf("page %+v is not whole and clean", r.Page)
	case r.Verdict != want:
		t.Errorf("verdict %s, want %s", r.Verdict, want)
	case r.Vision.Units < 1 || r.Vision.Units > 1+r.Page.Height/4096 || r.Vision.Images != r.Vision.Units || r.Vision.Requests < 1 || r.Vision.Reused != 0:
		t.Errorf("vision %+v for %d px in %d tiles", r.Vision, r.Page.Height, len(r.Tiles))
	case r.CapturedAt.IsZero() || r.RecognizedAt.Before(r.CapturedAt) || time.Since(r.RecognizedAt) > time.Hour:
		t.Errorf("captured %v, recognized %v", r.CapturedAt, r.RecognizedAt)
	case len(r.Rules) == 0 || len(r.TimingsMS) == 0:
		t.Errorf("rules %q, timings %v", r.Rules, r.TimingsMS)
	}
	for i, l := range r.Lines {
		if l.Text == "" || len(l.Words) == 0 || l.Box.Empty() || l.Confidence <= 0 || l.Confidence > 1 || l.Box.Bottom() > float64(r.Page.Height)+2 {
			t.Errorf("line %d: %+v", i, l)
		}
	}
}

// checkFindings demands every planted phrase where it was planted, by the rule
// it was planted for, and nothing where only something like it stands. It
// returns how many phrases the stand-in misread, which no rule can find then.
func checkFindings(t *testing.T, r result.Result, truth samples.Truth) (misread int) {
	t.Helper()
	for _, p := range truth.Planted {
		read := slices.ContainsFunc(r.Lines, func(l result.Line) bool {
			return l.Box.Overlaps(p.Box) && strings.Contains(squeeze(l.Text), squeeze(p.Phrase))
		})
		for _, rule := range p.Rules {
			if !slices.ContainsFunc(r.Findings, func(f result.Finding) bool {
				return f.Rule == rule && f.Box.Overlaps(p.Box) && within(f.Box, p.Box, 12)
			}) {
				if !read {
					misread++
					t.Logf("%q at y %.0f was misread, and not found by %s", p.Phrase, p.Box.Y, rule)
					continue
				}
				t.Errorf("%q at y %.0f was not found by %s", p.Phrase, p.Box.Y, rule)
			}
		}
	}
	for _, f := range r.Findings {
		if f.Quote == "" {
			continue // something that must be said and is not
		}
		if !slices.ContainsFunc(truth.Planted, func(p samples.Planted) bool { return f.Box.Overlaps(p.Box) }) {
			t.Errorf("%s found %q at y %.0f, where nothing was planted", f.Rule, f.Quote, f.Box.Y)
		}
	}
	for _, in := range truth.Innocent {
		for _, f := range r.Findings {
			if f.Box.Overlaps(in.Box) && f.Severity != result.Info {
				t.Errorf("%s found %q in the innocent %q (%s)", f.Rule, f.Quote, in.Phrase, in.Why)
			}
		}
	}
	return misread
}

// within says whether a lies inside b, give or take slack px; both ends of a
// phrase may have been read a little off.
func within(a, b page.Box, slack float64) bool {
	return a.X > b.X-slack && a.Y > b.Y-slack && a.Right() < b.Right()+slack && a.Bottom() < b.Bottom()+slack
}

// checkSeams demands that lines which a tile's edge runs through are read once
// and well: exactly one line of the result lies there, and it says the same.
func checkSeams(t *testing.T, r result.Result, truth samples.Truth) {
	t.Helper()
	for _, l := range truth.Lines {
		if l.Edge == 0 || l.Image == "" || !hangul.MatchString(l.Text) {
			continue // rows of stars are not read as such
		}
		var got []string
		for _, read := range r.Lines {
			if y := read.Box.MiddleY(); y > l.Box.Y && y < l.Box.Bottom() && read.Box.Overlaps(l.Box) {
				got = append(got, read.Text)
			}
		}
		want, said := squeeze(l.Text), squeeze(strings.Join(got, ""))
		if d := distance([]rune(want), []rune(said)); float64(d) > 0.25*float64(len([]rune(want))) {
			t.Errorf("the line across y %d reads %q, want %q", l.Edge, got, l.Text)
		}
	}
}

var hangul = regexp.MustCompile(`\p{Hangul}`)

func squeeze(s string) string { return norm.NFKC.String(strings.Join(strings.Fields(s), "")) }

// distance is Levenshtein's.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func checkTiles(t *testing.T, r result.Result, dir string) {
	t.Helper()
	for i, tile := range r.Tiles {
		b, err := os.ReadFile(filepath.Join(dir, tileName(i, tile.MediaType)))
		if err != nil || len(b) != tile.Bytes {
			t.Errorf("tile %d: %d bytes, want %d: %v", i, len(b), tile.Bytes, err)
		}
	}
}

// TestBadInputCarriesOn: each bad address is one clear error, the good page is
// inspected all the same, and the exit code tells.
func TestBadInputCarriesOn(t *testing.T) {
	wholeProgram(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "<title>fine</title><h1 style='font:40px sans-serif'>HELLO WORLD</h1>")
	}))
	defer site.Close()
	out := t.TempDir()
	gone := httptest.NewServer(nil)
	gone.Close()
	code, stdout, stderr := pageinspect(t, "run", "--json", "--out", out, site.URL+"/", site.URL+"/missing", gone.URL, "ftp://files.example/x", "not a url")
	if code != exitFailed {
		t.Fatalf("exit %d, want %d\n%s", code, exitFailed, stderr)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(stdout) {
		var f struct {
			Schema, Kind, Verdict, Message, ID string
			Request                            json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		switch f.Schema {
		case job.FailureSchema:
			kinds[f.Kind]++
			if _, err := os.Stat(filepath.Join(out, f.ID, "error.json")); err != nil {
				t.Error(err)
			}
			if r, _ := job.DecodeRequest(f.Request); r.ID != f.ID {
				t.Errorf("the failure of %s holds the request %s", f.ID, f.Request)
			}
		case result.Schema:
			kinds[f.Verdict]++
		}
	}
	if kinds["pass"] != 1 || kinds["unreachable"] != 2 || kinds["invalid"] != 2 {
		t.Errorf("outcomes %v, want one pass, two unreachable, two invalid\n%s", kinds, stdout)
	}
}

func TestMistakesNameTheCure(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("version: v1\npack: mine\nrules:\n  - id: a.b\n    colour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.txt")
	if err := os.WriteFile(empty, []byte("# nothing\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := httptest.NewServer(nil)
	defer busy.Close()
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"malformed rules", []string{"rules", bad}, []string{"bad.yaml:5", "colour"}},
		{"malformed rules in run", []string{"run", "--rules", bad, "http://127.0.0.1/"}, []string{"bad.yaml:5", "colour"}},
		{"empty list", []string{"submit", "--file", empty}, []string{"no address given"}},
		{"no such file", []string{"submit", "--file", filepath.Join(dir, "none")}, []string{"no such file", "standard input"}},
		{"port in use", []string{"serve", "--state", filepath.Join(dir, "s"), "--kafka", busy.Listener.Addr().String()}, []string{busy.Listener.Addr().String(), "Kafka"}},
		{"no such command", []string{"inspect"}, []string{`unknown command "inspect"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := pageinspect(t, c.args...)
			if code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			for _, w := range c.want {
				if !strings.Contains(stderr, w) {
					t.Errorf("says %q, which lacks %q", stderr, w)
				}
			}
		})
	}
}

// TestWhatIsMissingIsNamed: without a browser, Tesseract or its language data,
// one message names the package and the command.
func TestWhatIsMissingIsNamed(t *testing.T) {
	wholeProgram(t)
	tesseract, err := exec.LookPath("tesseract")
	if err != nil {
		t.Fatal("tesseract is not installed; make test installs it")
	}
	only := t.TempDir()
	if err := os.Symlink(tesseract, filepath.Join(only, "tesseract")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, variable, value, want string }{
		{"no Tesseract", "PATH", t.TempDir(), "apt-get install tesseract-ocr tesseract-ocr-script-hang"},
		{"no language data", "TESSDATA_PREFIX", t.TempDir(), "apt-get install tesseract-ocr tesseract-ocr-script-hang"},
		{"no browser", "PATH", only, "apt-get install -y chromium-headless-shell"},
		{"not a browser", "CHROME_PATH", "/nonexistent", "CHROME_PATH is \"/nonexistent\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.variable != "CHROME_PATH" {
				t.Setenv("CHROME_PATH", "")
			}
			t.Setenv(c.variable, c.value)
			code, _, stderr := pageinspect(t, "run", "--out", t.TempDir())
			if code != exitFailed || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") > 2 {
				t.Errorf("exit %d, says %q, want one message with %q", code, stderr, c.want)
			}
		})
	}
}

// TestHelp: every command explains itself.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"serve", "--help"}, {"submit", "--help"}, {"status", "--help"}, {"errors", "--help"}, {"retry", "--help"}, {"rules", "--help"}, {"reinspect", "--help"}, {"results", "--help"}, {"plan", "--help"}} {
		code, stdout, _ := pageinspect(t, args...)
		if code != 0 || !strings.Contains(stdout, "Usage:") {
			t.Errorf("%v: exit %d, %q", args, code, stdout)
		}
	}
}
