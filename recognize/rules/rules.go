// Package rules says what may not (or must) be said on a page, and finds where
// it was said in recognized text.
//
// # What it promises
//
// A Set is whole or not there at all: loading checks every key, every pattern
// and every rule's own tests, and reports all mistakes at once, each with file
// and line and the cure, as fault.Invalid. A Set does not change and may be
// used by any number of goroutines.
//
// The same lines, query and packs always give the same findings, in the order
// of the text.
//
// How text meets a rule, OCR's spacing and slips included, is package match.
//
// # Which rules apply
//
// Those of the packs asked for (all, when none is named) that are not off, are
// in force on the day, and whose scope has the category. A request without a
// category is inspected by the rules without a scope only: a cosmetics rule
// would reject an acne *drug* that a pharmacy may well sell, and a rule that
// should hold everywhere has no scope.
package rules

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Rule is one rule as its pack file has it.
type Rule struct {
	ID         string
	Mode       result.Mode
	Severity   result.Severity
	Categories []string // empty: any category, and none
	// From and Until are the first and the last day in force, as 2006-01-02;
	// empty: no bound. A day is a day where Query.At is, so the caller's time zone counts.
	From, Until string
	Law         string
	Message     string
	Suggest     []string
	Any         []string // phrases as written; regular expressions between slashes
	Unless      []string
	Require     bool // a finding when nothing matches
	Fuzzy       int  // jamo distance allowed
	Where       string
	Hit, Miss   []string // the rule's own tests

	any, unless []match.Pattern
	gap         match.Gap
	line        int   // in the file
	testLines   []int // of the texts of Hit, then of Miss, in the file
}

// Pack is a file of rules.
type Pack struct {
	Name  string
	Hash  string // first 12 hex digits of the SHA-256 of the file
	File  string
	Rules []Rule
}

// String is the pack as results name it: name@hash.
func (p Pack) String() string { return p.Name + "@" + p.Hash }

// Set is the packs that are loaded.
type Set struct {
	packs []Pack // by name
}

// Packs lists the packs by name. The caller must not change what they hold.
func (s *Set) Packs() []Pack { return slices.Clone(s.packs) }

// Select returns the packs of these names, or all packs for no names. Its
// error is fault.Invalid and names the packs that there are.
func (s *Set) Select(names []string) ([]Pack, error) {
	if len(names) == 0 {
		return s.Packs(), nil
	}
	var known, unknown []string
	var chosen []Pack
	for _, p := range s.packs {
		known = append(known, p.Name)
		if slices.Contains(names, p.Name) {
			chosen = append(chosen, p)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			unknown = append(unknown, n)
		}
	}
	if len(unknown) > 0 {
		return nil, fault.New(fault.Invalid, "rules: no pack %s; there are: %s",
			quoted(unknown), strings.Join(known, ", "))
	}
	return chosen, nil
}

// Merge adds the packs of over to those of base; a pack of the same name
// replaces the whole of base's. A rule id that two packs then share is an error.
func Merge(base, over *Set) (*Set, error) {
	packs := slices.Clone(over.packs)
	for _, p := range base.packs {
		if !slices.ContainsFunc(over.packs, func(o Pack) bool { return o.Name == p.Name }) {
			packs = append(packs, p)
		}
	}
	return newSet(packs, nil)
}

// Query says which rules a page is held against.
type Query struct {
	Category string    // of the product; empty: rules without a scope only
	Packs    []string  // names; empty: all
	At       time.Time // the day that rules must be in force; zero: now
}

// applies says whether the rule holds for a category on a day, as 2006-01-02.
func (r *Rule) applies(category, day string) bool {
	return r.Mode != result.Off &&
		(r.From == "" || r.From <= day) && (r.Until == "" || day <= r.Until) &&
		(len(r.Categories) == 0 || slices.ContainsFunc(r.Categories, func(c string) bool {
			return strings.EqualFold(c, category)
		}))
}

// VerdictOf is what findings add up to. Only those of enforced rules count:
// one of severity high rejects, one of severity review wants a person.
func VerdictOf(findings []result.Finding) result.Verdict {
	v := result.Pass
	for _, f := range findings {
		switch {
		case f.Mode != result.Enforce:
		case f.Severity == result.High:
			return result.Reject
		case f.Severity == result.ReviewSeverity:
			v = result.Review
		}
	}
	return v
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = `"` + n + `"`
	}
	return strings.Join(q, ", ")
}

// idPattern is how rules and packs are named.
var idPattern = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
