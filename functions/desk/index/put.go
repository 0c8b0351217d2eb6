package index

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"unique"

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
	d.was = ref.Version // only what is older gives way
	return x.alter(ctx, func(c *change) error { return c.put(ctx, d) })
}

// change is one transaction, and what it makes of the memory once it is committed.
type change struct {
	x       *Index
	tx      *sql.Tx
	new     map[string]*entry
	gone    []*entry
	decided map[subject]int
}

// alter makes a change, and commits it.
func (x *Index) alter(ctx context.Context, do func(c *change) error) error {
	x.write.Lock()
	defer x.write.Unlock()
	tx, err := x.writer.BeginTx(ctx, nil)
	if err != nil {
		return broken(err, "begin")
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	next := x.nextN
	c := &change{x: x, tx: tx, new: map[string]*entry{}, decided: map[subject]int{}}
	if err := do(c); err != nil {
		x.nextN = next
		return err
	}
	if len(c.new)+len(c.gone)+len(c.decided) == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := tx.Commit(); err != nil {
		x.nextN = next
		return broken(err, "commit")
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
	x.version.Add(1)
}

func (c *change) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.tx.ExecContext(ctx, query, args...)
	return broken(err, "write")
}

// current is what the index has of a page, this change included.
func (c *change) current(id string) (*entry, bool) {
	if e, ok := c.new[id]; ok {
		return e, true
	}
	e, ok := c.x.pages[id]
	return e, ok
}

// put takes a result, unless a newer one came meanwhile.
func (c *change) put(ctx context.Context, d doc) error {
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
	if err := c.exec(ctx, "INSERT INTO text (rowid, letters) VALUES (?, ?)", n, tokens(d.blocks)); err != nil {
		return err
	}
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
	for _, query := range []string{"DELETE FROM page WHERE n = ?", "DELETE FROM slim WHERE n = ?", "DELETE FROM text WHERE rowid = ?"} {
		if err := c.exec(ctx, query, e.n); err != nil {
			return err
		}
	}
	return nil
}

// drop takes out a page whose result is gone.
func (c *change) drop(ctx context.Context, e *entry) error {
	c.gone = append(c.gone, e)
	return c.erase(ctx, e)
}

func (c *change) slim(ctx context.Context, n int64) (result.Result, error) {
	var b []byte
	if err := c.tx.QueryRowContext(ctx, "SELECT result FROM slim WHERE n = ?", n).Scan(&b); err != nil {
		return result.Result{}, broken(err, "read")
	}
	r, err := unpackSlim(b)
	return r, broken(err, "read")
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

func wordOf(s string) word { return unique.Make(s) }
