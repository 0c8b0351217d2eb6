package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/pageinspect/pageinspect/shared/result"
)

// printTable shows each page's verdict and findings, and where the reports are.
func printTable(w io.Writer, outcomes []outcome, dir string) {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"page", "verdict", "severity", "quote", "at y (px)", "rule"})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMax: 32}, {Number: 2, WidthMax: 12}, {Number: 4, WidthMax: 40}, {Number: 6, WidthMax: 40},
	})
	counts := map[string]int{}
	for _, o := range outcomes {
		switch {
		case o.failure != nil:
			counts["failed"]++
			t.AppendRow(table.Row{o.id, "failed", string(o.failure.Kind), o.failure.Message, "", ""})
		case o.result == nil:
			counts["not finished"]++
			t.AppendRow(table.Row{o.id, "not finished", "", "", "", ""})
		default:
			counts[string(o.result.Verdict)]++
			findingRows(t, *o.result)
		}
		t.AppendSeparator()
	}
	fmt.Fprintln(w, t.Render())
	var sums []string
	for _, k := range []string{string(result.Pass), string(result.Review), string(result.Reject), "failed", "not finished"} {
		if counts[k] > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", counts[k], k))
		}
	}
	fmt.Fprintf(w, "%d pages: %s. Reports: %s\n", len(outcomes), strings.Join(sums, ", "), filepath.Join(dir, "<page>", "report.html"))
}

func findingRows(t table.Writer, r result.Result) {
	verdict := string(r.Verdict)
	if r.Page.Partial != "" {
		verdict += " (partial)"
	}
	if len(r.Findings) == 0 {
		t.AppendRow(table.Row{r.ID, verdict, "", "nothing found", "", ""})
	}
	for i, f := range r.Findings {
		id := r.ID
		if i > 0 {
			id, verdict = "", ""
		}
		quote, at := f.Quote, fmt.Sprintf("%.0f", f.Box.Y)
		if quote == "" { // what must be said and is not has no place
			quote, at = "("+f.Message+")", ""
		}
		t.AppendRow(table.Row{id, verdict, string(f.Severity), quote, at, f.Rule})
	}
}
