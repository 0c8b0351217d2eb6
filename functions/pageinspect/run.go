package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/loopback"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
)

type runOptions struct {
	out      string
	json     bool
	cloud    localcloud.Config
	requests template
}

func runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [flags] [URL…|-]",
		Short: "Inspect pages now, on this machine",
		Long: `Bring a local cloud up, send the addresses through the whole flow (Kafka,
Capture, storage, Recognize), show the progress and what was found, and stop.

For each page, DIR/<id>/ has result.json, report.html and the tiles; for a page
that failed, error.json. "-" reads addresses from standard input, one a line.
Without an address, the bundled sample pages are inspected.

Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
2 it did not work.`,
		Example: "  pageinspect run\n  pageinspect run --category cosmetics https://shop.example/products/1",
		RunE: func(c *cobra.Command, urls []string) error {
			return run(c.Context(), o, urls, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVarP(&o.out, "out", "o", "out", "directory for the results")
	c.Flags().BoolVar(&o.json, "json", false, "print each result or error as a line of JSON, instead of the table")
	addTemplateFlags(c, &o.requests)
	addCloudFlags(c, &o.cloud)
	return c
}

func run(ctx context.Context, o runOptions, urls []string, stdin io.Reader, stdout, stderr io.Writer) error {
	programs, err := localcloud.FindPrograms()
	if err != nil {
		return err
	}
	if err := absolute(&o.cloud); err != nil {
		return err
	}
	requests, refused, stop, err := wanted(urls, o.requests, stdin)
	if err != nil {
		return err
	}
	defer stop()
	out, err := openOut(o.out)
	if err != nil {
		return err
	}
	defer out.close()
	state, remove, err := scratch()
	if err != nil {
		return err
	}
	defer remove()

	show := newProgress(stderr, len(requests)+len(refused))
	defer show.close()
	o.cloud.Dir, o.cloud.Programs, o.cloud.Log, o.cloud.Hear = state, programs, logger(ctx, stderr), show.hear
	o.cloud.AllowNamed = true // whoever types an address may see it
	cloud, err := localcloud.Start(ctx, o.cloud)
	if err != nil {
		return err
	}
	defer cloud.Close()
	if err := send(ctx, cloud, requests); err != nil {
		return err
	}
	outcomes, err := collectOutcomes(ctx, cloud, out, requests, show)
	for _, f := range refused {
		failed := outcome{id: f.ID, failure: &f}
		outcomes = append(outcomes, failed)
		show.done(failed)
		err = errors.Join(err, out.saveFailure(f.ID, encode(f)))
	}
	show.close()
	if o.json {
		printJSON(stdout, outcomes)
	} else {
		printOutcomes(stdout, outcomes, o.out)
	}
	if err != nil {
		return err
	}
	return verdict(outcomes)
}

// wanted makes the requests of the addresses given or, without any, of the
// bundled samples, which it serves until stop is called. A line that is none, or
// whose id cannot be one or is another's, is refused here: it could not be told
// from another in what comes back.
func wanted(urls []string, t template, stdin io.Reader) (requests [][]byte, refused []job.Failure, stop func(), err error) {
	stop = func() {}
	if len(urls) == 0 {
		requests, stop, err = serveSamples(t)
		return requests, nil, stop, err
	}
	lines, err := given("", urls, stdin)
	if err != nil {
		return nil, nil, stop, err
	}
	for _, a := range t.ask(lines) {
		if a.refused != nil {
			a.request.ID = newID(a.request.URL)
			err := fault.Wrap(fault.Invalid, a.refused, "%s", a.where)
			source := job.Source{Via: "list", Partition: -1, Offset: -1}
			refused = append(refused, job.NewFailure(job.StageDeliver, err, a.request, a.text, source, time.Now()))
			continue
		}
		// A bad address is sent all the same: Capture says what is wrong with
		// it, and the errors topic tells, as it would in production.
		requests = append(requests, encode(a.request))
	}
	if len(requests)+len(refused) == 0 {
		return nil, nil, stop, fault.New(fault.Invalid, "no address given; name some, or none at all for the bundled samples")
	}
	return requests, refused, stop, nil
}

func serveSamples(t template) ([][]byte, func(), error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "serve the samples")
	}
	srv := &http.Server{Handler: loopback.Only(samples.Handler())}
	go srv.Serve(ln) //nolint:errcheck // ends with Close
	var requests [][]byte
	for _, p := range samples.Pages() {
		requests = append(requests, encode(job.Request{
			Schema: job.RequestSchema, ID: p.Name, URL: "http://" + ln.Addr().String() + p.Path,
			Category: p.Category, Profile: t.Profile, Rules: t.Rules,
		}))
	}
	return requests, func() { srv.Close() }, nil
}

func send(ctx context.Context, cloud *localcloud.Cloud, requests [][]byte) error {
	w, err := topic.NewWriter(cloud.Kafka)
	if err != nil {
		return err
	}
	defer w.Close()
	msgs := make([]topic.Message, len(requests))
	for i, b := range requests {
		msgs[i] = topic.Message{Topic: localcloud.RequestsTopic, Key: []byte(idOf(b)), Value: b}
	}
	return w.Publish(ctx, msgs...)
}

func idOf(request []byte) string {
	var r job.Request
	json.Unmarshal(request, &r) //nolint:errcheck // we encoded it
	return r.ID
}
