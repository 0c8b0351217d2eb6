package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// tally prints what changes, as it happens, and counts.
type tally struct {
	mu                             sync.Mutex
	out, err                       io.Writer
	bar                            *meter
	began                          time.Time
	same, changed, failed, without int // without: no result, or none yet
	verdicts                       map[[2]result.Verdict]int
	after                          map[string]int // verdicts, as they are or would be now
	dryRun, json                   bool
}

func newTally(out, err io.Writer, ids int, dryRun, asJSON bool) *tally {
	if ids == 0 {
		ids = -1 // not known until all is listed
	}
	return &tally{out: out, err: err, began: time.Now(), verdicts: map[[2]result.Verdict]int{}, after: map[string]int{}, dryRun: dryRun, json: asJSON, bar: newMeter(err, ids, "reinspecting")}
}

// add counts a result. Among those listed, a page that failed or is still under
// way has none, and that is no failure here; of one asked for by name it is.
func (t *tally) add(id string, c recognize.Change, err error, listed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bar.add(1)
	if err == nil {
		t.after[string(c.After)]++
	}
	switch {
	case listed && errors.Is(err, store.ErrNotExist):
		t.without++
	case err != nil:
		t.failed++
		t.bar.clear()
		fmt.Fprintf(t.err, "%s: %s\n", oneLine(id), oneLine(err.Error()))
	case !c.Any():
		t.same++
	default:
		t.changed++
		t.bar.clear()
		t.print(c)
	}
}

func (t *tally) print(c recognize.Change) {
	verdict := string(c.After)
	if c.Before != c.After {
		t.verdicts[[2]result.Verdict{c.Before, c.After}]++
		verdict = fmt.Sprintf("%s -> %s", c.Before, c.After)
	}
	if t.json {
		printLines(t.out, []changed{{c.ID, c.Before, c.After, c.Added, c.Removed}}) //nolint:errcheck // a closed pipe ends nothing of worth
		return
	}
	fmt.Fprintf(t.out, "%s  %s\n", oneLine(c.ID), oneLine(verdict))
	for _, f := range c.Removed {
		fmt.Fprintf(t.out, "  - %s\n", describeFinding(f))
	}
	for _, f := range c.Added {
		fmt.Fprintf(t.out, "  + %s\n", describeFinding(f))
	}
}

// changed is a change as JSON says it.
type changed struct {
	ID      string           `json:"id"`
	Before  result.Verdict   `json:"before"`
	After   result.Verdict   `json:"after"`
	Added   []result.Finding `json:"added,omitempty"`
	Removed []result.Finding `json:"removed,omitempty"`
}

func describeFinding(f result.Finding) string {
	said := f.Message
	if f.Quote != "" {
		said = fmt.Sprintf("%q at %.0f px", f.Quote, f.Box.Y)
	}
	return oneLine(fmt.Sprintf("%s (%s) %s", f.Rule, f.Severity, said))
}

// close prints the sums and returns what the command is to end with.
func (t *tally) close(ctx context.Context, err error) error {
	t.bar.close()
	seconds := time.Since(t.began).Seconds()
	changed := "changed"
	if t.dryRun {
		changed = "would change"
	}
	total := t.same + t.changed + t.failed
	fmt.Fprintf(t.err, "%d results in %.1f s (%.0f a second): %d %s, %d the same, %d failed; %d pages without one\n", total,
		seconds, float64(total)/seconds, t.changed, changed, t.same, t.failed, t.without)
	for _, v := range [][2]result.Verdict{
		{result.Pass, result.Review}, {result.Pass, result.Reject}, {result.Review, result.Reject},
		{result.Reject, result.Review}, {result.Reject, result.Pass}, {result.Review, result.Pass},
	} {
		if n := t.verdicts[v]; n > 0 {
			fmt.Fprintf(t.err, "  %d %s -> %s\n", n, v[0], v[1])
		}
	}
	if total > t.failed {
		s := newSummary()
		s.pages, s.verdicts = total-t.failed, t.after
		s.print(t.err)
		fmt.Fprintln(t.err, "No page was captured and no picture read: that cost nothing")
	}
	switch {
	case ctx.Err() != nil:
		return interrupted("start it again to do the rest")
	case err == nil && t.failed > 0:
		return exit(exitFailed)
	}
	return err
}
