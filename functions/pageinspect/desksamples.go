package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	"github.com/pageinspect/pageinspect/shared/job"
)

// deskOfSamples brings a local cloud up, has the bundled sample pages and a handful
// of made ones inspected, and points the desk there. The cloud and all that was decided in it end with stop.
func deskOfSamples(ctx context.Context, o *deskOptions, stderr io.Writer) (stop func(), err error) {
	var closers []func()
	stop = func() {
		for i := range closers {
			closers[len(closers)-1-i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	programs, err := localcloud.FindPrograms(ctx, stderr)
	if err != nil {
		return nil, err
	}
	dir, remove, err := scratch()
	if err != nil {
		return nil, err
	}
	closers = append(closers, remove)
	address, end, err := serveHere(deskPages())
	if err != nil {
		return nil, err
	}
	closers = append(closers, end)
	o.cloud.Dir, o.cloud.Programs, o.cloud.Log, o.cloud.AllowNamed = dir, programs, logger(ctx, stderr), true
	cloud, err := localcloud.Start(ctx, o.cloud)
	if err != nil {
		return nil, err
	}
	closers = append(closers, cloud.Close)
	requests := append(sampleRequests(address, template{}), madeRequests(address)...)
	if err := send(ctx, cloud, requests); err != nil {
		return nil, err
	}
	fmt.Fprintf(stderr, "%s are being inspected and will appear; this desk and what is decided on it end with this command\n", plural(len(requests), "sample page"))
	kafka := cloud.Kafka
	o.place = deskPlace{bucket: localcloud.Results, emulator: cloud.Addresses.Storage, kafka: &kafka, indexDir: dir}
	return stop, nil
}

// deskPages serves the samples and the made pages.
func deskPages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", samples.Handler())
	mux.Handle("/made/", samples.MadeHandler(time.Now))
	return mux
}

// madeRequests ask for the made pages at an address of ours.
func madeRequests(address string) (requests [][]byte) {
	for _, m := range samples.MadePages() {
		requests = append(requests, encode(job.Request{
			Schema: job.RequestSchema, ID: m.Name, URL: address + m.Path(), Category: m.Category, Labels: map[string]string{"seller": m.Seller},
		}))
	}
	return requests
}
