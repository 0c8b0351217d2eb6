package recognize

import (
	"context"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/result"
)

// inspect applies the reviewers' rules to the lines and sums up the verdict.
// A page that was not wholly seen cannot pass: it goes to a person.
func (j *reading) inspect(context.Context) error {
	m, r := j.manifest, &j.result
	packs, err := j.Rules.Select(m.Request.Rules)
	if err != nil {
		return err
	}
	r.Rules = r.Rules[:0]
	for _, p := range packs {
		r.Rules = append(r.Rules, p.String())
	}
	r.Findings, err = j.Rules.Inspect(r.Lines, rules.Query{Category: m.Request.Category, Packs: m.Request.Rules, At: j.Now()})
	if err != nil {
		return err
	}
	if r.Findings == nil {
		r.Findings = []result.Finding{} // the contract has a list, if an empty one
	}
	r.Verdict = rules.VerdictOf(r.Findings)
	if r.Verdict == result.Pass && (m.Partial != "" || m.Truncated) {
		r.Verdict = result.Review
	}
	return nil
}
