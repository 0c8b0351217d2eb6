package recognize

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"time"

	"github.com/pageinspect/pageinspect/recognize/picture"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/semaphore"
)

// imagesAtOnce lets one image be held and decoded at a time: it is the memory
// of the whole instance. Pages that Capture photographed do not pass here.
var imagesAtOnce = semaphore.NewWeighted(1)

// readImage makes the manifest of an image that somebody put into the pages
// bucket: a page of one tile, which Vision reads where it is, or a tall one cut
// into tiles in the screenshots bucket. Put again under the same name, it is
// another page of the same id, and its result takes the place of the old.
func (j *reading) readImage(ctx context.Context) error {
	if err := imagesAtOnce.Acquire(ctx, 1); err != nil {
		return err
	}
	defer imagesAtOnce.Release(1)
	b, attrs, err := j.readObject(ctx, picture.MaxUpload)
	if err != nil {
		return err
	}
	j.image, j.generation = true, attrs.Generation
	h, err := picture.Read(b)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s (%s) is no manifest and", j.uri, attrs.ContentType)
	}
	id := imageID(j.uri.Object)
	j.manifest = page.Manifest{
		Schema: page.Schema, ID: id, FinalURL: j.uri.String(), Title: path.Base(j.uri.Object), CapturedAt: putAt(attrs),
		Request: job.Request{Schema: job.RequestSchema, ID: id, URL: j.uri.String(), Force: true},
		Source:  job.Source{Via: "image", Partition: -1, Offset: -1},
		Width:   h.Width, Height: h.Height, Scale: 1,
	}
	if !h.Tall() {
		j.manifest.Tiles = []page.Tile{tileOf(j.uri, 0, h.Width, h.Height, h.MediaType(), b)}
	} else if err := j.cut(ctx, b, h); err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", j.uri)
	}
	return fault.Wrap(fault.Internal, j.manifest.Validate(), "the manifest just made of %s is wrong", j.uri)
}

// cut puts the bands of a tall image beside Capture's tiles, in a folder for
// this generation of it. Repeated, it puts the same.
func (j *reading) cut(ctx context.Context, b []byte, h picture.Header) error {
	return picture.Cut(b, h, func(band picture.Band) error {
		uri := store.URI{Bucket: j.Screenshots, Object: fmt.Sprintf("%s/%d/%03d.jpg", j.manifest.ID, j.generation, len(j.manifest.Tiles))}
		t := tileOf(uri, band.Y, h.Width, band.Height, "image/jpeg", band.JPEG)
		j.manifest.Tiles = append(j.manifest.Tiles, t)
		_, err := j.Store.Put(ctx, uri, t.MediaType, band.JPEG, map[string]string{shaKey: t.SHA256})
		return fault.Wrap(fault.Transient, err, "put a tile of it")
	})
}

func tileOf(uri store.URI, y, width, height int, media string, b []byte) page.Tile {
	sum := sha256.Sum256(b)
	return page.Tile{Object: uri.String(), Y: y, Width: width, Height: height, MediaType: media,
		Bytes: len(b), SHA256: hex.EncodeToString(sum[:]), CRC32C: store.CRC32CBase64(b)}
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

// imageID makes an id of an object's name: the name itself if it may be an id,
// else what is left of it with a hash, so that no two names share one.
func imageID(name string) string {
	if job.CheckID(name) == nil {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	left := notID.ReplaceAllString(name, "-")
	for i := range left {
		if i > job.MaxIDBytes/2 {
			left = left[:i]
			break
		}
	}
	return fmt.Sprintf("%s-%x", left, sum[:4])
}
