package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Read returns an object's bytes as they were stored, with its attributes.
//
// limit is in bytes; a larger object is fault.Invalid and is not read. The
// bytes are checked against the object's CRC32C; a mismatch is read again.
func (c *Client) Read(ctx context.Context, uri URI, limit int64) ([]byte, Attrs, error) {
	if err := uri.Check(); err != nil {
		return nil, Attrs{}, fault.Wrap(fault.Invalid, err, "read %s", uri)
	}
	var (
		data  []byte
		attrs Attrs
	)
	err := attempts(ctx, tryLimit(limit), func(ctx context.Context, _ bool) (err error) {
		data, attrs, err = c.readOnce(ctx, uri, limit)
		return err
	})
	if err != nil {
		return nil, Attrs{}, explain(ctx, err, "read %s", uri)
	}
	return data, attrs, nil
}

func (c *Client) readOnce(ctx context.Context, uri URI, limit int64) ([]byte, Attrs, error) {
	// Compressed: an object that somebody stored with Content-Encoding gzip would
	// otherwise arrive inflated, of unknown size and with no sum to check.
	r, err := c.object(uri).ReadCompressed(true).NewReader(ctx)
	if err != nil {
		return nil, Attrs{}, err
	}
	defer r.Close()
	attrs := Attrs{
		URI: uri, Size: r.Attrs.Size, ContentType: r.Attrs.ContentType, Generation: r.Attrs.Generation,
		CRC32C: r.Attrs.CRC32C, Metadata: lowerKeys(r.Metadata()), Created: r.Attrs.LastModified,
	}
	tooLarge := func(size int64) error {
		return fault.New(fault.Invalid, "has %d bytes, more than the %d that are read", size, limit)
	}
	switch {
	case attrs.Size < 0:
		return nil, Attrs{}, errors.New("the answer does not tell the object's size")
	case attrs.Size > limit:
		return nil, Attrs{}, tooLarge(attrs.Size)
	}
	data := make([]byte, attrs.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, Attrs{}, err
	}
	// The library compares the sums at the end, so the end must be asked for.
	if n, err := io.Copy(io.Discard, r); err != nil {
		return nil, Attrs{}, err
	} else if n > 0 {
		return nil, Attrs{}, tooLarge(attrs.Size + n)
	}
	if sum := crc32C(data); sum != attrs.CRC32C {
		return nil, Attrs{}, fmt.Errorf("bytes have CRC32C %08x, the object %08x", sum, attrs.CRC32C)
	}
	return data, attrs, nil
}

// lowerKeys undoes what HTTP headers do to the keys of metadata.
func lowerKeys(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	lower := make(map[string]string, len(metadata))
	for key, value := range metadata {
		lower[strings.ToLower(key)] = value
	}
	return lower
}
