// Package pages gives the desk what was inspected: results, tiles, manifests and
// the page's own text, of buckets, or of the folder that "pageinspect run" wrote.
package pages

import (
	"context"
	"io/fs"
	"iter"
	"time"

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
	Folder      fs.FS
}

// Ref names a result in one of its versions.
type Ref struct {
	ID      string
	Version int64 // the object's generation, or the file's time in nanoseconds
	Written time.Time
}

// Refs yields the results there are, in the order of their ids. What is no page's
// is left out. The first error ends it.
func (s *Source) Refs(ctx context.Context) iter.Seq2[Ref, error] { panic("to be written") }

// Read returns a result.json as it is stored. store.ErrNotExist says there is none.
func (s *Source) Read(ctx context.Context, id string) ([]byte, Ref, error) { panic("to be written") }

// Result is Read, decoded and checked.
func (s *Source) Result(ctx context.Context, id string) (result.Result, Ref, error) {
	panic("to be written")
}

// Tile returns the picture of a tile, checked against its SHA-256.
func (s *Source) Tile(ctx context.Context, r result.Result, tile int) (data []byte, mediaType string, err error) {
	panic("to be written")
}

// Manifest returns the manifest of a page as it is stored, or store.ErrNotExist,
// also where only a folder is had.
func (s *Source) Manifest(ctx context.Context, id string) ([]byte, page.Manifest, error) {
	panic("to be written")
}
