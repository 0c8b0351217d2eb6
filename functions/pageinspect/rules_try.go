package main

import (
	"fmt"
	"os"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/recognize/rules/match"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/spf13/cobra"
)

type tryOptions struct {
	text, file, resultFile, category, day string
	rules, packs                          []string
}

func rulesTryCommand() *cobra.Command {
	var o tryOptions
	c := &cobra.Command{
		Use:   "try [FILE…]",
		Short: "Show which rules a text breaks or nearly breaks, and why",
		Long: `Hold a text against the bundled packs, those of the files given as well, and
show each finding with the phrase that was met and the disguise that was undone;
and, where a rule's words stand and yet there is no finding, why not: out of
scope, not in force, excused, in the middle of a word, too far apart.

Exit codes: 0 the text passes, 1 it would be reviewed or rejected, 2 it did not work.`,
		Example: `  pageinspect rules try --text "여드름 치료 크림" --category 스킨케어
  pageinspect rules try mine.yaml --result out/p-1/result.json`,
		RunE: func(c *cobra.Command, files []string) error {
			o.rules = files
			return tryRules(c, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.text, "text", "", "the text; a line end in it ends a line")
	f.StringVar(&o.file, "file", "", "a file with the text")
	f.StringVar(&o.resultFile, "result", "", "a result.json, whose text, category and packs are taken")
	f.StringVar(&o.category, "category", "", "the product's category, by any of its names")
	f.StringVar(&o.day, "day", "", "the day, as 2026-01-31; today if not given")
	f.StringSliceVar(&o.packs, "packs", nil, "names of the packs to try; all if not given")
	return c
}

// given is the text to try and how to judge it.
func (o tryOptions) given() (lines []result.Line, q rules.Query, err error) {
	q = rules.Query{Category: o.category, Packs: o.packs}
	if o.day != "" {
		if q.At, err = time.Parse(time.DateOnly, o.day); err != nil {
			return nil, q, fault.New(fault.Invalid, "--day: %q is no day of the calendar; write it as 2026-01-31", o.day)
		}
		q.At = q.At.Add(3 * time.Hour) // noon in Seoul
	}
	switch {
	case o.resultFile != "":
		b, err := os.ReadFile(o.resultFile)
		if err != nil {
			return nil, q, fault.Wrap(fault.Invalid, err, "--result")
		}
		r, err := decodeResult(b)
		if err != nil || len(r.Lines) == 0 {
			return nil, q, fault.New(fault.Invalid, "--result: %s has no lines; give a result.json as Recognize writes it", o.resultFile)
		}
		if o.category == "" {
			q.Category = r.Category
		}
		if len(o.packs) == 0 {
			q.Packs = r.Packs
		}
		return r.Lines, q, nil
	case o.file != "":
		b, err := os.ReadFile(o.file)
		if err != nil {
			return nil, q, fault.Wrap(fault.Invalid, err, "--file")
		}
		return match.Plain(string(b)), q, nil
	case o.text != "":
		return match.Plain(o.text), q, nil
	}
	return nil, q, fault.New(fault.Invalid, "nothing to try; give --text, --file or --result")
}

func tryRules(c *cobra.Command, o tryOptions) error {
	lines, q, err := o.given()
	if err != nil {
		return err
	}
	set, err := rules.WithBundled(o.rules...)
	if err != nil {
		return err
	}
	judged, reasons, err := set.Explain(lines, q)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	fmt.Fprintln(out, judgedAs(judged.Scope, q.Category))
	t := newTable(map[int]int{1: 40, 3: 40, 4: 40, 5: 60}, "rule", "finding", "quote", "met by", "why")
	for _, r := range reasons {
		if r.Finding == nil {
			t.row(r.Rule, "-", r.Quote, r.Pattern, "no finding: "+r.Why)
			continue
		}
		why := string(r.Finding.Match)
		if r.Finding.Evasion != "" {
			why += ", disguised: " + r.Finding.Evasion
		}
		if r.Quote == "" {
			why = r.Finding.Message
		}
		t.row(r.Rule, string(r.Finding.Severity)+" ("+string(r.Finding.Mode)+")", r.Quote, r.Pattern, why)
	}
	if len(reasons) > 0 {
		t.print(out)
	}
	v := rules.VerdictOf(judged.Findings)
	fmt.Fprintln(out, "verdict:", v)
	if v != result.Pass {
		return exit(exitFinding)
	}
	return nil
}

// judgedAs says what was made of the category.
func judgedAs(s result.Scope, asked string) string {
	switch {
	case !s.Unknown:
		return "category: " + s.Category
	case s.Guessed && asked == "":
		return fmt.Sprintf("category: none was given; judged as %s, which the text speaks of", s.Category)
	case s.Guessed:
		return fmt.Sprintf("category: %q is known to no rule; judged as %s, which the text speaks of", asked, s.Category)
	case asked == "":
		return "category: none was given, and the text speaks of none; only rules for every product apply"
	}
	return fmt.Sprintf("category: %q is known to no rule, and the text speaks of none; only rules for every product apply", asked)
}
