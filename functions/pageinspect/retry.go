package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
)

func retryCommand() *cobra.Command {
	var o choice
	var again, dry, asJSON bool
	c := &cobra.Command{
		Use:   "retry [flags]",
		Short: "Publish again what failed",
		Long: `Publish the originals of failures to the requests topic again, with their ids and
the attempt counted up, and wait until every one is acknowledged.

Left alone, each with the reason: a request that has a result since, or of which a
later attempt is published already (so running this twice publishes once), and an
original that is no request and would only fail again. --again publishes the
first two all the same. --dry-run says what would be done and publishes nothing.
With --json, each failure is a line of JSON: its id, url, kind and attempt, what
was done (published, would_publish or left_alone) and why it was left alone.

A page that was captured before it failed is not captured again, only recognized.

Exit codes: 0 all were published, 1 some were left alone, 2 it did not work.` + placesHelp,
		Example: "  pageinspect retry --kind transient --since 24h --dry-run\n  pageinspect retry --id p-1001\n" +
			"  gcloud pubsub subscriptions pull dead --limit 100 --format=json | pageinspect retry --dead-letter -",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return retry(c.Context(), o, again, dry, asJSON, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	addChoiceFlags(c, &o)
	c.Flags().BoolVar(&again, "again", false, "also what has a result since, or another attempt")
	c.Flags().BoolVarP(&dry, "dry-run", "n", false, "say what would be published, and publish nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print what becomes of each failure as a line of JSON")
	return c
}

func retry(ctx context.Context, o choice, again, dry, asJSON bool, stdin io.Reader, stdout, stderr io.Writer) error {
	p, done, err := places(ctx, stderr)
	if err != nil {
		return err
	}
	defer done()
	failures, err := o.failures(ctx, p, stdin)
	if err != nil {
		return err
	}
	retries, err := p.Retries(ctx, failures, again)
	if err != nil {
		return err
	}
	var msgs []topic.Message
	var all []retried
	for _, r := range retries {
		what := retried{r.Failure.ID, job.Bare(r.Failure.URL), r.Failure.Kind, r.Failure.Attempt, r.Failure.At, "left_alone", r.Skip}
		if r.Skip == "" {
			what.Action = map[bool]string{true: "would_publish", false: "published"}[dry]
			msgs = append(msgs, r.Message)
		}
		all = append(all, what)
	}
	if len(msgs) > 0 && !dry {
		if err := publish(ctx, p.Kafka, p.Requests, msgs, stderr); err != nil {
			return err
		}
	}
	if asJSON {
		if err := printLines(stdout, all); err != nil {
			return err
		}
		stdout = stderr
	} else {
		printRetries(stdout, all)
	}
	sumRetries(stdout, len(msgs), len(all), dry)
	if len(msgs) < len(retries) {
		return exit(exitFinding)
	}
	return nil
}

// retried is what became of a failure.
type retried struct {
	ID       string     `json:"id"`
	URL      string     `json:"url"`
	Kind     fault.Kind `json:"kind"`
	Attempt  int        `json:"attempt"` // that failed
	FailedAt time.Time  `json:"failed_at"`
	Action   string     `json:"action"`        // published, would_publish, left_alone
	Why      string     `json:"why,omitempty"` // it was left alone
}

func printRetries(w io.Writer, all []retried) {
	if len(all) == 0 {
		return
	}
	t := newTable(map[int]int{1: 40, 5: 60}, "id", "failed at", "kind", "attempt", "")
	for _, r := range all {
		what := map[string]string{"published": "published", "would_publish": "would be published", "left_alone": "left alone: " + r.Why}[r.Action]
		t.row(r.ID, local(r.FailedAt), r.Kind, r.Attempt, what)
	}
	t.print(w)
}

func sumRetries(w io.Writer, published, all int, dry bool) {
	verb := "published again"
	if dry {
		verb = "would be published again"
	}
	if all == 0 {
		fmt.Fprintln(w, "no failures to retry")
		return
	}
	fmt.Fprintf(w, "%d of %d %s\n", published, all, verb)
}
