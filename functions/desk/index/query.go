package index

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Query chooses pages. An empty field chooses all; of several words in one field,
// any will do. Rules, Severities, Kinds and Sources are about one finding: a page is
// chosen if it has one that meets all four. The words of one filter are told by Facets.
type Query struct {
	Verdicts   []string // pass, review, reject
	States     []string // open, escalated, confirmed, dismissed, none
	Rules      []string // ids, in which * stands for anything: cosmetics.*
	Severities []string // high, review, info
	Kinds      []string // forbidden, proof, required, policy
	Sources    []string // picture, both, html, code: where a finding stands
	Categories []string // as the request named it, or as it was taken
	Hosts      []string
	Labels     []string // NAME=VALUE, or NAME for any value; all of them
	Unseen     []string // kinds of what was not seen; "any" for each
	By         []string // who decided last
	// Since and Until bound when the page was recognized; that moment is of Since and not of Until.
	Since, Until time.Time
	// Text is in all that was read of a page, or in its title. It is one phrase, of which spaces, case
	// and width do not count: "수분 크림" finds 수분크림, too.
	Text    string
	Picture string // SHA-256: pages that show it
	Changed bool   // only pages that changed after they were decided
	// Sort is worst (open before decided, changed first, then severity, then oldest; the default), newest, oldest,
	// title, host, findings.
	Sort string
	// After continues behind the last row of a former answer: its Next.
	After string
	Limit int // rows; 0: 50; at most 500
}

// Bounds of a query.
const (
	defaultLimit = 50
	maxLimit     = 500
	maxText      = 200 // letters
	maxWords     = 500 // of one field
)

// anyKind is the word for every kind of what was not seen.
const anyKind = "any"

var (
	verdicts    = []result.Verdict{result.Pass, result.Review, result.Reject}
	severities  = []result.Severity{result.High, result.ReviewSeverity, result.Info}
	sources     = []result.Source{result.InPicture, result.InBoth, result.InHTML, result.InCode}
	unseenKinds = []page.UnseenKind{page.Clipped, page.Beyond, page.Vanished, page.Covered, page.Failed, page.Loading, page.Unread}
)

// Validate says which of the words is none, for the reviewer who typed it.
func (q Query) Validate() error {
	for _, field := range []struct {
		name  string
		given []string
		words []string
	}{
		{"verdicts", q.Verdicts, words(verdicts)},
		{"states", q.States, words(decision.States)},
		{"severities", q.Severities, words(severities)},
		{"kinds", q.Kinds, words(result.Kinds)},
		{"sources", q.Sources, words(sources)},
		{"unseen", q.Unseen, append(words(unseenKinds), anyKind)},
		{"rules", q.Rules, nil}, {"categories", q.Categories, nil}, {"hosts", q.Hosts, nil}, {"labels", q.Labels, nil}, {"by", q.By, nil},
	} {
		if len(field.given) > maxWords {
			return fault.New(fault.Invalid, "%s: %d words, more than %d; choose fewer", field.name, len(field.given), maxWords)
		}
		for _, word := range field.given {
			if field.words != nil && !slices.Contains(field.words, word) {
				return fault.New(fault.Invalid, "%s: there is no %q; want %s", field.name, word, strings.Join(field.words, ", "))
			}
		}
	}
	for _, pattern := range q.Rules {
		if _, err := path.Match(pattern, ""); err != nil {
			return fault.New(fault.Invalid, "rules: %q cannot be read; write a rule's id, or the beginning of some and a star: cosmetics.*", pattern)
		}
	}
	for _, l := range q.Labels {
		if strings.HasPrefix(l, "=") || l == "" {
			return fault.New(fault.Invalid, "labels: %q has no name; write NAME=VALUE, or NAME for any value", l)
		}
	}
	switch {
	case !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until):
		return fault.New(fault.Invalid, "until: %s is not after %s, so no page can be between them", q.Until.Format(time.DateTime), q.Since.Format(time.DateTime))
	case q.Picture != "" && (len(q.Picture) != 64 || strings.Trim(q.Picture, "0123456789abcdef") != ""):
		return fault.New(fault.Invalid, "picture: %q is no SHA-256 in hex", q.Picture)
	case orders[q.order()] == nil:
		return fault.New(fault.Invalid, "sort: there is no %q; want worst, newest, oldest, title, host or findings", q.Sort)
	case q.Limit < 0 || q.Limit > maxLimit:
		return fault.New(fault.Invalid, "limit: is %d; want 1 to %d", q.Limit, maxLimit)
	}
	if _, err := q.after(); err != nil {
		return err
	}
	return checkText(q.Text)
}

func (q Query) order() string {
	if q.Sort == "" {
		return "worst"
	}
	return q.Sort
}

func (q Query) limit() int {
	if q.Limit == 0 {
		return defaultLimit
	}
	return q.Limit
}

func words[S ~string](all []S) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return out
}
