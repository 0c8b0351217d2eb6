// Package live keeps a desk's index at what the bucket holds and other desks decide.
//
// The bucket is the truth: it is looked at every so often, and whatever an event did
// not tell is found then. Where there is Kafka, results and decisions come as they
// are made, and looking may be rare.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
	"golang.org/x/sync/errgroup"
)

// Live keeps one index current.
type Live struct {
	Index  *index.Index
	Pages  *pages.Source
	Ledger *ledger.Ledger
	// Kafka is where the topics are; nil: there are none.
	Kafka                      *topic.Config
	ResultsTopic, DecidedTopic string
	// Every is how often the bucket is looked at: at least this long after the last
	// look, and twenty times as long as that took.
	Every time.Duration
	Log   *slog.Logger
	// Told hears how far catching up is; nil: nobody.
	Told func(index.Progress)

	mu       sync.Mutex
	progress index.Progress
}

// Progress says how far the index is.
func (l *Live) Progress() index.Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress
}

func (l *Live) tell(p index.Progress) {
	l.mu.Lock()
	l.progress = p
	l.mu.Unlock()
	if l.Told != nil {
		l.Told(p)
	}
}

// Run keeps the index current until ctx ends. What goes wrong meanwhile is logged,
// and tried again.
func (l *Live) Run(ctx context.Context) {
	var all errgroup.Group
	defer all.Wait() //nolint:errcheck // none has an error of its own
	if l.Kafka != nil {
		// From their ends, which are found before the first look at the bucket: what came
		// before is in it.
		all.Go(func() error { l.follow(ctx, l.ResultsTopic, l.result); return nil })
		all.Go(func() error { l.follow(ctx, l.DecidedTopic, l.decided); return nil })
	}
	for ctx.Err() == nil {
		began := time.Now()
		l.look(ctx)
		if !wait(ctx, max(l.Every, 20*time.Since(began))) {
			return
		}
	}
}

// look brings the index to what the bucket has, and does what desks that died left.
func (l *Live) look(ctx context.Context) {
	if err := l.Index.CatchUp(ctx, l.Pages, l.Ledger, l.tell); err != nil {
		l.warn(ctx, "the index could not catch up", err)
	}
	if err := l.Ledger.Flush(ctx); err != nil {
		l.warn(ctx, "decisions wait to be published", err)
	}
	if _, err := l.Ledger.KeepTiles(ctx, ledger.Tiles{Tile: l.Pages.Tile, Showing: l.showing}); err != nil {
		l.warn(ctx, "tiles of decided pages could not be kept", err)
	}
}

// showing finds a tile that is the picture.
func (l *Live) showing(ctx context.Context, picture string) (result.Result, int, error) {
	ids, err := l.Index.Showing(ctx, picture)
	if err != nil {
		return result.Result{}, 0, err
	}
	for _, id := range ids {
		r, _, err := l.Pages.Result(ctx, id)
		if err != nil {
			continue // another may show it
		}
		for n, t := range r.Tiles {
			if t.SHA256 == picture {
				return r, n, nil
			}
		}
	}
	return result.Result{}, 0, fault.Wrap(fault.Invalid, store.ErrNotExist, "no page shows the picture")
}

// follow hands what comes on a topic from now on to take.
func (l *Live) follow(ctx context.Context, name string, take func(context.Context, []byte) error) {
	for ctx.Err() == nil {
		from, err := topic.End(ctx, *l.Kafka, name)
		if err == nil {
			err = topic.Follow(ctx, *l.Kafka, name, from, func(m topic.Message) error {
				if err := take(ctx, m.Value); err != nil {
					l.warn(ctx, "an event was not taken; the next look at the bucket finds what it tells", err)
				}
				return nil
			})
		}
		if err != nil {
			l.warn(ctx, "the topic "+name+" cannot be followed; the bucket is looked at all the same", err)
		}
		if !wait(ctx, max(l.Every, 10*time.Second)) {
			return
		}
	}
}

// result takes an event of a result: the event has no text, so the object is read.
func (l *Live) result(ctx context.Context, event []byte) error {
	var told struct{ Schema, ID string }
	if err := json.Unmarshal(event, &told); err != nil || told.Schema != result.Schema {
		return fault.New(fault.Invalid, "no event of %s: %v", result.Schema, err)
	}
	r, ref, err := l.Pages.Result(ctx, told.ID)
	if err != nil {
		return err
	}
	return l.Index.Put(ctx, r, ref)
}

func (l *Live) decided(ctx context.Context, event []byte) error {
	var d decision.Decision
	if err := json.Unmarshal(event, &d); err != nil {
		return fault.Wrap(fault.Invalid, err, "no decision")
	}
	if err := d.Validate(); err != nil {
		return err
	}
	return l.Index.Decided(ctx, d)
}

func (l *Live) warn(ctx context.Context, said string, err error) {
	if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		l.Log.WarnContext(ctx, said, "error", err.Error())
	}
}

// wait says whether ctx was still there after the time.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
