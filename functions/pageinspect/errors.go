package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/spf13/cobra"
)

func errorsCommand() *cobra.Command {
	var o choice
	var asJSON bool
	c := &cobra.Command{
		Use:   "errors [flags]",
		Short: "List what failed for good, and why",
		Long: `List the failures in the errors topic, from the oldest to the newest: each
attempt of a request once, however often its record was repeated.

With --json, each is a line of pageinspect.error/v1, the original request included.

Exit codes: 0 there are none, 1 there are some, 2 it did not work.` + placesHelp,
		Example: "  pageinspect errors --since 24h\n  pageinspect errors --kind timeout,transient --json\n" +
			"  gcloud pubsub subscriptions pull dead --limit 100 --format=json | pageinspect errors --dead-letter -",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, done, err := places(c.Context(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			failures, err := o.failures(c.Context(), p, c.InOrStdin())
			done()
			if err != nil {
				return err
			}
			if asJSON {
				err = printLines(c.OutOrStdout(), failures)
			} else {
				printFailures(c.OutOrStdout(), failures)
			}
			if err == nil && len(failures) > 0 {
				return exit(exitFinding)
			}
			return err
		},
	}
	addChoiceFlags(c, &o)
	c.Flags().BoolVar(&asJSON, "json", false, "print each failure as a line of JSON")
	return c
}

// printLines prints each value as a line of JSON.
func printLines[T any](w io.Writer, all []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, v := range all {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// newTable has headers as they are written.
func newTable(headers ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(headers)
	return t
}

func printFailures(w io.Writer, failures []job.Failure) {
	if len(failures) == 0 {
		fmt.Fprintln(w, "no failures")
		return
	}
	t := newTable("at", "id", "stage", "kind", "attempt", "message")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 40}, {Number: 6, WidthMax: 70}})
	kinds := map[string]int{}
	for _, f := range failures {
		kinds[string(f.Kind)]++
		t.AppendRow(table.Row{local(f.At), f.ID, f.Stage, f.Kind, f.Attempt, f.Message})
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "%d failures: %s. \"pageinspect retry\" with the same flags publishes them again\n", len(failures), counts(kinds))
}

func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}
