package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

func submitCommand() *cobra.Command {
	var file, topicName string
	var t template
	c := &cobra.Command{
		Use:   "submit [flags] [URL…]",
		Short: "Publish requests to Kafka",
		Long: `Publish requests to the requests topic of any Kafka, and wait until every one
is acknowledged by all in-sync replicas.

Each line of the file is an address, or a request as JSON, in UTF-8; empty lines
and lines that begin with # are left out. A bad line is reported with its number,
and the others are published. Lines of one id are published once; another address
under an id that an earlier line has is a bad line.

The broker is taken from KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS); without
it, the one that "pageinspect serve" runs on this machine.`,
		Example: "  pageinspect submit https://shop.example/products/1\n  pageinspect submit --file urls.txt --category cosmetics",
		RunE: func(c *cobra.Command, urls []string) error {
			return submit(c.Context(), file, topicName, urls, t, c.InOrStdin(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVarP(&file, "file", "f", "", "file of addresses or JSON requests, one a line; - for standard input")
	c.Flags().StringVar(&topicName, "topic", envOr("REQUESTS_TOPIC", localcloud.RequestsTopic), "the requests topic (REQUESTS_TOPIC)")
	addTemplateFlags(c, &t)
	return c
}

func addTemplateFlags(c *cobra.Command, t *template) {
	c.Flags().StringVar(&t.Profile, "profile", "", "profile to capture with, for requests that name none (default: by host)")
	c.Flags().StringVar(&t.Category, "category", "", "category of the products, such as cosmetics: some rules apply to some categories only")
	c.Flags().StringSliceVar(&t.Rules, "packs", nil, "names of the rule packs to apply (default: all)")
	c.Flags().BoolVar(&t.SafeSearch, "safe-search", false, "have the pictures judged for indecency too, a second Vision unit a tile")
	c.Flags().BoolVar(&t.Force, "force", false, "inspect again although a result of the same id exists")
}

// batch is how many requests are published at once: enough to fill the
// writer's batches of all partitions, few enough for the bar to move.
const batch = 10_000

func submit(ctx context.Context, file, topicName string, urls []string, t template, stdin io.Reader, stderr io.Writer) error {
	kafka, err := kafkaFromEnv()
	if err != nil {
		return err
	}
	lines, err := given(file, urls, stdin)
	if err != nil {
		return err
	}
	var msgs []topic.Message
	bad := 0
	for _, a := range t.ask(lines) { // all before any is published
		if err := cmp.Or(a.refused, a.invalid); err != nil {
			bad++
			fmt.Fprintf(stderr, "%s: %s\n", oneLine(a.where), oneLine(err.Error()))
			continue
		}
		msgs = append(msgs, topic.Message{Key: []byte(a.request.ID), Value: encode(a.request)})
	}
	if len(msgs) == 0 && bad == 0 {
		return fault.New(fault.Invalid, "no address given; name some, or a file with --file")
	}
	if len(msgs) > 0 {
		if err := publish(ctx, kafka, topicName, msgs, stderr); err != nil {
			return err
		}
	}
	if bad > 0 {
		fmt.Fprintf(stderr, "%d of %d lines were not requests and were left out\n", bad, bad+len(msgs))
		return exit(exitFailed)
	}
	return nil
}

func publish(ctx context.Context, kafka topic.Config, topicName string, msgs []topic.Message, stderr io.Writer) error {
	if err := topic.Ping(ctx, kafka); err != nil {
		return err
	}
	w, err := topic.NewWriter(kafka)
	if err != nil {
		return err
	}
	defer w.Close()
	bar := newBar(stderr, len(msgs), "submitting", progressbar.OptionShowCount())
	began := time.Now()
	for i := range msgs {
		msgs[i].Topic = topicName
	}
	for first := 0; first < len(msgs); first += batch {
		part := msgs[first:min(first+batch, len(msgs))]
		if err := w.Publish(ctx, part...); err != nil {
			return fault.Wrap(fault.Transient, err, "%d of %d requests were acknowledged before", first, len(msgs))
		}
		bar.Add(len(part)) //nolint:errcheck // a bar that cannot be drawn stops nothing
	}
	fmt.Fprintf(stderr, "%d requests acknowledged in %.1f s\n", len(msgs), time.Since(began).Seconds())
	return nil
}
