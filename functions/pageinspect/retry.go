package main

import (
	"context"
	"fmt"
	"io"

	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
)

func retryCommand() *cobra.Command {
	var o choice
	var again, dry bool
	c := &cobra.Command{
		Use:   "retry [flags]",
		Short: "Publish again what failed",
		Long: `Publish the originals of failures to the requests topic again, with their ids and
the attempt counted up, and wait until every one is acknowledged.

Left alone, each with the reason: a request that has a result since, or of which a
later attempt is published already (so running this twice publishes once), and an
original that is no request and would only fail again. --again publishes the
first two all the same. --dry-run says what would be done and publishes nothing.

A page that was captured before it failed is not captured again, only recognized.

Exit codes: 0 all were published, 1 some were left alone, 2 it did not work.` + placesHelp,
		Example: "  pageinspect retry --kind transient --since 24h --dry-run\n  pageinspect retry --id p-1001\n" +
			"  gcloud pubsub subscriptions pull dead --limit 100 --format=json | pageinspect retry --dead-letter -",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return retry(c.Context(), o, again, dry, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	addChoiceFlags(c, &o)
	c.Flags().BoolVar(&again, "again", false, "also what has a result since, or another attempt")
	c.Flags().BoolVarP(&dry, "dry-run", "n", false, "say what would be published, and publish nothing")
	return c
}

func retry(ctx context.Context, o choice, again, dry bool, stdin io.Reader, stdout, stderr io.Writer) error {
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
	t := newTable(map[int]int{1: 40, 5: 60}, "id", "failed at", "kind", "attempt", "")
	for _, r := range retries {
		what := "left alone: " + r.Skip
		if r.Skip == "" {
			what = map[bool]string{true: "would be published", false: "published"}[dry]
			msgs = append(msgs, r.Message)
		}
		t.row(r.Failure.ID, local(r.Failure.At), r.Failure.Kind, r.Failure.Attempt, what)
	}
	if len(msgs) > 0 && !dry {
		if err := publish(ctx, p.Kafka, p.Requests, msgs, stderr); err != nil {
			return err
		}
	}
	printRetries(stdout, t, retries, len(msgs), dry)
	if len(msgs) < len(retries) {
		return exit(exitFinding)
	}
	return nil
}

func printRetries(w io.Writer, t *listing, retries []history.Retry, published int, dry bool) {
	if len(retries) == 0 {
		fmt.Fprintln(w, "no failures to retry")
		return
	}
	t.print(w)
	verb := "published again"
	if dry {
		verb = "would be published again"
	}
	fmt.Fprintf(w, "%d of %d %s\n", published, len(retries), verb)
}
