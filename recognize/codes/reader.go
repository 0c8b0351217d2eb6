package codes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif" // the formats of tiles, and of images that Vision reads where they are
	_ "image/jpeg"
	_ "image/png"
	"log/slog"
	"time"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Store is what a Reader needs of an object store; *store.Client has it.
type Store interface {
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
}

// Reader finds the codes of pictures in a store, and remembers what it found in
// a picture under its SHA-256:
//
//	gs://<bucket>/cache/codes/<version>/<sha256>
//
// It is the instance's, and safe for concurrent use.
type Reader struct {
	Store  Store
	Bucket string        // of what is remembered; empty: nothing is
	MaxAge time.Duration // what is older is looked for anew
	Log    *slog.Logger
	Now    func() time.Time
	// AtOnce bounds the pictures that are held and decoded at a time: one of
	// 1280x4096 px takes some 20 MB, the largest that a page may have 80.
	AtOnce *semaphore.Weighted
}

// version changes when other things are found than before.
const version = "4"

// maxEntryBytes bounds what is remembered of a picture.
const maxEntryBytes = 4 << 20

// Picture is one to be looked at. SHA256, in hex, is of the bytes that it had
// as Generation; without it nothing is remembered.
type Picture struct {
	URI        store.URI
	SHA256     string
	Generation int64
}

// Read finds the codes of a picture of at most limit bytes. Its error is
// fault.Invalid if the picture cannot be decoded here, and else the store's or
// the context's.
func (r *Reader) Read(ctx context.Context, p Picture, limit int64) (Found, error) {
	if f, ok := r.load(ctx, p.SHA256); ok {
		return f, nil
	}
	if err := r.AtOnce.Acquire(ctx, 1); err != nil {
		return Found{}, err
	}
	defer r.AtOnce.Release(1)
	b, attrs, err := r.Store.Read(ctx, p.URI, limit)
	if err != nil {
		return Found{}, fault.Wrap(fault.Transient, err, "look for codes in %s", p.URI)
	}
	f, err := find(ctx, b)
	if err != nil {
		return Found{}, fault.Wrap(fault.Invalid, err, "look for codes in %s", p.URI)
	}
	if attrs.Generation == p.Generation {
		r.keep(ctx, p.SHA256, f)
	}
	return f, nil
}

// find decodes a picture, if its header says that it may be one of a page's.
func find(ctx context.Context, b []byte) (Found, error) {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err == nil && cfg.Width > page.MaxPixels/max(1, cfg.Height) {
		err = fmt.Errorf("%dx%d px are more than %d", cfg.Width, cfg.Height, page.MaxPixels)
	}
	if err != nil {
		return Found{}, err
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return Found{}, err
	}
	f, err := Find(ctx, img)
	f.CalmTop, f.CalmBottom = picture.Calm(img)
	return f, err
}

func (r *Reader) uri(sha string) store.URI {
	return store.URI{Bucket: r.Bucket, Object: "cache/codes/" + version + "/" + sha}
}

// load is what is remembered; what cannot be had or understood counts as nothing.
func (r *Reader) load(ctx context.Context, sha string) (f Found, ok bool) {
	if r.Bucket == "" || sha == "" {
		return f, false
	}
	b, attrs, err := r.Store.Read(ctx, r.uri(sha), maxEntryBytes)
	if err != nil || r.Now().Sub(attrs.Created) > r.MaxAge {
		return f, false // nearly always because there is nothing
	}
	err = json.Unmarshal(b, &f)
	return f, err == nil && f.Width > 0 && f.Height > 0
}

func (r *Reader) keep(ctx context.Context, sha string, f Found) {
	if r.Bucket == "" || sha == "" {
		return
	}
	b, err := json.Marshal(f)
	if err == nil {
		_, err = r.Store.Put(ctx, r.uri(sha), "application/json", b, nil)
	}
	if err != nil && ctx.Err() == nil {
		r.Log.WarnContext(ctx, "the codes of a picture are not kept for reuse", "sha256", sha, "error", err.Error())
	}
}
