package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	out          string
	json, dryRun bool
	cloud        localcloud.Config
	sources      sources
	requests     template
}

func runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [flags] [URL…|FILE…|-]",
		Short: "Inspect pages now, on this machine",
		Long: `Bring a local cloud up, send the addresses through the whole flow (Kafka,
Capture, storage, Recognize), show the progress and what was found, and stop.

For each page, DIR/ID/ has result.json, report.html and the tiles; for a page
that failed, and for a line that is no request, error.json with its original.
"pageinspect results --dir DIR" finds among them. Without an address, the bundled
sample pages are inspected.

` + listsHelp + `

With --stable-ids, pages that DIR has a result of are not inspected again: after
an interrupt, the same command does the rest.

Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
2 it did not work, 130 it was interrupted.`,
		Example: "  pageinspect run\n  pageinspect run --category cosmetics https://shop.example/products/1\n  pageinspect run products.xlsx --stable-ids",
		RunE: func(c *cobra.Command, urls []string) error {
			return run(c.Context(), o, urls, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVarP(&o.out, "out", "o", "out", "directory for the results")
	c.Flags().BoolVar(&o.json, "json", false, "print each result or error as a line of JSON, instead of the table")
	c.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "show what would be inspected, and inspect nothing")
	addSourceFlags(c, &o.sources)
	addTemplateFlags(c, &o.requests)
	addCloudFlags(c, &o.cloud)
	return c
}

func run(ctx context.Context, o runOptions, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if o.dryRun {
		return dryRun(o, args, stdin, stdout, stderr)
	}
	programs, err := localcloud.FindPrograms(ctx, stderr)
	if err != nil {
		return err
	}
	if err := absolute(&o.cloud); err != nil {
		return err
	}
	w, err := wanted(o, args, stdin)
	if err != nil {
		return err
	}
	defer w.stop()
	printNotes(stderr, w.notes)
	out, err := openOut(o.out)
	if err != nil {
		return err
	}
	defer out.close()
	var outcomes []outcome
	if o.requests.StableIDs && !o.requests.Force {
		outcomes = w.leaveOut(out)
	}
	if n := len(outcomes); n > 0 {
		fmt.Fprintf(stderr, "%s of %s: %s has results of them already; --force inspects them again\n", thousands(n), plural(n+len(w.requests), "page"), o.out)
	}
	show := newProgress(stderr, len(w.requests)+len(w.refused))
	defer show.close()
	if len(w.requests) > 0 {
		var inspected []outcome
		inspected, err = inspect(ctx, o, programs, w.requests, out, show, stderr)
		if inspected == nil && err != nil {
			return err
		}
		outcomes = append(outcomes, inspected...)
	}
	for _, f := range w.refused {
		failed := outcome{id: f.ID, failure: &f}
		outcomes = append(outcomes, failed)
		show.done(failed)
		err = errors.Join(err, out.saveFailure(f.ID, encode(f)))
	}
	show.close()
	if o.json {
		printJSON(stdout, outcomes)
		printSums(stderr, outcomes, o.out)
	} else {
		printOutcomes(stdout, outcomes)
		printSums(stdout, outcomes, o.out)
	}
	if w.repeated > 0 {
		fmt.Fprintf(stderr, "%s repeated others, which were taken once\n", plural(w.repeated, "line"))
	}
	if err != nil {
		return err
	}
	return verdict(outcomes)
}

// inspect sends requests through a local cloud. What has an outcome when it is
// interrupted is returned with the error.
func inspect(ctx context.Context, o runOptions, programs string, requests [][]byte, out outDir, show *progress, stderr io.Writer) ([]outcome, error) {
	state, remove, err := scratch()
	if err != nil {
		return nil, err
	}
	defer remove()
	o.cloud.Dir, o.cloud.Programs, o.cloud.Log, o.cloud.Hear = state, programs, logger(ctx, stderr), show.hear
	o.cloud.AllowNamed = true // whoever types an address may see it
	cloud, err := localcloud.Start(ctx, o.cloud)
	if err != nil {
		return nil, err
	}
	defer cloud.Close()
	if err := send(ctx, cloud, requests); err != nil {
		return nil, err
	}
	return collectOutcomes(ctx, cloud, out, requests, show)
}

// dryRun shows what run would inspect.
func dryRun(o runOptions, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	lines, err := o.sources.given(args, stdin)
	if err != nil {
		return err
	}
	all, repeated := o.requests.ask(lines.Entries)
	if len(all) == 0 {
		return fault.New(fault.Invalid, "no address given: the bundled samples would be inspected")
	}
	printNotes(stderr, lines.Notes)
	wrong := printWrong(stderr, all)
	if o.json {
		err = printAskedJSON(stdout, all)
	} else {
		printAsked(stdout, all)
	}
	fmt.Fprintf(stderr, "%s: %d would be inspected, %d wrong, %d repeated\n", plural(len(all)+repeated, "line"), len(all)-wrong, wrong, repeated)
	printEstimate(stderr, len(all)-wrong)
	if err == nil && wrong > 0 {
		return exit(exitFailed)
	}
	return err
}

// work is what run has to do.
type work struct {
	requests [][]byte
	refused  []job.Failure // lines that are no requests
	repeated int           // lines that say what others say
	notes    []string
	stop     func() // what serves the samples
}

// wanted makes the requests of the addresses given or, without any, of the
// bundled samples, which it serves until stop is called. A line that is none, or
// whose id cannot be one or is another's, is refused here: it could not be told
// from another in what comes back.
func wanted(o runOptions, args []string, stdin io.Reader) (w work, err error) {
	w.stop = func() {}
	lines, err := o.sources.given(args, stdin)
	if err != nil {
		return w, err
	}
	if len(args) == 0 && o.sources.file == "" {
		w.requests, w.stop, err = serveSamples(o.requests)
		return w, err
	}
	w.notes = lines.Notes
	asked, repeated := o.requests.ask(lines.Entries)
	w.repeated = repeated
	for _, a := range asked {
		if a.refused != nil {
			w.refused = append(w.refused, a.failure(time.Now()))
			continue
		}
		// A bad address is sent all the same: Capture says what is wrong with
		// it, and the errors topic tells, as it would in production.
		w.requests = append(w.requests, encode(a.request))
	}
	if len(w.requests)+len(w.refused) == 0 {
		return w, fault.New(fault.Invalid, "no address given; name some, or none at all for the bundled samples")
	}
	return w, nil
}

// leaveOut takes out the requests that the directory has a result of.
func (w *work) leaveOut(out outDir) (done []outcome) {
	var rest [][]byte
	for _, b := range w.requests {
		o := outcome{id: idOf(b)}
		json.Unmarshal(b, &o.request) //nolint:errcheck // we encoded it
		if r, ok := out.earlier(o.id); ok && !o.request.Force && address(r.URL) == address(job.Bare(o.request.URL)) {
			o.result = &r
			done = append(done, o)
			continue
		}
		rest = append(rest, b)
	}
	w.requests = rest
	return done
}

func serveSamples(t template) ([][]byte, func(), error) {
	address, stop, err := serveHere(samples.Handler())
	if err != nil {
		return nil, nil, err
	}
	return sampleRequests(address, t), stop, nil
}

// sampleRequests ask for the samples at an address of ours.
func sampleRequests(address string, t template) (requests [][]byte) {
	for _, p := range samples.Pages() {
		requests = append(requests, encode(job.Request{
			Schema: job.RequestSchema, ID: p.Name, URL: address + p.Path, Category: p.Category, Profile: t.Profile, Rules: t.Rules,
		}))
	}
	return requests
}

// serveHere serves pages to this machine, until stop is called.
func serveHere(pages http.Handler) (address string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fault.Wrap(fault.Internal, err, "serve the samples")
	}
	srv := &http.Server{Handler: loopback.Only(pages)}
	go srv.Serve(ln) //nolint:errcheck // ends with Close
	return "http://" + ln.Addr().String(), func() { srv.Close() }, nil
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
