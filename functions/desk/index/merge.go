package index

import (
	"context"
	"encoding/binary"
	"slices"
)

// Parts are merged as they come to be many: eight small ones that follow each other
// become one, and so on, until they have so many texts that one is enough.
const (
	fan    = 8
	enough = 4096
)

// written is how many bytes a transaction of a merge writes, or of how many blocks it
// deletes: readers wait for none, decisions for one.
const (
	written = 1 << 20
	deleted = 64
)

// settle merges parts until there is nothing more to merge. A search finds the same
// before, meanwhile and afterwards.
func (x *Index) settle(ctx context.Context) error {
	x.merging.Lock()
	defer x.merging.Unlock()
	for {
		x.mu.RLock()
		old, alive := x.toMerge(), set(nil)
		if len(old) > 0 {
			alive = slices.Clone(x.alive)
		}
		x.mu.RUnlock()
		if len(old) == 0 {
			return nil
		}
		m := merger{x: x, old: old, alive: alive, p: &part{first: old[0].first, last: old[len(old)-1].last}}
		m.p.texts = alive.count(m.p.first, m.p.last)
		if err := m.merge(ctx); err != nil {
			m.forget(context.WithoutCancel(ctx), m.p.blocks) //nolint:errcheck // what is left, the next Open takes away
			return err
		}
		for _, o := range old {
			if err := m.forget(ctx, o.blocks); err != nil {
				return err
			}
		}
	}
}

// toMerge chooses parts to be merged: one that nothing is left of, many small ones
// that follow each other, or one of which more than half is gone. The caller has the lock.
func (x *Index) toMerge() []*part {
	alive := make([]int, len(x.parts))
	for i, p := range x.parts {
		if alive[i] = x.alive.count(p.first, p.last); alive[i] == 0 {
			return x.parts[i : i+1]
		}
	}
	for most := fan; most <= enough; most *= fan {
		from := 0
		for i := range len(alive) + 1 {
			if i < len(alive) && alive[i] < most {
				continue
			}
			if i-from >= fan {
				return x.parts[from:i]
			}
			from = i + 1
		}
	}
	for i, p := range x.parts {
		if alive[i] < p.texts/2 {
			return x.parts[i : i+1]
		}
	}
	return nil
}

// merger makes one part of some.
type merger struct {
	x     *Index
	old   []*part
	alive set
	p     *part
	ready []readyBlock
	size  int
	list  []byte
}

type readyBlock struct {
	gram  gram
	lists []byte
}

// merge writes the new part. Its blocks are no part's until all are there.
func (m *merger) merge(ctx context.Context) error {
	sources := make([]*source, 0, len(m.old))
	for _, o := range m.old {
		s := &source{p: o, left: o.blocks}
		if more, err := s.next(ctx, m.x); err != nil {
			return m.x.broken(err, "merge")
		} else if more {
			sources = append(sources, s)
		}
	}
	w := blocks{put: func(g gram, lists []byte) error {
		m.ready, m.size = append(m.ready, readyBlock{g, slices.Clone(lists)}), m.size+len(lists)
		if m.size < written {
			return nil
		}
		return m.x.alter(ctx, func(c *change) error { return m.write(ctx, c) })
	}}
	for len(sources) > 0 {
		least := sources[0].gram
		for _, s := range sources[1:] {
			least = min(least, s.gram)
		}
		l, err := m.join(ctx, least, sources)
		if err != nil {
			return m.x.broken(err, "merge")
		}
		if len(l) > 0 {
			if err := w.add(least, l); err != nil {
				return err
			}
		}
		sources = slices.DeleteFunc(sources, func(s *source) bool { return s.ended })
	}
	if err := w.flush(); err != nil {
		return err
	}
	return m.x.alter(ctx, func(c *change) error {
		if err := m.write(ctx, c); err != nil {
			return err
		}
		if len(m.p.blocks) == 0 {
			return c.replace(ctx, m.old, nil)
		}
		return c.replace(ctx, m.old, m.p)
	})
}

func (m *merger) write(ctx context.Context, c *change) error {
	if m.p.id == 0 {
		m.p.id = m.x.newID()
	}
	for _, b := range m.ready {
		if err := c.putBlock(ctx, m.p, b.gram, b.lists); err != nil {
			return err
		}
	}
	m.ready, m.size = m.ready[:0], 0
	return nil
}

// join makes one list of a gram's in all sources, without the texts that are gone.
func (m *merger) join(ctx context.Context, g gram, sources []*source) ([]byte, error) {
	m.list = m.list[:0]
	at := m.p.first - 1
	for _, s := range sources {
		if s.gram != g {
			continue
		}
		c := newWalk(g, s.list, s.p.first, s.p.last)
		for c.next() {
			if m.alive.has(c.n) {
				m.list = binary.AppendUvarint(m.list, uint64(c.n-at))
				m.list = append(m.list, c.at...)
				at = c.n
			}
		}
		if c.err != nil {
			return nil, c.err
		}
		if _, err := s.next(ctx, m.x); err != nil {
			return nil, err
		}
	}
	return m.list, nil
}

// forget deletes blocks that are no part's.
func (m *merger) forget(ctx context.Context, all []block) error {
	for some := range slices.Chunk(all, deleted) {
		err := m.x.alter(ctx, func(c *change) error {
			c.wrote = true
			for _, b := range some {
				if err := c.exec(ctx, "DELETE FROM block WHERE id = ?", b.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// source goes through the lists of a part.
type source struct {
	lister
	p     *part
	left  []block
	ended bool
}

func (s *source) next(ctx context.Context, x *Index) (bool, error) {
	for {
		more, err := s.lister.next()
		if more || err != nil {
			return more, err
		}
		if len(s.left) == 0 {
			s.ended = true
			return false, nil
		}
		if s.lister, err = s.left[0].read(ctx, x.reader); err != nil {
			return false, err
		}
		s.left = s.left[1:]
	}
}
