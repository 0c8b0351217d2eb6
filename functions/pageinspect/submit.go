package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func submitCommand() *cobra.Command {
	var file, topicName string
	var t template
	c := &cobra.Command{
		Use:   "submit [flags] [URL…]",
		Short: "Publish requests to Kafka",
		Long: `Publish requests to the requests topic of any Kafka, and wait until every one
is acknowledged by all in-sync replicas.

Each line of the file is an address, or a request as JSON; empty lines and
lines that begin with # are left out. A bad line is reported with its number,
and the others are published.

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
	msgs, bad, err := collect(file, urls, t, stdin, stderr)
	if err != nil {
		return err
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

// line is one of those that were given, and where.
type line struct {
	where string
	text  []byte
}

// collect makes messages of the addresses and of the file's lines, all before
// any is published, and counts the bad ones. It reads on every core: of 10,000
// requests the reading takes as long as the publishing.
func collect(file string, urls []string, t template, stdin io.Reader, stderr io.Writer) (msgs []topic.Message, bad int, err error) {
	var lines []line
	for _, u := range urls {
		if u == "-" && file == "" {
			file = "-"
			continue
		}
		if text := bytes.TrimSpace([]byte(u)); len(text) > 0 {
			lines = append(lines, line{u, text})
		}
	}
	if file != "" {
		name := map[bool]string{true: "standard input", false: file}[file == "-"]
		if err := readLines(file, stdin, func(n int, text []byte) { lines = append(lines, line{fmt.Sprintf("%s:%d", name, n), text}) }); err != nil {
			return nil, 0, err
		}
	}
	all, errs := make([]topic.Message, len(lines)), make([]error, len(lines))
	var reading sync.WaitGroup
	share := len(lines)/runtime.GOMAXPROCS(0) + 1
	for first := 0; first < len(lines); first += share {
		reading.Go(func() {
			for i := first; i < min(first+share, len(lines)); i++ {
				var r job.Request
				if r, errs[i] = t.request(lines[i].text); errs[i] == nil {
					all[i] = topic.Message{Key: []byte(r.ID), Value: encode(r)}
				}
			}
		})
	}
	reading.Wait()
	for i, err := range errs {
		if err != nil {
			bad++
			fmt.Fprintf(stderr, "%s: %v\n", lines[i].where, err)
			continue
		}
		msgs = append(msgs, all[i])
	}
	return msgs, bad, nil
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
	bar := progressbar.NewOptions(len(msgs), progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("submitting"),
		progressbar.OptionShowCount(), progressbar.OptionSetVisibility(isTerminal(stderr)), progressbar.OptionClearOnFinish())
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

// kafkaFromEnv is the Kafka that the environment names, else the local one.
func kafkaFromEnv() (topic.Config, error) {
	var cfg topic.Config
	if err := env.Parse(&cfg); err != nil {
		return cfg, err
	}
	if len(cfg.Brokers) == 0 {
		cfg.Brokers = []string{defaultKafka}
	}
	return cfg, cfg.Validate()
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
