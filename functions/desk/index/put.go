package index

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// subject is what a series of decisions is about.
type subject struct{ series, id string }

// Put takes one result that just came, whole: an event of the results topic has no
// lines, so read its object. One that is older than what the index has, or the
// same, changes nothing.
func (x *Index) Put(ctx context.Context, r result.Result, ref pages.Ref) error {
	d, err := docOfResult(r, ref)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "index %s", ref.ID)
	}
	if err := x.alter(ctx, func(c *change) error { return c.put(ctx, d) }); err != nil {
		return err
	}
	return x.settle(ctx)
}

// change is one transaction, and what it makes of the memory once it is committed.
type change struct {
	x       *Index
	new     map[string]*entry
	gone    []*entry
	decided map[subject]int
	moved   bool    // a text
	parts   []*part // nil: as they are
	wrote   bool    // something that the memory does not have
}

// alter makes a change, and commits it. Changes are short: once one has begun, nobody
// waits for ctx in it, for which the driver would start a goroutine a statement.
func (x *Index) alter(ctx context.Context, do func(c *change) error) error {
	x.write.Lock()
	defer x.write.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := x.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return x.broken(err, "write")
	}
	defer x.conn.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // after a commit there is none
	next := x.nextN
	c := &change{x: x, new: map[string]*entry{}, decided: map[subject]int{}}
	err := do(c)
	if err == nil {
		err = c.writePart(ctx)
	}
	x.gathered.reset()
	if err != nil {
		x.nextN = next
		return err
	}
	if len(c.new)+len(c.gone)+len(c.decided) == 0 && !c.moved && !c.wrote {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, err := x.conn.ExecContext(ctx, "COMMIT"); err != nil {
		x.nextN = next
		return x.broken(err, "write")
	}
	c.remember()
	return nil
}

// remember brings the memory to what the file now has; the caller has the locks.
func (c *change) remember() {
	x := c.x
	if c.parts != nil {
		x.parts = c.parts
	}
	if len(c.new)+len(c.gone)+len(c.decided) == 0 && !c.moved {
		return // no list shows anything else
	}
	x.change++
	for _, e := range c.gone {
		x.take(e)
	}
	for _, e := range c.new {
		e.put = x.change
		x.keep(e)
	}
	for s, n := range c.decided {
		x.decided[s] = n
	}
	if c.moved {
		x.texts++
	}
	x.version.Add(1)
}

// keep has a page in memory, instead of what was there of it; the caller has the locks.
func (x *Index) keep(e *entry) {
	if was, ok := x.pages[e.id]; ok {
		x.alive.drop(was.n)
		e.at = was.at
		x.all[e.at] = e
	} else {
		e.at = len(x.all)
		x.all = append(x.all, e)
	}
	x.pages[e.id] = e
	x.alive.add(e.n)
}

// take takes a page out of the memory.
func (x *Index) take(e *entry) {
	e, ok := x.pages[e.id]
	if !ok {
		return
	}
	last := x.all[len(x.all)-1]
	x.all[e.at], last.at = last, e.at
	x.all = slices.Delete(x.all, len(x.all)-1, len(x.all))
	delete(x.pages, e.id)
	x.alive.drop(e.n)
}

// statement is a statement that was used before, or will be again.
func (c *change) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.x.statements[query]; ok {
		return s, nil
	}
	s, err := c.x.conn.PrepareContext(ctx, query)
	if err == nil {
		c.x.statements[query] = s
	}
	return s, c.x.broken(err, "write")
}

func (c *change) exec(ctx context.Context, query string, args ...any) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.WithoutCancel(ctx), args...)
	return c.x.broken(err, "write")
}

// get reads one column of one row.
func (c *change) get(ctx context.Context, to any, query string, args ...any) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	return c.x.broken(s.QueryRowContext(context.WithoutCancel(ctx), args...).Scan(to), "read")
}

// each reads one column of all rows.
func (c *change) each(ctx context.Context, to any, took func() error, query string, args ...any) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return c.x.broken(err, "read")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := rows.Scan(to); err != nil {
			return c.x.broken(err, "read")
		}
		if err := took(); err != nil {
			return c.x.broken(err, "read")
		}
	}
	return c.x.broken(rows.Err(), "read")
}

// current is what the index has of a page, this change included.
func (c *change) current(id string) (*entry, bool) {
	if e, ok := c.new[id]; ok {
		return e, true
	}
	e, ok := c.x.pages[id]
	return e, ok
}

// put takes a result, unless a newer one came meanwhile. What says something else
// has another number: a part has each number once.
func (c *change) put(ctx context.Context, d *doc) error {
	if had, ok := c.current(d.ref.ID); ok {
		if had.version == d.ref.Version || had.version > d.ref.Version && had.version != d.was {
			return nil
		}
		if err := c.erase(ctx, had); err != nil {
			return err
		}
	}
	n := c.x.nextN
	c.x.nextN++
	packed, err := packSlim(d.result)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode %s", d.ref.ID)
	}
	if err := c.exec(ctx, "INSERT INTO slim (n, result) VALUES (?, ?)", n, packed); err != nil {
		return err
	}
	c.x.gathered.add(n, d.plain)
	c.moved = true
	for key := range pictures(d.result.Tiles) {
		if err := c.exec(ctx, "INSERT INTO shows (picture, n) VALUES (?, ?)", key, n); err != nil {
			return err
		}
	}
	return c.stand(ctx, n, d.result, d.ref.Version, d.text)
}

// stand writes the row of a page as it stands with its decisions.
func (c *change) stand(ctx context.Context, n int64, r result.Result, version int64, text string) error {
	onPage, onPictures, err := c.decisions(ctx, r)
	if err != nil {
		return err
	}
	s := storedOf(r, rowOf(r, version, text, onPage, onPictures), text)
	b, err := pack(s)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the row of %s", r.ID)
	}
	if err := c.exec(ctx, "INSERT INTO page (n, row) VALUES (?, ?) ON CONFLICT (n) DO UPDATE SET row = excluded.row", n, b); err != nil {
		return err
	}
	c.new[r.ID] = entryOf(n, s)
	return nil
}

// erase takes a page out of all tables.
func (c *change) erase(ctx context.Context, e *entry) error {
	r, err := c.slim(ctx, e.n)
	if err != nil {
		return err
	}
	for key := range pictures(r.Tiles) {
		if err := c.exec(ctx, "DELETE FROM shows WHERE picture = ? AND n = ?", key, e.n); err != nil {
			return err
		}
	}
	for _, query := range []string{"DELETE FROM page WHERE n = ?", "DELETE FROM slim WHERE n = ?"} {
		if err := c.exec(ctx, query, e.n); err != nil {
			return err
		}
	}
	return nil
}

// drop takes out a page whose result is gone.
func (c *change) drop(ctx context.Context, e *entry) error {
	c.gone, c.moved = append(c.gone, e), true
	delete(c.new, e.id)
	return c.erase(ctx, e)
}

func (c *change) slim(ctx context.Context, n int64) (result.Result, error) {
	var b []byte
	if err := c.get(ctx, &b, "SELECT result FROM slim WHERE n = ?", n); err != nil {
		return result.Result{}, err
	}
	r, err := unpackSlim(b)
	return r, c.x.broken(err, "read")
}

// pictures are the keys of what a page shows.
func pictures(tiles []page.Tile) map[int64]string {
	keys := map[int64]string{}
	for _, t := range tiles {
		if len(t.SHA256) == 64 {
			keys[pictureKey(t.SHA256)] = t.SHA256
		}
	}
	return keys
}

// pictureKey is the beginning of a SHA-256 as a number. What has the same is told
// apart by the whole.
func pictureKey(sum string) int64 {
	var b [8]byte
	if _, err := hex.Decode(b[:], []byte(sum[:16])); err != nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[:]))
}
