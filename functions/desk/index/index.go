// Package index makes a hundred thousand results searchable, in one file of SQLite. The bucket is the truth; an index is made from it, catches up with
// it, and can be thrown away at any time.
//
// What chooses and sorts pages is in memory, too, some 400 bytes a page; the rows, where
// which letters are, and what is needed to tell anew where a page stands are read from the file.
package index

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Index is safe for concurrent use: one writer, any number of readers.
type Index struct {
	file   string
	lock   *lock
	reader *sql.DB
	writer *sql.DB
	conn   *sql.Conn // the one of writer

	write      sync.Mutex           // held by whoever writes, from the beginning of a transaction on
	statements map[string]*sql.Stmt // of conn
	nextN      int64                // for the next page
	lastID     int64                // of a part or a block
	gathered   gatherer             // what a change says

	mu      sync.RWMutex // held to read the rest, and over a commit
	pages   map[string]*entry
	all     []*entry        // the same, in no order
	alive   set             // their numbers
	parts   []*part         // in the order of their numbers; another slice after each change
	decided map[subject]int // the number of the latest decision
	change  int64           // counts changes
	texts   int64           // counts those of what pages say

	version  atomic.Int64
	searched searched
	merging  sync.Mutex // held by whoever merges parts; before the others
}

// Open opens the index in a file, or makes it. One of another version, or that is
// broken, is made anew. A file that another process has open is an error.
func Open(ctx context.Context, file string) (*Index, error) {
	l, err := lockFile(file + ".lock")
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the index %s", file)
	}
	x, err := open(ctx, file)
	if err != nil && ctx.Err() == nil {
		if err = remove(file); err == nil {
			x, err = open(ctx, file)
		}
	}
	if err != nil {
		l.unlock()
		return nil, fault.Wrap(fault.Internal, err, "open the index %s", file)
	}
	x.lock = l
	x.version.Store(time.Now().UnixNano())
	return x, nil
}

// Close closes it.
func (x *Index) Close() error {
	x.write.Lock()
	defer x.write.Unlock()
	err := x.closeFiles()
	if x.lock != nil {
		x.lock.unlock()
	}
	return fault.Wrap(fault.Internal, err, "close the index")
}

// Version changes whenever anything that a list shows may have changed.
func (x *Index) Version() int64 { return x.version.Load() }
