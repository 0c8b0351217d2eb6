// Package history tells what became of requests. It asks the topics and the
// buckets, which are the only memory there is, and keeps nothing.
//
// Records may be repeated, so each is told apart by its id: of several
// failures of one attempt of a request the latest counts.
package history

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Places are where the history lies.
type Places struct {
	Kafka                      topic.Config
	Requests, Results, Errors  string        // topics
	Store                      *store.Client // nil: only the topics are asked
	Screenshots, Pages, Output string        // buckets; Output is that of the results
	// Tick is called for each message read; nil does nothing.
	Tick func()
}

func (p Places) scan(ctx context.Context, name string, each func(topic.Message) error) error {
	return topic.Scan(ctx, p.Kafka, name, func(m topic.Message) error {
		if p.Tick != nil {
			p.Tick()
		}
		return each(m)
	})
}

// Filter chooses failures. An empty field chooses all.
type Filter struct {
	Kinds  []string
	Stages []string
	IDs    []string
	Since  time.Time
}

// Validate says which of the words is none.
func (f Filter) Validate() error {
	var kinds []string
	for _, k := range fault.Kinds() {
		kinds = append(kinds, string(k))
	}
	stages := []string{string(job.StageDeliver), string(job.StageCapture), string(job.StageRecognize)}
	for _, k := range f.Kinds {
		if !slices.Contains(kinds, k) {
			return fault.New(fault.Invalid, "--kind: there is no kind %q; want %s", k, strings.Join(kinds, ", "))
		}
	}
	for _, s := range f.Stages {
		if !slices.Contains(stages, s) {
			return fault.New(fault.Invalid, "--stage: there is no stage %q; want %s", s, strings.Join(stages, ", "))
		}
	}
	return nil
}

func (f Filter) has(r job.Failure) bool {
	in := func(all []string, s string) bool { return len(all) == 0 || slices.Contains(all, s) }
	return in(f.Kinds, string(r.Kind)) && in(f.Stages, string(r.Stage)) && in(f.IDs, r.ID) && !r.At.Before(f.Since)
}

// Failures reads the errors topic through: the failures that f chooses, the
// latest of each attempt, from the oldest to the newest.
func (p Places) Failures(ctx context.Context, f Filter) ([]job.Failure, error) {
	var all []job.Failure
	err := p.scan(ctx, p.Errors, func(m topic.Message) error {
		if f, ok := failure(m.Value); ok {
			all = append(all, f)
		}
		return nil
	})
	return f.choose(all), err
}

// choose keeps the latest of each attempt.
func (f Filter) choose(all []job.Failure) []job.Failure {
	type attempt struct {
		id      string
		attempt int
	}
	latest := map[attempt]job.Failure{}
	for _, r := range all {
		at := attempt{r.ID, r.Attempt}
		if was, ok := latest[at]; f.has(r) && (!ok || !r.At.Before(was.At)) {
			latest[at] = r
		}
	}
	var chosen []job.Failure
	for _, r := range latest {
		chosen = append(chosen, r)
	}
	slices.SortFunc(chosen, func(a, b job.Failure) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Attempt, b.Attempt))
	})
	return chosen
}

// failure reads a record of the errors topic, or of a lease. What somebody else
// put there is no failure of ours, and hides none. Every failure has an id that
// can be asked for: one without, or with one that cannot be an id, as older
// versions wrote them, is known by its record, else by its original, else by what it says.
func failure(record []byte) (job.Failure, bool) {
	var f job.Failure
	if json.Unmarshal(record, &f) != nil || f.Schema != job.FailureSchema {
		return f, false
	}
	known := f.Original()
	if len(known) == 0 {
		known = []byte(cmp.Or(f.RequestObject, f.Message))
	}
	f.ID = job.Request{ID: f.ID}.Identify(f.Source, known).ID
	return f, true
}

// request reads a request as Capture would, with the identity of its record.
func request(m topic.Message) job.Request {
	r, _ := job.DecodeRequest(m.Value) // a bad one has an identity, too, and fails under it
	return r.Identify(job.Source{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}, m.Value)
}

// outcome is as much of a result as the history is about.
func outcome(m topic.Message) (result.Result, bool) {
	var r result.Result
	err := json.Unmarshal(m.Value, &r)
	return r, err == nil && r.Schema == result.Schema && r.ID != ""
}
