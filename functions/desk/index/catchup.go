package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/store"
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
	// fromBucket is how many results are read at a time: a bucket takes its time to answer,
	// and a disk does not.
	fromBucket = 32
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
	known, err := u.x.known(ctx)
	if err != nil {
		return err
	}
	var todo []ledger.Name
	for _, s := range counted {
		for name, err := range l.Names(ctx, s) {
			if err != nil {
				return err
			}
			if !known[name] {
				todo = append(todo, name)
			}
		}
	}
	return eachRead(ctx, fromBucket, todo, l.One, func(name ledger.Name, err error) {
		u.broke(fmt.Sprintf("decision %d on %s", name.N, name.Subject), err)
	}, u.x.decideAll)
}

// wanted is a result that the index does not have in its version.
type wanted struct {
	id  string
	was int64 // the version that it has instead; 0: none
}

// results reads what is new or changed, and drops what is gone.
func (u *catchUp) results(ctx context.Context) error {
	u.x.mu.RLock()
	began, had := u.x.change, maps.Clone(u.x.pages)
	u.x.mu.RUnlock()
	var todo []wanted
	for ref, err := range u.from.Refs(ctx) {
		if err != nil {
			return err
		}
		e, ok := had[ref.ID]
		delete(had, ref.ID)
		if !ok {
			todo = append(todo, wanted{id: ref.ID})
		} else if e.version != ref.Version {
			todo = append(todo, wanted{ref.ID, e.version})
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

// read reads results and writes them in batches.
func (u *catchUp) read(ctx context.Context, todo []wanted) error {
	var buffers sync.Pool // of what is read and done with at once
	get := func(ctx context.Context, w wanted) (*doc, error) {
		buffer, _ := buffers.Get().(*[]byte)
		if buffer == nil {
			buffer = new([]byte)
		}
		defer buffers.Put(buffer)
		b, ref, err := u.from.ReadInto(ctx, w.id, *buffer)
		if err != nil {
			return nil, err
		}
		*buffer = b
		d, err := docOf(b, ref)
		if err != nil {
			return nil, err
		}
		d.was = w.was
		return d, nil
	}
	broke := func(w wanted, err error) {
		u.p.Done++
		if !errors.Is(err, store.ErrNotExist) { // it went meanwhile
			u.broke(w.id, err)
		}
	}
	atOnce := fromBucket
	if u.from.Folder != nil {
		atOnce = runtime.GOMAXPROCS(0)
	}
	return eachRead(ctx, atOnce, todo, get, broke, u.take)
}

// take writes a batch.
func (u *catchUp) take(ctx context.Context, some []*doc) error {
	err := u.x.alter(ctx, func(c *change) error {
		for _, d := range some {
			if err := c.put(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = u.x.settle(ctx)
	}
	u.p.Done += len(some)
	u.told()
	return err
}

// eachRead reads what is named, so many at once, and hands it on in batches. What
// cannot be read is told, and ends nothing.
func eachRead[N, V any](ctx context.Context, atOnce int, names []N, read func(context.Context, N) (V, error), broke func(N, error), take func(context.Context, []V) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		name  N
		value V
		err   error
	}
	answers := make(chan answer, batch)
	go func() {
		defer close(answers)
		var g errgroup.Group
		g.SetLimit(atOnce)
		for _, name := range names {
			if ctx.Err() != nil {
				break
			}
			g.Go(func() error {
				value, err := read(ctx, name)
				select {
				case answers <- answer{name, value, err}:
				case <-ctx.Done():
				}
				return nil
			})
		}
		g.Wait() //nolint:errcheck // none has an error
	}()
	var some []V
	for a := range answers {
		switch {
		case a.err != nil && ctx.Err() != nil: // it was told to stop
		case a.err != nil:
			broke(a.name, a.err)
		default:
			some = append(some, a.value)
		}
		if len(some) == batch {
			if err := take(ctx, some); err != nil {
				return err
			}
			some = nil
		}
	}
	if ctx.Err() != nil || len(some) == 0 {
		return ctx.Err()
	}
	return take(ctx, some)
}
