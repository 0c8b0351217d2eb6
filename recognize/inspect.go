package recognize

import (
	"cmp"
	"context"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/result"
)

// describe puts into the result what the manifest says and reading added to it.
func (j *Job) describe() {
	m, r := j.manifest, &j.result
	r.Schema, r.ID, r.URL, r.FinalURL, r.Title = result.Schema, m.ID, m.Request.URL, m.FinalURL, m.Title
	r.Category, r.Labels, r.Packs, r.Tiles, r.CapturedAt = m.Request.Category, m.Request.Labels, m.Request.Rules, m.Tiles, m.CapturedAt
	r.Page = result.Page{Width: m.Width, Height: m.Height, Scale: m.Scale, Truncated: m.Truncated, Partial: m.Partial, Warnings: m.Warnings, Blocked: m.Blocked}
	r.Unseen = m.Unseen
	r.SafeSearch = j.judgements()
}

// inspect applies the reviewers' rules.
func (j *Job) inspect(context.Context) error {
	j.describe()
	return judge(&j.result, j.Rules, j.Now())
}

// judge sets the findings and the verdict by the rules in force at the time,
// from what the result has: its text and what was made of its pictures. A page
// that was not wholly seen cannot pass: it goes to a person.
func judge(r *result.Result, set *rules.Set, at time.Time) error {
	packs, err := set.Select(r.Packs)
	if err != nil {
		return err
	}
	judged, err := set.Judge(r.Lines, rules.Query{Category: r.Category, Packs: r.Packs, At: at})
	if err != nil {
		return err
	}
	for i := range judged.Findings {
		judged.Findings[i].Source = sourceOf(judged.Findings[i], r.Lines)
	}
	if len(r.HTML) > 0 {
		html, err := set.Judge(r.HTML, rules.Query{Category: cmp.Or(r.Category, judged.Scope.Category), Packs: r.Packs, At: at})
		if err != nil {
			return err
		}
		judged.Findings = addHTML(judged.Findings, html.Findings)
	}
	r.Scope = judged.Scope
	r.Rules = make([]string, 0, len(packs))
	for _, p := range packs {
		r.Rules = append(r.Rules, p.String())
	}
	r.Findings = append(judged.Findings, indecent(r)...)
	if r.Findings == nil {
		r.Findings = []result.Finding{} // the contract has a list, if an empty one
	}
	r.Verdict = rules.VerdictOf(r.Findings)
	if r.Verdict == result.Pass && (r.Page.Partial != "" || r.Page.Truncated || len(r.Unseen) > 0) {
		r.Verdict = result.Review
	}
	return nil
}

// sourceOf says where a finding stands, as far as its lines do: in pictures only
// if any of them does.
func sourceOf(f result.Finding, lines []result.Line) result.Source {
	var source result.Source
	for _, i := range f.Lines {
		if source != result.InPicture {
			source = lines[i].Source
		}
	}
	return source
}
