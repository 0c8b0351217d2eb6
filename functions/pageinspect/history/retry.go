package history

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Retry is what is to become of a failure.
type Retry struct {
	Failure job.Failure
	Message topic.Message // what to publish, if Skip is empty
	Skip    string        // why it is left alone
}

// Retries makes of each failure the message that begins its next attempt: the
// original with its id, so that it stays the same work, and the attempt counted
// up. Left alone is what has a result or another attempt since, unless again is
// set, what is no request and would only fail again, and what cannot be read: one
// failure never stops the others.
func (p Places) Retries(ctx context.Context, failures []job.Failure, again bool) ([]Retry, error) {
	results, attempts := map[string]time.Time{}, map[string]int{}
	if len(failures) > 0 {
		if err := p.scan(ctx, p.Results, func(m topic.Message) error {
			if r, ok := outcome(m); ok && r.RecognizedAt.After(results[r.ID]) {
				results[r.ID] = r.RecognizedAt
			}
			return nil
		}); err != nil {
			return nil, err
		}
		if err := p.scan(ctx, p.Requests, func(m topic.Message) error {
			r := request(m)
			attempts[r.ID] = max(attempts[r.ID], r.Attempt, 1)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	latest := map[string]int{}
	for _, f := range failures {
		latest[f.ID] = max(latest[f.ID], f.Attempt)
	}
	var all []Retry
	for _, f := range failures {
		r := Retry{Failure: f}
		next := max(f.Attempt, attempts[f.ID]) + 1
		original, unread := p.original(ctx, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch value, err := withAttempt(original, f.ID, next); {
		case f.Attempt < latest[f.ID]:
			r.Skip = "a later attempt failed, too"
		case unread != nil:
			r.Skip = fmt.Sprintf("its original cannot be read: %v", unread)
		case err != nil:
			r.Skip = fmt.Sprintf("%v; correct it and submit it", err)
		case !again && results[f.ID].After(f.At):
			r.Skip = "it has a result since"
		case !again && attempts[f.ID] > f.Attempt:
			r.Skip = fmt.Sprintf("attempt %d is published already", attempts[f.ID])
		default:
			r.Message = topic.Message{Topic: p.Requests, Key: []byte(f.ID), Value: value}
		}
		all = append(all, r)
	}
	return all, nil
}

// original is what the request was, also where it was too large for a message:
// whole bodies are set aside, and none is larger than what is decoded.
func (p Places) original(ctx context.Context, f job.Failure) ([]byte, error) {
	if f.RequestObject == "" {
		return f.Original(), nil
	}
	uri, err := store.ParseURI(f.RequestObject)
	if err != nil {
		return nil, err
	}
	if p.Store == nil {
		return nil, fault.New(fault.Invalid,
			"it is %s, and there is no storage to read it from; set PAGES_BUCKET (and STORAGE_EMULATOR_HOST for a stand-in)", uri)
	}
	b, _, err := p.Store.Read(ctx, uri, event.MaxBody)
	return b, err
}

// withAttempt sets the id and the attempt of a request and leaves all else in
// it as it is, fields that we do not know included. Its error says why the
// original is no request.
func withAttempt(original []byte, id string, attempt int) ([]byte, error) {
	if _, err := job.DecodeRequest(original); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(original, &fields); err != nil {
		return nil, err
	}
	fields["id"], _ = json.Marshal(id)
	fields["attempt"], _ = json.Marshal(attempt)
	return json.Marshal(fields)
}
