package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// reinspectOptions is what the command was asked for.
type reinspectOptions struct {
	prefix, file, bucket, topic string
	all, dryRun                 bool
	rules, packs                []string
	atOnce                      int
}

func reinspectCommand() *cobra.Command {
	var o reinspectOptions
	c := &cobra.Command{
		Use:   "reinspect [flags] [ID…]",
		Short: "Apply new rules to stored results",
		Long: `Apply the rules to the text of stored results: no page is captured again, and
no picture is sent to Vision. What changes is printed. Results that come out
the same are left as they are; of the others, result.json and report.html are
replaced, and the new result is published to the results topic.

Which results: the ids given, those of a file, those that begin with --prefix,
or --all. Which rules: the bundled packs and those of --rules, as Recognize has
them; of these, the packs that each request asked for, or --packs.

It may be stopped at any time and started again. Try --dry-run first.

Storage is Cloud Storage, or a stand-in at STORAGE_EMULATOR_HOST; Kafka is taken
from KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS). For what "pageinspect serve"
runs on this machine set STORAGE_EMULATOR_HOST to the address that it prints.`,
		Example: `  pageinspect reinspect --bucket shop-results --all --rules rules/ --dry-run
  pageinspect reinspect --bucket shop-results --prefix shop-example- --rules rules/
  pageinspect reinspect --bucket shop-results order-7 order-8`,
		RunE: func(c *cobra.Command, ids []string) error {
			return reinspect(c.Context(), o, ids, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.prefix, "prefix", "", "the results whose ids begin so")
	f.BoolVar(&o.all, "all", false, "all results of the bucket")
	f.StringVarP(&o.file, "file", "f", "", "file of ids, one a line; - for standard input")
	f.StringVar(&o.bucket, "bucket", envOr("RESULTS_BUCKET", localcloud.Results), "bucket of the results (RESULTS_BUCKET)")
	f.StringVar(&o.topic, "topic", envOr("RESULTS_TOPIC", localcloud.ResultsTopic), "the results topic (RESULTS_TOPIC)")
	f.StringSliceVar(&o.rules, "rules", splitEnv("RULES"), "files or folders of rule packs, beside the bundled ones (RULES)")
	f.StringSliceVar(&o.packs, "packs", nil, "names of the packs to apply (default: those that each request asked for)")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "print what would change, and change nothing")
	f.IntVar(&o.atOnce, "at-once", 64, "results worked on at a time")
	return c
}

func reinspect(ctx context.Context, o reinspectOptions, ids []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if o.atOnce < 1 {
		return fault.New(fault.Invalid, "--at-once: is %d, want 1 or more", o.atOnce)
	}
	if o.file != "" {
		if err := readLines(o.file, stdin, func(_ int, line []byte) { ids = append(ids, string(line)) }); err != nil {
			return err
		}
	}
	listed := o.all || o.prefix != ""
	if listed == (len(ids) > 0) || o.all && o.prefix != "" {
		return fault.New(fault.Invalid, "say which results: ids (or a --file of them), or --prefix, or --all")
	}
	set, err := rules.WithBundled(o.rules...)
	if err != nil {
		return err
	}
	if _, err := set.Select(o.packs); err != nil {
		return err
	}
	cfg, err := store.LoadConfig()
	if err != nil {
		return err
	}
	objects, err := store.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer objects.Close() //nolint:errcheck // nothing of it is kept
	if err := objects.CheckBucket(ctx, o.bucket); err != nil {
		return err
	}
	r := &recognize.Reinspector{Store: objects, Emulator: objects.Emulator(), Rules: set, Results: o.bucket, Packs: o.packs, DryRun: o.dryRun, Now: time.Now}
	if !o.dryRun {
		kafka, err := kafkaFromEnv()
		if err != nil {
			return err
		}
		if err := topic.Ping(ctx, kafka); err != nil {
			return err
		}
		w, err := topic.NewWriter(kafka)
		if err != nil {
			return err
		}
		defer w.Close() //nolint:errcheck // every event was acknowledged
		r.Events = recognize.Events{Kafka: w, Topic: o.topic}
	}
	t := newTally(stdout, stderr, len(ids), o.dryRun)
	err = eachID(ctx, objects, o, ids, func(id string) { c, err := r.Result(ctx, id); t.add(id, c, err, listed) })
	return t.close(ctx, err)
}

// eachID works on the ids given or listed, several at a time. An id that fails does
// not stop the others; a list that fails ends after what was listed.
func eachID(ctx context.Context, objects *store.Client, o reinspectOptions, ids []string, work func(id string)) error {
	var g errgroup.Group
	g.SetLimit(o.atOnce)
	defer g.Wait() //nolint:errcheck // no work returns an error
	start := func(id string) bool {
		g.Go(func() error { work(id); return nil })
		return ctx.Err() == nil
	}
	for _, id := range ids {
		if !start(id) {
			return ctx.Err()
		}
	}
	if len(ids) > 0 {
		return nil
	}
	for id, err := range objects.Folders(ctx, o.bucket, o.prefix) {
		switch {
		case err != nil:
			return err
		case id == annotate.CacheFolder || strings.HasPrefix(id, "."): // no page's
		case !start(id):
			return ctx.Err()
		}
	}
	return nil
}

// readLines gives each line of a file, or of standard input for "-", that is
// neither empty nor a comment, with its number.
func readLines(file string, stdin io.Reader, each func(number int, line []byte)) error {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fault.New(fault.Invalid, "%v; give a file of ids, or - for standard input", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, job.MaxRequestBytes+1)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // what Windows editors put first
		}
		if len(line) > 0 && line[0] != '#' {
			each(n, bytes.Clone(line))
		}
	}
	if err := lines.Err(); err != nil {
		return fault.New(fault.Invalid, "%s: %v", file, err)
	}
	return nil
}
