package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/spf13/cobra"
)

func rulesDiffCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "diff OLD NEW --results DIR",
		Short: "Show what other packs would find in stored results, and what not",
		Long: `Hold every result.json below a folder against two sets of packs, each a file, a
folder or the word bundled, and show the findings that only one of them has.
Nothing is changed; pageinspect reinspect changes results.`,
		Example: `  pageinspect rules diff bundled mine.yaml --results out`,
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if dir == "" {
				return fault.New(fault.Invalid, "--results is missing; give a folder with results, such as out")
			}
			return diffRules(c, args[0], args[1], dir)
		},
	}
	c.Flags().StringVar(&dir, "results", "", "a folder with result.json files, at any depth")
	return c
}

func packsNamed(name string) (*rules.Set, error) {
	if name == "bundled" {
		return rules.Bundled()
	}
	return rules.LoadFiles(name)
}

func diffRules(c *cobra.Command, before, after, dir string) error {
	old, err := packsNamed(before)
	if err != nil {
		return err
	}
	now, err := packsNamed(after)
	if err != nil {
		return err
	}
	t := newTable(map[int]int{1: 32, 3: 44, 5: 50}, "page", "", "rule", "severity", "quote")
	pages, added, removed, verdicts := 0, 0, 0, 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "result.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r, err := decodeResult(b)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "%s is no result", path)
		}
		q := rules.Query{Category: r.Category, At: r.RecognizedAt}
		was, err := old.Inspect(r.Lines, q)
		if err != nil {
			return err
		}
		is, err := now.Inspect(r.Lines, q)
		if err != nil {
			return err
		}
		pages++
		for _, f := range only(is, was) {
			added++
			t.row(r.ID, "new", f.Rule, f.Severity, f.Quote)
		}
		for _, f := range only(was, is) {
			removed++
			t.row(r.ID, "gone", f.Rule, f.Severity, f.Quote)
		}
		if v, w := rules.VerdictOf(was), rules.VerdictOf(is); v != w {
			verdicts++
			t.row(r.ID, "verdict", fmt.Sprintf("%s, was %s", w, v), "", "")
		}
		return nil
	})
	switch {
	case err != nil:
		return fault.Wrap(fault.Invalid, err, "--results")
	case pages == 0:
		return fault.New(fault.Invalid, "--results: no result.json in %s or below", dir)
	}
	if added+removed+verdicts > 0 {
		t.print(c.OutOrStdout())
	}
	fmt.Fprintf(c.OutOrStdout(), "%d pages: %d findings new, %d gone, %d verdicts change\n", pages, added, removed, verdicts)
	return nil
}

// only lists the findings of a that b does not have in the same place by the same rule.
func only(a, b []result.Finding) (rest []result.Finding) {
	for _, f := range a {
		if !slices.ContainsFunc(b, func(o result.Finding) bool {
			return o.Rule == f.Rule && o.Quote == f.Quote && o.Box == f.Box && o.Severity == f.Severity && slices.Equal(o.Lines, f.Lines)
		}) {
			rest = append(rest, f)
		}
	}
	return rest
}

// decodeResult reads a result.json.
func decodeResult(b []byte) (r result.Result, err error) {
	if err = json.Unmarshal(b, &r); err == nil && r.Schema != result.Schema {
		err = fmt.Errorf("its schema is %q, not %q", r.Schema, result.Schema)
	}
	return r, err
}
