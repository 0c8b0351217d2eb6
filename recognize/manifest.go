package recognize

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif" // the formats that Vision accepts
	_ "image/jpeg"
	_ "image/png"
	"path"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"
)

// maxImageBytes and maxImagePixels are Vision's own limits for one image.
const (
	maxImageBytes  = 20 << 20
	maxImagePixels = 75_000_000
)

// readManifest reads what was put into the pages bucket: a manifest, or an
// image, which is a page of one tile.
func (j *reading) readManifest(ctx context.Context) error {
	if j.uri.Bucket != j.Pages {
		return fault.New(fault.Invalid, "%s is not in the bucket %s, the only one whose pages are recognized", j.uri, j.Pages)
	}
	b, attrs, err := j.Store.Read(ctx, j.uri, maxImageBytes)
	switch {
	case errors.Is(err, store.ErrNotExist):
		return fault.New(fault.Invalid, "%s is gone", j.uri)
	case err != nil:
		return fault.Wrap(fault.Transient, err, "read %s", j.uri)
	}
	j.generation = attrs.Generation
	if strings.HasSuffix(j.uri.Object, ".json") || strings.HasPrefix(attrs.ContentType, "application/json") {
		j.manifest, err = page.Decode(b)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "%s", j.uri)
		}
		return j.checkTiles()
	}
	j.image = true
	j.manifest, err = imagePage(j.uri, attrs, b)
	return err
}

// checkTiles refuses objects outside the screenshots bucket: a manifest may not
// make us read, and Vision bill, what is somebody else's.
func (j *reading) checkTiles() error {
	for i, t := range j.manifest.Tiles {
		uri, err := store.ParseURI(t.Object)
		if err != nil {
			return fault.New(fault.Invalid, "%s: tiles[%d].object: %v", j.uri, i, err)
		}
		if uri.Bucket != j.Screenshots {
			return fault.New(fault.Invalid, "%s: tiles[%d].object: %s is not in the bucket %s", j.uri, i, uri, j.Screenshots)
		}
	}
	if dom := j.manifest.DOM; dom != "" && !strings.HasPrefix(dom, "gs://"+j.Screenshots+"/") {
		return fault.New(fault.Invalid, "%s: dom: %q is not in the bucket %s", j.uri, dom, j.Screenshots)
	}
	return nil
}

// imagePage is the manifest of an image that somebody put into the pages bucket.
func imagePage(uri store.URI, attrs store.Attrs, b []byte) (page.Manifest, error) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return page.Manifest{}, fault.New(fault.Invalid, "%s (%s) is neither a manifest nor an image that can be read: %v; put JPEG, PNG, GIF, BMP or WebP", uri, attrs.ContentType, err)
	}
	if cfg.Width*cfg.Height > maxImagePixels {
		return page.Manifest{}, fault.New(fault.Invalid, "%s is %dx%d px, more than the %d px that Vision reads", uri, cfg.Width, cfg.Height, maxImagePixels)
	}
	sum := sha256.Sum256(b)
	captured := attrs.Created
	if captured.IsZero() {
		captured = time.Unix(0, 0)
	}
	name := strings.ReplaceAll(strings.TrimSuffix(uri.Object, path.Ext(uri.Object)), "/", "-")
	m := page.Manifest{
		Schema: page.Schema, ID: name, FinalURL: uri.String(), Title: path.Base(uri.Object), CapturedAt: captured.UTC(),
		Request: job.Request{Schema: job.RequestSchema, ID: name, URL: uri.String()},
		Source:  job.Source{Via: "image", Partition: -1, Offset: -1},
		Width:   cfg.Width, Height: cfg.Height, Scale: 1,
		Tiles: []page.Tile{{
			Object: uri.String(), Width: cfg.Width, Height: cfg.Height, MediaType: "image/" + format,
			Bytes: len(b), SHA256: hex.EncodeToString(sum[:]), CRC32C: store.CRC32CBase64(b),
		}},
	}
	if err := m.Validate(); err != nil {
		return page.Manifest{}, fault.Wrap(fault.Invalid, err, "%s: rename the object so that its name can be an id", uri)
	}
	return m, nil
}

// Objects of a result, and their media types.
const (
	resultName = "result.json"
	resultType = "application/json"
	reportName = "report.html"
	reportType = "text/html; charset=utf-8"
)

func (j *reading) resultURI() store.URI { return objectURI(j.Results, j.manifest.ID, resultName) }
func (j *reading) reportURI() store.URI { return objectURI(j.Results, j.manifest.ID, reportName) }

func objectURI(bucket, id, name string) store.URI {
	return store.URI{Bucket: bucket, Object: id + "/" + name}
}

func resultMetadata(r result.Result) map[string]string {
	return map[string]string{"id": r.ID, "verdict": string(r.Verdict)}
}
