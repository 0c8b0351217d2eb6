package index

import (
	"context"
	"database/sql"
	"encoding/binary"
	"slices"
)

// part has the lists of some texts whose numbers follow each other. It never changes.
// A text that is gone may still be in it: no page has its number.
type part struct {
	id          int64
	first, last int64 // bounds of the numbers
	texts       int
	blocks      []block
}

// block is a row of the file with lists in the order of their grams, from one on.
type block struct {
	gram gram
	id   int64
}

// blockSize is how many bytes of lists a block has, at least; one list is never in two.
const blockSize = 16 << 10

// blocks makes blocks of lists, which come in the order of their grams.
type blocks struct {
	put     func(g gram, lists []byte) error
	b       []byte
	from, g gram
}

func (w *blocks) add(g gram, list []byte) error {
	if len(w.b) == 0 {
		w.from, w.g = g, g
	}
	w.b = binary.AppendUvarint(w.b, uint64(g-w.g))
	w.b = binary.AppendUvarint(w.b, uint64(len(list)))
	w.b = append(w.b, list...)
	w.g = g
	if len(w.b) < blockSize {
		return nil
	}
	return w.flush()
}

func (w *blocks) flush() error {
	if len(w.b) == 0 {
		return nil
	}
	err := w.put(w.from, w.b)
	w.b = w.b[:0]
	return err
}

// lister reads lists of a block.
type lister struct {
	rest []byte
	gram gram
	list []byte
}

// next is false at the end of the block, and if it is broken, which err tells.
func (l *lister) next() (bool, error) {
	if len(l.rest) == 0 {
		return false, nil
	}
	d, n := uvarint(l.rest)
	if n <= 0 || n == len(l.rest) {
		return false, errList
	}
	size, m := uvarint(l.rest[n:])
	if m <= 0 || size > uint64(len(l.rest)-n-m) {
		return false, errList
	}
	end := n + m + int(size)
	l.gram, l.list, l.rest = l.gram+gram(d), l.rest[n+m:end], l.rest[end:]
	return true, nil
}

// rowReader reads a row of a block.
type rowReader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (b block) read(ctx context.Context, from rowReader) (lister, error) {
	l := lister{gram: b.gram}
	err := from.QueryRowContext(ctx, "SELECT lists FROM block WHERE id = ?", b.id).Scan(&l.rest)
	return l, err
}

// find is the list of a gram; nil: no text of the part has it.
func (p *part) find(ctx context.Context, from rowReader, g gram) ([]byte, error) {
	i, ok := slices.BinarySearchFunc(p.blocks, g, func(b block, g gram) int { return compareGrams(b.gram, g) })
	if !ok {
		i--
	}
	if i < 0 {
		return nil, nil
	}
	l, err := p.blocks[i].read(ctx, from)
	if err != nil {
		return nil, err
	}
	for {
		more, err := l.next()
		switch {
		case err != nil || !more || l.gram > g:
			return nil, err
		case l.gram == g:
			return l.list, nil
		}
	}
}

// writePart has the texts of a change be found, in a part of their own.
func (c *change) writePart(ctx context.Context) error {
	g := &c.x.gathered
	if g.texts == 0 {
		return nil
	}
	p := &part{id: c.x.newID(), first: g.first, last: g.last, texts: g.texts}
	w := blocks{put: func(g gram, lists []byte) error { return c.putBlock(ctx, p, g, lists) }}
	for _, l := range g.all() {
		if err := w.add(l.gram, l.bytes); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return c.replace(ctx, nil, p)
}

func (c *change) putBlock(ctx context.Context, p *part, g gram, lists []byte) error {
	c.wrote = true
	b := block{g, c.x.newID()}
	p.blocks = append(p.blocks, b)
	return c.exec(ctx, "INSERT INTO block (id, part, gram, lists) VALUES (?, ?, ?, ?)", b.id, p.id, int64(g), lists)
}

// newID is for a part or a block; the caller writes.
func (x *Index) newID() int64 {
	x.lastID++
	return x.lastID
}

// replace has a part, unless it is nil, take the place of others, which follow each other.
func (c *change) replace(ctx context.Context, old []*part, p *part) error {
	for _, o := range old {
		if err := c.exec(ctx, "DELETE FROM part WHERE id = ?", o.id); err != nil {
			return err
		}
	}
	c.wrote = true
	parts := slices.Clone(c.x.parts)
	at := len(parts)
	if len(old) > 0 {
		at = slices.Index(parts, old[0])
		parts = slices.Delete(parts, at, at+len(old))
	}
	if p != nil {
		if err := c.exec(ctx, "INSERT INTO part (id, first, last, texts) VALUES (?, ?, ?, ?)", p.id, p.first, p.last, p.texts); err != nil {
			return err
		}
		parts = slices.Insert(parts, at, p)
	}
	c.parts = parts
	return nil
}

// loadParts reads what parts there are. Blocks of none are of a merge that broke off.
func (x *Index) loadParts(ctx context.Context) error {
	if _, err := x.conn.ExecContext(ctx, "DELETE FROM block WHERE part NOT IN (SELECT id FROM part)"); err != nil {
		return err
	}
	byID := map[int64]*part{}
	err := query(ctx, x.conn, "SELECT id, first, last, texts FROM part ORDER BY first", func(rows *sql.Rows) error {
		p := &part{}
		x.parts = append(x.parts, p)
		err := rows.Scan(&p.id, &p.first, &p.last, &p.texts)
		byID[p.id] = p
		x.nextN, x.lastID = max(x.nextN, p.last+1), max(x.lastID, p.id)
		return err
	})
	if err != nil {
		return err
	}
	return query(ctx, x.conn, "SELECT id, part, gram FROM block ORDER BY part, gram", func(rows *sql.Rows) error {
		var b block
		var of int64
		err := rows.Scan(&b.id, &of, &b.gram)
		byID[of].blocks = append(byID[of].blocks, b)
		x.lastID = max(x.lastID, b.id)
		return err
	})
}

// query reads rows.
func query(ctx context.Context, from *sql.Conn, query string, took func(*sql.Rows) error) error {
	rows, err := from.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		if err := took(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
