package index

import (
	"context"
	"slices"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// counted are the series that say where a page stands.
var counted = []decision.Series{decision.Page, decision.Picture}

// Decided takes a decision that was just made: the page's standing, or that of all
// pages that show the picture, is made anew at once. Those of other series change nothing.
func (x *Index) Decided(ctx context.Context, all ...decision.Decision) error {
	return x.decideAll(ctx, all)
}

func (x *Index) decideAll(ctx context.Context, all []decision.Decision) error {
	return x.alter(ctx, func(c *change) error { return c.decide(ctx, all) })
}

// known are the decisions that the index has.
func (x *Index) known(ctx context.Context) (map[ledger.Name]bool, error) {
	rows, err := x.reader.QueryContext(ctx, "SELECT series, subject, number FROM decision")
	if err != nil {
		return nil, x.broken(err, "read")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	known := map[ledger.Name]bool{}
	for rows.Next() {
		var n ledger.Name
		if err := rows.Scan(&n.Series, &n.Subject, &n.N); err != nil {
			return nil, x.broken(err, "read")
		}
		known[n] = true
	}
	return known, x.broken(rows.Err(), "read")
}

func (c *change) decide(ctx context.Context, all []decision.Decision) error {
	touched := map[int64]bool{}
	for _, d := range all {
		if !slices.Contains(counted, d.Series) {
			continue
		}
		b, err := pack(d)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "encode a decision on %s", d.Subject)
		}
		if err := c.exec(ctx, "INSERT OR IGNORE INTO decision (series, subject, number, json) VALUES (?, ?, ?, ?)", d.Series, d.Subject, d.N, b); err != nil {
			return err
		}
		s := subject{string(d.Series), d.Subject}
		c.decided[s] = max(c.decided[s], c.x.decided[s], d.N)
		if d.Series == decision.Page {
			if e, ok := c.current(d.Subject); ok {
				touched[e.n] = true
			}
			continue
		}
		var n int64
		shows := func() error { touched[n] = true; return nil }
		if err := c.each(ctx, &n, shows, "SELECT n FROM shows WHERE picture = ?", pictureKey(d.Subject)); err != nil {
			return err
		}
	}
	for n := range touched {
		if err := c.standAnew(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) standAnew(ctx context.Context, n int64) error {
	r, err := c.slim(ctx, n)
	if err != nil {
		return err
	}
	var b []byte
	var s stored
	if err := c.get(ctx, &b, "SELECT row FROM page WHERE n = ?", n); err != nil {
		return err
	}
	if err := unpack(b, &s); err != nil {
		return c.x.broken(err, "read")
	}
	return c.stand(ctx, n, r, s.Version, s.Text)
}

// decisions are those on a page and on its pictures.
func (c *change) decisions(ctx context.Context, r result.Result) (onPage []decision.Decision, onPictures map[string][]decision.Decision, err error) {
	if onPage, err = c.on(ctx, subject{string(decision.Page), r.ID}); err != nil {
		return nil, nil, err
	}
	for _, sum := range pictures(r.Tiles) {
		all, err := c.on(ctx, subject{string(decision.Picture), sum})
		if err != nil {
			return nil, nil, err
		}
		if len(all) > 0 {
			if onPictures == nil {
				onPictures = map[string][]decision.Decision{}
			}
			onPictures[sum] = all
		}
	}
	return onPage, onPictures, nil
}

func (c *change) on(ctx context.Context, s subject) (all []decision.Decision, err error) {
	if c.x.decided[s] == 0 && c.decided[s] == 0 {
		return nil, nil // as of nearly all
	}
	var b []byte
	took := func() error {
		var d decision.Decision
		err := unpack(b, &d)
		all = append(all, d)
		return err
	}
	return all, c.each(ctx, &b, took, "SELECT json FROM decision WHERE series = ? AND subject = ? ORDER BY number", s.series, s.id)
}

// Showing are the ids of the pages that show a picture (a tile's SHA-256), in order.
func (x *Index) Showing(ctx context.Context, picture string) ([]string, error) {
	return x.IDs(ctx, Query{Picture: picture, Sort: "host"})
}
