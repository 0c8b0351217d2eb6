package result

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"pgregory.net/rapid"
)

func findings(n int, severity Severity, size int) []Finding {
	out := make([]Finding, n)
	for i := range out {
		out[i] = Finding{Rule: "r", Severity: severity, Mode: Enforce, Quote: strings.Repeat("가", size), Message: fmt.Sprint(i), Lines: []int{i}}
	}
	return out
}

// TestEventOfManyFindings: the worst stay, in their order, and the rest is counted.
func TestEventOfManyFindings(t *testing.T) {
	all := append(findings(4000, ReviewSeverity, 10), findings(50, High, 10)...)
	e := Result{Verdict: Reject, Findings: all, Text: "t"}.Event("gs://r/x", "")
	if len(e.Findings) != page.MaxEventFindings || e.FindingsTotal != len(all) || e.Verdict != Reject || e.Text != "" || len(e.Omitted) > 0 {
		t.Fatalf("%d findings of %d, omitted %q", len(e.Findings), e.FindingsTotal, e.Omitted)
	}
	high := 0
	for i, f := range e.Findings {
		if f.Severity == High {
			high++
		}
		if i > 0 && f.Severity == e.Findings[i-1].Severity && len(f.Message) < len(e.Findings[i-1].Message) {
			t.Errorf("finding %s after %s", f.Message, e.Findings[i-1].Message)
		}
	}
	if high != 50 {
		t.Errorf("%d of the 50 worst stayed", high)
	}
	if few := (Result{Findings: all[:3]}).Event("", ""); len(few.Findings) != 3 || few.FindingsTotal != 0 {
		t.Errorf("of three: %d, total %d", len(few.Findings), few.FindingsTotal)
	}
}

// TestEventAlwaysFits: whatever a page or a request made long.
func TestEventAlwaysFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		long := func(name string, most int) string {
			return strings.Repeat("\x01", rapid.IntRange(0, most).Draw(t, name))
		}
		r := Result{
			Title: long("title", 1_000_000), URL: long("url", 200_000), FinalURL: long("final", 1_000_000), Category: long("category", 200_000),
			Labels:   map[string]string{"a": long("label", 200_000)},
			Findings: findings(rapid.IntRange(0, 3000).Draw(t, "findings"), High, rapid.IntRange(0, 500).Draw(t, "quote")),
			Tiles:    make([]page.Tile, rapid.IntRange(0, page.MaxTiles).Draw(t, "tiles")),
			Unseen:   make([]page.Unseen, rapid.IntRange(0, page.MaxUnseen).Draw(t, "unseen")),
			Page:     Page{Partial: long("partial", 200_000), Warnings: []string{long("warning", 200_000)}},
		}
		for i := range r.Tiles {
			r.Tiles[i].Object = "gs://" + strings.Repeat("x", 1000)
		}
		e := r.Event("gs://results/x/result.json", "gs://results/x/report.html")
		if b, err := json.Marshal(e); err != nil || len(b) > page.MaxEventBytes {
			t.Fatalf("%d bytes, %v, omitted %q", len(b), err, e.Omitted)
		}
		if total := max(e.FindingsTotal, len(e.Findings)); total != len(r.Findings) || e.ResultObject == "" {
			t.Fatalf("%d of %d findings counted", total, len(r.Findings))
		}
	})
}
