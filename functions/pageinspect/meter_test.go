package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestPace(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		took        time.Duration
		done, total int
		want        string
	}{
		{0, 0, 10, ""},
		{time.Minute, 0, 10, ""},
		{500 * time.Millisecond, 5, 10, ""},
		{time.Minute, 3, 1000, "3.0 a minute, until about 17:33"},
		{time.Minute, 3, 6, "3.0 a minute, until about 12:02:00"},
		{time.Minute, 300, 10_000, "5.0 a second, until about 12:33"},
		{10 * time.Second, 5000, 10_000, "500 a second, until about 12:00:20"},
		{time.Hour, 10, 1000, "0.2 a minute, until about Nov 29, 16:00"},
		{time.Minute, 10, 10, "10.0 a minute"},
		{time.Minute, 10, -1, "10.0 a minute"},
	} {
		if got := pace(noon, noon.Add(c.took), c.done, c.total); got != c.want {
			t.Errorf("%d of %d in %v: %q, want %q", c.done, c.total, c.took, got, c.want)
		}
	}
}

// TestProgressInAPipe: of few pages each step, of many each page, with the rate
// and the end.
func TestProgressInAPipe(t *testing.T) {
	for pages, want := range map[int]string{2: "p-0                          capture: tile\n", 100: "p-0                          done: pass, 0 findings (1 of 100, 1.0 a minute, until about "} {
		var b bytes.Buffer
		p := newProgress(&b, pages)
		p.now = func() time.Time { return p.began.Add(time.Minute) }
		p.hear(map[string]any{"message": "progress", "id": "p-0", "stage": "capture", "step": "tile"})
		p.done(outcome{id: "p-0", result: &result.Result{Verdict: result.Pass}})
		if out := b.String(); !strings.Contains(out, want) || strings.ContainsAny(out, "\r\x1b") || strings.Contains(out, "tile") != (pages == 2) {
			t.Errorf("of %d pages: %q", pages, out)
		}
	}
}

// TestMeterInAPipe tells now and then, and not at each of many.
func TestMeterInAPipe(t *testing.T) {
	var b bytes.Buffer
	m := newMeter(&b, 3000, "submitting")
	now := m.began
	m.now = func() time.Time { return now }
	for range 300 {
		now = now.Add(100 * time.Millisecond)
		m.add(1)
	}
	m.close()
	if out := b.String(); strings.Count(out, "\n") != 3 || !strings.HasPrefix(out, "submitting 100 of 3,000, 10.0 a second, until about ") || strings.ContainsAny(out, "\r\x1b") {
		t.Errorf("%q", out)
	}
}

func TestSummary(t *testing.T) {
	s := newSummary()
	for i := range 1200 {
		s.result(result.Result{Verdict: map[bool]result.Verdict{true: result.Reject, false: result.Pass}[i < 12], Coverage: result.Coverage{Engine: "tesseract"}, Vision: result.Vision{Units: 4, Reused: i % 2}})
	}
	s.result(result.Result{Verdict: result.Review, Coverage: result.Coverage{Engine: googleEngine}, Vision: result.Vision{Units: 1}})
	for _, k := range []fault.Kind{fault.Timeout, fault.Blocked, fault.Timeout} {
		s.failure(job.Failure{Kind: k})
	}
	s.unfinished()
	var b bytes.Buffer
	s.print(&b)
	want := "1,205 pages: 1,188 pass, 1 review, 12 reject, 3 failed (1 blocked, 2 timeout), 1 not finished\n" +
		"Google Vision read 1 unit: less than $0.01; a stand-in for Vision read 4,800 units, at no cost; Google Vision would take $7.20; 600 tiles were read before and not again (list price of 2026-09; a month's first 1,000 units cost nothing)\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// TestManyPagesAreNotAllListed: of a thousand pages only those that want somebody are shown.
func TestManyPagesAreNotAllListed(t *testing.T) {
	var all []outcome
	for i := range 1000 {
		r := &result.Result{ID: fmt.Sprintf("p-%d", i), Verdict: result.Pass}
		if i == 7 {
			r.Verdict, r.Findings = result.Reject, []result.Finding{{Rule: "x", Quote: "q"}}
		}
		all = append(all, outcome{id: r.ID, result: r})
	}
	all = append(all, outcome{id: "unfinished"}, outcome{id: "failed", failure: &job.Failure{Kind: fault.Timeout}})
	var b bytes.Buffer
	printOutcomes(&b, all)
	printSums(&b, all, "out")
	if out := b.String(); strings.Contains(out, "p-8") || strings.Contains(out, "unfinished") || !strings.Contains(out, "p-7") || !strings.Contains(out, "│ failed") ||
		!strings.Contains(out, "1,002 pages: 999 pass, 1 reject, 1 failed (1 timeout), 1 not finished\n") || !strings.HasSuffix(out, "Next: pageinspect results --dir out --verdict reject,review, or pageinspect desk --dir out to look and decide in a browser\n") {
		t.Errorf("%s", out)
	}
}
