package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver, in Go
)

// schemaVersion is kept in the file's user_version. Count it up when anything
// that is kept changes its meaning: the file is then made anew.
const schemaVersion = 3

// The tables. What lists show is apart from what only standing anew needs.
const schema = `
CREATE TABLE page (n INTEGER PRIMARY KEY, row BLOB NOT NULL);
CREATE TABLE slim (n INTEGER PRIMARY KEY, result BLOB NOT NULL);
CREATE TABLE shows (picture INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (picture, n)) WITHOUT ROWID;
CREATE TABLE decision (series TEXT NOT NULL, subject TEXT NOT NULL, number INTEGER NOT NULL, json BLOB NOT NULL,
  PRIMARY KEY (series, subject, number)) WITHOUT ROWID;
CREATE TABLE part (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, texts INTEGER NOT NULL);
CREATE TABLE block (id INTEGER PRIMARY KEY, part INTEGER NOT NULL, gram INTEGER NOT NULL, lists BLOB NOT NULL);
`

// pragmas: the writer is one, readers go on beside it, and a power failure costs at
// most what was written last.
var pragmas = []string{"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(10000)", "temp_store(MEMORY)", "cache_size(-32000)"}

func connect(file string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+url.Values{"_pragma": pragmas}.Encode())
}

// open opens a file of this version, or makes a new one, and loads it.
func open(ctx context.Context, file string) (x *Index, err error) {
	x = &Index{file: file, statements: map[string]*sql.Stmt{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.closeFiles())
			x = nil
		}
	}()
	if x.writer, err = connect(file); err != nil {
		return x, err
	}
	if x.conn, err = x.writer.Conn(ctx); err != nil {
		return x, err
	}
	if err = prepareFile(ctx, x.conn); err != nil {
		return x, err
	}
	if x.reader, err = connect(file); err != nil {
		return x, err
	}
	x.reader.SetMaxOpenConns(4)
	return x, x.load(ctx)
}

func (x *Index) closeFiles() (err error) {
	for _, s := range x.statements {
		err = errors.Join(err, s.Close())
	}
	if x.conn != nil {
		err = errors.Join(err, x.conn.Close())
	}
	for _, db := range []*sql.DB{x.reader, x.writer} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

func prepareFile(ctx context.Context, db *sql.Conn) error {
	var version, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
		return nil
	case tables > 0:
		return fmt.Errorf("it is of version %d, want %d", version, schemaVersion)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

// remove removes a file with what SQLite keeps beside it.
func remove(file string) error {
	for _, name := range []string{file, file + "-wal", file + "-shm", file + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// load reads what is kept in memory.
func (x *Index) load(ctx context.Context) error {
	x.pages, x.decided, x.nextN = map[string]*entry{}, map[subject]int{}, 1
	rows, err := x.conn.QueryContext(ctx, "SELECT n, row FROM page")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var n int64
		var b sql.RawBytes
		var s stored
		if err := rows.Scan(&n, &b); err != nil {
			return err
		}
		if err := unpack(b, &s); err != nil {
			return err
		}
		e := entryOf(n, s)
		x.keep(e)
		x.nextN = max(x.nextN, n+1)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := x.loadParts(ctx); err != nil {
		return err
	}
	return x.loadDecided(ctx)
}

func (x *Index) loadDecided(ctx context.Context) error {
	rows, err := x.conn.QueryContext(ctx, "SELECT series, subject, max(number) FROM decision GROUP BY series, subject")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var s subject
		var n int
		if err := rows.Scan(&s.series, &s.id, &n); err != nil {
			return err
		}
		x.decided[s] = n
	}
	return rows.Err()
}
