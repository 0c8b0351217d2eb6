// Package again asks for pages to be inspected anew: for a reviewer who presses a
// button, and for a scheduler that looks whether what was clean is clean still.
package again

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Asker publishes requests for pages that were inspected. It is safe for concurrent use.
type Asker struct {
	Pages    *pages.Source
	Ledger   *ledger.Ledger
	Requests ledger.Publisher
	Topic    string
	Now      func() time.Time
	Log      *slog.Logger
}

// Outcome is what became of a page that was to be asked for.
type Outcome struct {
	ID         string         `json:"id"`
	URL        string         `json:"url"`
	Verdict    result.Verdict `json:"verdict"`
	CapturedAt time.Time      `json:"captured_at"`
	Asked      bool           `json:"asked"`
	// Why it was not: it is younger, or was asked for.
	Why string `json:"why,omitempty"`
}

// Publish publishes requests that a reviewer asks for, whatever was asked before, with
// force. The note that they were asked for keeps a scheduler from doing so, too.
func (a *Asker) Publish(ctx context.Context, requests ...job.Request) error {
	msgs := make([]topic.Message, len(requests))
	for i, r := range requests {
		r.Schema, r.Force = job.RequestSchema, true
		if err := r.Validate(); err != nil {
			return err
		}
		b, err := json.Marshal(r)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "encode the request")
		}
		msgs[i] = topic.Message{Topic: a.Topic, Key: []byte(r.ID), Value: b}
	}
	if err := a.Requests.Publish(ctx, msgs...); err != nil {
		return err
	}
	for _, r := range requests {
		_, published, err := a.Ledger.Ask(ctx, ledger.Asked{ID: r.ID, By: "a reviewer"}, 0)
		if err == nil {
			err = published(ctx)
		}
		if err != nil && a.Log != nil {
			a.Log.WarnContext(ctx, "that a page was asked for could not be noted; a scheduler may ask again", "id", r.ID, "error", err.Error())
		}
	}
	return nil
}

// Page asks for a page whose capture is older than the time given and that nobody
// asked for within it. Its result is kept first, to be compared with the next. With
// dryRun, nothing is kept or published. Its errors are those of the stores and of Kafka.
func (a *Asker) Page(ctx context.Context, id string, older time.Duration, by string, dryRun bool) (Outcome, error) {
	o := Outcome{ID: id}
	b, _, err := a.Pages.Read(ctx, id)
	if err != nil {
		return o, err
	}
	var r result.Result
	if err := json.Unmarshal(b, &r); err != nil {
		return o, fault.Wrap(fault.Invalid, err, "the result of %s", id)
	}
	o.URL, o.Verdict, o.CapturedAt = r.URL, r.Verdict, r.CapturedAt
	switch {
	case strings.HasPrefix(id, job.ImagePrefix):
		o.Why = "it is an image that was put, and no page; put it again"
		return o, nil
	case a.Now().Sub(r.CapturedAt) < older:
		o.Why = "it was captured meanwhile"
		return o, nil
	}
	request, err := a.Request(ctx, r)
	if err != nil {
		return o, err
	}
	if dryRun {
		o.Asked = true
		return o, nil
	}
	_, published, err := a.Ledger.Ask(ctx, ledger.Asked{ID: id, By: by, CapturedAt: r.CapturedAt}, older)
	if errors.Is(err, ledger.ErrAsked) {
		o.Why = err.Error()
		return o, nil
	}
	if err != nil {
		return o, err
	}
	if _, err := a.Ledger.Keep(ctx, id, b); err != nil {
		return o, err
	}
	value, err := json.Marshal(request)
	if err != nil {
		return o, fault.Wrap(fault.Internal, err, "encode the request")
	}
	if err := a.Requests.Publish(ctx, topic.Message{Topic: a.Topic, Key: []byte(id), Value: value}); err != nil {
		return o, err
	}
	o.Asked = true
	return o, published(ctx)
}

// Request is what inspects a page again as it was: the manifest has the request, and
// where there is no manifest any more, the result has most of it.
func (a *Asker) Request(ctx context.Context, r result.Result) (job.Request, error) {
	req := job.Request{ID: r.ID, URL: r.URL, Category: r.Category, Rules: r.Packs, Labels: r.Labels, SafeSearch: len(r.SafeSearch) > 0}
	if _, m, err := a.Pages.Manifest(ctx, r.ID); err == nil && m.Request.URL != "" {
		req = m.Request
	} else if err != nil && fault.KindOf(err).Retryable() {
		return req, err
	}
	req.Schema, req.ID, req.Force, req.Attempt = job.RequestSchema, r.ID, true, 0
	return req, fault.Wrap(fault.Invalid, req.Validate(), "%s cannot be asked for", r.ID)
}
