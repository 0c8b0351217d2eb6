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
// in force on the day, and whose scope has the category, by any of its names. A
// request whose category is missing or known to no rule is inspected by the
// rules without a scope and by those of the category that the text speaks of;
// what was made of the category, and what was left out, is said (see Judge).
package rules

import (
	"fmt"
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
	Kind       result.Kind
	Categories []string // empty: any category, and none
	Not        []string // categories that it does not hold for
	// From and Until are the first and the last day in force, as 2006-01-02;
	// empty: no bound. A day is a day of the pack's time zone.
	From, Until string
	Law         string        // in words
	Basis       *result.Basis // nil if the pack has it in words only
	Message     string
	Suggest     []string
	Any         []string // what to look for, as written; regular expressions between slashes
	Unless      []string
	Excuses     []string
	Require     bool // a finding when nothing matches
	Fallback    bool // no finding where another rule is broken by the same words
	Fuzzy       int  // jamo distance allowed
	Where       string
	Hit, Miss   []string // the rule's own tests

	covered, excepted []string // Categories and Not, with all that their names mean

	any, unless []item
	excuses     []excuseSource
	evasion     match.Evasion
	gap         match.Gap
	line        int   // in the file
	testLines   []int // of the texts of Hit, then of Miss, in the file
	sound       bool  // its tests can be run
	tried       bool  // and were

	// Of the dictionary of the set that the rule is in.
	patterns, exceptions []match.Pattern
	excused              []excuse
}

// Phrases lists the phrases that the rule looks for as such: not those that must
// stand near others, nor stems, nor regular expressions.
func (r Rule) Phrases() (all []string) {
	for _, it := range r.any {
		for _, w := range it.words {
			if !strings.HasSuffix(w, "~") {
				all = append(all, w)
			}
		}
	}
	return all
}

// Pack is a file of rules.
type Pack struct {
	Name    string
	Hash    string // first 12 hex digits of the SHA-256 of the file
	File    string
	Replace bool           // it may stand in for a bundled pack of its name
	Checked string         // the day its law was last checked, as 2006-01-02; empty: not said
	Worst   result.Verdict // the worst that its findings may lead to
	Rules   []Rule
	// Packs makes it a profile: no rules of its own, but a name for these packs.
	Packs []string

	zone *time.Location
}

// String is the pack as results name it: name@hash.
func (p Pack) String() string { return p.Name + "@" + p.Hash }

// Set is the packs that are loaded.
type Set struct {
	packs      []Pack // by name
	dictionary *match.Dictionary
	cues       []cue
}

// Packs lists the packs by name. The caller must not change what they hold.
func (s *Set) Packs() []Pack { return slices.Clone(s.packs) }

// Select returns the packs of these names, those of a profile for its name, or
// all packs for no names. Its
// error is fault.Invalid and names the packs that there are.
func (s *Set) Select(names []string) ([]Pack, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(s.Packs(), func(p Pack) bool { return p.Packs != nil }), nil
	}
	names = s.unfold(names)
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

// unfold puts the packs of a profile in place of its name.
func (s *Set) unfold(names []string) (all []string) {
	for _, n := range names {
		i := slices.IndexFunc(s.packs, func(p Pack) bool { return p.Name == n && p.Packs != nil })
		if i < 0 {
			all = append(all, n)
			continue
		}
		all = append(all, s.packs[i].Packs...)
	}
	return all
}

// Merge adds the packs of over to those of base; a pack of the same name that
// says replace stands in for the whole of base's, and one that does not is an
// error, as is a rule id that two packs share.
func Merge(base, over *Set) (*Set, error) {
	packs := slices.Clone(over.packs)
	var wrong mistakes
	for _, p := range base.packs {
		i := slices.IndexFunc(over.packs, func(o Pack) bool { return o.Name == p.Name })
		switch {
		case i < 0:
			packs = append(packs, p)
		case !over.packs[i].Replace:
			wrong = append(wrong, mistake{over.packs[i].File, 1, fmt.Sprintf(
				"pack %q has the name of a bundled pack and would take its %d rules away; rename it, or say replace: true", p.Name,
				len(p.Rules))})
		}
	}
	return newSet(packs, wrong)
}

// Query says which rules a page is held against.
type Query struct {
	Category string    // of the product, by any of its names; empty: guessed from the text
	Packs    []string  // names; empty: all
	At       time.Time // the day that rules must be in force; zero: now
}

// inForce says whether the rule is on and holds on a day, as 2006-01-02.
func (r *Rule) inForce(day string) bool {
	return r.Mode != result.Off && (r.From == "" || r.From <= day) && (r.Until == "" || day <= r.Until)
}

// covers says whether the rule holds for a product of these categories.
func (r *Rule) covers(categories []string) bool {
	return !r.excepts(categories) && (len(r.Categories) == 0 || meet(r.covered, categories))
}

// excepts says whether a product is of the categories that the rule is not for,
// and of no other: what "health" is may be eaten, or worn.
func (r *Rule) excepts(categories []string) bool {
	return meet(r.excepted, categories) && !slices.ContainsFunc(categories, func(c string) bool {
		return categoryNames[c] != nil && !slices.Contains(r.excepted, c)
	})
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
