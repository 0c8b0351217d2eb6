// Package lease lets one instance at a time work on a page, and remembers
// across instances how often the work was begun and how it failed for good.
//
// # What it promises
//
// While a lease is held nobody else gets it, wherever they run. The owner
// renews it; one that died, was frozen, or is stuck beyond its delivery's time
// loses it a TTL after its last renewal, and whoever asks next takes it over. An
// owner that lost it is told, so that it stops; what it writes meanwhile is
// created only if absent, and Check is the fencing right before the commit, so
// the worst that a lease can do by failing is work done twice and kept once.
//
// A failure for good is recorded in the lease before it is published, and
// stays: a later delivery of the same run is given that very record again
// instead of another try, which might end differently.
//
// # Time
//
// Whether a lease has expired is judged by the store's clock alone: the time
// at which its object was written against the time at which the store refused
// us another. The clocks of the machines may be wrong by hours.
//
// # What it is made of
//
// One object <id>/lease.json for each piece of work, created only if absent and
// replaced only at the generation last seen. Success removes it: the manifest
// and the result are the record of that. It lies in a bucket of which nobody
// is notified.
package lease

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Store is what leases need of an object store; *store.Client has it.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	DeleteGeneration(ctx context.Context, uri store.URI, ifGeneration int64) error
}

// Config says how patient to be. It is loaded with caarlos0/env.
type Config struct {
	// MaxAttempts bounds how often the work of one run is begun.
	MaxAttempts int `env:"MAX_ATTEMPTS" envDefault:"5"`
	// TTL is how long an owner that says nothing keeps a lease; it is renewed three times as often.
	TTL time.Duration `env:"LEASE_TTL" envDefault:"30s"`
}

// Validate reports what is wrong, with the variable to change.
func (c Config) Validate() error {
	switch {
	case c.MaxAttempts < 1:
		return fault.New(fault.Invalid, "MAX_ATTEMPTS: is %d, want 1 or more", c.MaxAttempts)
	case c.TTL < time.Second:
		return fault.New(fault.Invalid, "LEASE_TTL: is %s, want 1s or more, such as 30s", c.TTL)
	}
	return nil
}

const (
	// patience is how long failures that may heal are tried again before the
	// last attempt counts as the last: an outage of an hour dead-letters nothing.
	patience = time.Hour
	// rounding is what two times that are told in whole seconds may be off.
	rounding = time.Second
	// maxRecord bounds a lease that is read: a failure holds a request, in base64 at worst.
	maxRecord = 32 << 20
)

// Leases are those of one function, in one bucket.
type Leases struct {
	Config
	Store  Store
	Bucket string
}

// Run tells one run of a piece of work from another. Deliveries of the same run
// do the work once; a newer run forgets how an older one failed.
type Run struct {
	Attempt int    `json:"attempt,omitempty"` // the request's; 0 is 1
	Force   string `json:"force,omitempty"`   // what a forced run is known by; empty where nothing is forced
	// Request is a sum of what is asked for: a request that was corrected under
	// its old id is not told that it has failed.
	Request string `json:"request,omitempty"`
}

func (r Run) newer(than Run) bool {
	return max(r.Attempt, 1) > max(than.Attempt, 1) || r.Force != "" && r.Force != than.Force || r.Request != than.Request
}

// Record is the lease's object, pageinspect.lease/v1.
type Record struct {
	Schema string `json:"schema"`
	Owner  string `json:"owner,omitempty"` // empty: nobody works on it
	TTLMS  int64  `json:"ttl_ms"`          // how long the object, once written, speaks for its owner
	Run    Run    `json:"run"`
	Begun  int    `json:"begun"`          // how often the work of this run was begun
	Told   int    `json:"told"`           // how many of those ended in a failure that may heal
	Last   string `json:"last,omitempty"` // the latest such failure
	// First is when the work of this run was begun first, by the store's clock.
	First time.Time `json:"first,omitzero"`
	// Failure is the errors topic's record; the run has failed for good.
	Failure json.RawMessage `json:"failure,omitempty"`
}

// Schema names the record.
const Schema = "pageinspect.lease/v1"

// Held happens if somebody else works on it. It is fault.Transient.
type Held struct {
	// Left is how long the owner has at least, unless it renews.
	Left time.Duration
}

func (h *Held) Error() string { return "it is being worked on elsewhere" }

// Failed happens if the run has failed for good already.
type Failed struct {
	Record json.RawMessage // as the errors topic has it, or was about to
}

func (f *Failed) Error() string { return "it has failed for good before" }

// URI is where the lease of a piece of work lies.
func URI(bucket, id string) store.URI { return store.URI{Bucket: bucket, Object: id + "/lease.json"} }

// Decode reads a lease's object.
func Decode(b []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil || r.Schema != Schema {
		return r, fault.New(fault.Internal, "is no lease (schema %q, %v); remove it, and the work is begun anew", r.Schema, err)
	}
	return r, nil
}

func encode(r Record) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a lease cannot be encoded: %v", err)) // the failure in it is JSON that we made
	}
	return b
}

// Claim takes the lease of one run of a piece of work and keeps it renewed until
// Done, Release or Fail, but not beyond ctx's deadline, whatever its owner's
// goroutine does. (That ctx is cancelled does not end it: the work may go on when
// whoever asked has gone.) lost is called, from another goroutine, if it is lost
// before that, or the deadline has passed.
//
// The error has *Held or *Failed in its chain, or is the store's. Where the run
// was begun MaxAttempts times and nobody ever told how it ended, the error is
// fault.Internal and comes with the lease, so that the failure can be recorded.
func (l *Leases) Claim(ctx context.Context, id string, run Run, lost context.CancelCauseFunc) (*Lease, error) {
	uri := URI(l.Bucket, id)
	mine := Record{Schema: Schema, Owner: rand.Text(), TTLMS: l.TTL.Milliseconds(), Run: run, Begun: 1}
	began := time.Now()
	attrs, err := l.Store.Create(ctx, uri, mediaType, encode(mine), nil)
	switch {
	case err == nil:
		return l.keep(ctx, uri, mine, attrs, began, lost), nil
	case !errors.Is(err, store.ErrExists):
		return nil, fault.Wrap(fault.Transient, err, "claim the work")
	}
	now, ok := store.AnsweredAt(err)
	if !ok {
		now = time.Now() // a store that hides its clock
	}
	b, attrs, err := l.Store.Read(ctx, uri, maxRecord)
	switch {
	case errors.Is(err, store.ErrNotExist): // it has just ended
		return nil, &fault.Error{Kind: fault.Transient, Err: &Held{}}
	case err != nil:
		return nil, fault.Wrap(fault.Transient, err, "look who works on it")
	}
	theirs, err := Decode(b)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "%s", uri)
	}
	newer := run.newer(theirs.Run)
	if left := attrs.Created.Add(time.Duration(theirs.TTLMS)*time.Millisecond + rounding).Sub(now); theirs.Owner != "" && left > 0 {
		return nil, &fault.Error{Kind: fault.Transient, Err: &Held{Left: left}}
	}
	if theirs.Failure != nil && !newer {
		return nil, &fault.Error{Kind: fault.Internal, Err: &Failed{Record: theirs.Failure}}
	}
	if !newer {
		mine.Run, mine.Begun, mine.Told, mine.Last, mine.First = theirs.Run, theirs.Begun+1, theirs.Told, theirs.Last, theirs.First
		if mine.First.IsZero() {
			mine.First = attrs.Created
		}
	}
	began = time.Now()
	attrs, err = l.Store.Replace(ctx, uri, attrs.Generation, mediaType, encode(mine), nil)
	switch {
	case errors.Is(err, store.ErrChanged): // somebody else took it over
		return nil, &fault.Error{Kind: fault.Transient, Err: &Held{Left: l.TTL}}
	case err != nil:
		return nil, fault.Wrap(fault.Transient, err, "take the work over")
	}
	lease := l.keep(ctx, uri, mine, attrs, began, lost)
	if silent := mine.Begun - 1 - mine.Told; silent >= l.MaxAttempts {
		return lease, fault.New(fault.Internal, "it was begun %d times and never ended: the instance was killed each time, or ran out of memory; look at the function's log (MAX_ATTEMPTS is %d)", silent, l.MaxAttempts)
	}
	return lease, nil
}

const mediaType = "application/json"
