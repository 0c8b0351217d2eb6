package delivery

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// RunOf tells the run that a request asks for. Force means a run of its own for
// each record; where the carrier does not tell which record it was, for each delivery.
func RunOf(r job.Request, s job.Source) lease.Run {
	run := lease.Run{Attempt: r.Attempt, Request: sumOf(r)}
	switch {
	case !r.Force:
	case known(s):
		run.Force = place(s)
	default:
		run.Force = rand.Text()
	}
	return run
}

// RunOfPage tells the run that a manifest stands for: a forced capture is one of
// its own, and so is a manifest that was corrected.
func RunOfPage(m page.Manifest) lease.Run {
	run := lease.Run{Attempt: m.Request.Attempt}
	m.Request.Attempt = 0
	b, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("a manifest cannot be encoded: %v", err)) // it was decoded
	}
	run.Request = shortSum(b)
	if m.Request.Force {
		run.Force = m.CapturedAt.UTC().Format(time.RFC3339Nano)
	}
	return run
}

// sumOf tells two requests apart that have one id; the attempt is no part of what is asked for.
func sumOf(r job.Request) string {
	r.Attempt = 0
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a request cannot be encoded: %v", err)) // it was decoded
	}
	return shortSum(b)
}

func shortSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func known(s job.Source) bool   { return s.Topic != "" && s.Partition >= 0 && s.Offset >= 0 }
func place(s job.Source) string { return fmt.Sprintf("%s/%d/%d", s.Topic, s.Partition, s.Offset) }

// quiet is how long after a manifest was written its finalize is taken to be on
// its way still: the notification is delivered until it is acknowledged, and the
// redeliveries of a batch need not multiply it.
const quiet = 10 * time.Minute

// Captured answers for what was captured before.
type Captured struct {
	Store interface {
		Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
		Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	}
	Pages string // bucket of the manifests
	Now   func() time.Time
}

// Repeat says whether the run that a request asks for was captured before. If
// so it repeats the event, which is the manifest's finalize: the same bytes are
// written in place of themselves. A request of a later attempt, which failed
// after it was captured, marks the manifest with that attempt, so that
// Recognize begins anew.
func (c Captured) Repeat(ctx context.Context, r job.Request, s job.Source) (bool, error) {
	uri := store.URI{Bucket: c.Pages, Object: r.ID + ".json"}
	b, attrs, err := c.Store.Read(ctx, uri, page.MaxManifestBytes)
	switch {
	case errors.Is(err, store.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fault.Wrap(fault.Transient, err, "look for an earlier manifest")
	}
	was, err := page.Decode(b)
	if err != nil {
		return false, fault.Wrap(fault.Invalid, err, "%s", uri)
	}
	if r.Force && !(known(s) && was.Request.Force && known(was.Source) && place(s) == place(was.Source)) {
		return false, nil
	}
	switch {
	case max(r.Attempt, 1) > max(was.Request.Attempt, 1):
		was.Request.Attempt = r.Attempt
		if b, err = json.MarshalIndent(was, "", " "); err != nil {
			return false, fault.Wrap(fault.Internal, err, "encode manifest")
		}
	case c.Now().Sub(attrs.Created) < quiet:
		return true, nil
	}
	_, err = c.Store.Replace(ctx, uri, attrs.Generation, "application/json", b, telemetry.Carry(ctx, map[string]string{"id": r.ID}))
	if errors.Is(err, store.ErrChanged) { // another delivery repeats it
		return true, nil
	}
	return err == nil, fault.Wrap(fault.Transient, err, "repeat the manifest's event")
}
