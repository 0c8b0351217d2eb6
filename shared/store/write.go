package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/storage"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Create stores data if there is no object at uri, and else returns ErrExists,
// whatever that object holds: a caller that repeats its own work takes it as done.
//
// A try whose answer was lost may have stored the data; the next try then finds
// an object. If that has the same bytes, Create returns it without an error,
// for it is almost certainly its own. So two concurrent calls with the *same*
// bytes may both succeed if a connection fails meanwhile; who needs to know
// which of two was first puts something of its own into the bytes.
func (c *Client) Create(ctx context.Context, uri URI, contentType string, data []byte, metadata map[string]string) (Attrs, error) {
	attrs, err := c.write(ctx, uri, &storage.Conditions{DoesNotExist: true}, contentType, data, metadata)
	return attrs, explainWrite(ctx, err, ErrExists, fault.Internal, "create", uri)
}

// Put stores data whether or not there is an object at uri. The last of several
// concurrent calls wins; a repeated try may write the same bytes once more.
func (c *Client) Put(ctx context.Context, uri URI, contentType string, data []byte, metadata map[string]string) (Attrs, error) {
	attrs, err := c.write(ctx, uri, nil, contentType, data, metadata)
	return attrs, explainWrite(ctx, err, nil, "", "put", uri)
}

// Replace stores data if the object at uri still has the generation given, and
// else returns ErrChanged; of several that replace one generation, one does.
// As with Create, a repeated try that finds its own bytes in a newer generation succeeds.
func (c *Client) Replace(ctx context.Context, uri URI, ifGeneration int64, contentType string, data []byte,
	metadata map[string]string) (Attrs, error) {
	if ifGeneration <= 0 {
		return Attrs{}, fault.New(fault.Internal, "replace %s: generation %d; use Create where there is none", uri, ifGeneration)
	}
	attrs, err := c.write(ctx, uri, &storage.Conditions{GenerationMatch: ifGeneration}, contentType, data, metadata)
	return attrs, explainWrite(ctx, err, ErrChanged, fault.Transient, "replace", uri)
}

func (c *Client) write(ctx context.Context, uri URI, when *storage.Conditions, contentType string, data []byte,
	metadata map[string]string) (Attrs, error) {
	if err := uri.Check(); err != nil {
		return Attrs{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key == "" || key != strings.ToLower(key) {
			return Attrs{}, fault.New(fault.Invalid, "metadata key %q: want lower case, for it travels as an HTTP header", key)
		}
	}
	object, sum := c.object(uri), crc32C(data)
	if when != nil {
		object = object.If(*when)
	}
	var attrs Attrs
	err := attempts(ctx, tryLimit(int64(len(data))), func(ctx context.Context, again bool) error {
		err := upload(ctx, object, contentType, data, sum, metadata, &attrs)
		if !again || !isCode(err, codePreconditionFailed) {
			return err
		}
		there, statErr := c.object(uri).Attrs(ctx)
		if statErr != nil || there.CRC32C != sum || there.Size != int64(len(data)) {
			return err
		}
		if when.GenerationMatch != 0 && there.Generation == when.GenerationMatch {
			return err
		}
		attrs = attrsOf(there)
		return nil
	})
	if err != nil {
		return Attrs{}, err
	}
	return attrs, nil
}

// upload is one try in one request. ChunkSize 0 sends the bytes as they are: the
// default would set aside 16 MiB for every object and take two requests for some.
func upload(ctx context.Context, object *storage.ObjectHandle, contentType string, data []byte, sum uint32,
	metadata map[string]string, attrs *Attrs) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := object.NewWriter(ctx)
	w.ChunkSize = 0
	w.ContentType = contentType
	w.Metadata = metadata
	w.CRC32C, w.SendCRC32C = sum, true
	if _, err := w.Write(data); err != nil {
		return err // and never Close, which would complete the object with what was sent
	}
	if err := w.Close(); err != nil {
		return err
	}
	*attrs = attrsOf(w.Attrs())
	return nil
}

// explainWrite turns a failed precondition into the sentinel for it. An upload
// that finds nothing has no bucket to go to.
func explainWrite(ctx context.Context, err, refused error, kind fault.Kind, op string, uri URI) error {
	switch {
	case refused != nil && isCode(err, codePreconditionFailed):
		return &fault.Error{Kind: kind, Op: op + " " + uri.String(), Err: fmt.Errorf("%w: %w", refused, err)}
	case refused == ErrChanged && isCode(err, codeNotFound):
		return &fault.Error{Kind: kind, Op: op + " " + uri.String(), Err: fmt.Errorf("%w: %w", refused, err)}
	case isCode(err, codeNotFound):
		err = fmt.Errorf("%w: %w", storage.ErrBucketNotExist, err)
	}
	return explain(ctx, err, "%s %s", op, uri)
}
