package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"
)

// submitOptions is what the command was asked for.
type submitOptions struct {
	topic        string
	dryRun, json bool
	sources      sources
	requests     template
}

func submitCommand() *cobra.Command {
	var o submitOptions
	c := &cobra.Command{
		Use:   "submit [flags] [URL…|FILE…|-]",
		Short: "Publish requests to Kafka",
		Long: `Publish requests to the requests topic of any Kafka, and wait until every one
is acknowledged by all in-sync replicas.

` + listsHelp + `

With --stable-ids, submitting a list again, or after an interrupt, does nothing
twice. --json prints each request that is published as a line of JSON, and each
wrong line as pageinspect.error/v1, with its original whole.

The broker is taken from KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS); without
it, the one that "pageinspect serve" runs on this machine.

Exit codes: 0 all were published, 2 some lines were wrong or it did not work,
130 it was interrupted.`,
		Example: "  pageinspect submit https://shop.example/products/1\n  pageinspect submit products.xlsx --stable-ids --dry-run\n" +
			"  pageinspect submit products.csv --column url=상품URL --category cosmetics",
		RunE: func(c *cobra.Command, args []string) error {
			return submit(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	addSourceFlags(c, &o.sources)
	c.Flags().StringVar(&o.topic, "topic", envOr("REQUESTS_TOPIC", localcloud.RequestsTopic), "the requests topic (REQUESTS_TOPIC)")
	c.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "show what would be published, and publish nothing")
	c.Flags().BoolVar(&o.json, "json", false, "print each request, and each wrong line, as a line of JSON")
	addTemplateFlags(c, &o.requests)
	return c
}

// batch is how many requests are published at once: enough to fill the
// writer's batches of all partitions, few enough for the bar to move.
const batch = 10_000

func submit(ctx context.Context, o submitOptions, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	kafka, err := kafkaFromEnv()
	if err != nil {
		return err
	}
	lines, err := o.sources.given(args, stdin)
	if err != nil {
		return err
	}
	all, repeated := o.requests.ask(lines.Entries) // all before any is published
	if len(all) == 0 {
		return fault.New(fault.Invalid, "no address given; name some, or a file with a list")
	}
	printNotes(stderr, lines.Notes)
	wrong := printWrong(stderr, all)
	if o.dryRun && !o.json {
		printAsked(stdout, all)
	}
	msgs := make([]topic.Message, len(all))
	onEveryCore(len(all), func(i int) {
		if cmp.Or(all[i].refused, all[i].invalid) == nil {
			msgs[i] = topic.Message{Key: []byte(all[i].request.ID), Value: encode(all[i].request)}
		}
	})
	msgs = slices.DeleteFunc(msgs, func(m topic.Message) bool { return m.Value == nil })
	if len(msgs) > 0 && !o.dryRun {
		if err := publish(ctx, kafka, o.topic, msgs, stderr); err != nil {
			return err
		}
	}
	if o.json {
		if err := printAskedJSON(stdout, all); err != nil {
			return err
		}
	}
	verb := "were published"
	if o.dryRun {
		verb = "would be published"
	}
	fmt.Fprintf(stderr, "%s: %d %s, %d wrong, %d repeated\n", plural(len(all)+repeated, "line"), len(msgs), verb, wrong, repeated)
	printEstimate(stderr, len(msgs))
	if !o.dryRun && len(msgs) > 0 {
		fmt.Fprintln(stderr, "Next: pageinspect status --watch, then pageinspect results --verdict reject,review")
	}
	if wrong > 0 {
		return exit(exitFailed)
	}
	return nil
}

func publish(ctx context.Context, config topic.Config, topicName string, msgs []topic.Message, stderr io.Writer) error {
	if err := topic.Ping(ctx, config); err != nil {
		return err
	}
	w, err := topic.NewWriter(config)
	if err != nil {
		return err
	}
	defer w.Close()
	show := newMeter(stderr, len(msgs), "submitting")
	defer show.close()
	began := time.Now()
	for i := range msgs {
		msgs[i].Topic = topicName
	}
	for first := 0; first < len(msgs); first += batch {
		part := msgs[first:min(first+batch, len(msgs))]
		err := w.Publish(ctx, part...)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return interrupted(fmt.Sprintf("%d of %d requests were acknowledged; with --stable-ids, or ids in the list, submitting it again does nothing twice", first, len(msgs)))
		case errors.Is(err, kafka.Unknown): // the broker alone knows
			return fault.Wrap(fault.Transient, err, "the broker could not write, perhaps because its disk is full: its log tells; %d of %d requests were acknowledged before", first, len(msgs))
		default:
			return fault.Wrap(fault.Transient, err, "%d of %d requests were acknowledged before", first, len(msgs))
		}
		show.add(len(part))
	}
	show.close()
	fmt.Fprintf(stderr, "%s acknowledged in %.1f s\n", plural(len(msgs), "request"), time.Since(began).Seconds())
	return nil
}
