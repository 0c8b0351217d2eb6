package recognize

import (
	"context"
	"encoding/hex"
	"errors"
	"math"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
)

// storeCallsAtOnce bounds what one page asks of Cloud Storage at a time.
const storeCallsAtOnce = 16

// checkPictures looks at each tile's object, without its bytes, before Vision
// is paid to: that it is there, of the size and sum that the manifest says, and
// which SHA-256 it has.
//
// The manifest may come from anybody who may write to the pages bucket, so its
// word alone is not enough to take one picture's text for another's. Only
// Capture and Recognize write to the screenshots bucket, and they put the
// hash of what they uploaded into the object's metadata. A tile without it is
// read, and neither taken from the cache nor kept there.
func (j *Job) checkPictures(ctx context.Context) error {
	j.pictures = make([]annotate.Picture, len(j.manifest.Tiles))
	looks, ctx := errgroup.WithContext(ctx)
	looks.SetLimit(storeCallsAtOnce)
	for i, t := range j.manifest.Tiles {
		looks.Go(func() (err error) {
			j.pictures[i], err = j.picture(ctx, t)
			return fault.Wrap(fault.Transient, err, "%s: tiles[%d]", j.uri, i)
		})
	}
	return looks.Wait()
}

func (j *Job) picture(ctx context.Context, t page.Tile) (annotate.Picture, error) {
	p := annotate.Picture{URI: t.Object}
	uri, err := store.ParseURI(t.Object)
	if err != nil {
		return p, err
	}
	if uri == j.uri { // the image itself, which was read a moment ago
		p.SHA256, p.Generation = t.SHA256, j.generation
		return p, nil
	}
	attrs, err := j.Store.Stat(ctx, uri)
	known := attrs.Metadata[shaKey]
	switch {
	case errors.Is(err, store.ErrNotExist) && fault.KindOf(err) == fault.Invalid:
		return p, fault.New(fault.Invalid, "%s is not there", uri)
	case err != nil:
		return p, err
	case attrs.Size > picture.MaxBytes:
		return p, fault.New(fault.Invalid, "%s has %d bytes, more than the %d that Vision reads", uri, attrs.Size, picture.MaxBytes)
	case t.Bytes != 0 && int64(t.Bytes) != attrs.Size:
		return p, fault.New(fault.Invalid, "%s has %d bytes, not the %d that the manifest says", uri, attrs.Size, t.Bytes)
	case t.CRC32C != "" && t.CRC32C != store.SpellCRC32C(attrs.CRC32C):
		return p, fault.New(fault.Invalid, "%s has the sum %s, not the %s that the manifest says", uri, store.SpellCRC32C(attrs.CRC32C), t.CRC32C)
	case t.SHA256 != "" && known != "" && t.SHA256 != known:
		return p, fault.New(fault.Invalid, "%s has the SHA-256 %s, not the %s that the manifest says", uri, known, t.SHA256)
	}
	if b, err := hex.DecodeString(known); err == nil && len(b) == 32 {
		p.SHA256, p.Generation = known, attrs.Generation
	}
	return p, nil
}

// shaKey is the metadata of a tile's object that has its SHA-256, in hex.
const shaKey = "sha256"

// checkSizes holds the manifest's sizes against those of the pictures, as
// Vision saw them: the boxes of a tile that has another shape than it is said
// to have would lie anywhere. An image that came without a manifest has no say.
func (j *Job) checkSizes() error {
	if j.image {
		return nil
	}
	for i, t := range j.manifest.Tiles {
		for _, p := range j.texts[i].annotation.GetPages() {
			w, h := float64(p.GetWidth()), float64(p.GetHeight())
			if w <= 0 || h <= 0 {
				continue
			}
			if want := w * float64(t.Height) / float64(t.Width); math.Abs(h-want) > 2+want/50 {
				return fault.New(fault.Invalid, "%s: tiles[%d]: the picture has %.0fx%.0f px, another shape than the %dx%d of the manifest", j.uri, i, w, h, t.Width, t.Height)
			}
		}
	}
	return nil
}
