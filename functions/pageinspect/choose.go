package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/spf13/cobra"
)

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
	f.StringVar(&o.deadLetter, "dead-letter", "",
		"read a platform's dead letters instead of the errors topic: a file, or - for standard input,\n"+
			"of what gcloud pubsub subscriptions pull SUBSCRIPTION --format=json printed")
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
	return time.Time{}, fault.New(fault.Invalid,
		"--since: %q is neither a duration nor a time; write 24h, 2026-11-25 or 2026-11-25T08:00:00Z", s)
}
