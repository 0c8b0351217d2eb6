package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/spf13/cobra"
)

func statusCommand() *cobra.Command {
	var watch, asJSON bool
	c := &cobra.Command{
		Use:   "status [flags] [ID…]",
		Short: "Tell where requests are",
		Long: `Tell of each request how far it has come: requested, capturing, captured,
recognizing, recognized or failed. The topics and the buckets are asked; there is
no other record. Without an ID, the requests that the topic still has are counted,
the recognized by their verdicts, and the others are listed. The last line says
what to do next.

--watch goes on, and ends when nothing is under way any more. Without a bucket
in the environment, only the topics are asked: what is between them is "requested".

Exit codes: 0 all are recognized, 1 some are under way, 2 some have failed or are
not known, or it did not work, 130 it was interrupted.` + placesHelp,
		Example: "  pageinspect status\n  pageinspect status --watch p-1001 p-1002",
		RunE: func(c *cobra.Command, ids []string) error {
			return status(c.Context(), ids, watch, asJSON, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on until all are recognized or have failed")
	c.Flags().BoolVar(&asJSON, "json", false, "print each request as a line of JSON")
	return c
}

// watchInterval is how often the buckets are asked; what the topics say of few
// requests is shown at once.
const watchInterval = 2 * time.Second

func status(ctx context.Context, ids []string, watch, asJSON bool, stdout, stderr io.Writer) error {
	p, done, err := places(ctx, stderr)
	if err != nil {
		return err
	}
	tracker, err := p.Track(ctx, ids...)
	if err != nil {
		return err
	}
	defer done()
	all, err := tracker.Look(ctx)
	if err == nil && watch {
		all, err = watchAll(ctx, tracker, all, stderr)
	}
	if err != nil {
		return err
	}
	if asJSON {
		if err := printLines(stdout, all); err != nil {
			return err
		}
	} else {
		printStatus(stdout, all, len(ids) > 0)
	}
	if ctx.Err() != nil {
		return interrupted("")
	}
	return statusCode(all)
}

// watchAll says each change in a line, until all are finished or ctx ends.
func watchAll(ctx context.Context, tracker *history.Tracker, all []history.Request, stderr io.Writer) ([]history.Request, error) {
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- tracker.Follow(following, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	said := map[string]history.State{}
	var show *meter // of those that are under way now
	finished, took := 0, time.Duration(0)
	for {
		open := 0
		for _, r := range all {
			if !r.State.Finished() {
				open++
			}
			if show != nil {
				show.clear()
			}
			if was, ok := said[r.ID]; was != r.State && (ok || !r.State.Finished()) {
				fmt.Fprintf(stderr, "%s  %-28s %s  %s\n", time.Now().Format(time.TimeOnly), oneLine(r.ID), r.State, oneLine(r.Detail))
			}
			said[r.ID] = r.State
		}
		if open == 0 {
			return all, nil
		}
		if show == nil {
			show = newMeter(stderr, open, "finished")
			defer show.close()
		}
		show.add(max(show.total-open-finished, 0))
		finished = max(finished, show.total-open)
		soon := changed
		if took > watchInterval/20 { // asking about many at each change would take all the time
			soon = nil
		}
		select {
		case <-soon:
		case <-time.After(watchInterval):
		case err := <-ended:
			return all, err
		case <-ctx.Done():
			return all, nil
		}
		began := time.Now()
		next, err := tracker.Look(ctx)
		took = time.Since(began)
		if ctx.Err() != nil {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = next
	}
}

func printStatus(w io.Writer, all []history.Request, asked bool) {
	t := newTable(map[int]int{1: 40, 5: 70}, "id", "state", "since", "attempt", "verdict or reason")
	states, verdicts, rows := map[string]int{}, map[string]int{}, 0
	for _, r := range all {
		states[string(r.State)]++
		if r.Verdict != "" {
			verdicts[r.Verdict]++
		}
		if !asked && r.State == history.Recognized {
			continue
		}
		rows++
		t.row(r.ID, r.State, local(r.At), r.Attempt, r.Detail)
	}
	if rows > 0 {
		t.print(w)
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "no requests")
		return
	}
	fmt.Fprintf(w, "%s: %s", plural(len(all), "request"), counts(states))
	if len(verdicts) > 0 {
		fmt.Fprintf(w, " (%s)", counts(verdicts))
	}
	fmt.Fprintln(w)
	for _, step := range nextSteps(states, verdicts) {
		fmt.Fprintln(w, step)
	}
}

// nextSteps say what to do about requests that are so far.
func nextSteps(states, verdicts map[string]int) (steps []string) {
	under := 0
	for state, n := range states {
		if s := history.State(state); !s.Finished() && s != history.Unknown {
			under += n
		}
	}
	if under > 0 {
		steps = append(steps, fmt.Sprintf("Next: pageinspect status --watch waits for the %s under way", thousands(under)))
	}
	if bad := verdicts[string(result.Review)] + verdicts[string(result.Reject)]; bad > 0 {
		steps = append(steps, fmt.Sprintf("Next: pageinspect results --verdict reject,review shows the %s to look at", plural(bad, "page")))
	}
	if n := states[string(history.Failed)]; n > 0 {
		steps = append(steps, fmt.Sprintf("Next: pageinspect errors says why %s failed; pageinspect retry sends what may work now again", thousands(n)))
	}
	if n := states[string(history.Unknown)]; n > 0 {
		steps = append(steps, fmt.Sprintf("%s not known here; check the id, and KAFKA_BROKERS and PAGES_BUCKET, or submit it", map[bool]string{true: "1 id is", false: thousands(n) + " ids are"}[n == 1]))
	}
	if len(steps) == 0 {
		steps = append(steps, "Nothing is left to do: every page passed")
	}
	return steps
}

func statusCode(all []history.Request) error {
	worst := exitPass
	for _, r := range all {
		switch r.State {
		case history.Recognized:
		case history.Failed, history.Unknown:
			worst = exitFailed
		default:
			worst = max(worst, exitFinding)
		}
	}
	if worst == exitPass {
		return nil
	}
	return exit(worst)
}
