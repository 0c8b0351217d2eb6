package index

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"unique"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// List is an answer.
type List struct {
	Rows  []Row
	Total int    // pages that the query chooses, this answer's and all others
	Next  string // for Query.After; "" at the end
}

// orders are the ways to sort. Each ends with the id, so that no two pages are equal.
var orders = map[string]func(a, b *entry) int{
	"worst": func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), -compareBool(a.changed, b.changed), cmp.Compare(a.severity, b.severity),
			cmp.Compare(a.recognized, b.recognized), cmp.Compare(a.id, b.id))
	},
	"newest": func(a, b *entry) int { return cmp.Or(cmp.Compare(b.recognized, a.recognized), cmp.Compare(a.id, b.id)) },
	"oldest": func(a, b *entry) int { return cmp.Or(cmp.Compare(a.recognized, b.recognized), cmp.Compare(a.id, b.id)) },
	"title":  func(a, b *entry) int { return cmp.Or(cmp.Compare(a.title, b.title), cmp.Compare(a.id, b.id)) },
	"host": func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.host.Value(), b.host.Value()), cmp.Compare(a.id, b.id))
	},
	"findings": func(a, b *entry) int { return cmp.Or(cmp.Compare(b.findings, a.findings), cmp.Compare(a.id, b.id)) },
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// cursor is where an answer ended: what any order needs of its last row, so that
// paging goes on behind it even if it is gone.
type cursor struct {
	Sort       string `json:"s"`
	ID         string `json:"id"`
	Rank       int8   `json:"r,omitempty"`
	Changed    bool   `json:"c,omitempty"`
	Severity   int8   `json:"v,omitempty"`
	Recognized int64  `json:"t,omitempty"`
	Title      string `json:"n,omitempty"`
	Host       string `json:"h,omitempty"`
	Findings   int    `json:"f,omitempty"`
}

func (e *entry) cursor(sort string) string {
	b, err := json.Marshal(cursor{sort, e.id, e.rank, e.changed, e.severity, e.recognized, e.title, e.host.Value(), e.findings})
	if err != nil {
		panic(err) // it has strings and numbers only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// after is the row behind which the answer goes on; nil: from the beginning.
func (q Query) after() (*entry, error) {
	if q.After == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil || json.Unmarshal(b, &c) != nil || c.Sort != q.order() {
		return nil, fault.New(fault.Invalid, "after: it is not the end of an answer in this order; begin again without it")
	}
	return &entry{
		id: c.ID, rank: c.Rank, changed: c.Changed, severity: c.Severity, recognized: c.Recognized,
		title: c.Title, host: unique.Make(c.Host), findings: c.Findings,
	}, nil
}

// Pages answers a query.
func (x *Index) Pages(ctx context.Context, q Query) (List, error) {
	c, err := x.choose(ctx, q)
	if err != nil {
		return List{}, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	var l List
	after, _ := q.after()
	order, first, more := orders[q.order()], make([]*entry, 0, q.limit()+1), false
	for _, e := range x.all {
		if e.misses(c) != 0 {
			continue
		}
		l.Total++
		if after != nil && order(e, after) <= 0 || len(first) == q.limit() && order(e, first[len(first)-1]) > 0 {
			more = more || after == nil || order(e, after) > 0
			continue
		}
		at, _ := slices.BinarySearchFunc(first, e, order)
		if first = slices.Insert(first, at, e); len(first) > q.limit() {
			first, more = first[:q.limit()], true
		}
	}
	if more && len(first) > 0 {
		l.Next = first[len(first)-1].cursor(q.order())
	}
	l.Rows, err = x.rows(ctx, first)
	return l, err
}

// IDs are all pages that a query chooses, in its order, for bulk work and exports.
// After and Limit do not count.
func (x *Index) IDs(ctx context.Context, q Query) ([]string, error) {
	q.After, q.Limit = "", 0
	c, err := x.choose(ctx, q)
	if err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	var chosen []*entry
	for _, e := range x.all {
		if e.misses(c) == 0 {
			chosen = append(chosen, e)
		}
	}
	slices.SortFunc(chosen, orders[q.order()])
	ids := make([]string, len(chosen))
	for i, e := range chosen {
		ids[i] = e.id
	}
	return ids, nil
}

// Row is one page's row; false where there is none.
func (x *Index) Row(ctx context.Context, id string) (Row, bool, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.pages[id]
	if !ok {
		return Row{}, false, nil
	}
	rows, err := x.rows(ctx, []*entry{e})
	if err != nil {
		return Row{}, false, err
	}
	return rows[0], true, nil
}

// rows reads the rows of entries; the caller has the lock.
func (x *Index) rows(ctx context.Context, all []*entry) ([]Row, error) {
	rows := make([]Row, len(all))
	for i, e := range all {
		var b []byte
		if err := x.reader.QueryRowContext(ctx, "SELECT row FROM page WHERE n = ?", e.n).Scan(&b); err != nil {
			return nil, x.broken(err, "read")
		}
		var s stored
		if err := unpack(b, &s); err != nil {
			return nil, x.broken(err, "read")
		}
		rows[i] = s.Row
	}
	return rows, nil
}

// choose makes a query ready.
func (x *Index) choose(ctx context.Context, q Query) (*choice, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	c := choiceOf(q)
	if phrase := plain(q.Text); phrase != "" {
		said, err := x.search(ctx, phrase)
		if err != nil {
			return nil, err
		}
		c.said = &said
	}
	if q.Picture != "" {
		shown, err := x.showing(ctx, q.Picture)
		if err != nil {
			return nil, err
		}
		c.shown = &shown
	}
	return c, nil
}
