package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"strings"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
)

// The tiles of a confirmed page are evidence, and the bucket of the screenshots
// forgets after some weeks. So they are copied beside the decisions, each once
// however many pages show it:
//
//	.desk/keep/page/<id>/<result's sha256>  tiles that are to be copied
//	.desk/keep/picture/<sha256>             likewise, for a decision on a picture
//	.desk/tiles/<sha256>                    a copy
//
// The note is there before the decision is, so a desk that dies leaves it to others.

const (
	keepFolder = Folder + "keep/"
	// tilesAtOnce bounds what is copied at a time: a tile has 20 MiB at most.
	tilesAtOnce = 4
	maxTile     = 20 << 20
)

// Tiles is where the tiles are that are to be kept.
type Tiles struct {
	// Tile returns the picture of a result's tile, checked against its SHA-256.
	// pages.Source has it.
	Tile func(ctx context.Context, r result.Result, tile int) ([]byte, string, error)
	// Showing returns a result that shows a picture, and which of its tiles does. It is
	// store.ErrNotExist where there is none.
	Showing func(ctx context.Context, sha256 string) (result.Result, int, error)
}

// noteTiles writes down that the tiles of what is confirmed, or left to somebody
// else, are to be kept.
func (l *Ledger) noteTiles(ctx context.Context, d decision.Decision) error {
	if d.Action != decision.Confirm && d.Action != decision.Escalate {
		return nil
	}
	name := keepFolder + "page/" + d.Subject + "/" + d.Shown.Result
	switch {
	case d.Series == decision.Picture:
		name = keepFolder + "picture/" + d.Subject
	case d.Series != decision.Page || d.Shown.Result == "":
		return nil
	}
	_, err := l.Store.Create(ctx, store.URI{Bucket: l.Bucket, Object: name}, "text/plain", []byte{'1'}, nil)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return fault.Wrap(fault.Transient, err, "note the tiles to keep")
}

// KeepTiles copies the tiles that are to be kept, and returns how many pages and
// pictures it has done. Call it at start and every so often. What fails in a way
// that may heal is left for the next call; a tile that is gone for good is told in
// the error, once.
func (l *Ledger) KeepTiles(ctx context.Context, from Tiles) (done int, err error) {
	var failed []error
	for a, err := range l.Store.List(ctx, l.Bucket, keepFolder) {
		if err != nil {
			return done, errors.Join(append(failed, fault.Wrap(fault.Transient, err, "list the tiles to keep"))...)
		}
		err := l.keepNoted(ctx, a, from)
		if err != nil {
			failed = append(failed, err)
			if ctx.Err() != nil || fault.KindOf(err).Retryable() {
				continue
			}
		}
		if err := l.Store.DeleteGeneration(ctx, a.URI, a.Generation); err != nil && !errors.Is(err, store.ErrChanged) {
			return done, fault.Wrap(fault.Transient, err, "strike out the tiles that are kept")
		}
		done++
	}
	return done, errors.Join(failed...)
}

func (l *Ledger) keepNoted(ctx context.Context, a store.Attrs, from Tiles) error {
	kind, subject, _ := strings.Cut(strings.TrimPrefix(a.Object, keepFolder), "/")
	if kind == "picture" {
		r, n, err := from.Showing(ctx, subject)
		if err == nil {
			err = l.keepTile(ctx, r, n, from)
		}
		return gone(err, "picture %s", subject)
	}
	id, hash := path.Split(subject)
	b, err := l.Kept(ctx, strings.TrimSuffix(id, "/"), hash)
	var r result.Result
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return gone(err, "%s", a.Object)
	}
	failed := make([]error, len(r.Tiles))
	var all errgroup.Group
	all.SetLimit(tilesAtOnce)
	for n, t := range r.Tiles {
		if !t.Seam && t.SHA256 != "" {
			all.Go(func() error {
				failed[n] = gone(l.keepTile(ctx, r, n, from), "tile %d of %s", n, r.ID)
				return nil
			})
		}
	}
	_ = all.Wait() // which has no error of its own
	for _, err := range failed {
		if err != nil && fault.KindOf(err).Retryable() {
			return err
		}
	}
	return errors.Join(failed...)
}

// gone makes an error of what is not there any more, and will not be.
func gone(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotExist) {
		return fault.Wrap(fault.Invalid, err, "cannot be kept: "+format, args...)
	}
	return fault.Wrap(fault.Transient, err, "keep "+format, args...)
}

func (l *Ledger) keepTile(ctx context.Context, r result.Result, n int, from Tiles) error {
	uri, err := l.tileURI(r.Tiles[n])
	if err != nil {
		return err
	}
	if _, err := l.Store.Stat(ctx, uri); !errors.Is(err, store.ErrNotExist) {
		return err // it is kept, or the store does not answer
	}
	data, media, err := from.Tile(ctx, r, n)
	if err != nil {
		return err
	}
	if _, err = l.Store.Create(ctx, uri, media, data, nil); errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// Tile returns a tile that was kept, by the tile of a result; store.ErrNotExist
// says that it was not. The caller checks it against its SHA-256.
func (l *Ledger) Tile(ctx context.Context, t page.Tile) ([]byte, error) {
	uri, err := l.tileURI(t)
	if err != nil {
		return nil, err
	}
	b, _, err := l.Store.Read(ctx, uri, maxTile)
	return b, err
}

func (l *Ledger) tileURI(t page.Tile) (store.URI, error) {
	if len(t.SHA256) != 64 || strings.Trim(t.SHA256, "0123456789abcdef") != "" {
		return store.URI{}, fault.New(fault.Invalid, "%q is no SHA-256 in hex", t.SHA256)
	}
	return store.URI{Bucket: l.Bucket, Object: Folder + "tiles/" + t.SHA256}, nil
}
