package recognize

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/store"
)

// lookAtImage begins the manifest of an image that somebody put into the pages
// bucket: a page of its own id. Put again under the same name, it is another
// page of the same id, and its result takes the place of the old.
func (j *Job) lookAtImage(ctx context.Context) error {
	attrs, err := j.Store.Stat(ctx, j.uri)
	if errors.Is(err, store.ErrNotExist) && fault.KindOf(err) == fault.Invalid {
		return fault.New(fault.Invalid, "%s is gone", j.uri)
	}
	if err != nil {
		return fault.Wrap(fault.Transient, err, "look at %s", j.uri)
	}
	id := objectID(j.uri, j.Pages)
	j.image, j.generation = true, attrs.Generation
	j.manifest = page.Manifest{
		Schema: page.Schema, ID: id, FinalURL: j.uri.String(), Title: page.Cut(path.Base(j.uri.Object), page.MaxTitleBytes), CapturedAt: putAt(attrs),
		Request: job.Request{Schema: job.RequestSchema, ID: id, URL: j.uri.String(), Force: true},
		Source:  job.Source{Via: "image", Partition: -1, Offset: -1},
	}
	return nil
}

// readImage makes the tiles of an image: one, which Vision reads where it is, or
// those that are cut of one that is tall, lies on its side, lets others show
// through it, or has several frames or pages, in the screenshots bucket.
func (j *Job) readImage(ctx context.Context) error {
	if !j.image {
		return nil
	}
	if j.Decoding != nil {
		if err := j.Decoding.Acquire(ctx, 1); err != nil {
			return err
		}
		defer j.Decoding.Release(1)
	}
	b, attrs, err := j.readObject(ctx, picture.MaxUpload)
	switch {
	case err != nil:
		return err
	case attrs.Generation != j.generation:
		return fault.New(fault.Transient, "%s was put again meanwhile", j.uri)
	}
	h, err := picture.Read(b)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s (%s) is no manifest and", j.uri, attrs.ContentType)
	}
	j.manifest.Width, j.manifest.Height, j.manifest.Scale = h.Width, h.Height, 1
	asItIs := h.Plain()
	if asItIs {
		asItIs, err = picture.Check(b, h)
	}
	switch {
	case err != nil:
	case asItIs:
		j.manifest.Tiles = []page.Tile{tileOf(j.uri, picture.Band{Width: h.Width, Height: h.Height}, h.MediaType(), b)}
	default:
		err = j.cut(ctx, b, h)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", j.uri)
	}
	return fault.Wrap(fault.Internal, j.manifest.Validate(), "the manifest just made of %s is wrong", j.uri)
}

// cut puts the bands of an image beside Capture's tiles, in a folder for this
// generation of it. Repeated, it puts the same. What of the image is in no band
// is not read, and told.
func (j *Job) cut(ctx context.Context, b []byte, h picture.Header) error {
	sheet, err := picture.Cut(ctx, b, h, func(band picture.Band) error {
		uri := store.URI{Bucket: j.Screenshots, Object: fmt.Sprintf("%s/%d/%03d.jpg", j.manifest.ID, j.generation, len(j.manifest.Tiles))}
		t := tileOf(uri, band, "image/jpeg", band.JPEG)
		j.manifest.Tiles = append(j.manifest.Tiles, t)
		_, err := j.Store.Put(ctx, uri, t.MediaType, band.JPEG, map[string]string{shaKey: t.SHA256})
		return fault.Wrap(fault.Transient, err, "put a tile of it")
	})
	j.manifest.Width, j.manifest.Height = sheet.Width, sheet.Height
	for _, why := range sheet.Missing {
		j.manifest.Unseen = append(j.manifest.Unseen, page.Unseen{
			Kind: page.Unread, Box: page.Box{W: float64(h.Width), H: float64(h.Height)}, Why: page.Cut(why, page.MaxNoteBytes), Source: j.uri.String(),
		})
	}
	return err
}

func tileOf(uri store.URI, band picture.Band, media string, b []byte) page.Tile {
	sum := sha256.Sum256(b)
	return page.Tile{
		Object: uri.String(), Y: band.Y, Width: band.Width, Height: band.Height, Extra: band.Extra,
		MediaType: media, Bytes: len(b), SHA256: hex.EncodeToString(sum[:]), CRC32C: store.CRC32CBase64(b),
	}
}

// putAt is when an image was put. Cloud Storage tells the second here; the
// generation tells apart what was put within it.
func putAt(a store.Attrs) time.Time {
	if a.Created.IsZero() {
		a.Created = time.Unix(0, 0)
	}
	return a.Created.UTC().Truncate(time.Second).Add(time.Duration(a.Generation%1_000_000) * time.Microsecond)
}

var notID = regexp.MustCompile(`^\.|[^\p{L}\p{N}._~-]+`)

// objectID is the id by which people know what was put into the pages bucket:
// of a manifest the name without its .json, of an image its name after
// job.ImagePrefix, so that no image takes the place of a page's result. What
// may not be an id is left out, and a hash keeps any two names apart. An object
// of another bucket has none.
func objectID(uri store.URI, pages string) string {
	if uri.Bucket != pages {
		return ""
	}
	name, manifest := strings.CutSuffix(uri.Object, ".json")
	if manifest && job.CheckID(name) == nil {
		return name
	}
	id := job.ImagePrefix + name
	if !manifest && job.CheckID(id) == nil {
		return id
	}
	sum := sha256.Sum256([]byte(uri.Object))
	left := notID.ReplaceAllString(name, "-")
	for i := range left {
		if i > job.MaxIDBytes/2 {
			left = left[:i]
			break
		}
	}
	return fmt.Sprintf("%s%s-%x", job.ImagePrefix, left, sum[:4])
}
