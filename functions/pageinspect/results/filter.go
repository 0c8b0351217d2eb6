package results

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Failed is the word for a page that has no verdict because it failed.
const Failed = "failed"

// Filter chooses pages. An empty field chooses all; of several words in one
// field, any will do.
type Filter struct {
	Verdicts   []string // pass, review, reject, Failed
	Rules      []string // ids, in which * stands for anything: cosmetics.*
	Severities []string // high, review, info
	Categories []string // as the request named it, or as it was taken
	Labels     []string // NAME=VALUE, or NAME for any value; all of them
	Days       []string // on which the page was recognized: 2026-11-25, local
	Since      time.Time
}

// Validate says which of the words is none.
func (f Filter) Validate() error {
	for _, field := range []struct {
		flag  string
		given []string
		words []string
	}{
		{"--verdict", f.Verdicts, []string{string(result.Pass), string(result.Review), string(result.Reject), Failed}},
		{"--severity", f.Severities, []string{string(result.High), string(result.ReviewSeverity), string(result.Info)}},
	} {
		for _, word := range field.given {
			if !slices.Contains(field.words, word) {
				return fault.New(fault.Invalid, "%s: there is no %q; want %s", field.flag, word, strings.Join(field.words, ", "))
			}
		}
	}
	for _, pattern := range f.Rules {
		if _, err := path.Match(pattern, ""); err != nil {
			return fault.New(fault.Invalid, "--rule: %q cannot be read; write a rule's id, or the beginning of some and a star: cosmetics.*", pattern)
		}
	}
	for _, l := range f.Labels {
		if strings.HasPrefix(l, "=") || l == "" {
			return fault.New(fault.Invalid, "--label: %q has no name; write NAME=VALUE, or NAME for any value", l)
		}
	}
	for _, d := range f.Days {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return fault.New(fault.Invalid, "--day: %q is no day of the calendar; write it as 2026-11-25", d)
		}
	}
	return nil
}

// Has says whether the filter chooses a page.
func (f Filter) Has(p Page) bool {
	if p.Failure != nil {
		return len(f.Rules)+len(f.Severities) == 0 && f.has(Failed, p.Failure.At, p.Request.Labels, p.Request.Category)
	}
	r := p.Result
	if !f.has(string(r.Verdict), r.RecognizedAt, r.Labels, r.Category, r.Scope.Category) {
		return false
	}
	return len(f.Rules)+len(f.Severities) == 0 || slices.ContainsFunc(r.Findings, f.Finds)
}

func (f Filter) has(verdict string, at time.Time, labels map[string]string, categories ...string) bool {
	in := func(all []string, words ...string) bool {
		return len(all) == 0 || slices.ContainsFunc(words, func(w string) bool {
			return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, w) })
		})
	}
	for _, l := range f.Labels {
		name, value, exact := strings.Cut(l, "=")
		if got, ok := labels[name]; !ok || exact && got != value {
			return false
		}
	}
	return in(f.Verdicts, verdict) && in(f.Categories, categories...) && in(f.Days, at.Local().Format(time.DateOnly)) && !at.Before(f.Since)
}

// Finds says whether a finding is of the rules and severities asked for.
func (f Filter) Finds(g result.Finding) bool {
	rule := len(f.Rules) == 0 || slices.ContainsFunc(f.Rules, func(pattern string) bool {
		ok, _ := path.Match(pattern, g.Rule)
		return ok
	})
	return rule && (len(f.Severities) == 0 || slices.Contains(f.Severities, string(g.Severity)))
}

// original is the request of a failure, as far as it was one.
func original(f job.Failure) job.Request {
	r, _ := job.DecodeRequest(f.Original())
	return r
}
