package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/again"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/live"
	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/functions/desk/web"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/loopback"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
)

// deskOptions is what the command was asked for.
type deskOptions struct {
	place         deskPlace
	shares        quality.Shares
	as            string
	port          int
	open, samples bool
	out           outFlags
	cloud         localcloud.Config
}

func deskCommand() *cobra.Command {
	var o deskOptions
	c := &cobra.Command{
		Use:   "desk [flags]",
		Short: "Look at results in a browser, and decide",
		Long: `Serve the desk on this machine until it is interrupted: the pages of a results
bucket, or of the directory that "pageinspect run" wrote, searched and filtered,
each with its pictures and findings, and what reviewers decide about them. It
prints its address, and nobody but programs of this machine is answered.

The desk makes an index of the results, which may be thrown away, and catches up
with the bucket as long as it runs. Decisions are objects below .desk/ of the
bucket, or of --decisions-bucket; of a directory they lie in DIR/.desk. Any number
of desks decide in one bucket at a time; a directory has one desk.

The bucket is --bucket or RESULTS_BUCKET in Cloud Storage, or in a stand-in at
STORAGE_EMULATOR_HOST; without all of them, that of "pageinspect serve" on this
machine. With KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS), or serve's Kafka, results
are seen as they come, decisions are published, and pages can be inspected again.`,
		Example: "  pageinspect desk --dir out\n  pageinspect desk --bucket shop-results --decisions-bucket shop-decisions --open",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return desk(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.place.flags(c)
	f := c.Flags()
	f.StringVar(&o.as, "as", live.User(), "your name, as decisions have it")
	f.IntVar(&o.port, "port", 8090, "port of 127.0.0.1; 0 for a free one")
	o.out.flags(c)
	f.StringVar(&o.out.notice, "notice", "", "file with your words for notices to sellers; functions/desk/notice/words.tmpl has those that are used")
	f.IntVar(&o.out.days, "notice-days", 7, "days that a notice gives a seller")
	f.Float64Var(&o.shares.Second, "second", 0.05, "share of the pages that were decided which a second reader reads, blind")
	f.Float64Var(&o.shares.Passes, "passes", 0.02, "share of the pages that passed which a person looks at")
	f.Float64Var(&o.shares.Golden, "golden", 0.02, "share of golden pages among those that a reader is given")
	f.BoolVar(&o.open, "open", false, "open the browser")
	f.BoolVar(&o.samples, "samples", false, "show the bundled sample pages, inspected by a local cloud that ends with the desk")
	return c
}

// desk serves one until ctx ends.
func desk(ctx context.Context, o deskOptions, stdout, stderr io.Writer) error {
	if err := o.shares.Validate(); err != nil {
		return fault.Wrap(fault.Invalid, err, "--second, --passes, --golden")
	}
	out, err := o.out.out()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fault.New(fault.Invalid, "port %d of 127.0.0.1 is in use, perhaps by another desk; choose another with --port, or 0 for a free one", o.port)
	} else if err != nil {
		return fault.New(fault.Invalid, "--port: %v", err)
	}
	defer listener.Close() //nolint:errcheck // the server closed it
	if o.samples {
		stop, err := deskOfSamples(ctx, &o, stderr)
		if err != nil {
			return err
		}
		defer stop()
	}
	room, err := o.place.enter(ctx)
	if err != nil {
		return err
	}
	defer room.leave()
	return o.serve(ctx, listener, room, out, stdout, stderr)
}

func (o deskOptions) serve(ctx context.Context, listener net.Listener, room *deskRoom, out web.Out, stdout, stderr io.Writer) error {
	log := logger(ctx, stderr)
	catching := &catching{w: stderr}
	defer catching.close()
	follow := &live.Live{Index: room.index, Pages: room.pages, Ledger: room.ledger, Kafka: room.kafka, ResultsTopic: room.resultsTopic,
		DecidedTopic: room.ledger.Topic, Every: room.every, Log: log, Told: catching.told}
	view := &web.Desk{Out: out, Shares: o.shares, Index: room.index, Pages: room.pages, Ledger: room.ledger, Progress: follow.Progress, Log: log, Now: time.Now,
		Who: func(*http.Request) (string, error) { return o.as, nil }}
	if room.kafka != nil {
		writer, err := topic.NewWriter(*room.kafka)
		if err != nil {
			return err
		}
		defer writer.Close() //nolint:errcheck // what was not acknowledged is in the outbox
		room.ledger.Events = writer
		view.Again = (&again.Asker{Pages: room.pages, Ledger: room.ledger, Requests: writer, Topic: room.requestsTopic, Now: time.Now, Log: log}).Publish
	}
	server := &http.Server{Handler: loopback.Only(view.Handler()), ReadHeaderTimeout: 10 * time.Second}
	following, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { follow.Run(following) })
	defer running.Wait()
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	address := "http://" + listener.Addr().String() + "/"
	fmt.Fprintf(stdout, "The desk of %s is at %s\n  you are %s; decisions are kept in %s\n", room.name, address, o.as, room.keptIn)
	if view.Again == nil {
		fmt.Fprintln(stdout, "  there is no Kafka here, so nobody can be asked to inspect a page again")
	}
	if o.open {
		if err := openBrowser(ctx, address); err != nil {
			fmt.Fprintf(stderr, "the browser could not be opened (%v); open %s yourself\n", err, address)
		}
	}
	select {
	case err := <-served:
		return fault.Wrap(fault.Internal, err, "serve the desk")
	case <-ctx.Done():
	}
	// A decision that is being made is made; a browser that keeps its connection is not waited for.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(ending) != nil {
		server.Close() //nolint:errcheck // it ends
	}
	return interrupted("")
}

// catching shows how far the index is, until it has caught up for the first time.
type catching struct {
	mu   sync.Mutex
	w    io.Writer
	bar  *meter
	done int
	over bool
}

func (c *catching) told(p index.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if c.bar == nil && p.Total > 0 {
		c.bar = newMeter(c.w, p.Total, "indexing")
	}
	if c.bar != nil {
		c.bar.add(p.Done - c.done)
		c.done = p.Done
	}
	if !p.Current {
		return
	}
	c.over = true
	if c.bar != nil {
		c.bar.close()
	}
	fmt.Fprintf(c.w, "the index is current: %s read", plural(p.Done, "result"))
	if n := len(p.Broken); n > 0 {
		fmt.Fprintf(c.w, ", %d of them broken: %s", n, oneLine(p.Broken[0]))
	}
	fmt.Fprintln(c.w)
}

func (c *catching) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.bar != nil {
		c.bar.close()
	}
}

// openBrowser opens an address of ours in the user's browser.
func openBrowser(ctx context.Context, address string) error {
	program := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if program == nil {
		program = []string{"xdg-open"}
	}
	cmd := exec.CommandContext(ctx, program[0], append(program[1:], address)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // the browser's end is nobody's concern
	return nil
}
