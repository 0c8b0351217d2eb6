package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Asked says that a page was asked to be inspected again.
type Asked struct {
	ID string    `json:"id"`
	By string    `json:"by"`
	At time.Time `json:"at"`
	// CapturedAt is the capture that it is to replace.
	CapturedAt time.Time `json:"captured_at"`
	// Published says that the request is in the topic. One that never was, because
	// whoever asked died, holds nobody up for longer than askTime.
	Published bool `json:"published"`
}

// askTime is how long publishing a request may take.
const askTime = 10 * time.Minute

// ErrAsked happens if a page was asked for already. It is fault.Invalid.
var ErrAsked = errors.New("it was asked for already")

// Ask notes that a page is about to be asked for, unless it was within the time
// given: then it returns who asked and when, with ErrAsked. Of any number that ask
// at a time, one may. Whoever may calls published once the request is in the topic.
func (l *Ledger) Ask(ctx context.Context, a Asked, within time.Duration) (now Asked, published func(context.Context) error, err error) {
	if err := job.CheckID(a.ID); err != nil {
		return a, nil, fault.Wrap(fault.Invalid, err, "id")
	}
	a.At, a.Published = l.Now().UTC().Truncate(time.Millisecond), false
	uri := store.URI{Bucket: l.Bucket, Object: Folder + "asked/" + a.ID + ".json"}
	b, attrs, err := l.Store.Read(ctx, uri, maxDecision)
	var was Asked
	switch {
	case errors.Is(err, store.ErrNotExist):
		attrs, err = l.Store.Create(ctx, uri, jsonType, encodeAsked(a), nil)
	case err != nil:
		return a, nil, fault.Wrap(fault.Transient, err, "look whether %s was asked for", a.ID)
	case json.Unmarshal(b, &was) == nil && was.holds(a, within):
		return was, nil, fault.Wrap(fault.Invalid, ErrAsked, "by %s at %s", was.By, was.At.Format(time.DateTime))
	default:
		attrs, err = l.Store.Replace(ctx, uri, attrs.Generation, jsonType, encodeAsked(a), nil)
	}
	if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrChanged) {
		return a, nil, fault.Wrap(fault.Invalid, ErrAsked, "by somebody else, at this moment")
	}
	if err != nil {
		return a, nil, fault.Wrap(fault.Transient, err, "note that %s is asked for", a.ID)
	}
	return a, func(ctx context.Context) error {
		a.Published = true
		_, err := l.Store.Replace(ctx, uri, attrs.Generation, jsonType, encodeAsked(a), nil)
		return fault.Wrap(fault.Transient, err, "note that %s was asked for", a.ID)
	}, nil
}

// holds says whether an earlier asking stands in the way of another.
func (was Asked) holds(now Asked, within time.Duration) bool {
	if !was.Published {
		within = min(within, askTime)
	}
	return now.At.Sub(was.At) < within
}

func encodeAsked(a Asked) []byte {
	b, err := json.Marshal(a)
	if err != nil {
		panic("what was asked for cannot be encoded: " + err.Error()) // it has strings and times only
	}
	return b
}
