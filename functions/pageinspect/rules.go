package main

import (
	"fmt"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/spf13/cobra"
)

func rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules [FILE…]",
		Short: "Check rule packs, list them, try them and compare them",
		Long: `Load the rule packs given, or the bundled ones, run every rule's own hit and
miss tests, and list the packs. Mistakes are reported with file and line.

A pack is a YAML file, or a plain list of words: a .txt with a word a line, or
a .csv with the columns phrase, severity, message and category. How packs are
written is in recognize/rules/packs/README.md; a pack:

  version: v1
  pack: mine
  rules:
    - id: mine.miracle
      mode: enforce            # off, report or enforce
      severity: review         # high, review or info
      message: "근거가 필요한 표현"
      match: {any: ["기적의 크림"]}
      tests: {hit: ["기적의 크림"], miss: ["크림"]}

Exit codes of all that is below: 0 it is well, 1 (of try) the text would be
reviewed or rejected, 2 a pack has mistakes or it did not work.`,
		Example:          "  pageinspect rules\n  pageinspect rules mine.yaml words.txt",
		RunE:             func(c *cobra.Command, files []string) error { return listRules(c, files, true) },
		PersistentPreRun: func(c *cobra.Command, _ []string) { atOnce(c) },
	}
	c.AddCommand(rulesCheckCommand(), rulesListCommand(), rulesTryCommand(), rulesDiffCommand())
	return c
}

// packsOf loads the packs of the files, or the bundled ones for none.
func packsOf(files []string) (*rules.Set, error) {
	if len(files) == 0 {
		return rules.Bundled()
	}
	return rules.LoadFiles(files...)
}

func rulesCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Check rule packs and run every rule's own tests",
		Long: `Load the rule packs given, or the bundled ones, and run every rule's own hit and
miss tests. Each mistake is told with its file and line and what to write.

Exit codes: 0 every rule passes its tests, 2 a pack has mistakes.`,
		Example: "  pageinspect rules check mine.yaml",
		RunE: func(c *cobra.Command, files []string) error {
			set, err := packsOf(files)
			if err != nil {
				return err
			}
			for _, n := range set.Notes() {
				fmt.Fprintln(c.OutOrStdout(), "note:", n)
			}
			fmt.Fprintln(c.OutOrStdout(), passed(set))
			return nil
		},
	}
}

// passed says how many rules passed their tests.
func passed(set *rules.Set) string {
	n := 0
	for _, p := range set.Packs() {
		n += len(p.Rules)
	}
	if n == 1 {
		return "1 rule, and it passes its own tests"
	}
	return fmt.Sprintf("%d rules, every one passes its own tests", n)
}

func rulesListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [FILE…]",
		Short: "List the rules of packs with their scope, dates and law",
		Long: `List the rules of the packs given, or of the bundled ones, a row each: severity,
mode, kind, the categories that it is for, the days from and until which it is
in force, its law and what it says to the seller.`,
		Example: "  pageinspect rules list\n  pageinspect rules list mine.yaml",
		RunE:    func(c *cobra.Command, files []string) error { return listRules(c, files, false) },
	}
}

// listRules shows the rules: the few columns that most want to see, or all.
func listRules(c *cobra.Command, files []string, short bool) error {
	set, err := packsOf(files)
	if err != nil {
		return err
	}
	t := newTable(map[int]int{1: 20, 2: 44, 5: 50}, "pack", "rule", "severity", "mode", "message")
	if !short {
		t = newTable(map[int]int{1: 20, 2: 44, 6: 30, 9: 40, 10: 50}, "pack", "rule", "severity", "mode", "kind", "scope", "from", "until", "law", "message")
	}
	for _, p := range set.Packs() {
		for _, r := range p.Rules {
			if short {
				t.row(p.Name, r.ID, r.Severity, r.Mode, r.Message)
				continue
			}
			t.row(p.Name, r.ID, r.Severity, r.Mode, r.Kind, scopeOf(r), r.From, r.Until, r.Law, r.Message)
		}
	}
	t.print(c.OutOrStdout())
	for _, n := range set.Notes() {
		fmt.Fprintln(c.OutOrStdout(), "note:", n)
	}
	fmt.Fprintln(c.OutOrStdout(), passed(set))
	return nil
}

// scopeOf shows the categories that a rule is for.
func scopeOf(r rules.Rule) string {
	s := strings.Join(r.Categories, ", ")
	if len(r.Not) > 0 {
		s += " except " + strings.Join(r.Not, ", ")
	}
	return strings.TrimSpace(s)
}
