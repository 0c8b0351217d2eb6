package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/list"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// outFolder is a directory as run leaves it: three pages of each verdict and one
// that failed, and what is no page's.
func outFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(id, name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, id), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, id, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2026, 11, 25, 12, 0, 0, 0, time.Local)
	finding := func(rule string, s result.Severity, quote string) result.Finding {
		return result.Finding{Rule: rule, Severity: s, Mode: result.Enforce, Quote: quote, Message: "no", Law: "제1조", Suggest: []string{"x"}, Box: page.Box{Y: 20}}
	}
	for i, r := range []result.Result{
		{ID: "p-1", Verdict: result.Pass, Category: "food", RecognizedAt: day},
		{ID: "p-2", Verdict: result.Review, Category: "food", RecognizedAt: day.AddDate(0, 0, -1), Labels: map[string]string{"team": "a"}, Findings: []result.Finding{finding("ads.best", result.ReviewSeverity, "최고"), finding("ads.info", result.Info, "무료")}},
		{ID: "p-3", Verdict: result.Reject, Category: "cosmetics", RecognizedAt: day, Labels: map[string]string{"team": "b"}, FindingsTotal: 2, Findings: []result.Finding{finding("ads.best", result.ReviewSeverity, "최고"), finding("cosmetics.acne", result.High, "=여드름 치료")}},
		{ID: "other", Verdict: result.Reject, Scope: result.Scope{Category: "cosmetics"}, RecognizedAt: day, Findings: []result.Finding{finding("cosmetics.acne", result.High, hostile)}, Title: hostile},
	} {
		r.Schema, r.URL, r.Text, r.Lines = result.Schema, fmt.Sprintf("https://user:secret@shop.example/%d", i+1), "text", []result.Line{{Text: "text"}}
		r.Coverage.Engine, r.Vision.Units = googleEngine, 1000
		write(r.ID, "result.json", r)
		write(r.ID, "report.html", "")
	}
	write("q", "error.json", job.NewFailure(job.StageCapture, fault.New(fault.Timeout, hostile), job.Request{ID: "q", URL: "https://shop.example/q"}, []byte(`{"schema":"pageinspect.request/v1","url":"https://shop.example/q","category":"food"}`), job.Source{}, day))
	write("notes", "mine.txt", "no page's")
	return dir
}

func TestResultsFilters(t *testing.T) {
	dir := outFolder(t)
	for _, c := range []struct {
		args string
		want string // ids, in order
		exit int
	}{
		{"", "other p-1 p-2 p-3 q", exitFailed},
		{"--verdict pass", "p-1", exitPass},
		{"--verdict review,reject", "other p-2 p-3", exitFinding},
		{"--verdict failed", "q", exitFailed},
		{"--rule cosmetics.*", "other p-3", exitFinding},
		{"--rule ads.best --severity high", "", exitPass},
		{"--rule ads.*,cosmetics.* --severity high,info", "other p-2 p-3", exitFinding},
		{"--severity info", "p-2", exitFinding},
		{"--category Cosmetics", "other p-3", exitFinding},
		{"--category food --verdict pass,failed", "p-1 q", exitFailed},
		{"--label team", "p-2 p-3", exitFinding},
		{"--label team=b", "p-3", exitFinding},
		{"--label team=b --label x", "", exitPass},
		{"--day 2026-11-24", "p-2", exitFinding},
		{"--day 2026-11-24,2026-11-25 --prefix p-", "p-1 p-2 p-3", exitFinding},
		{"--since 2026-11-25 --verdict pass,review", "p-1", exitPass},
		{"p-3 p-1", "p-3 p-1", exitFinding},
		{"p-1 nonesuch ../p-1", "p-1", exitFailed},
	} {
		exit, out, errs := inside(t, nil, append([]string{"results", "--json", "--dir", dir}, strings.Fields(c.args)...)...)
		var got []string
		for line := range strings.Lines(out) {
			var r struct{ ID, Schema, Text string }
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.Text != "" || r.Schema != result.Schema && r.Schema != job.FailureSchema {
				t.Fatalf("%s: %s, %v", c.args, line, err)
			}
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != c.want || exit != c.exit {
			t.Errorf("%s: exit %d, %q; want %d, %s\n%s", c.args, exit, got, c.exit, c.want, errs)
		}
	}
	for args, say := range map[string]string{
		"--verdict bad": `--verdict: there is no "bad"; want pass, review, reject, failed`, "--severity low": "want high, review, info",
		"--rule [": "--rule", "--label =x": "NAME=VALUE", "--day yesterday": "2026-11-25", "--since yesterday": "--since", "--to bad.ods": ".csv, .xlsx and .jsonl",
		"--to x.csv --json": "leave --to", "--out x": "the reports and tiles of", "--prefix x p-1": "say which pages", "--file /nonesuch": "nonesuch", "--to /nonesuch/x.csv": "--to: ",
	} {
		if exit, _, errs := inside(t, nil, append([]string{"results", "--dir", dir}, strings.Fields(args)...)...); exit != exitFailed || !strings.Contains(errs, say) {
			t.Errorf("%s: exit %d, %s; want %q", args, exit, errs, say)
		}
	}
	if exit, _, errs := inside(t, nil, "results", "--dir", filepath.Join(dir, "none")); exit != exitFailed || !strings.Contains(errs, "is no directory") {
		t.Errorf("exit %d, %s", exit, errs)
	}
}

// TestResultsTable: on a terminal and in a pipe, with sums, and nothing in it acts.
func TestResultsTable(t *testing.T) {
	dir := outFolder(t)
	for _, args := range [][]string{{}, {"--findings"}} {
		_, out, _ := inside(t, nil, append([]string{"results", "--dir", dir}, args...)...)
		for _, want := range []string{"5 of 5 pages\n", "5 pages: 1 pass, 1 review, 2 reject, 1 failed (1 timeout)\n", "Google Vision read 4,000 units: $6.00 (list price of 2026-09; a month's first 1,000 units cost nothing)", "Reports such as " + filepath.Join(dir, "p-3", "report.html"), "최고"} {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s", args, want, out)
			}
		}
		if strings.Contains(out, "secret") {
			t.Error("a password of an address is shown")
		}
		for _, r := range out {
			if r != '\n' && acts(r) {
				t.Errorf("%v: %U", args, r)
			}
		}
	}
}

// TestResultsInSpreadsheets: what a seller writes is no formula in them, and a
// file is there whole or not at all.
func TestResultsInSpreadsheets(t *testing.T) {
	dir, to := outFolder(t), t.TempDir()
	for _, args := range [][]string{{}, {"--findings"}} {
		var tables []string
		for _, name := range []string{"a.csv", "a.xlsx"} {
			file := filepath.Join(to, name)
			if exit, _, errs := inside(t, nil, append([]string{"results", "--dir", dir, "--verdict", "reject", "--to", file}, args...)...); exit != exitFinding {
				t.Fatalf("exit %d, %s", exit, errs)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l, err := list.Parse(name, b, list.Options{Columns: []list.Column{{Field: "id", At: "page"}, {Field: "label", Label: "q", At: map[int]string{0: "quotes", 1: "quote"}[len(args)]}}})
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for _, e := range l.Entries {
				rows = append(rows, fmt.Sprintf("%s %s %q %v", e.Request.ID, e.Request.URL, e.Request.Labels["q"], e.Err))
			}
			tables = append(tables, strings.Join(rows, "\n"))
		}
		if tables[0] != tables[1] || !strings.Contains(tables[0], `p-3 https://user@shop.example/3 "'=여드름 치료`) && !strings.Contains(tables[0], `"'=여드름 치료`) || strings.Contains(tables[0], "\\x1b") {
			t.Errorf("CSV:\n%s\nXLSX:\n%s", tables[0], tables[1])
		}
	}
	if left, _ := os.ReadDir(to); len(left) != 2 {
		t.Errorf("there are %v", left)
	}
	b, err := os.ReadFile(filepath.Join(to, "a.csv"))
	if err != nil || !bytes.HasPrefix(b, []byte("\ufeffpage,verdict,")) || !bytes.Contains(b, []byte("\r\n")) {
		t.Errorf("%q, %v", b[:min(len(b), 80)], err)
	}
}

// TestResultsOfABucket that cannot be reached, or does not hold what is asked for.
func TestResultsOfABucket(t *testing.T) {
	objects, _ := stored(t, "a", "b")
	put(t, objects, "cache/x/y", []byte("no result"))
	put(t, objects, "c/report.html", []byte("no result yet"))
	put(t, objects, "d/result.json", []byte("{}"))
	exit, out, errs := inside(t, nil, "results")
	if exit != exitFailed || !strings.Contains(out, "2 of 2 pages, and 1 that could not be read") || !strings.Contains(errs, "d: d/result.json is not a result") {
		t.Errorf("exit %d\n%s%s", exit, out, errs)
	}
	if exit, _, errs := inside(t, nil, "results", "c"); exit != exitFailed || !strings.Contains(errs, "c: ") {
		t.Errorf("an id without a result: exit %d, %s", exit, errs)
	}
	if exit, _, errs := inside(t, nil, "results", "--bucket", "no-such-bucket"); exit != exitFailed || !strings.Contains(errs, "no such bucket") {
		t.Errorf("exit %d, %s", exit, errs)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
	t.Setenv("RESULTS_BUCKET", "")
	if testing.Short() {
		return // the store tries for a while
	}
	if exit, _, errs := inside(t, nil, "results"); exit != exitFailed || strings.Count(errs, "\n") != 1 {
		t.Errorf("exit %d, %s", exit, errs)
	}
}

// TestAnInterruptedFileIsNone: half of the rows would look like all of them.
func TestAnInterruptedFileIsNone(t *testing.T) {
	dir, to := outFolder(t), t.TempDir()
	for _, name := range []string{"a.csv", "a.xlsx", "a.jsonl"} {
		ctx, interrupt := context.WithCancel(t.Context())
		// An id that is none is told at once, and the others come after it.
		var errs bytes.Buffer
		if exit := insideOf(ctx, nil, io.Discard, writes{&errs, interrupt}, "results", "--dir", dir, "--to", filepath.Join(to, name), "../x", "p-1", "p-2"); exit != exitInterrupted || !strings.HasSuffix(errs.String(), "pageinspect: interrupted\n") {
			t.Errorf("exit %d: %s", exit, errs.String())
		}
	}
	if left, _ := os.ReadDir(to); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
