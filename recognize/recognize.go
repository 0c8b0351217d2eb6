// Package recognize turns a captured page into text, findings and a verdict.
//
// # What it promises
//
// The result object is written last and only if absent, so a finalize that is
// delivered again recognizes nothing twice: it repeats the event, which
// consumers tell by its id. A tile that Vision could not read makes the result
// partial and is named; a page's text is never silently shorter. No tile of
// Capture's passes through here: Vision reads them by their gs:// addresses.
// An image that anybody put into the pages bucket does, for its header must be
// looked at, and a tall one is cut.
package recognize

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"golang.org/x/time/rate"
)

// Store is what recognize needs of an object store; *store.Client has it.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	Stat(ctx context.Context, uri store.URI) (store.Attrs, error)
}

// Publisher announces a result; the function package has one for the results topic.
type Publisher interface {
	Publish(ctx context.Context, event result.Result) error
}

// Recognizer has what every page needs. All of it outlives any page and none
// of it is closed by one.
type Recognizer struct {
	Vision      annotate.Vision
	Limit       *rate.Limiter   // of the images sent to Vision; nil: none
	Cache       *annotate.Cache // of what Vision said; nil: everything is sent
	Store       Store
	Rules       *rules.Set
	Events      Publisher
	Screenshots string // the one bucket whose tiles are read
	Pages       string // the one bucket whose manifests and images are read
	Results     string // bucket of the results and reports
	Log         *slog.Logger
	Now         func() time.Time
	// Claim makes a page that has no result yet ours alone, or says why it cannot
	// be. nil: nobody else could be at it.
	Claim func(context.Context, page.Manifest) error
}

// Page recognizes the page whose manifest, or image, was put at uri. It
// returns the manifest too, as far as it could be read, so that a failure can
// be recorded with the request it belongs to.
func (r *Recognizer) Page(ctx context.Context, uri store.URI) (page.Manifest, result.Result, error) {
	asking, cancel := mostOf(ctx)
	defer cancel() // after the wait: what was read is kept for reuse meanwhile
	j := &reading{Recognizer: r, uri: uri, asking: asking, timings: map[string]int64{}}
	defer j.reader.Wait() // an instance may be frozen once it has answered
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"manifest", j.readManifest},  // what was captured, checked
		{"earlier", j.findEarlier},    // a result that is there already is only announced
		{"claim", j.claim},            // nobody else is at it
		{"pictures", j.checkPictures}, // the tiles are there and what the manifest says
		{"annotate", j.annotate},      // Vision reads the tiles
		{"merge", j.merge},            // every word once, in page coordinates
		{"selfcheck", j.selfCheck},    // how much of the page's own text was read too
		{"inspect", j.inspect},        // the reviewers' rules
		{"write", j.write},            // report, then the result: the commit point
		{"announce", j.announce},      // the results topic
	} {
		if j.done && step.name != "announce" {
			continue
		}
		if j.manifest.ID != "" {
			r.progress(j.manifest.ID, step.name, 0, 0)
		}
		began := time.Now()
		stepCtx, end := telemetry.Step(ctx, "recognize", step.name)
		err := step.do(stepCtx)
		if end(err); err != nil {
			return j.manifest, j.result, fault.Wrap(fault.Internal, err, "%s", step.name)
		}
		j.timings[step.name] = time.Since(began).Milliseconds()
	}
	return j.manifest, j.result, nil
}

// reading is one page on its way through the steps.
type reading struct {
	*Recognizer
	uri        store.URI
	image      bool  // what was put is an image, and the manifest ours
	generation int64 // of what was put
	manifest   page.Manifest
	asking     context.Context // for Vision: it ends a little earlier than the page's own
	reader     annotate.Reader
	pictures   []annotate.Picture // one for each tile, in order
	read       []tileText         // likewise
	result     result.Result
	done       bool // the result was there already
	timings    map[string]int64
}

// findEarlier looks for the result of an earlier delivery of this very capture.
func (j *reading) findEarlier(ctx context.Context) error {
	b, _, err := j.Store.Read(ctx, j.resultURI(), maxResultBytes)
	switch {
	case errors.Is(err, store.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(fault.Transient, err, "look for an earlier result")
	}
	var earlier result.Result
	if err := json.Unmarshal(b, &earlier); err != nil {
		return fault.New(fault.Internal, "%s is not a result: %v", j.resultURI(), err)
	}
	if j.manifest.Request.Force && !earlier.CapturedAt.Equal(j.manifest.CapturedAt) {
		return nil // an older capture's; this one was forced
	}
	j.result, j.done = earlier, true
	return nil
}

func (j *reading) claim(ctx context.Context) error {
	if j.Claim == nil {
		return nil
	}
	if err := j.Claim(ctx, j.manifest); err != nil {
		return err
	}
	return j.findEarlier(ctx) // whoever had it before may have finished in between
}

func (j *reading) announce(ctx context.Context) error {
	event := j.result.Event(j.resultURI().String(), j.reportURI().String())
	return fault.Wrap(fault.Transient, j.Events.Publish(ctx, event), "announce the result")
}

// progress logs a step; a console that follows the log shows it to a person.
func (r *Recognizer) progress(id, step string, done, total int) {
	r.Log.Info("progress", "id", id, "stage", "recognize", "step", step, "done", done, "total", total)
}
