package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/again"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/live"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// recheckOptions is what the command was asked for.
type recheckOptions struct {
	place        deskPlace
	older, as    string
	query        index.Query
	limit        int
	dryRun, json bool
}

func recheckCommand() *cobra.Command {
	var o recheckOptions
	c := &cobra.Command{
		Use:   "recheck --older 7d [flags]",
		Short: "Have pages inspected again that were captured long ago",
		Long: `Ask for the pages of a results bucket to be inspected again that were captured
longer ago than --older, the oldest first: a seller may have put back what was
taken down. Of these, those with the verdicts and states given. Their requests are
published again as they were, with force.

A result is kept before it is asked to be replaced, so that the desk can compare
both; a page that changed since it was decided comes to its top. A page is asked
for once within --older, by however many schedulers and desks, so the command may
be stopped and started again at any time.

Buckets and Kafka are named as for "pageinspect desk".

Exit codes: 0 what was to be asked for was, 2 some could not be, or it did not
work, 130 it was interrupted.`,
		Example: "  pageinspect recheck --older 7d --verdict pass --dry-run\n  pageinspect recheck --older 30d --state dismissed,confirmed --limit 500",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return recheck(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.place.flags(c)
	f := c.Flags()
	f.StringVar(&o.older, "older", "", "only pages that were captured longer ago than this: 7d, 36h (required)")
	f.StringSliceVar(&o.query.Verdicts, "verdict", nil, "only pages with these verdicts: pass, review, reject")
	f.StringSliceVar(&o.query.States, "state", nil, "only pages in these states: open, escalated, confirmed, dismissed, none")
	f.IntVar(&o.limit, "limit", 1000, "pages at most")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "print what would be asked for, and ask for nothing")
	f.BoolVar(&o.json, "json", false, "print each page as a line of JSON")
	f.StringVar(&o.as, "as", live.User(), "who asks, as the note beside the page has it")
	return c
}

// age reads how long ago: 7d, or as Go writes durations.
func age(s string) (time.Duration, error) {
	if s == "" {
		return 0, fault.New(fault.Invalid, "--older: missing; say how long ago a page was captured that is to be inspected again, such as 7d")
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, fault.New(fault.Invalid, "--older: %q is no time; write 7d, 36h or 90m", s)
}

// askedAtOnce is how many pages are asked for at a time.
const askedAtOnce = 16

func recheck(ctx context.Context, o recheckOptions, stdout, stderr io.Writer) error {
	older, err := age(o.older)
	if err != nil {
		return err
	}
	if err := o.query.Validate(); err != nil {
		return err
	}
	if o.limit < 1 {
		return fault.New(fault.Invalid, "--limit: is %d, want 1 or more", o.limit)
	}
	if o.place.dir != "" {
		return fault.New(fault.Invalid, "--dir: nobody inspects a directory's pages again by himself; run the addresses with --force")
	}
	o.place.index = "recheck"
	room, err := o.place.enter(ctx)
	if err != nil {
		return err
	}
	defer room.leave()
	asker := &again.Asker{Pages: room.pages, Ledger: room.ledger, Topic: room.requestsTopic, Now: time.Now}
	if !o.dryRun {
		if room.kafka == nil {
			return fault.New(fault.Invalid, "there is no Kafka to ask: set KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS), or try --dry-run")
		}
		writer, err := topic.NewWriter(*room.kafka)
		if err != nil {
			return err
		}
		defer writer.Close() //nolint:errcheck // every request was acknowledged
		asker.Requests = writer
	}
	show := &catching{w: stderr}
	err = room.index.CatchUp(ctx, room.pages, room.ledger, show.told)
	show.close()
	if err != nil {
		return err
	}
	old, err := captured(ctx, room.index, o.query, time.Now().Add(-older))
	if err != nil {
		return err
	}
	t := &rechecked{o: o, w: stdout, stderr: stderr}
	for len(old) > 0 && t.asked < o.limit && ctx.Err() == nil {
		part := old[:min(len(old), o.limit-t.asked)]
		old = old[len(part):]
		var some errgroup.Group
		some.SetLimit(askedAtOnce)
		for _, id := range part {
			some.Go(func() error {
				if ctx.Err() == nil {
					outcome, err := asker.Page(ctx, id, older, o.as, o.dryRun)
					t.add(ctx, outcome, err)
				}
				return nil
			})
		}
		_ = some.Wait() // which has no error of its own
	}
	return t.conclude(ctx, len(old))
}

// captured are the pages that a query chooses and that were captured before then,
// the oldest first.
func captured(ctx context.Context, x *index.Index, q index.Query, before time.Time) (ids []string, err error) {
	type page struct {
		id string
		at time.Time
	}
	var old []page
	q.Limit, q.Sort = 500, "oldest"
	for {
		list, err := x.Pages(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range list.Rows {
			if row.Captured.Before(before) {
				old = append(old, page{row.ID, row.Captured})
			}
		}
		if q.After = list.Next; q.After == "" {
			break
		}
	}
	slices.SortFunc(old, func(a, b page) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
	for _, p := range old {
		ids = append(ids, p.id)
	}
	return ids, nil
}

// rechecked prints what became of each page. It is safe for concurrent use.
type rechecked struct {
	mu                   sync.Mutex
	o                    recheckOptions
	w, stderr            io.Writer
	asked, young, failed int
	broken               error // of what is printed to
}

func (t *rechecked) add(ctx context.Context, o again.Outcome, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil:
		return
	case err != nil:
		t.failed++
		fmt.Fprintf(t.stderr, "%s: %s\n", oneLine(o.ID), oneLine(err.Error()))
		return
	case o.Asked:
		t.asked++
	default:
		t.young++
	}
	if t.o.json {
		err = printLines(t.w, []again.Outcome{o})
	} else if o.Asked {
		_, err = fmt.Fprintf(t.w, "%s  %s  %s  %s\n", local(o.CapturedAt), o.Verdict, oneLine(o.ID), oneLine(o.URL))
	}
	t.broken = errors.Join(t.broken, err)
}

func (t *rechecked) conclude(ctx context.Context, left int) error {
	verb := "asked for"
	if t.o.dryRun {
		verb = "would be asked for"
	}
	fmt.Fprintf(t.stderr, "%s %s, %s asked for or captured meanwhile, %s failed", plural(t.asked, "page"), verb, thousands(t.young), thousands(t.failed))
	if left > 0 {
		fmt.Fprintf(t.stderr, "; %s more are as old, and wait for the next time (--limit)", thousands(left))
	}
	fmt.Fprintln(t.stderr)
	switch {
	case ctx.Err() != nil:
		return interrupted("what was asked for is not asked for again")
	case t.broken != nil:
		return t.broken
	case t.failed > 0:
		return exit(exitFailed)
	}
	return nil
}
