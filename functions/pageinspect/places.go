package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// placesHelp ends the help of the commands that look into topics and buckets.
const placesHelp = `

The broker is taken from KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS), the topics
from REQUESTS_TOPIC, RESULTS_TOPIC and ERRORS_TOPIC, the buckets from PAGES_BUCKET,
SCREENSHOTS_BUCKET and RESULTS_BUCKET (STORAGE_EMULATOR_HOST for a stand-in).
Without KAFKA_BROKERS, all of them are those of "pageinspect serve" on this machine.`

// places are what the environment names, else those of the local cloud. The
// store is opened only if buckets are named: Kafka alone is enough for most.
func places(ctx context.Context, stderr io.Writer) (history.Places, func(), error) {
	p := history.Places{
		Requests: envOr("REQUESTS_TOPIC", localcloud.RequestsTopic), Results: envOr("RESULTS_TOPIC", localcloud.ResultsTopic), Errors: envOr("ERRORS_TOPIC", localcloud.ErrorsTopic),
		Screenshots: envOr("SCREENSHOTS_BUCKET", localcloud.Screenshots), Pages: envOr("PAGES_BUCKET", localcloud.Pages), Output: envOr("RESULTS_BUCKET", localcloud.Results),
	}
	var err error
	if p.Kafka, err = kafkaFromEnv(); err != nil {
		return p, nil, err
	}
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	if os.Getenv("KAFKA_BROKERS") == "" && emulator == "" {
		emulator = defaultStorage
	}
	close := func() {}
	if emulator != "" || os.Getenv("PAGES_BUCKET") != "" {
		if p.Store, err = store.New(ctx, store.Config{EmulatorHost: emulator}); err != nil {
			return p, nil, err
		}
		close = func() { p.Store.Close() } //nolint:errcheck // nothing of it is kept
	}
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription("reading the topics"),
		progressbar.OptionShowCount(), progressbar.OptionSetVisibility(isTerminal(stderr)), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	p.Tick = func() { bar.Add(1) }                  //nolint:errcheck // a bar that cannot be drawn stops nothing
	return p, func() { bar.Finish(); close() }, nil //nolint:errcheck // likewise
}

// choice is the flags that choose failures.
type choice struct {
	kinds, stages, ids []string
	since              string
	deadLetter         string
}

func addChoiceFlags(c *cobra.Command, o *choice) {
	f := c.Flags()
	f.StringSliceVar(&o.kinds, "kind", nil, "only failures of these kinds: invalid, unreachable, blocked, timeout, transient, internal")
	f.StringSliceVar(&o.stages, "stage", nil, "only failures of these stages: deliver, capture, recognize")
	f.StringSliceVar(&o.ids, "id", nil, "only failures of these requests")
	f.StringVar(&o.since, "since", "", "only failures since then: 90m, 24h, 2026-11-25 or 2026-11-25T08:00:00Z")
	f.StringVar(&o.deadLetter, "dead-letter", "", "read a platform's dead letters instead of the errors topic: a file, or - for standard input,\nof what gcloud pubsub subscriptions pull SUBSCRIPTION --format=json printed")
}

// failures are those that the flags choose.
func (o choice) failures(ctx context.Context, p history.Places, stdin io.Reader) (f []job.Failure, err error) {
	filter := history.Filter{Kinds: o.kinds, Stages: o.stages, IDs: o.ids}
	if filter.Since, err = since(o.since, time.Now()); err != nil {
		return nil, err
	}
	if err := filter.Validate(); err != nil {
		return nil, err
	}
	if o.deadLetter == "" {
		return p.Failures(ctx, filter)
	}
	var b []byte
	if o.deadLetter == "-" {
		b, err = io.ReadAll(stdin)
	} else {
		b, err = os.ReadFile(o.deadLetter)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "--dead-letter: %v; give a file, or - for standard input", err)
	}
	return p.DeadLetters(ctx, b, filter)
}

// since reads a duration before now, a day or a time.
func since(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "--since: %q is neither a duration nor a time; write 24h, 2026-11-25 or 2026-11-25T08:00:00Z", s)
}
