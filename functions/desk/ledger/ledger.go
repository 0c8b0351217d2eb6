// Package ledger keeps decisions: objects of a bucket that are created only if
// absent and never changed, and events of a topic.
//
// # Objects
//
// All lie below ".desk/", which no page's id can be:
//
//	.desk/page/<id>/00001.json         the decisions of a series on a subject, by number
//	.desk/picture/<sha256>/00001.json  likewise: second, golden, check
//	.desk/outbox/<series>/<subject>/00001  a decision whose event may not be published yet
//	.desk/claims/<id>.json             who has a page open
//	.desk/shown/<id>/<sha256>.json.zst a result as a reviewer saw it
//	.desk/keep/…, .desk/tiles/<sha256>  the tiles of what was confirmed; see tiles.go
//	.desk/asked/<id>.json              that a page was asked to be inspected again
//
// # What it promises
//
// Of any number of desks that decide on one subject at a time, each sees the others'
// decisions before its own is taken: the numbers have no gap, and whoever is late
// gets a *Newer with what came in between. A decision that Decide returned is kept,
// and its event will be published, at least once: the outbox is written first, and
// Flush publishes what a desk that died left there.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Folder begins the names of all objects of the desk.
const Folder = ".desk/"

// Store is what a ledger needs of an object store; *store.Client has it.
type Store interface {
	Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Replace(ctx context.Context, uri store.URI, ifGeneration int64, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	Stat(ctx context.Context, uri store.URI) (store.Attrs, error)
	List(ctx context.Context, bucket, prefix string) iter.Seq2[store.Attrs, error]
	DeleteGeneration(ctx context.Context, uri store.URI, ifGeneration int64) error
}

// Publisher is what publishes events; *topic.Writer is one.
type Publisher interface {
	Publish(ctx context.Context, messages ...topic.Message) error
}

// Ledger keeps the decisions of one bucket. It is safe for concurrent use.
type Ledger struct {
	Store  Store
	Bucket string
	Events Publisher // nil: there is no topic
	Topic  string
	Now    func() time.Time
}

const (
	jsonType = "application/json"
	// maxDecision bounds what is read back: all that Validate allows, and more.
	maxDecision = 4 << 20
)

// Newer happens if others decided on the subject meanwhile. It is fault.Invalid.
type Newer struct {
	Decisions []decision.Decision // that came after those the reviewer knew
}

func (n *Newer) Error() string {
	d := n.Decisions[len(n.Decisions)-1]
	return fmt.Sprintf("%s decided %s meanwhile, at %s; look at it again", d.By, d.Action, d.At.Format(time.DateTime))
}

// Decide keeps a decision, as the one after number known, which is the latest that
// the reviewer saw, or 0. It sets Schema, N and At. Its errors are *Newer,
// fault.Invalid, and those of the store.
func (l *Ledger) Decide(ctx context.Context, d decision.Decision, known int) (decision.Decision, error) {
	d.Schema, d.N, d.At = decision.Schema, known+1, l.Now().UTC().Truncate(time.Millisecond)
	if err := d.Validate(); err != nil {
		return d, err
	}
	if err := l.checkKnown(ctx, d, known); err != nil {
		return d, err
	}
	b, err := json.Marshal(d)
	if err != nil {
		return d, fault.Wrap(fault.Internal, err, "encode the decision")
	}
	out, err := l.intend(ctx, d)
	if err != nil {
		return d, err
	}
	if err := l.noteTiles(ctx, d); err != nil {
		return d, err
	}
	_, err = l.Store.Create(ctx, l.uri(d), jsonType, b, nil)
	switch {
	case errors.Is(err, store.ErrExists):
		return d, l.newer(ctx, d, known)
	case err != nil:
		return d, fault.Wrap(fault.Transient, err, "keep the decision")
	}
	// What fails from here on, Flush does later: the decision stands.
	if l.publish(ctx, d, b) == nil && out.Generation != 0 {
		_ = l.Store.DeleteGeneration(ctx, out.URI, out.Generation)
	}
	return d, nil
}

// checkKnown says whether the decisions that this one follows and undoes are there.
func (l *Ledger) checkKnown(ctx context.Context, d decision.Decision, known int) error {
	if known == 0 && d.Action != decision.Undo {
		return nil
	}
	if d.Undoes > known {
		return fault.New(fault.Invalid, "undoes: there is no decision %d yet", d.Undoes)
	}
	before := d
	before.N = known
	_, _, err := l.Store.Read(ctx, l.uri(before), maxDecision)
	if errors.Is(err, store.ErrNotExist) {
		return fault.New(fault.Invalid, "there is no decision %d on %s; look at it again", known, d.Subject)
	}
	return fault.Wrap(fault.Transient, err, "read decision %d on %s", known, d.Subject)
}

// newer says what others decided since known.
func (l *Ledger) newer(ctx context.Context, d decision.Decision, known int) error {
	all, err := l.Read(ctx, d.Series, d.Subject)
	if err != nil {
		return err
	}
	if len(all) <= known {
		return fault.New(fault.Transient, "decision %d on %s is there and cannot be read; try again", d.N, d.Subject)
	}
	return &Newer{all[known:]}
}

// Read returns the decisions of a series on a subject, in order; none is no error.
func (l *Ledger) Read(ctx context.Context, s decision.Series, subject string) ([]decision.Decision, error) {
	var all []decision.Decision
	for d, err := range l.all(ctx, Folder+string(s)+"/"+subject+"/") {
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b decision.Decision) int { return a.N - b.N })
	return all, nil
}

// All yields every decision there is, of all series; those of one subject in order.
func (l *Ledger) All(ctx context.Context) iter.Seq2[decision.Decision, error] {
	return func(yield func(decision.Decision, error) bool) {
		for _, s := range decision.AllSeries {
			for d, err := range l.Series(ctx, s) {
				if !yield(d, err) {
					return
				}
			}
		}
	}
}

// Series yields every decision of one series; those of one subject in order.
func (l *Ledger) Series(ctx context.Context, s decision.Series) iter.Seq2[decision.Decision, error] {
	return l.all(ctx, Folder+string(s)+"/")
}

// all yields the decisions below a prefix. One that is not ours ends nothing: it is
// an error beside the others.
func (l *Ledger) all(ctx context.Context, prefix string) iter.Seq2[decision.Decision, error] {
	return func(yield func(decision.Decision, error) bool) {
		for a, err := range l.Store.List(ctx, l.Bucket, prefix) {
			if err != nil {
				yield(decision.Decision{}, fault.Wrap(fault.Transient, err, "list decisions"))
				return
			}
			d, err := l.read(ctx, a.URI)
			if errors.Is(err, store.ErrNotExist) {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func (l *Ledger) read(ctx context.Context, uri store.URI) (decision.Decision, error) {
	var d decision.Decision
	b, _, err := l.Store.Read(ctx, uri, maxDecision)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return d, fault.New(fault.Invalid, "%s is no decision: %v", uri, err)
	}
	if err := d.Validate(); err != nil {
		return d, fault.Wrap(fault.Invalid, err, "%s", uri)
	}
	if l.uri(d) != uri {
		return d, fault.New(fault.Invalid, "%s holds decision %d on %s", uri, d.N, d.Subject)
	}
	return d, nil
}

func (l *Ledger) uri(d decision.Decision) store.URI {
	return store.URI{Bucket: l.Bucket, Object: fmt.Sprintf("%s%s/%s/%05d.json", Folder, d.Series, d.Subject, d.N)}
}

// intend writes down that the decision's event is to be published, if there is a topic.
func (l *Ledger) intend(ctx context.Context, d decision.Decision) (store.Attrs, error) {
	if l.Events == nil {
		return store.Attrs{}, nil
	}
	uri := store.URI{Bucket: l.Bucket, Object: fmt.Sprintf("%soutbox/%s/%s/%05d", Folder, d.Series, d.Subject, d.N)}
	a, err := l.Store.Create(ctx, uri, "text/plain", []byte{'1'}, nil)
	if errors.Is(err, store.ErrExists) {
		return store.Attrs{}, nil // of somebody who is about to be first; Flush will see to it
	}
	return a, fault.Wrap(fault.Transient, err, "write down the decision's event")
}

func (l *Ledger) publish(ctx context.Context, d decision.Decision, b []byte) error {
	if l.Events == nil {
		return nil
	}
	return l.Events.Publish(ctx, topic.Message{Topic: l.Topic, Key: []byte(d.Subject), Value: b})
}

// outboxAge is how long another desk has to publish what it kept.
const outboxAge = time.Minute

// Flush publishes the events that a desk which died left in the outbox. Call it at
// start and every few minutes.
func (l *Ledger) Flush(ctx context.Context) error {
	if l.Events == nil {
		return nil
	}
	var failed []error
	for a, err := range l.Store.List(ctx, l.Bucket, Folder+"outbox/") {
		if err != nil {
			return errors.Join(append(failed, fault.Wrap(fault.Transient, err, "list the outbox"))...)
		}
		if l.Now().Sub(a.Created) < outboxAge {
			continue
		}
		if err := l.flush(ctx, a); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (l *Ledger) flush(ctx context.Context, a store.Attrs) error {
	dir, n := path.Split(strings.TrimPrefix(a.Object, Folder+"outbox/"))
	if _, err := strconv.Atoi(n); err != nil {
		return nil // nobody's
	}
	uri := store.URI{Bucket: l.Bucket, Object: Folder + dir + n + ".json"}
	d, err := l.read(ctx, uri)
	switch {
	case errors.Is(err, store.ErrNotExist): // it was never taken
	case err != nil:
		return err
	default:
		b, err := json.Marshal(d)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "encode the decision")
		}
		if err := l.publish(ctx, d, b); err != nil {
			return fault.Wrap(fault.Transient, err, "publish %s", uri)
		}
	}
	if err := l.Store.DeleteGeneration(ctx, a.URI, a.Generation); err != nil && !errors.Is(err, store.ErrChanged) {
		return fault.Wrap(fault.Transient, err, "empty the outbox")
	}
	return nil
}
