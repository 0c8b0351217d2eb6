package index

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"

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
	return x.alter(ctx, func(c *change) error { return c.put(ctx, d, (*change).find) })
}

// change is one transaction, and what it makes of the memory once it is committed.
type change struct {
	x       *Index
	new     map[string]*entry
	gone    []*entry
	decided map[subject]int
	moved   bool // a text
}

// alter makes a change, and commits it.
func (x *Index) alter(ctx context.Context, do func(c *change) error) error {
	x.write.Lock()
	defer x.write.Unlock()
	if _, err := x.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return x.broken(err, "write")
	}
	defer x.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // after a commit there is none
	next := x.nextN
	c := &change{x: x, new: map[string]*entry{}, decided: map[subject]int{}}
	if err := do(c); err != nil {
		x.nextN = next
		return err
	}
	if len(c.new)+len(c.gone)+len(c.decided) == 0 && !c.moved {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, err := x.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		x.nextN = next
		return x.broken(err, "write")
	}
	c.remember()
	return nil
}

// remember brings the memory to what the file now has; the caller has the locks.
func (c *change) remember() {
	x := c.x
	x.change++
	for _, e := range c.gone {
		delete(x.pages, e.id)
		delete(x.numbers, e.n)
	}
	for id, e := range c.new {
		e.put = x.change
		x.pages[id], x.numbers[e.n] = e, e
	}
	for s, n := range c.decided {
		x.decided[s] = n
	}
	if c.moved {
		x.texts++
	}
	x.version.Add(1)
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
	_, err = s.ExecContext(ctx, args...)
	return c.x.broken(err, "write")
}

// get reads one column of one row.
func (c *change) get(ctx context.Context, to any, query string, args ...any) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	return c.x.broken(s.QueryRowContext(ctx, args...).Scan(to), "read")
}

// each reads one column of all rows.
func (c *change) each(ctx context.Context, to any, took func() error, query string, args ...any) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
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

// say has a text wait for FTS5, which takes the longest of all.
func (c *change) say(ctx context.Context, n int64, text string) error {
	return c.exec(ctx, "INSERT INTO said (n, text) VALUES (?, ?)", n, packer.EncodeAll([]byte(text), nil))
}

// put takes a result, unless a newer one came meanwhile. Its text is put where take says.
func (c *change) put(ctx context.Context, d doc, take func(c *change, ctx context.Context, n int64, text string) error) error {
	n := c.x.nextN
	if had, ok := c.current(d.ref.ID); ok {
		if had.version == d.ref.Version || had.version > d.ref.Version && had.version != d.was {
			return nil
		}
		if err := c.erase(ctx, had); err != nil {
			return err
		}
		n = had.n
	} else {
		c.x.nextN++
	}
	packed, err := packSlim(d.result)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode %s", d.ref.ID)
	}
	if err := c.exec(ctx, "INSERT INTO slim (n, result) VALUES (?, ?)", n, packed); err != nil {
		return err
	}
	if err := take(c, ctx, n, d.plain); err != nil {
		return err
	}
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
	for _, query := range []string{"DELETE FROM page WHERE n = ?", "DELETE FROM slim WHERE n = ?", "DELETE FROM text WHERE rowid = ?", "DELETE FROM said WHERE n = ?"} {
		if err := c.exec(ctx, query, e.n); err != nil {
			return err
		}
	}
	return nil
}

// drop takes out a page whose result is gone.
func (c *change) drop(ctx context.Context, e *entry) error {
	c.gone, c.moved = append(c.gone, e), true
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
