package recognize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// maxResultBytes bounds a result that is read back: 200,000 px of dense text
// are about 20 MB of words with boxes.
const maxResultBytes = 128 << 20

// writeReport stores what a person looks at. It may stand without a result, of a
// run that ended here, but never the other way round.
func (j *Job) writeReport(ctx context.Context) error {
	r := &j.result
	r.RecognizedAt, r.TimingsMS = j.Now().UTC(), j.timings
	var html bytes.Buffer
	if err := report.Render(&html, *r, TileURL(j.Emulator)); err != nil {
		return fault.Wrap(fault.Internal, err, "render the report")
	}
	_, err := j.Store.Put(ctx, j.reportURI(), reportType, html.Bytes(), nil)
	return fault.Wrap(fault.Transient, err, "write the report")
}

// writeResult commits the page.
func (j *Job) writeResult(ctx context.Context) error {
	b, err := json.Marshal(j.result)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the result")
	}
	put := j.Store.Create
	if j.manifest.Request.Force {
		put = j.Store.Put
	}
	_, err = put(ctx, j.resultURI(), resultType, b, resultMetadata(j.result))
	if errors.Is(err, store.ErrExists) {
		return j.findEarlier(ctx) // another delivery was first, and its result stands
	}
	return fault.Wrap(fault.Transient, err, "write the result")
}

// ConsoleURL is where a person who may read an object sees it in a browser:
// Cloud Storage's address that signs in with a cookie, not with a token.
func ConsoleURL(gsURI string) string { return "https://storage.cloud.google.com" + objectPath(gsURI) }

// ObjectURL is ConsoleURL or, where a stand-in for Cloud Storage at emulator
// (host:port) holds the objects, the address there.
func ObjectURL(emulator string) func(gsURI string) string {
	if emulator == "" {
		return ConsoleURL
	}
	if !strings.Contains(emulator, "://") {
		emulator = "http://" + emulator
	}
	return func(gsURI string) string { return strings.TrimSuffix(emulator, "/") + objectPath(gsURI) }
}

// TileURL is how a stored report names a picture: as ObjectURL does but, in a
// stand-in, without the host, by whose name the report may be asked for.
func TileURL(emulator string) func(gsURI string) string {
	if emulator == "" {
		return ConsoleURL
	}
	return objectPath
}

func objectPath(gsURI string) string {
	path := strings.Split(strings.TrimPrefix(gsURI, "gs://"), "/")
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	return "/" + strings.Join(path, "/")
}
