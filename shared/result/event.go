package result

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/pageinspect/pageinspect/shared/page"
)

// Event is the result as the results topic carries it: without text, lines and html,
// with the worst of many findings, and never more than page.MaxEventBytes. What else
// would not fit is left out and named in Omitted.
func (r Result) Event(resultObject, reportObject string) Result {
	r.Text, r.Lines, r.HTML = "", nil, nil
	r.ResultObject, r.ReportObject = resultObject, reportObject
	r.Title, r.FinalURL = page.Cut(r.Title, page.MaxTitleBytes), page.Cut(r.FinalURL, page.MaxURLBytes)
	all := r.Findings
	for most := page.MaxEventFindings; ; most /= 2 {
		if len(all) > most {
			r.Findings, r.FindingsTotal = worst(all, most), len(all)
		}
		if r.fits() {
			return r
		}
		if most == 0 {
			break
		}
	}
	for _, field := range []struct {
		name  string
		clear func()
	}{
		{"shown", func() { r.Shown = nil }},
		{"safe_search", func() { r.SafeSearch = nil }},
		{"tiles", func() { r.Tiles = []page.Tile{} }},
		{"codes", func() { r.Codes = nil }},
		{"unseen", func() { r.Unseen = nil }},
		{"page.warnings", func() { r.Page.Warnings = nil }},
		{"page.blocked", func() { r.Page.Blocked = nil }},
		{"labels", func() { r.Labels = nil }},
		{"url", func() { r.URL = page.Cut(r.URL, page.MaxURLBytes) }},
		{"rules", func() { r.Rules, r.Packs = []string{}, nil }},
		{"page.partial", func() { r.Page.Partial = page.Cut(r.Page.Partial, page.MaxNoteBytes) }},
		{"category", func() { r.Category = page.Cut(r.Category, page.MaxNoteBytes) }},
	} {
		field.clear()
		r.Omitted = append(r.Omitted, field.name)
		if r.fits() {
			break
		}
	}
	return r
}

func (r Result) fits() bool {
	b, err := json.Marshal(r)
	return err == nil && len(b) <= page.MaxEventBytes
}

// worst is the most severe of the findings, in the order they have on the page.
func worst(all []Finding, most int) []Finding {
	at := make([]int, len(all))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(all[a].rank(), all[b].rank()) })
	at = at[:most]
	slices.Sort(at)
	kept := make([]Finding, 0, most)
	for _, i := range at {
		kept = append(kept, all[i])
	}
	return kept
}

// rank orders findings from what rejects a page to what only tells.
func (f Finding) rank() int {
	rank := map[Severity]int{High: 0, ReviewSeverity: 1, Info: 2}[f.Severity]
	if f.Mode != Enforce {
		rank += 3
	}
	return rank
}
