package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// outcome is what became of one request: a result or a failure.
type outcome struct {
	id      string
	request job.Request
	result  *result.Result
	failure *job.Failure
}

// collectOutcomes follows the results and errors topics until every request has
// an outcome, and writes each to its directory. When ctx ends first, it returns
// what there is.
func collectOutcomes(ctx context.Context, cloud *localcloud.Cloud, out outDir, requests [][]byte, show *progress) ([]outcome, error) {
	follow, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make([]outcome, len(requests))
	place := map[string]int{}
	for i, b := range requests {
		json.Unmarshal(b, &outcomes[i].request) //nolint:errcheck // we encoded it
		outcomes[i].id = outcomes[i].request.ID
		place[outcomes[i].id] = i
	}
	var mu sync.Mutex
	left := len(place)
	if left == 0 {
		return nil, nil
	}
	settle := func(id string, set func(*outcome) error) error {
		mu.Lock()
		defer mu.Unlock()
		i, ours := place[id]
		if !ours || outcomes[i].result != nil || outcomes[i].failure != nil {
			return nil // a repeated event
		}
		if err := set(&outcomes[i]); err != nil {
			return err
		}
		show.done(outcomes[i])
		if left--; left == 0 {
			cancel()
		}
		return nil
	}
	errs := make(chan error, 3)
	go func() {
		errs <- topic.Follow(follow, cloud.Kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error {
			var r result.Result
			if err := json.Unmarshal(m.Value, &r); err != nil {
				return err
			}
			return settle(r.ID, func(o *outcome) (err error) {
				o.result, err = out.saveResult(follow, cloud.Store, r)
				if err == nil || follow.Err() != nil {
					return err
				}
				// This page's alone: the others go on.
				source := job.Source{Via: "run", Partition: -1, Offset: -1}
				f := job.NewFailure(job.StageRecognize, fault.Wrap(fault.Internal, err, "the result cannot be saved"), o.request, encode(o.request), source, time.Now())
				o.result, o.failure = nil, &f
				out.saveFailure(f.ID, encode(f)) //nolint:errcheck // it is shown, and there may be no space for it either
				return nil
			})
		})
	}()
	go func() {
		errs <- topic.Follow(follow, cloud.Kafka, localcloud.ErrorsTopic, nil, func(m topic.Message) error {
			var f job.Failure
			if err := json.Unmarshal(m.Value, &f); err != nil {
				return err
			}
			return settle(f.ID, func(o *outcome) error {
				o.failure = &f
				if err := out.saveFailure(f.ID, m.Value); err != nil { // it is shown all the same
					o.failure.Message += fmt.Sprintf(" (and its error.json cannot be saved: %v)", err)
				}
				return nil
			})
		})
	}()
	go func() {
		select {
		case err := <-cloud.Failed():
			errs <- err
		case <-follow.Done():
		}
	}()
	var first error
	select {
	case first = <-errs:
	case <-follow.Done():
	}
	cancel()
	mu.Lock()
	defer mu.Unlock()
	switch {
	case left == 0:
		return outcomes, nil
	case ctx.Err() != nil:
		return outcomes, interrupted(fmt.Sprintf("%d of %d pages were not finished", left, len(place)))
	case first != nil && !errors.Is(first, context.Canceled):
		return outcomes, first
	}
	return outcomes, fault.New(fault.Internal, "the results stopped coming; %d of %d pages were not finished", left, len(place))
}

// verdict is the exit code for what happened to all the pages.
func verdict(outcomes []outcome) error {
	worst := exitPass
	for _, o := range outcomes {
		switch {
		case o.result == nil:
			worst = max(worst, exitFailed)
		case o.result.Verdict != result.Pass:
			worst = max(worst, exitFinding)
		}
	}
	if worst == exitPass {
		return nil
	}
	return exit(worst)
}

// printJSON prints each result, as its event says it, or failure.
func printJSON(w io.Writer, outcomes []outcome) {
	for _, o := range outcomes {
		switch {
		case o.result != nil:
			printLines(w, []result.Result{o.result.Event("", "")}) //nolint:errcheck // a closed pipe ends nothing of worth
		case o.failure != nil:
			printLines(w, []job.Failure{*o.failure}) //nolint:errcheck // likewise
		}
	}
}

// manyPages is how many are all shown; of more, those that
// pass or were not finished are only counted.
const manyPages = 40

// printOutcomes shows each page's verdict and findings.
func printOutcomes(w io.Writer, outcomes []outcome) {
	t := newTable(map[int]int{1: 32, 2: 12, 4: 40, 6: 40}, "page", "verdict", "severity", "quote", "at y (px)", "rule")
	rows := 0
	for _, o := range outcomes {
		if len(outcomes) > manyPages && o.failure == nil && (o.result == nil || o.result.Verdict == result.Pass) {
			continue
		}
		rows++
		switch {
		case o.failure != nil:
			t.row(o.id, failedWord, string(o.failure.Kind), o.failure.Message, "", "")
		case o.result == nil:
			t.row(o.id, unfinishedWord, "", "", "", "")
		default:
			findingRows(t, *o.result)
		}
		t.AppendSeparator()
	}
	if rows > 0 {
		t.print(w)
	}
}

// printSums says what all came to, where the reports are, and what to do next.
func printSums(w io.Writer, outcomes []outcome, dir string) {
	sums := newSummary()
	for _, o := range outcomes {
		switch {
		case o.failure != nil:
			sums.failure(*o.failure)
		case o.result == nil:
			sums.unfinished()
		default:
			sums.result(*o.result)
		}
	}
	sums.print(w)
	fmt.Fprintf(w, "Reports: %s\n", filepath.Join(dir, "<page>", "report.html"))
	if bad := sums.verdicts[string(result.Review)] + sums.verdicts[string(result.Reject)]; bad > 0 && len(outcomes) > 1 {
		fmt.Fprintf(w, "Next: pageinspect results --dir %s --verdict reject,review, or pageinspect desk --dir %[1]s to look and decide in a browser\n", dir)
	}
}

func findingRows(t *listing, r result.Result) {
	verdict := string(r.Verdict)
	if r.Page.Partial != "" {
		verdict += " (partial)"
	}
	if len(r.Findings) == 0 {
		t.row(r.ID, verdict, "", "nothing found", "", "")
	}
	for i, f := range r.Findings {
		id := r.ID
		if i > 0 {
			id, verdict = "", ""
		}
		quote, at := f.Quote, fmt.Sprintf("%.0f", f.Box.Y)
		if quote == "" { // what must be said and is not has no place
			quote, at = "("+f.Message+")", ""
		}
		t.row(id, verdict, string(f.Severity), quote, at, f.Rule)
	}
}
