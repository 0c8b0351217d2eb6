package index

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
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
	if s.texts != texts || len(s.answers) >= maxSearched {
		s.texts, s.answers = texts, map[string]set{}
	}
	s.answers[phrase] = found
}

// search is the pages that say a plain phrase.
func (x *Index) search(ctx context.Context, phrase string) (set, error) {
	x.mu.RLock()
	texts := x.texts
	x.mu.RUnlock()
	if found, ok := x.searched.get(phrase, texts); ok {
		return found, nil
	}
	// One look at both, for a text is in one or the other.
	tx, err := x.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, x.broken(err, "search")
	}
	defer tx.Rollback() //nolint:errcheck // it reads
	var found set
	if err := match(ctx, tx, phrase, &found); err != nil {
		return nil, x.broken(err, "search")
	}
	if err := scan(ctx, tx, phrase, &found); err != nil {
		return nil, x.broken(err, "search")
	}
	x.searched.put(phrase, texts, found)
	return found, nil
}

// match adds what FTS5 finds. Of a hundred thousand numbers, one string is read in
// a tenth of the time that so many rows take.
func match(ctx context.Context, tx *sql.Tx, phrase string, found *set) error {
	var all sql.NullString
	if err := tx.QueryRowContext(ctx, "SELECT group_concat(rowid) FROM text WHERE text MATCH ?", matchOf(phrase)).Scan(&all); err != nil || !all.Valid {
		return err
	}
	for s := range strings.SplitSeq(all.String, ",") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return err
		}
		found.add(n)
	}
	return nil
}

// scan adds what of the texts that FTS5 does not have yet has the phrase.
func scan(ctx context.Context, tx *sql.Tx, phrase string, found *set) error {
	rows, err := tx.QueryContext(ctx, "SELECT n, text FROM said")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var text []byte
	for rows.Next() {
		var n int64
		var packed sql.RawBytes
		if err := rows.Scan(&n, &packed); err != nil {
			return err
		}
		if text, err = unpacker.DecodeAll(packed, text[:0]); err != nil {
			return err
		}
		if bytes.Contains(text, []byte(phrase)) {
			found.add(n)
		}
	}
	return rows.Err()
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

// settle moves texts from where they are scanned to where they are found, some at
// a time, until there is none left.
func (x *Index) settle(ctx context.Context) error {
	for {
		moved := 0
		err := x.alter(ctx, func(c *change) (err error) {
			moved, err = c.settle(ctx)
			return err
		})
		if err != nil || moved == 0 {
			return err
		}
	}
}

// settled is how many texts a transaction moves: readers wait for none, decisions
// for one.
const settled = 50

func (c *change) settle(ctx context.Context) (int, error) {
	var numbers []int64
	var n int64
	took := func() error { numbers = append(numbers, n); return nil }
	if err := c.each(ctx, &n, took, "SELECT n FROM said ORDER BY n LIMIT ?", settled); err != nil {
		return 0, err
	}
	for _, n := range numbers {
		var packed []byte
		if err := c.get(ctx, &packed, "SELECT text FROM said WHERE n = ?", n); err != nil {
			return 0, err
		}
		text, err := unpacker.DecodeAll(packed, nil)
		if err != nil {
			return 0, c.x.broken(err, "read")
		}
		if err := c.exec(ctx, "DELETE FROM said WHERE n = ?", n); err != nil {
			return 0, err
		}
		if err := c.find(ctx, n, string(text)); err != nil {
			return 0, err
		}
	}
	return len(numbers), nil
}

// find has FTS5 take a text.
func (c *change) find(ctx context.Context, n int64, text string) error {
	pairs, letters := tokens(text)
	c.moved = true
	return c.exec(ctx, "INSERT INTO text (rowid, pairs, letters) VALUES (?, ?, ?)", n, pairs, letters)
}

// broken is an error of the file. A new one cures it.
func (x *Index) broken(err error, doing string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Wrap(fault.Internal, err, "the index cannot %s; if it happens again, remove %s: it is made anew", doing, x.file)
}
