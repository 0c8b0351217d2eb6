package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
)

// TestSummaryOfADirectory: as people read it, and as programs do.
func TestSummaryOfADirectory(t *testing.T) {
	dir := t.TempDir()
	all, err := desktest.Folder(dir, 20)
	if err != nil {
		t.Fatal(err)
	}
	var out, told bytes.Buffer
	o := figuresOptions{place: deskPlace{dir: dir}}
	if err := summarize(t.Context(), o, &out, &told); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"20 pages:", "not wholly seen or read", "Vision unit", all[0].Labels["seller"], "right, by decisions"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	out.Reset()
	o.json, o.query.Verdicts = true, []string{"reject"}
	if err := summarize(t.Context(), o, &out, &told); err != nil {
		t.Fatal(err)
	}
	var got figures
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Pages == 0 || got.Pages == 20 || got.Verdicts["reject"] != got.Pages {
		t.Errorf("%s: %v", out.String(), err)
	}
	o.query.Verdicts = []string{"bad"}
	if err := summarize(t.Context(), o, &out, &told); err == nil || !strings.Contains(err.Error(), "reject") {
		t.Errorf("a verdict that is none: %v", err)
	}
}
