package main

import (
	"fmt"
	"io"

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

func printFailures(w io.Writer, failures []job.Failure) {
	if len(failures) == 0 {
		fmt.Fprintln(w, "no failures")
		return
	}
	t := newTable(map[int]int{2: 40, 6: 70}, "at", "id", "stage", "kind", "attempt", "message")
	kinds := map[string]int{}
	for _, f := range failures {
		kinds[string(f.Kind)]++
		t.row(local(f.At), f.ID, f.Stage, f.Kind, f.Attempt, f.Message)
	}
	t.print(w)
	fmt.Fprintf(w, "%d failures: %s. \"pageinspect retry\" with the same flags publishes them again\n", len(failures), counts(kinds))
}
