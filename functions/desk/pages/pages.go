// Package pages gives the desk what was inspected: results, tiles and manifests, of
// buckets, or of the folder that "pageinspect run" wrote.
//
// # Trust
//
// A result is data. That it names an object is no licence to read it: a tile is read
// only where tiles are, below its own page's id, and is given out only if it is the
// picture whose SHA-256 the result has. No id and no symbolic link leads out of a folder.
package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Source is where the pages are. Exactly one of Results and Folder is set. It is
// safe for concurrent use.
type Source struct {
	Objects     *store.Client
	Results     string // bucket of the results
	Pages       string // bucket of the manifests; empty: there are none to be had
	Screenshots string // bucket of the tiles: no object elsewhere is ever given out as one
	// Folder is a directory that run wrote. Take it of an os.Root, which symbolic
	// links do not lead out of.
	Folder fs.FS
	// Kept returns a copy of a tile that the desk kept, for when the original is gone or
	// is another picture now; store.ErrNotExist says that there is none. nil: there are none.
	Kept func(context.Context, page.Tile) ([]byte, error)
}

// Ref names a result in one of its versions.
type Ref struct {
	ID      string
	Version int64 // the object's generation, or the file's time in nanoseconds
	Written time.Time
}

const (
	resultFile = "result.json"
	// maxResult is far more than any result.
	maxResult = 512 << 20
)

// Read returns a result.json as it is stored. store.ErrNotExist says there is none.
func (s *Source) Read(ctx context.Context, id string) ([]byte, Ref, error) {
	return s.ReadInto(ctx, id, nil)
}

// ReadInto is Read that takes the memory of buffer, if it is enough, for what it returns.
func (s *Source) ReadInto(ctx context.Context, id string, buffer []byte) ([]byte, Ref, error) {
	if err := job.CheckID(id); err != nil {
		return nil, Ref{}, fault.Wrap(fault.Invalid, err, "id")
	}
	if s.Folder != nil {
		return s.readFile(id, buffer)
	}
	b, a, err := s.Objects.Read(ctx, store.URI{Bucket: s.Results, Object: id + "/" + resultFile}, maxResult)
	return b, Ref{ID: id, Version: a.Generation, Written: a.Created}, err
}

// readFile reads a result and tells its version of one and the same file, which
// may be replaced meanwhile.
func (s *Source) readFile(id string, buffer []byte) ([]byte, Ref, error) {
	b, info, err := readFile(s.Folder, path.Join(id, resultFile), maxResult, buffer)
	if err != nil {
		return nil, Ref{}, err
	}
	return b, refOf(id, info), nil
}

func refOf(id string, info fs.FileInfo) Ref {
	return Ref{ID: id, Version: info.ModTime().UnixNano(), Written: info.ModTime()}
}

// readFile reads a file of at most limit bytes, into the buffer if that is enough. One
// that is not there is store.ErrNotExist.
func readFile(dir fs.FS, name string, limit int64, buffer []byte) ([]byte, fs.FileInfo, error) {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.Wrap(fault.Invalid, fmt.Errorf("%w: %w", store.ErrNotExist, err), "read")
	}
	if err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "read")
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, fault.Wrap(fault.Internal, err, "read")
	case !info.Mode().IsRegular():
		return nil, nil, fault.New(fault.Invalid, "%s is no file", name)
	case info.Size() > limit:
		return nil, nil, fault.New(fault.Invalid, "%s has %d bytes, more than the %d that are read", name, info.Size(), limit)
	}
	b := slices.Grow(buffer[:0], int(info.Size()))[:info.Size()]
	_, err = io.ReadFull(f, b)
	return b, info, fault.Wrap(fault.Internal, err, "read %s", name)
}

// Result is Read, decoded and checked.
func (s *Source) Result(ctx context.Context, id string) (result.Result, Ref, error) {
	b, ref, err := s.Read(ctx, id)
	if err != nil {
		return result.Result{}, ref, err
	}
	r, err := result.Decode(b)
	if err != nil || r.Schema != result.Schema || r.ID != id {
		return r, ref, fault.New(fault.Invalid, "%s/%s is not a result of %s with the id %q: %v", id, resultFile, result.Schema, id, err)
	}
	return r, ref, nil
}

// Manifest returns the manifest of a page as it is stored, or store.ErrNotExist,
// also where only a folder is had.
func (s *Source) Manifest(ctx context.Context, id string) ([]byte, page.Manifest, error) {
	if err := job.CheckID(id); err != nil {
		return nil, page.Manifest{}, fault.Wrap(fault.Invalid, err, "id")
	}
	if s.Folder != nil || s.Pages == "" {
		return nil, page.Manifest{}, fault.Wrap(fault.Invalid, fmt.Errorf("%w: there is no bucket of manifests", store.ErrNotExist), "manifest of %s", id)
	}
	b, _, err := s.Objects.Read(ctx, store.URI{Bucket: s.Pages, Object: id + ".json"}, page.MaxManifestBytes)
	if err != nil {
		return nil, page.Manifest{}, err
	}
	m, err := page.Decode(b)
	return b, m, err
}
