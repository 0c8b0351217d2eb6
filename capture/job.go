package capture

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// quiet is how long after a manifest was written its finalize is taken to be on
// its way still: the notification is delivered until it is acknowledged, and the
// redeliveries of a batch need not multiply it.
const quiet = 10 * time.Minute

// Job is one request on its way to a manifest, in two phases between which the
// lease is claimed: Look, and Do.
type Job struct {
	*Capturer
	req job.Request
	src job.Source
	tab *browser.Slot // a place for one, once Ready
	// Manifest is what Do captured, or what another delivery committed before it.
	Manifest page.Manifest
}

// Job makes the job of a request, whose ID must be set.
func (c *Capturer) Job(req job.Request, src job.Source) *Job {
	return &Job{Capturer: c, req: req, src: src}
}

// run tells the run that the request asks for. Force means a run of its own for
// each record; where the carrier does not tell which record it was, for each delivery.
func (j *Job) run() lease.Run {
	run := lease.Run{Attempt: j.req.Attempt, Request: j.req.Sum()}
	if j.req.Force {
		if run.Force = j.src.Record(); run.Force == "" {
			run.Force = rand.Text()
		}
	}
	return run
}

// Look says whether the run that the request asks for was captured before. If
// so it repeats the event, which is the manifest's finalize: the same bytes are
// written in place of themselves. A request of a later attempt, which failed
// after it was captured, marks the manifest with that attempt, so that
// Recognize begins anew. A request that gives the id of a captured page to
// another address is fault.Invalid, and names both.
func (j *Job) Look(ctx context.Context) (lease.Run, bool, error) {
	run := j.run()
	b, attrs, err := j.Store.Read(ctx, j.manifestURI(j.req.ID), page.MaxManifestBytes)
	switch {
	case errors.Is(err, store.ErrNotExist):
		return run, false, nil
	case err != nil:
		return run, false, fault.Wrap(fault.Transient, err, "look for an earlier manifest")
	}
	was, err := page.Decode(b)
	if err != nil {
		return run, false, fault.Wrap(fault.Invalid, err, "%s", j.manifestURI(j.req.ID))
	}
	if j.req.Force {
		if record := j.src.Record(); record == "" || !was.Request.Force || record != was.Source.Record() {
			return run, false, nil
		}
	}
	if err := j.req.Conflict(was.Request); err != nil {
		return run, false, err
	}
	switch {
	case max(j.req.Attempt, 1) > max(was.Request.Attempt, 1):
		was.Request.Attempt = j.req.Attempt
		if b, err = was.Encode(); err != nil {
			return run, false, fault.Wrap(fault.Internal, err, "encode manifest")
		}
	case j.Now().Sub(attrs.Created) < quiet:
		return run, true, nil
	}
	_, err = j.Store.Replace(ctx, j.manifestURI(j.req.ID), attrs.Generation, "application/json", b, telemetry.Carry(ctx, map[string]string{"id": j.req.ID}))
	if errors.Is(err, store.ErrChanged) { // another delivery repeats it
		return run, true, nil
	}
	return run, err == nil, fault.Wrap(fault.Transient, err, "repeat the manifest's event")
}

// Ready reserves a tab, waiting for one as long as ctx allows: a page that waits
// must not hold its lease. That none came free is fault.Busy.
func (j *Job) Ready(ctx context.Context) (leave func(), err error) {
	if j.tab, err = j.Browser.Reserve(ctx); err != nil {
		return nil, err
	}
	return j.tab.Release, nil
}

// Do captures the page while own is held. Its errors have the kind that decides
// the request's fate.
func (j *Job) Do(ctx context.Context, own *lease.Lease) error {
	s := newShot(j.Capturer, j.req, j.src)
	s.own, s.slot = own, j.tab
	defer s.close()
	began := s.manifest.CapturedAt
	if err := s.takeSteps(ctx); err != nil {
		return err
	}
	j.Manifest = s.manifest
	if j.Manifest.CapturedAt.Equal(began) { // and it is not another delivery's
		telemetry.Tiles(ctx, len(j.Manifest.Tiles))
	}
	return nil
}
