package export

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Source has the pages of a desk.
type Source struct {
	Index  *index.Index
	Pages  *pages.Source
	Ledger *ledger.Ledger // nil: nobody decided
	AtOnce int            // results read at a time
}

// Chosen yields the pages that a query chooses at this moment, in its order; whole,
// with their results and where their findings stand. A page that is gone since is
// left out. The first error ends it.
func (s Source) Chosen(ctx context.Context, q index.Query, whole bool) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		ids, err := s.Index.IDs(ctx, q)
		if err != nil {
			yield(Page{}, fmt.Errorf("choose the pages: %w", err))
			return
		}
		onPictures := map[string][]decision.Decision{}
		if whole && s.Ledger != nil {
			for d, err := range s.Ledger.Series(ctx, decision.Picture) {
				if err != nil {
					yield(Page{}, err)
					return
				}
				onPictures[d.Subject] = append(onPictures[d.Subject], d)
			}
		}
		for p, err := range ahead(ctx, s.AtOnce, ids, func(ctx context.Context, id string) (Page, error) { return s.page(ctx, id, whole, onPictures) }) {
			if errors.Is(err, errGone) {
				continue
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// errGone says that a page was chosen and is no longer there.
var errGone = errors.New("the page is gone")

func (s Source) page(ctx context.Context, id string, whole bool, onPictures map[string][]decision.Decision) (Page, error) {
	row, ok, err := s.Index.Row(ctx, id)
	if err != nil {
		return Page{}, fmt.Errorf("row of %s: %w", id, err)
	}
	if !ok {
		return Page{}, errGone
	}
	if !whole {
		return Page{Row: row}, nil
	}
	p, err := s.read(ctx, id, row.Last > 0)
	if errors.Is(err, store.ErrNotExist) {
		return p, errGone
	}
	if err != nil {
		return p, err
	}
	p.Row, p.Standing = row, decision.Stand(p.Result, p.Decisions, onPictures)
	return p, nil
}

// One is one page with its result, and where it stands. It is store.ErrNotExist
// where there is none.
func (s Source) One(ctx context.Context, id string) (Page, error) {
	p, err := s.read(ctx, id, true)
	if err != nil || s.Ledger == nil {
		p.Standing = decision.Stand(p.Result, nil, nil)
		return p, err
	}
	onPictures := map[string][]decision.Decision{}
	for _, f := range p.Result.Findings {
		m := decision.MarkOf(p.Result, f)
		if _, read := onPictures[m.Picture]; read || m.In == nil {
			continue
		}
		if onPictures[m.Picture], err = s.Ledger.Read(ctx, decision.Picture, m.Picture); err != nil {
			return p, fmt.Errorf("read the decisions on the picture %s: %w", m.Picture, err)
		}
	}
	p.Standing = decision.Stand(p.Result, p.Decisions, onPictures)
	return p, nil
}

// read reads a page's result, and the decisions on it if there are any.
func (s Source) read(ctx context.Context, id string, decided bool) (p Page, err error) {
	r, _, err := s.Pages.Result(ctx, id)
	if err != nil {
		return p, fmt.Errorf("read the result of %s: %w", id, err)
	}
	p.Result = r
	p.Tile = func(ctx context.Context, tile int) ([]byte, string, error) { return s.Pages.Tile(ctx, r, tile) }
	if decided && s.Ledger != nil {
		if p.Decisions, err = s.Ledger.Read(ctx, decision.Page, id); err != nil {
			return p, fmt.Errorf("read the decisions on %s: %w", id, err)
		}
	}
	return p, nil
}

// ahead reads so many things at once, and yields them in their order.
func ahead[T any](ctx context.Context, atOnce int, ids []string, read func(ctx context.Context, id string) (T, error)) iter.Seq2[T, error] {
	type answer struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var queue []chan answer
		next := 0
		for len(queue) > 0 || next < len(ids) {
			for len(queue) < max(atOnce, 1) && next < len(ids) {
				to, id := make(chan answer, 1), ids[next]
				go func() {
					v, err := read(ctx, id)
					to <- answer{v, err}
				}()
				queue, next = append(queue, to), next+1
			}
			a := <-queue[0]
			queue = queue[1:]
			if !yield(a.value, a.err) {
				return
			}
		}
	}
}
