package index_test

import (
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

type pageTile = page.Tile

func mapsKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// TestPagesAreThoseOfAModel: whatever was put and decided, in whatever order, a
// query chooses and sorts what looking at every result would; page by page each
// row comes once; and each word of a filter is told with as many pages as it chooses.
func TestPagesAreThoseOfAModel(t *testing.T) {
	for seed := range uint64(2) {
		c := &chooser{Rand: rand.New(rand.NewPCG(seed, 9)), m: &model{map[string]result.Result{}, map[string][]decision.Decision{}}, x: open(t)}
		for round := range 25 {
			for range 5 {
				c.do(t)
			}
			for range 4 {
				q := c.query()
				want := c.m.ids(q)
				got, err := c.x.IDs(t.Context(), q)
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("seed %d, round %d, %s: %v\n%s", seed, round, describe(q), err, cmp.Diff(want, got))
				}
				c.checkPaging(t, q, want)
			}
			c.checkRows(t)
		}
		for range 6 {
			c.checkFacets(t, c.query())
		}
	}
}

func (c *chooser) checkPaging(t *testing.T, q index.Query, want []string) {
	t.Helper()
	q.Limit = 1 + c.IntN(9)
	var got []string
	for {
		l, err := c.x.Pages(t.Context(), q)
		if err != nil || l.Total != len(want) || len(l.Rows) > q.Limit {
			t.Fatalf("%s: %d rows of %d, want %d: %v", describe(q), len(l.Rows), l.Total, len(want), err)
		}
		for _, r := range l.Rows {
			got = append(got, r.ID)
		}
		if q.After = l.Next; q.After == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s, page by page:\n%s", describe(q), cmp.Diff(want, got))
	}
}

func (c *chooser) checkRows(t *testing.T) {
	t.Helper()
	for id, r := range c.m.results {
		w, ok, err := c.x.Row(t.Context(), id)
		p := c.m.look(id)
		if err != nil || !ok || w.State != p.s.State || w.Open != p.s.Open || w.Changed != p.changed || w.DecidedBy != p.by || w.FindingsAll != len(r.Findings) ||
			w.Last != len(c.m.on(decision.Page, id)) || w.Title != r.Title {
			t.Fatalf("%s is %+v, want %+v: %v", id, w, p, err)
		}
		if len(r.Findings) > 0 != (w.Worst != nil) || w.Worst != nil && (w.Worst.Quote != r.Findings[w.Worst.N].Quote || w.Open > 0 && p.s.Findings[w.Worst.N] != decision.Open) {
			t.Fatalf("%s: the worst is %+v", id, w.Worst)
		}
	}
}

// checkFacets: beside the other filters, each word chooses as many pages as are told.
func (c *chooser) checkFacets(t *testing.T, q index.Query) {
	t.Helper()
	facets, err := c.x.Facets(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]func(q *index.Query, words []string){
		"verdicts": func(q *index.Query, w []string) { q.Verdicts = w }, "states": func(q *index.Query, w []string) { q.States = w },
		"rules": func(q *index.Query, w []string) { q.Rules = w }, "severities": func(q *index.Query, w []string) { q.Severities = w },
		"kinds": func(q *index.Query, w []string) { q.Kinds = w }, "sources": func(q *index.Query, w []string) { q.Sources = w },
		"categories": func(q *index.Query, w []string) { q.Categories = w }, "hosts": func(q *index.Query, w []string) { q.Hosts = w },
		"labels": func(q *index.Query, w []string) { q.Labels = w }, "unseen": func(q *index.Query, w []string) { q.Unseen = w },
		"by": func(q *index.Query, w []string) { q.By = w },
	}
	if len(facets) != len(set) {
		t.Fatalf("%d filters, want %d", len(facets), len(set))
	}
	for name, words := range facets {
		for i, f := range words {
			asked := q
			set[name](&asked, []string{f.Word})
			if want := len(c.m.ids(asked)); f.Pages != want || f.Pages == 0 || i > 0 && f.Pages > words[i-1].Pages {
				t.Fatalf("%s: %s %q has %d pages, want %d", describe(q), name, f.Word, f.Pages, want)
			}
		}
	}
}
