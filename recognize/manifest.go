package recognize

import (
	"context"
	"errors"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// readManifest reads what was put into the pages bucket: a manifest if its name
// ends in .json, and else an image, of which only its attributes are looked at.
func (j *Job) readManifest(ctx context.Context) error {
	if j.manifest.ID != "" {
		return nil // it was looked at before
	}
	if j.uri.Bucket != j.Pages {
		return fault.New(fault.Invalid, "%s is not in the bucket %s, the only one whose pages are recognized", j.uri, j.Pages)
	}
	if !strings.HasSuffix(j.uri.Object, ".json") {
		return j.lookAtImage(ctx)
	}
	b, attrs, err := j.readObject(ctx, page.MaxManifestBytes)
	if err != nil {
		return err
	}
	j.generation = attrs.Generation
	m, err := page.Decode(b)
	if err == nil && strings.HasPrefix(m.ID, job.ImagePrefix) {
		err = fault.New(fault.Invalid, "manifest: id: %q begins as those of images do", m.ID)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", j.uri)
	}
	j.manifest = m
	return j.checkTiles()
}

func (j *Job) readObject(ctx context.Context, limit int64) ([]byte, store.Attrs, error) {
	b, attrs, err := j.Store.Read(ctx, j.uri, limit)
	if errors.Is(err, store.ErrNotExist) && fault.KindOf(err) == fault.Invalid {
		return nil, attrs, fault.New(fault.Invalid, "%s is gone", j.uri)
	}
	return b, attrs, fault.Wrap(fault.Transient, err, "read %s", j.uri)
}

// checkTiles refuses objects outside the screenshots bucket: a manifest may not
// make us read, and Vision bill, what is somebody else's.
func (j *Job) checkTiles() error {
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

// Objects of a result, and their media types.
const (
	resultName = "result.json"
	resultType = "application/json"
	reportName = "report.html"
	reportType = "text/html; charset=utf-8"
)

func (j *Job) resultURI() store.URI { return objectURI(j.Results, j.manifest.ID, resultName) }
func (j *Job) reportURI() store.URI { return objectURI(j.Results, j.manifest.ID, reportName) }

func objectURI(bucket, id, name string) store.URI {
	return store.URI{Bucket: bucket, Object: id + "/" + name}
}

func resultMetadata(r result.Result) map[string]string {
	return map[string]string{"id": r.ID, "verdict": string(r.Verdict)}
}
