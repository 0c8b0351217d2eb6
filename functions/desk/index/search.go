package index

import (
	"context"
	"database/sql"
	"errors"
	"math/bits"
	"sync"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// set is a set of pages by their numbers.
type set []uint64

func (s *set) add(n int64) {
	for len(*s) <= int(n/64) {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

func (s set) drop(n int64) {
	if int(n/64) < len(s) {
		s[n/64] &^= 1 << (n % 64)
	}
}

// count is how many there are from first to last.
func (s set) count(first, last int64) (all int) {
	for i := first / 64; i <= last/64 && int(i) < len(s); i++ {
		w := s[i]
		if i == first/64 {
			w &^= 1<<(first%64) - 1
		}
		if i == last/64 {
			w &= 1<<(last%64)<<1 - 1
		}
		all += bits.OnesCount64(w)
	}
	return all
}

func (s set) has(n int64) bool { return int(n/64) < len(s) && s[n/64]&(1<<(n%64)) != 0 }

// searched keeps the answers of the last searches, for the filters, the next page
// and the counts of the same search. What says something new makes them void.
type searched struct {
	mu      sync.Mutex
	texts   int64 // Index.texts that they are of
	answers map[string]set
}

const maxSearched = 16

func (s *searched) get(phrase string, texts int64) (set, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.answers[phrase]
	return found, ok && s.texts == texts
}

func (s *searched) put(phrase string, texts int64, found set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers == nil || s.texts != texts || len(s.answers) >= maxSearched {
		s.texts, s.answers = texts, map[string]set{}
	}
	s.answers[phrase] = found
}

// search is the pages that say a plain phrase; of pages that are gone, it may have
// numbers, too.
func (x *Index) search(ctx context.Context, phrase string) (set, error) {
	x.mu.RLock()
	texts, parts := x.texts, x.parts
	if found, ok := x.searched.get(phrase, texts); ok {
		x.mu.RUnlock()
		return found, nil
	}
	tx, err := x.look(ctx)
	x.mu.RUnlock()
	if err != nil {
		return nil, x.broken(err, "search")
	}
	defer tx.Rollback() //nolint:errcheck // it reads
	var found set
	for _, p := range parts {
		if err := p.search(ctx, tx, pieces(phrase), &found); err != nil {
			return nil, x.broken(err, "search")
		}
	}
	x.searched.put(phrase, texts, found)
	return found, nil
}

// look is the file as it is now, whatever is written from now on. The caller has the lock.
func (x *Index) look(ctx context.Context) (*sql.Tx, error) {
	tx, err := x.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM part").Scan(&n); err != nil { // SQLite looks at the first read
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// search adds the texts that have all pieces of a phrase at their places.
func (p *part) search(ctx context.Context, tx *sql.Tx, phrase []piece, found *set) error {
	all := make([]walk, len(phrase))
	for i, one := range phrase {
		l, err := p.find(ctx, tx, one.gram)
		if err != nil || l == nil {
			return err
		}
		all[i] = newWalk(one.gram, l, p.first, p.last)
		all[i].offset = one.offset
	}
	return meet(all, found)
}

// showing is the pages that show a picture.
func (x *Index) showing(ctx context.Context, picture string) (found set, err error) {
	rows, err := x.reader.QueryContext(ctx, "SELECT n FROM shows WHERE picture = ?", pictureKey(picture))
	if err != nil {
		return nil, x.broken(err, "look for a picture")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, x.broken(err, "look for a picture")
		}
		found.add(n)
	}
	return found, x.broken(rows.Err(), "look for a picture")
}

// broken is an error of the file. A new one cures it.
func (x *Index) broken(err error, doing string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Wrap(fault.Internal, err, "the index cannot %s; if it happens again, remove %s: it is made anew", doing, x.file)
}
