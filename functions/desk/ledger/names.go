package ledger

import (
	"context"
	"iter"
	"path"
	"strconv"
	"strings"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// Name is where a decision is kept.
type Name struct {
	Series  decision.Series
	Subject string
	N       int
}

// Names yields the decisions of a series that there are without reading them, those
// of one subject in order. None is ever changed: who has read one need not again.
// The first error ends it.
func (l *Ledger) Names(ctx context.Context, s decision.Series) iter.Seq2[Name, error] {
	return func(yield func(Name, error) bool) {
		prefix := Folder + string(s) + "/"
		for a, err := range l.Store.List(ctx, l.Bucket, prefix) {
			if err != nil {
				yield(Name{}, fault.Wrap(fault.Transient, err, "list decisions"))
				return
			}
			subject, file := path.Split(strings.TrimPrefix(a.Object, prefix))
			number, ok := strings.CutSuffix(file, ".json")
			n, err := strconv.Atoi(number)
			if !ok || err != nil || n < 1 {
				continue // nobody's
			}
			if !yield(Name{s, strings.TrimSuffix(subject, "/"), n}, nil) {
				return
			}
		}
	}
}

// One returns a decision by its name; store.ErrNotExist says there is none.
func (l *Ledger) One(ctx context.Context, n Name) (decision.Decision, error) {
	return l.read(ctx, l.uri(decision.Decision{Series: n.Series, Subject: n.Subject, N: n.N}))
}
