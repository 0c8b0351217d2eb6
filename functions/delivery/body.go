package delivery

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// errTooLarge happens if a body has more than event.MaxBody bytes, as it came or
// once it was inflated. It was not read, so it is never acknowledged.
var errTooLarge = errors.New("the body is too large")

// readBody reads a delivery's body. raw is what arrived; body is what it says,
// which differs where it was compressed. A body that cannot be inflated has an
// error of kind invalid and raw, whole; any other error means that not all of it
// was read.
func readBody(r *http.Request) (body, raw []byte, err error) {
	raw, err = readAtMost(r.Body, event.MaxBody)
	if err != nil {
		return nil, nil, err
	}
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); {
	case encoding == "gzip" || encoding == "x-gzip" || isGzip(raw):
		body, err = inflate(raw)
	case encoding == "" || encoding == "identity":
		body = raw
	default:
		err = fault.New(fault.Invalid, "Content-Encoding: is %q; send the body as it is, or as gzip", encoding)
	}
	return body, raw, err
}

func readAtMost(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(b) > limit {
		return nil, errTooLarge
	}
	return b, err
}

// isGzip goes by the first bytes: no JSON begins so, and sinks forget the header.
func isGzip(b []byte) bool { return bytes.HasPrefix(b, []byte{0x1f, 0x8b, 0x08}) }

// inflate undoes gzip up to event.MaxBody bytes, however small what arrived is.
func inflate(raw []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err == nil {
		var body []byte
		if body, err = readAtMost(z, event.MaxBody); err == nil || errors.Is(err, errTooLarge) {
			return body, err
		}
	}
	return nil, fault.New(fault.Invalid, "the body is not whole gzip: %v; send it again, or without Content-Encoding", err)
}

// hasBody says whether a request came with one, read or not.
func hasBody(r *http.Request) bool {
	if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
		var one [1]byte
		n, _ := io.ReadFull(r.Body, one[:])
		return n > 0
	}
	return false
}
