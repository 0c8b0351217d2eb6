package annotate

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/klauspost/compress/zstd"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"google.golang.org/protobuf/proto"
)

// Store is what the cache needs of an object store; *store.Client has it.
type Store interface {
	Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error)
	Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error)
	Stat(ctx context.Context, uri store.URI) (store.Attrs, error)
}

// Cache keeps what Vision said of a picture, under the picture's SHA-256:
//
//	gs://<bucket>/cache/<feature>/<engine>/<sha256>
//
// with the annotation's protobuf in zstd, which carries a checksum.
//
// # Trust
//
// Vision reads an address, and what is kept goes by a hash. So the two must be
// known to belong together: the caller vouches for the hash of one generation
// of the object, and an answer is kept only if the object still has that
// generation after Vision has read it. Nobody but Recognize may write to the
// bucket.
//
// # Failure
//
// An entry that cannot be had or understood counts as none, and is replaced by
// the next reading. Nothing that fails here fails the page.
type Cache struct {
	Store  Store
	Bucket string
	Engine string        // who reads: another engine's readings are not ours
	MaxAge time.Duration // older entries are read anew
	Log    *slog.Logger
	Now    func() time.Time
}

// CacheFolder is the first part of the names of what a cache keeps.
const CacheFolder = "cache"

// Bounds of an entry as it is stored and as it unfolds. The densest tile is
// about 2 MB of protobuf.
const (
	maxEntryBytes    = 16 << 20
	maxUnfoldedBytes = 32 << 20
)

// Both are safe for concurrent use by EncodeAll and DecodeAll.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxUnfoldedBytes))
		if err != nil {
			panic(err) // likewise
		}
		return d
	})
)

func (c *Cache) uri(f visionpb.Feature_Type, sha string) store.URI {
	return store.URI{Bucket: c.Bucket, Object: fmt.Sprintf("%s/%s/%s/%s", CacheFolder, strings.ToLower(f.String()), c.Engine, sha)}
}

// load fills in the reading what is known of the feature, and says whether it is.
func (c *Cache) load(ctx context.Context, f visionpb.Feature_Type, sha string, r *Reading) bool {
	uri := c.uri(f, sha)
	b, attrs, err := c.Store.Read(ctx, uri, maxEntryBytes)
	if err != nil || c.Now().Sub(attrs.Created) > c.MaxAge {
		return false // nearly always because there is none
	}
	text, safe := &visionpb.TextAnnotation{}, &visionpb.SafeSearchAnnotation{}
	switch f {
	case Text:
		if err = unpack(b, text); err == nil {
			r.Text = text
			r.Page, _ = url.QueryUnescape(attrs.Metadata[pageKey]) // of an entry of ours
		}
	case SafeSearch:
		if err = unpack(b, safe); err == nil {
			r.Safe = safe
		}
	}
	if err != nil {
		c.Log.WarnContext(ctx, "a cached reading is broken and is read anew", "object", uri.String(), "error", err.Error())
	}
	return err == nil
}

// pageKey is the metadata of an entry that says for which page it was read,
// escaped as in an address, since headers carry it.
const pageKey = "page"

// store keeps the features of a reading for a page, if Vision read what the hash is of.
func (c *Cache) store(ctx context.Context, page string, p Picture, features []visionpb.Feature_Type, r Reading) {
	uri, err := store.ParseURI(p.URI)
	var attrs store.Attrs
	if err == nil {
		attrs, err = c.Store.Stat(ctx, uri)
	}
	if err == nil && attrs.Generation != p.Generation {
		err = fault.New(fault.Transient, "generation %d took the place of %d while it was read", attrs.Generation, p.Generation)
	}
	for _, f := range features {
		if err != nil {
			break
		}
		var m proto.Message = r.Text
		if f == Text && r.Text == nil {
			continue // the call failed: nobody knows, which is not that there is no text
		}
		if f == SafeSearch {
			if m = r.Safe; !Judged(r.Safe) {
				continue // it may be judged another day
			}
		}
		var b []byte
		if b, err = proto.Marshal(m); err == nil {
			_, err = c.Store.Put(ctx, c.uri(f, p.SHA256), "application/zstd", packer().EncodeAll(b, nil), map[string]string{pageKey: url.QueryEscape(page)})
		}
	}
	if err != nil && ctx.Err() == nil {
		c.Log.WarnContext(ctx, "a reading is not kept for reuse", "object", p.URI, "error", err.Error())
	}
}

// unpack reads an entry. Fields that the message does not have are another
// message's: the bytes are none of ours.
func unpack(b []byte, m proto.Message) error {
	if len(b) == 0 {
		return fault.New(fault.Invalid, "empty") // which zstd lets pass, and a picture without text is not
	}
	b, err := unpacker().DecodeAll(b, nil)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(b, m); err != nil {
		return err
	}
	if n := len(m.ProtoReflect().GetUnknown()); n > 0 {
		return fault.New(fault.Invalid, "%d bytes of unknown fields", n)
	}
	return nil
}

// Judged says whether the engine had an opinion on everything that counts.
func Judged(s *visionpb.SafeSearchAnnotation) bool {
	return s.GetAdult() != visionpb.Likelihood_UNKNOWN && s.GetRacy() != visionpb.Likelihood_UNKNOWN && s.GetViolence() != visionpb.Likelihood_UNKNOWN
}
