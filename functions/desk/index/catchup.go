package index

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"golang.org/x/sync/errgroup"
)

// Progress is told how far catching up is. Total is 0 while it is not known.
type Progress struct {
	Done, Total int
	Broken      []string // what could not be read: id and reason, the first 100
	Current     bool     // it has caught up since it was opened
	At          time.Time
}

const (
	maxBroken = 100
	// batch is how many results one transaction takes.
	batch = 200
	// atOnce is how many results are read at a time: a bucket takes its time to answer.
	atOnce = 32
)

// CatchUp brings the index to what the bucket and the ledger hold: decisions, new and
// changed results, those that are gone. It tells progress (which may be nil) as it
// goes. A result that cannot be read is told and ends nothing.
func (x *Index) CatchUp(ctx context.Context, from *pages.Source, decisions *ledger.Ledger, progress func(Progress)) error {
	u := &catchUp{x: x, from: from, tell: progress}
	if decisions != nil {
		if err := u.decisions(ctx, decisions); err != nil {
			return err
		}
	}
	if err := u.results(ctx); err != nil {
		return err
	}
	u.p.Current = true
	u.told()
	return nil
}

type catchUp struct {
	x    *Index
	from *pages.Source
	tell func(Progress)
	p    Progress
}

func (u *catchUp) told() {
	if u.tell != nil {
		p := u.p
		p.Broken, p.At = slices.Clone(u.p.Broken), time.Now()
		u.tell(p)
	}
}

func (u *catchUp) broke(id string, err error) {
	if len(u.p.Broken) < maxBroken {
		u.p.Broken = append(u.p.Broken, fmt.Sprintf("%s: %v", id, err))
	}
}

// decisions takes those that the index does not have. None is ever changed.
func (u *catchUp) decisions(ctx context.Context, l *ledger.Ledger) error {
	var some []decision.Decision
	for d, err := range l.All(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			u.broke("a decision", err)
			continue
		}
		some = append(some, d)
	}
	if len(some) == 0 {
		return nil
	}
	return u.x.Decided(ctx, some...)
}

// results reads what is new or changed, and drops what is gone.
func (u *catchUp) results(ctx context.Context) error {
	u.x.mu.RLock()
	began, had := u.x.change, maps.Clone(u.x.pages)
	u.x.mu.RUnlock()
	var todo []doc
	for ref, err := range u.from.Refs(ctx) {
		if err != nil {
			return err
		}
		e, ok := had[ref.ID]
		delete(had, ref.ID)
		if !ok {
			todo = append(todo, doc{ref: ref})
		} else if e.version != ref.Version {
			todo = append(todo, doc{ref: ref, was: e.version})
		}
	}
	u.p.Total = len(todo)
	u.told()
	if err := u.drop(ctx, began, had); err != nil {
		return err
	}
	return u.read(ctx, todo)
}

// drop takes out the pages that were not there any more. One that was put
// meanwhile may have come behind where the list was.
func (u *catchUp) drop(ctx context.Context, began int64, gone map[string]*entry) error {
	return u.x.alter(ctx, func(c *change) error {
		for id := range gone {
			if e, ok := c.current(id); ok && e.put <= began {
				if err := c.drop(ctx, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// read reads results, several at a time, and writes them in batches.
func (u *catchUp) read(ctx context.Context, todo []doc) error {
	type read struct {
		doc doc
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan read, batch)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	go func() {
		defer close(done)
		for _, d := range todo {
			g.Go(func() error {
				b, ref, err := u.from.Read(gctx, d.ref.ID)
				var got doc
				if err == nil {
					got, err = docOf(b, ref)
				}
				if err != nil {
					got.ref = d.ref
				}
				got.was = d.was
				select {
				case done <- read{got, err}:
				case <-gctx.Done():
				}
				return gctx.Err()
			})
		}
		g.Wait() //nolint:errcheck // ctx tells
	}()
	var some []doc
	flush := func() error {
		err := u.x.alter(ctx, func(c *change) error {
			for _, d := range some {
				if err := c.put(ctx, d); err != nil {
					return err
				}
			}
			return nil
		})
		u.p.Done += len(some)
		some = some[:0]
		u.told()
		return err
	}
	for r := range done {
		if r.err != nil {
			u.p.Done++
			u.broke(r.doc.ref.ID, r.err)
			continue
		}
		if some = append(some, r.doc); len(some) == batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return flush()
}
