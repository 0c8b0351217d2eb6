package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/spf13/cobra"
)

// figuresOptions is what the command was asked for.
type figuresOptions struct {
	place deskPlace
	query index.Query
	since string
	json  bool
}

// figures are what the command says.
type figures struct {
	index.Summary
	Precision   []quality.Rule       `json:"precision"`   // of each rule, by decisions
	Agreement   []quality.Agreement  `json:"agreement"`   // of two readers, by rule
	People      []quality.Agreement  `json:"people"`      // likewise, by reader
	Differences []quality.Difference `json:"differences"` // that somebody is to settle
	Golden      []quality.Reader     `json:"golden"`      // readers on golden pages
	Passes      quality.Share        `json:"pass_sample"` // passes in which a person found something
}

func summaryCommand() *cobra.Command {
	var o figuresOptions
	c := &cobra.Command{
		Use:   "summary [flags]",
		Short: "Say what the pages come to, and what decisions are worth",
		Long: `Add up the pages of a results bucket, or of the directory that "pageinspect run"
wrote: verdicts, what people decided, findings by rule, seller (a label named
seller, vendor, shop or store), category, host and day, the pages that were not
wholly seen and why, how well they were read, and Vision's units.

Of each rule it says how often people confirmed what it found, with the interval
that so many decisions leave open (Wilson, 95%); of reviewers, how often two who
read the same page agree.

Buckets are named as for "pageinspect desk".

Exit codes: 0 it was said, 2 it did not work, 130 it was interrupted.`,
		Example: "  pageinspect summary --dir out\n  pageinspect summary --bucket shop-results --category cosmetics --since 2026-11-01 --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return summarize(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.place.flags(c)
	f := c.Flags()
	f.StringSliceVar(&o.query.Verdicts, "verdict", nil, "only pages with these verdicts: pass, review, reject")
	f.StringSliceVar(&o.query.States, "state", nil, "only pages in these states: open, escalated, confirmed, dismissed, none")
	f.StringSliceVar(&o.query.Rules, "rule", nil, "only pages with findings of these rules; * stands for anything: cosmetics.*")
	f.StringSliceVar(&o.query.Categories, "category", nil, "only pages of these categories")
	f.StringArrayVar(&o.query.Labels, "label", nil, "only pages with this label: NAME=VALUE, or NAME for any value; again for one more")
	f.StringVar(&o.since, "since", "", "only pages recognized since then: 90m, 24h, 2026-11-25 or 2026-11-25T08:00:00Z")
	f.BoolVar(&o.json, "json", false, "print all of it as one line of JSON")
	return c
}

func summarize(ctx context.Context, o figuresOptions, stdout, stderr io.Writer) (err error) {
	if o.query.Since, err = since(o.since, time.Now()); err != nil {
		return err
	}
	if err := o.query.Validate(); err != nil {
		return err
	}
	o.place.index = "summary"
	room, err := o.place.enter(ctx)
	if err != nil {
		return err
	}
	defer room.leave()
	show := &catching{w: stderr}
	err = room.index.CatchUp(ctx, room.pages, room.ledger, show.told)
	show.close()
	if err != nil {
		return err
	}
	var s figures
	if s.Summary, err = room.index.Summary(ctx, o.query); err != nil {
		return err
	}
	all, err := room.index.Decisions(ctx)
	if err != nil {
		return err
	}
	s.Precision, s.Golden, s.Passes = quality.Rules(all), quality.GoldenAnswers(all), quality.PassSample(all)
	s.Agreement, s.People, s.Differences = quality.SecondReadings(all)
	if o.json {
		b, err := json.Marshal(s)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "encode the summary")
		}
		_, err = fmt.Fprintf(stdout, "%s\n", b)
		return err
	}
	s.print(stdout)
	return nil
}

// most is how many lines a table of the summary has; --json has all.
const most = 12

func (s figures) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s reject, %s review, %s pass\n", plural(s.Pages, "page"), thousands(s.Verdicts[result.Reject]), thousands(s.Verdicts[result.Review]),
		thousands(s.Verdicts[result.Pass]))
	fmt.Fprintf(w, "%s open, %s escalated, %s confirmed, %s dismissed; %s changed since they were decided\n", thousands(s.States[decision.Open]),
		thousands(s.States[decision.Escalated]), thousands(s.States[decision.Confirmed]), thousands(s.States[decision.Dismissed]), thousands(s.Changed))
	fmt.Fprintf(w, "%s not wholly seen or read", thousands(s.NotWhole))
	var why []string
	for _, kind := range slices.Sorted(maps.Keys(s.Unseen)) {
		why = append(why, fmt.Sprintf("%s %s", thousands(s.Unseen[kind]), kind))
	}
	if len(why) > 0 {
		fmt.Fprintf(w, ": %s", strings.Join(why, ", "))
	}
	fmt.Fprintln(w)
	if s.ReadPages > 0 {
		fmt.Fprintf(w, "%.1f%% of their own text was read in the pictures of %s\n", 100*s.Read, plural(s.ReadPages, "page"))
	}
	fmt.Fprintf(w, "%s used\n", plural(s.Units, "Vision unit"))
	right := map[string]quality.Rule{}
	for _, r := range s.Precision {
		right[r.Rule] = r
	}
	printCounts(w, "rule", s.Rules, func(c index.Count) string {
		r := right[c.Word].Right
		if r.All == 0 {
			return ""
		}
		return fmt.Sprintf("%.0f%% (%.0f–%.0f)", 100*r.Value(), 100*r.Low, 100*r.High)
	})
	printCounts(w, "seller", s.Sellers, nil)
	printCounts(w, "category", s.Categories, nil)
	printCounts(w, "host", s.Hosts, nil)
	printCounts(w, "day", s.Days, nil)
	for _, p := range s.People {
		fmt.Fprintf(w, "%s agrees with the other reader in %d of %d (kappa %.2f)\n", oneLine(p.Person), p.Same.Of, p.Same.All, p.Kappa)
	}
	for _, r := range s.Golden {
		fmt.Fprintf(w, "%s is right on %d of %d findings of golden pages\n", oneLine(r.Person), r.Right.Of, r.Right.All)
	}
	if s.Passes.All > 0 {
		fmt.Fprintf(w, "In %d of %d passes that a person looked at, something was missed (%.1f to %.1f%%)\n", s.Passes.Of, s.Passes.All, 100*s.Passes.Low, 100*s.Passes.High)
	}
	if len(s.Differences) > 0 {
		fmt.Fprintf(w, "%s to be settled: two readers differ; see the desk's /quality\n", plural(len(s.Differences), "finding"))
	}
}

// printCounts prints the first words of a list; right says how often a rule was.
func printCounts(w io.Writer, name string, all []index.Count, right func(index.Count) string) {
	if len(all) == 0 {
		return
	}
	header := []any{name, "pages", "reject", "open", "confirmed", "dismissed"}
	if right != nil {
		header = append(header, "right, by decisions")
	}
	t := newTable(map[int]int{1: 44}, header...)
	for _, c := range all[:min(len(all), most)] {
		cells := []any{c.Word, thousands(c.Pages), thousands(c.Reject), thousands(c.Open), thousands(c.Confirmed), thousands(c.Dismissed)}
		if right != nil {
			cells = append(cells, right(c))
		}
		t.row(cells...)
	}
	t.print(w)
	if len(all) > most {
		fmt.Fprintf(w, "… and %s more; --json has them\n", thousands(len(all)-most))
	}
}
