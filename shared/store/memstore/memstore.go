// Package memstore is package store in memory, for tests: the same promises,
// limits and error kinds without a connection. It passes storetest.
package memstore

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/googleapi"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Store is safe for concurrent use. Make it with New.
type Store struct {
	// Now is the store's own clock; nil is the machine's.
	Now func() time.Time
	// Refuse, if it returns an error, fails a call before anything is done. op is
	// the method in lower case: "create", "put", "replace", "read", "stat",
	// "list", "folders", "delete". It may call the store itself.
	Refuse func(op string, uri store.URI) error

	mu      sync.Mutex
	objects map[store.URI]object
	buckets []string
	last    int64 // the newest generation
}

type object struct {
	store.Attrs
	data []byte
}

// New makes a store with the buckets named. A call for another is refused as
// Cloud Storage refuses it.
func New(buckets ...string) *Store {
	return &Store{objects: map[store.URI]object{}, buckets: buckets}
}

// Objects are the bytes of all that is stored now; the caller leaves them as they are.
func (s *Store) Objects() map[store.URI][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[store.URI][]byte, len(s.objects))
	for uri, o := range s.objects {
		out[uri] = o.data
	}
	return out
}

// Writes is how often an object was written so far.
func (s *Store) Writes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Create stores data if there is no object at uri, and else returns ErrExists.
func (s *Store) Create(ctx context.Context, uri store.URI, media string, data []byte, metadata map[string]string) (store.Attrs, error) {
	return s.write(ctx, "create", uri, media, data, metadata, func(_ object, there bool) error {
		if there {
			return s.refusal(fault.Internal, http.StatusPreconditionFailed, store.ErrExists)
		}
		return nil
	})
}

// Put stores data whether or not there is an object at uri.
func (s *Store) Put(ctx context.Context, uri store.URI, media string, data []byte, metadata map[string]string) (store.Attrs, error) {
	return s.write(ctx, "put", uri, media, data, metadata, func(object, bool) error { return nil })
}

// Replace stores data if the object still has the generation given, and else returns ErrChanged.
func (s *Store) Replace(
	ctx context.Context, uri store.URI, ifGeneration int64, media string, data []byte, metadata map[string]string,
) (store.Attrs, error) {
	if ifGeneration <= 0 {
		return store.Attrs{}, fault.New(fault.Internal, "replace %s: generation %d", uri, ifGeneration)
	}
	return s.write(ctx, "replace", uri, media, data, metadata, func(old object, there bool) error {
		if !there || old.Generation != ifGeneration {
			return s.refusal(fault.Transient, http.StatusPreconditionFailed, store.ErrChanged)
		}
		return nil
	})
}

func (s *Store) write(ctx context.Context, op string, uri store.URI, media string, data []byte, metadata map[string]string,
	may func(old object, there bool) error,
) (store.Attrs, error) {
	for key := range metadata {
		if key == "" || key != strings.ToLower(key) {
			return store.Attrs{}, fault.New(fault.Invalid, "%s %s: metadata key %q: want lower case", op, uri, key)
		}
	}
	var attrs store.Attrs
	err := s.do(ctx, op, uri, func() error {
		old, there := s.objects[uri]
		if err := may(old, there); err != nil {
			return err
		}
		s.last++
		attrs = store.Attrs{
			URI: uri, Size: int64(len(data)), ContentType: media, Generation: s.last,
			CRC32C: crc32.Checksum(data, castagnoli), Metadata: maps.Clone(metadata), Created: s.now().Truncate(time.Millisecond),
		}
		s.objects[uri] = object{attrs, bytes.Clone(data)}
		return nil
	})
	return attrs, err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Read returns an object's bytes, of which the caller may do what it likes; more than limit is fault.Invalid.
func (s *Store) Read(ctx context.Context, uri store.URI, limit int64) (data []byte, attrs store.Attrs, err error) {
	err = s.do(ctx, "read", uri, func() error {
		o, err := s.find(uri)
		if err != nil {
			return err
		}
		if o.Size > limit {
			return fault.New(fault.Invalid, "has %d bytes, more than the %d that are read", o.Size, limit)
		}
		data, attrs = bytes.Clone(o.data), o.Attrs
		return nil
	})
	return data, attrs, err
}

// Stat returns an object's attributes, or ErrNotExist.
func (s *Store) Stat(ctx context.Context, uri store.URI) (attrs store.Attrs, err error) {
	err = s.do(ctx, "stat", uri, func() error {
		o, err := s.find(uri)
		attrs = o.Attrs
		return err
	})
	return attrs, err
}

// List yields the objects whose names begin with prefix, in the order of their names.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[store.Attrs, error] {
	return func(yield func(store.Attrs, error) bool) {
		found, err := s.list(ctx, "list", bucket, prefix)
		if err != nil {
			yield(store.Attrs{}, err)
			return
		}
		for _, a := range found {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// Folders yields the names that begin with prefix up to the first slash after it, once each and in order.
func (s *Store) Folders(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		found, err := s.list(ctx, "folders", bucket, prefix)
		if err != nil {
			yield("", err)
			return
		}
		var folders []string
		for _, a := range found {
			if folder, _, ok := strings.Cut(a.Object[len(prefix):], "/"); ok {
				folders = append(folders, prefix+folder)
			}
		}
		slices.Sort(folders)
		for _, folder := range slices.Compact(folders) {
			if !yield(folder, nil) {
				return
			}
		}
	}
}

func (s *Store) list(ctx context.Context, op, bucket, prefix string) (found []store.Attrs, err error) {
	// The prefix may be empty, a name may not.
	err = s.do(ctx, op, store.URI{Bucket: bucket, Object: prefix + "*"}, func() error {
		for uri, o := range s.objects {
			if uri.Bucket == bucket && strings.HasPrefix(uri.Object, prefix) {
				found = append(found, o.Attrs)
			}
		}
		slices.SortFunc(found, func(a, b store.Attrs) int { return strings.Compare(a.Object, b.Object) })
		return nil
	})
	return found, err
}

// Delete removes an object; ErrNotExist says there was none.
func (s *Store) Delete(ctx context.Context, uri store.URI) error {
	return s.do(ctx, "delete", uri, func() error {
		_, err := s.find(uri)
		delete(s.objects, uri)
		return err
	})
}

// DeleteGeneration removes the object if it still has the generation given, and else returns ErrChanged.
func (s *Store) DeleteGeneration(ctx context.Context, uri store.URI, ifGeneration int64) error {
	return s.do(ctx, "delete", uri, func() error {
		if o, there := s.objects[uri]; !there || o.Generation != ifGeneration {
			return s.refusal(fault.Transient, http.StatusPreconditionFailed, store.ErrChanged)
		}
		delete(s.objects, uri)
		return nil
	})
}

// CheckBucket says whether the bucket is there.
func (s *Store) CheckBucket(ctx context.Context, bucket string) error {
	return s.do(ctx, "list", store.URI{Bucket: bucket, Object: "*"}, func() error { return nil })
}

// do is what every call has in common: the order of its checks is that of a real one.
func (s *Store) do(ctx context.Context, op string, uri store.URI, act func() error) error {
	what := op + " " + uri.String()
	if err := uri.Check(); err != nil {
		return fault.Wrap(fault.Invalid, err, "%s", what)
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Transient, err, "%s", what)
	}
	if s.Refuse != nil {
		if err := s.Refuse(op, uri); err != nil {
			return fault.Wrap(fault.Transient, err, "%s", what)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.buckets, uri.Bucket) {
		none := fmt.Errorf("%w: no such bucket", store.ErrNotExist)
		return fault.Wrap(fault.Transient, s.refusal(fault.Transient, http.StatusNotFound, none), "%s", what)
	}
	return fault.Wrap(fault.Internal, act(), "%s", what)
}

func (s *Store) find(uri store.URI) (object, error) {
	o, there := s.objects[uri]
	if !there {
		return object{}, s.refusal(fault.Invalid, http.StatusNotFound, store.ErrNotExist)
	}
	return o, nil
}

// refusal has the time of the store's clock where store.AnsweredAt looks for it.
func (s *Store) refusal(kind fault.Kind, code int, answer error) error {
	date := http.Header{"Date": {s.now().UTC().Format(http.TimeFormat)}}
	return &fault.Error{Kind: kind, Err: fmt.Errorf("%w: %w", answer, &googleapi.Error{Code: code, Header: date})}
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
