package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/spf13/cobra"
)

func rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules [FILE…]",
		Short: "Check rule packs and list them",
		Long: `Load the rule packs given, or the bundled ones, run every rule's own hit and
miss tests, and list the packs. Mistakes are reported with file and line.`,
		RunE: func(c *cobra.Command, files []string) error {
			set, err := rules.Bundled()
			if len(files) > 0 {
				set, err = rules.LoadFiles(files...)
			}
			if err != nil {
				return err
			}
			t := table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.AppendHeader(table.Row{"pack", "rule", "severity", "mode", "message"})
			count := 0
			for _, p := range set.Packs() {
				for _, r := range p.Rules {
					t.AppendRow(table.Row{p.Name, r.ID, r.Severity, r.Mode, r.Message})
					count++
				}
			}
			fmt.Fprintln(c.OutOrStdout(), t.Render())
			fmt.Fprintf(c.OutOrStdout(), "%d rules, every one passes its own tests\n", count)
			return nil
		},
	}
}
