package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

// hostile is what a page, an id or a record can say to a terminal: a title, a
// colour, C1's own escape, a line of one's own, text turned round.
const hostile = "a\x1b]0;pwned\x07\x1b[31mx\u009b2J\u0085\r\n| p-1 | pass |\b\x7f\u202egnp.exe\u2066\u200f\u2028\xff\x9b1m"

// TestNothingActsOnTheTerminal: whatever prints text from outside prints it plain.
func TestNothingActsOnTheTerminal(t *testing.T) {
	failure := job.Failure{Schema: job.FailureSchema, ID: hostile, URL: hostile, Stage: hostile, Kind: hostile, Message: hostile}
	finding := result.Finding{Rule: hostile, Message: hostile, Quote: hostile, Severity: hostile}
	found := result.Result{ID: hostile, Title: hostile, Verdict: hostile, Findings: []result.Finding{finding, {Message: hostile}},
		Page: result.Page{Partial: hostile, Warnings: []string{hostile}}}
	failed := outcome{id: hostile, failure: &failure}
	for name, c := range map[string]struct {
		print func(*bytes.Buffer)
		lines int // of which each is known
	}{
		"errors":  {func(b *bytes.Buffer) { printFailures(b, []job.Failure{failure}) }, 0},
		"retries": {func(b *bytes.Buffer) { table := newTable(nil, "id", ""); table.row(hostile, hostile); table.print(b) }, 5},
		"status": {func(b *bytes.Buffer) {
			printStatus(b, []history.Request{{ID: hostile, State: hostile, Detail: hostile}}, true)
		}, 0},
		"run": {func(b *bytes.Buffer) { printOutcomes(b, []outcome{failed, {id: hostile}, {result: &found}}) }, 0},
		"progress": {func(b *bytes.Buffer) {
			p := newProgress(b, 1)
			p.hear(map[string]any{"message": "progress", "id": hostile, "stage": hostile, "step": "tile"})
			p.done(failed)
			p.close()
		}, 2},
		"tally": {func(b *bytes.Buffer) {
			tally := newTally(b, b, 1, false, false)
			tally.add(hostile, recognize.Change{}, errors.New(hostile), false)
			tally.add("x", recognize.Change{ID: hostile, Before: hostile, After: "pass", Added: []result.Finding{finding, {Message: hostile}}}, nil, false)
		}, 4},
		"an error":         {func(b *bytes.Buffer) { fmt.Fprintln(b, plain(hostile)) }, 2},
		"serve's logs":     {func(b *bytes.Buffer) { fmt.Fprintln(screen{b}, hostile) }, 2},
		"the own messages": {func(b *bytes.Buffer) { logger(t.Context(), b).Warn(hostile, "error", hostile) }, 1},
		"JSON": {func(b *bytes.Buffer) {
			if err := printLines(b, []job.Failure{failure}); err != nil {
				t.Error(err)
			}
		}, 1},
		"run's JSON": {func(b *bytes.Buffer) { printJSON(b, []outcome{failed, {result: &found}}) }, 2},
	} {
		var b bytes.Buffer
		c.print(&b)
		out := b.String()
		if !utf8.ValidString(out) || out == "" {
			t.Errorf("%s: %q", name, out)
		}
		for _, r := range out {
			if r != '\n' && acts(r) {
				t.Errorf("%s: %U in %q", name, r, out)
				break
			}
		}
		if n := strings.Count(out, "\n"); c.lines > 0 && n != c.lines {
			t.Errorf("%s: %d lines, want %d: %q", name, n, c.lines, out)
		}
	}
}

// TestJSONSaysTheSame although what acts on a terminal is escaped.
func TestJSONSaysTheSame(t *testing.T) {
	want := job.Failure{Schema: job.FailureSchema, ID: "가", Message: strings.ToValidUTF8(hostile, "\ufffd"), Kind: fault.Invalid, Request: json.RawMessage(`{"url":"\u001b<&>😀"}`)}
	var b bytes.Buffer
	if err := printLines(&b, []job.Failure{want}); err != nil {
		t.Fatal(err)
	}
	var got job.Failure
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Message != want.Message || got.ID != want.ID || !strings.Contains(b.String(), "<&>😀") {
		t.Errorf("%v: %+v", err, got)
	}
}

// TestTablesFitTheTerminal, down to where nothing more can be wrapped, and lose nothing.
func TestTablesFitTheTerminal(t *testing.T) {
	message := strings.Repeat("주소를 찾을 수 없습니다 no such host ", 4)
	for _, width := range []int{0, 200, 120, 100, 80, 70} {
		table := newTable(map[int]int{2: 40, 6: 70}, "at", "id", "stage", "kind", "attempt", "message")
		table.row(local(time.Unix(1, 0)), "shop-example-products-"+strings.Repeat("x", 40), "capture", "invalid", 1, message)
		out := table.fit(width)
		if got := text.LongestLineLen(out); width > 0 && got > max(width, 87) {
			t.Errorf("%d cells for %d:\n%s", got, width, out)
		}
		if got := strings.Count(out, "주소를"); got != 4 && width == 0 {
			t.Errorf("text is lost:\n%s", out)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("colours:\n%s", out)
		}
	}
}

// TestManyRowsFitAtOnce: the width of a table of many rows is told by few of them.
func TestManyRowsFitAtOnce(t *testing.T) {
	table := newTable(map[int]int{1: 32, 2: 60}, "page", "url")
	for n := range 600 {
		table.row(fmt.Sprintf("p-%d", n), "https://shop.example/"+strings.Repeat("x", n%50))
	}
	drawn := table.fit(60)
	if got := text.LongestLineLen(drawn); got > 60 || got < 50 || strings.Count(drawn, "p-") != 600 {
		t.Errorf("%d cells for 60, %d rows", got, strings.Count(drawn, "p-"))
	}
}
