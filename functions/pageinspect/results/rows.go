package results

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

// PageHeader names the cells of PageRow.
var PageHeader = []any{"page", "verdict", "url", "category", "labels", "findings", "severity", "rules", "quotes", "not seen", "title", "captured", "recognized", "report"}

// PageRow is a page in a row. Of its findings, those that f asks for are told.
func PageRow(p Page, f Filter, report string) []any {
	if p.Failure != nil {
		return []any{p.ID, Failed, p.Failure.URL, p.Request.Category, labels(p.Request.Labels), 0, string(p.Failure.Kind), "", p.Failure.Message, 0, "", "", stamp(p.Failure.At), ""}
	}
	r := p.Result
	found := Findings(p, f)
	var rules, quotes []string
	severity := ""
	for i, g := range found {
		if i == 0 {
			severity = string(g.Severity)
		}
		if !slices.Contains(rules, g.Rule) {
			rules = append(rules, g.Rule)
		}
		if q := cmp.Or(g.Quote, "("+g.Message+")"); !slices.Contains(quotes, q) {
			quotes = append(quotes, q)
		}
	}
	n := len(found)
	if len(f.Rules)+len(f.Severities) == 0 {
		n = max(n, r.FindingsTotal)
	}
	return []any{p.ID, string(r.Verdict), job.Bare(r.URL), cmp.Or(r.Category, r.Scope.Category), labels(r.Labels), n, severity, strings.Join(rules, ", "),
		strings.Join(quotes, " | "), len(r.Unseen), r.Title, stamp(r.CapturedAt), stamp(r.RecognizedAt), report}
}

// FindingHeader names the cells of FindingRows.
var FindingHeader = []any{"page", "verdict", "url", "category", "severity", "rule", "quote", "y (px)", "message", "law", "suggestion", "source", "mode", "labels", "report"}

// FindingRows has a row for each finding of a page that f asks for.
func FindingRows(p Page, f Filter, report string) (rows [][]any) {
	r := p.Result
	for _, g := range Findings(p, f) {
		var y any = ""
		if g.Quote != "" {
			y = int(g.Box.Y)
		}
		rows = append(rows, []any{p.ID, string(r.Verdict), job.Bare(r.URL), cmp.Or(r.Category, r.Scope.Category), string(g.Severity), g.Rule, g.Quote, y,
			g.Message, g.Law, strings.Join(g.Suggest, " | "), string(g.Source), string(g.Mode), labels(r.Labels), report})
	}
	return rows
}

// Findings are those of a page that f asks for, the worst first.
func Findings(p Page, f Filter) (found []result.Finding) {
	for _, g := range p.Result.Findings {
		if f.Finds(g) {
			found = append(found, g)
		}
	}
	rank := func(g result.Finding) int {
		n := slices.Index([]result.Severity{result.High, result.ReviewSeverity, result.Info}, g.Severity)
		if g.Mode != result.Enforce {
			n += 3
		}
		return n
	}
	slices.SortStableFunc(found, func(a, b result.Finding) int { return cmp.Compare(rank(a), rank(b)) })
	return found
}

func labels(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, "; ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}
