package index

import (
	"context"
	"slices"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// counted are the series that say where a page stands.
var counted = []decision.Series{decision.Page, decision.Picture}

// Decided takes a decision that was just made: the page's standing, or that of all
// pages that show the picture, is made anew at once. Those of other series change nothing.
func (x *Index) Decided(ctx context.Context, all ...decision.Decision) error {
	return x.alter(ctx, func(c *change) error { return c.decide(ctx, all) })
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
		if err := c.showing(ctx, d.Subject, func(n int64) { touched[n] = true }); err != nil {
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
	if err := c.tx.QueryRowContext(ctx, "SELECT row FROM page WHERE n = ?", n).Scan(&b); err != nil {
		return broken(err, "read")
	}
	if err := unpack(b, &s); err != nil {
		return broken(err, "read")
	}
	return c.stand(ctx, n, r, s.Version, s.Text)
}

func (c *change) showing(ctx context.Context, picture string, yield func(n int64)) error {
	rows, err := c.tx.QueryContext(ctx, "SELECT n FROM shows WHERE picture = ?", pictureKey(picture))
	if err != nil {
		return broken(err, "read")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return broken(err, "read")
		}
		yield(n)
	}
	return broken(rows.Err(), "read")
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
	rows, err := c.tx.QueryContext(ctx, "SELECT json FROM decision WHERE series = ? AND subject = ? ORDER BY number", s.series, s.id)
	if err != nil {
		return nil, broken(err, "read")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, broken(err, "read")
		}
		var d decision.Decision
		if err := unpack(b, &d); err != nil {
			return nil, broken(err, "read")
		}
		all = append(all, d)
	}
	return all, broken(rows.Err(), "read")
}

// Showing are the ids of the pages that show a picture (a tile's SHA-256), in order.
func (x *Index) Showing(ctx context.Context, picture string) ([]string, error) {
	return x.IDs(ctx, Query{Picture: picture, Sort: "host"})
}
