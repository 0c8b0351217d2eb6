package recognize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/selfcheck"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// Job is one page on its way to a result, in two phases between which the lease
// is claimed: Look, and Do.
type Job struct {
	*Recognizer
	uri        store.URI
	image      bool  // what was put is an image, and the manifest ours
	generation int64 // of what was put, once it was looked at
	manifest   page.Manifest
	asking     context.Context // for Vision: it ends a little earlier than the page's own
	client     annotate.Client
	pictures   []annotate.Picture    // one for each tile, in order
	founds     []found               // likewise: the codes in it
	texts      []tileText            // likewise: the words in it
	dom        []page.DOMText        // the page's own text, if Capture kept it
	checked    *selfcheck.Comparison // of it with what was read; nil: it was not compared
	across     []result.Code         // codes that no tile has whole
	uncoded    []page.Unseen         // tiles that were not searched for codes, and codes that could not be read
	result     result.Result
	done       bool // the result was there already
	timings    map[string]int64
}

// Job makes the job of what was put at uri: a manifest, or an image.
func (r *Recognizer) Job(uri store.URI) *Job {
	return &Job{Recognizer: r, uri: uri, timings: map[string]int64{}}
}

// Ready needs nothing that is scarce: the quota and the decoding of images are
// waited for while the lease is held, which is renewed meanwhile.
func (j *Job) Ready(context.Context) (func(), error) { return func() {}, nil }

// Origin is the request that the page belongs to, for the record of a failure:
// the manifest's, once it could be read, and until then one that has the
// object's address, and the id by which people know it. It is known once Look
// has returned.
func (j *Job) Origin() (job.Request, job.Source) {
	if j.manifest.ID == "" {
		return job.Request{ID: objectID(j.uri, j.Pages), URL: j.uri.String()}, job.Source{Partition: -1, Offset: -1}
	}
	r := j.manifest.Request
	r.ID = j.manifest.ID
	return r, j.manifest.Source
}

// Result is what Do wrote.
func (j *Job) Result() result.Result { return j.result }

// run tells the run that a manifest stands for: a forced capture is one of its
// own, and so is a manifest that was corrected. One that cannot be read is known
// by its generation.
func (j *Job) run() lease.Run {
	m := j.manifest
	if m.ID == "" {
		return lease.Run{Request: job.ShortSum(fmt.Appendf(nil, "%s#%d", j.uri, j.generation))}
	}
	run := lease.Run{Attempt: m.Request.Attempt}
	m.Request.Attempt = 0
	b, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("a manifest cannot be encoded: %v", err)) // it was decoded
	}
	run.Request = job.ShortSum(b)
	if m.Request.Force {
		run.Force = m.CapturedAt.UTC().Format(time.RFC3339Nano)
	}
	return run
}

// step is one of those that a page is taken through.
type step struct {
	name string
	do   func(context.Context) error
}

// take takes the page through steps, each logged, timed and traced.
func (j *Job) take(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if j.manifest.ID != "" {
			j.progress(j.manifest.ID, s.name, 0, 0)
		}
		began := time.Now()
		stepCtx, end := telemetry.Step(ctx, "recognize", s.name)
		err := s.do(stepCtx)
		if end(err); err != nil {
			return fault.Wrap(fault.Internal, err, "%s", s.name)
		}
		j.timings[s.name] = time.Since(began).Milliseconds()
	}
	return nil
}

// findEarlier looks for the result of an earlier delivery of this very capture.
func (j *Job) findEarlier(ctx context.Context) error {
	if _, err := j.Store.Stat(ctx, j.resultURI()); errors.Is(err, store.ErrNotExist) && fault.KindOf(err) == fault.Invalid {
		return nil
	}
	b, _, err := j.Store.Read(ctx, j.resultURI(), maxResultBytes)
	switch {
	case errors.Is(err, store.ErrNotExist) && fault.KindOf(err) == fault.Invalid:
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

func (j *Job) announce(ctx context.Context) error {
	event := j.result.Event(j.resultURI().String(), j.reportURI().String())
	return fault.Wrap(fault.Transient, j.Events.Publish(ctx, event), "announce the result")
}
