package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

// summary is what many pages came to: verdicts, failures by kind, and what was
// read of them at what price.
type summary struct {
	pages    int
	verdicts map[string]int // pass, review, reject; failed, not finished
	kinds    map[string]int // of the failures
	google   int            // units that Google Vision read
	standIn  int            // units that a stand-in read in its place
	reused   int            // tiles that were known
}

func newSummary() *summary { return &summary{verdicts: map[string]int{}, kinds: map[string]int{}} }

// The words for pages that have no verdict.
const (
	failedWord     = "failed"
	unfinishedWord = "not finished"
)

func (s *summary) result(r result.Result) {
	s.pages++
	s.verdicts[string(r.Verdict)]++
	if r.Coverage.Engine == googleEngine {
		s.google += r.Vision.Units
	} else {
		s.standIn += r.Vision.Units
	}
	s.reused += r.Vision.Reused
}

// googleEngine is what Recognize calls Google Vision, as coverage.engine.
const googleEngine = "google-vision"

func (s *summary) failure(f job.Failure) {
	s.pages++
	s.verdicts[failedWord]++
	s.kinds[string(f.Kind)]++
}

func (s *summary) unfinished() {
	s.pages++
	s.verdicts[unfinishedWord]++
}

// print says it in a line or two.
func (s *summary) print(w io.Writer) {
	var parts []string
	for _, k := range []string{string(result.Pass), string(result.Review), string(result.Reject), failedWord, unfinishedWord} {
		if n := s.verdicts[k]; n > 0 {
			part := thousands(n) + " " + k
			if k == failedWord && len(s.kinds) > 0 {
				part += " (" + counts(s.kinds) + ")"
			}
			parts = append(parts, part)
		}
	}
	fmt.Fprintf(w, "%s: %s\n", plural(s.pages, "page"), strings.Join(parts, ", "))
	if s.google+s.standIn+s.reused > 0 {
		fmt.Fprintln(w, s.cost())
	}
}

// cost says what reading came to, by Google's list prices.
func (s *summary) cost() string {
	prices := plan.Published()
	var parts []string
	if s.google > 0 {
		parts = append(parts, fmt.Sprintf("Google Vision read %s: %s", plural(s.google, "unit"), dollars(prices.Vision(s.google))))
	}
	if s.standIn > 0 {
		parts = append(parts, fmt.Sprintf("a stand-in for Vision read %s, at no cost; Google Vision would take %s", plural(s.standIn, "unit"), dollars(prices.Vision(s.standIn))))
	}
	if s.reused > 0 {
		parts = append(parts, fmt.Sprintf("%s read before and not again", wereTiles(s.reused)))
	}
	said := strings.Join(parts, "; ")
	if s.google+s.standIn > 0 {
		said += fmt.Sprintf(" (list price of %s; a month's first %s cost nothing)", prices.AsOf, plural(int(prices.VisionFree), "unit"))
	}
	return strings.ToUpper(said[:1]) + said[1:]
}

func wereTiles(n int) string {
	if n == 1 {
		return "1 tile was"
	}
	return plural(n, "tile") + " were"
}

func dollars(d float64) string {
	if d > 0 && d < 0.01 {
		return "less than $0.01"
	}
	return fmt.Sprintf("$%.2f", d)
}

// printEstimate says what pages that are to be inspected will take of Vision.
func printEstimate(w io.Writer, pages int) {
	if pages == 0 {
		return
	}
	m := plan.Bundled()
	units := int(m.Units*float64(pages) + 0.5)
	fmt.Fprintf(w, "With Google Vision about %s, %s, if the pages are as long as the samples (%.0f px); \"pageinspect plan --pages %d\" says what else they take\n",
		plural(units, "unit"), dollars(plan.Published().Vision(units)), m.Height, pages)
}
