// Package store is what Pageinspect needs of Cloud Storage: objects that are
// created once, read whole, and listed.
//
// # What it promises
//
// Whole or not at all: an upload is one request that carries the CRC32C of its
// bytes, so an object is never half written or garbled, and a read returns
// bytes that match the object's CRC32C.
//
// Once: of any number of calls of Create for one URI, at any time and from
// anywhere, one stores its bytes. The others get ErrExists, with one exception
// that does no harm: see Create.
//
// Strongly consistent: what a returned write wrote, every later read, stat and
// list anywhere sees.
//
// # Ownership
//
// A Client is safe for concurrent use. It is made once per instance, in package
// init, and never closed by a job: another job's calls run on its connections.
// A job that runs out of time cancels its own context and nothing else.
//
// # Errors
//
// ErrNotExist, ErrExists and ErrChanged are answers that a caller decides
// about. Every other failure has the fault kind that errors.go gives it, after
// a few tries where a try may help. An expired or cancelled context stays
// recognizable by errors.Is.
package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"iter"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"github.com/caarlos0/env/v11"
	"github.com/googleapis/gax-go/v2"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Config says which Cloud Storage to use.
type Config struct {
	// EmulatorHost is host:port, or a URL, of a stand-in such as localgcs. It is
	// spoken to in plain HTTP and without credentials. Empty means Cloud Storage
	// itself, with the application default credentials.
	EmulatorHost string `env:"STORAGE_EMULATOR_HOST"`
}

// LoadConfig reads the environment. STORAGE_EMULATOR_HOST is also read by
// Google's own library wherever it is used, so set in production by mistake it
// sends every object to a stand-in: New's callers log Client.Emulator.
func LoadConfig() (Config, error) {
	cfg, err := env.ParseAs[Config]()
	return cfg, fault.Wrap(fault.Invalid, err, "storage settings")
}

// Attrs is what Cloud Storage knows about an object.
type Attrs struct {
	URI
	Size        int64 // bytes
	ContentType string
	Generation  int64 // changes whenever the bytes are written anew; never 0
	CRC32C      uint32
	Metadata    map[string]string // keys in lower case
	// Created is when this generation was written. Read gives the second, the
	// others the millisecond.
	Created time.Time
}

// Client speaks to Cloud Storage.
type Client struct {
	gcs      *storage.Client
	emulator string
}

// New makes a client. It dials nothing: CheckBucket does.
//
// Without an emulator and without credentials it fails at once, with a message
// that says what to set.
func New(ctx context.Context, cfg Config) (*Client, error) {
	var opts []option.ClientOption
	if cfg.EmulatorHost != "" {
		endpoint, err := emulatorEndpoint(cfg.EmulatorHost)
		if err != nil {
			return nil, err
		}
		opts = append(opts, option.WithEndpoint(endpoint), option.WithoutAuthentication())
	}
	gcs, err := storage.NewClient(ctx, opts...)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "no Cloud Storage: give this process credentials "+
			"(a service account on Cloud Run, GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`) "+
			"or set STORAGE_EMULATOR_HOST to the host:port of a stand-in")
	}
	// The library would retry an upload until its context ends, and could not
	// say afterwards whether it had: attempts does it instead.
	gcs.SetRetry(storage.WithPolicy(storage.RetryNever))
	return &Client{gcs: gcs, emulator: cfg.EmulatorHost}, nil
}

// Emulator is the stand-in's address, or "" for Cloud Storage itself.
func (c *Client) Emulator() string { return c.emulator }

// Close is for tests and for the end of a process; never call it in a job.
func (c *Client) Close() error { return c.gcs.Close() }

// CheckBucket says at start-up, in a sentence that an operator can act on,
// whether the bucket is there and may be read.
func (c *Client) CheckBucket(ctx context.Context, bucket string) error {
	if !bucketPattern.MatchString(bucket) {
		return (URI{Bucket: bucket, Object: "any"}).Check()
	}
	err := attempts(ctx, patience, func(ctx context.Context, _ bool) error {
		// A list and not the bucket's own attributes, which would take one more role.
		objects := c.gcs.Bucket(bucket).Objects(ctx, nil)
		objects.PageInfo().MaxSize = 1
		_, err := objects.Next()
		if err == iterator.Done {
			return nil
		}
		return err
	})
	return explain(ctx, err, "check bucket %s", bucket)
}

// Stat returns an object's attributes, or ErrNotExist.
func (c *Client) Stat(ctx context.Context, uri URI) (Attrs, error) {
	if err := uri.Check(); err != nil {
		return Attrs{}, fault.Wrap(fault.Invalid, err, "stat %s", uri)
	}
	var attrs Attrs
	err := attempts(ctx, patience, func(ctx context.Context, _ bool) error {
		a, err := c.object(uri).Attrs(ctx)
		if err == nil {
			attrs = attrsOf(a)
		}
		return err
	})
	return attrs, explain(ctx, err, "stat %s", uri)
}

// List yields the objects whose names begin with prefix, in the order of their
// names. The first error ends it. The attributes are those that Stat returns.
func (c *Client) List(ctx context.Context, bucket, prefix string) iter.Seq2[Attrs, error] {
	return c.list(ctx, bucket, storage.Query{Prefix: prefix})
}

// Between is List of the names from begin up to, and without, end. An empty one is
// no bound. What lies outside costs nothing, however much it is.
func (c *Client) Between(ctx context.Context, bucket, begin, end string) iter.Seq2[Attrs, error] {
	return c.list(ctx, bucket, storage.Query{StartOffset: begin, EndOffset: end})
}

func (c *Client) list(ctx context.Context, bucket string, query storage.Query) iter.Seq2[Attrs, error] {
	return func(yield func(Attrs, error) bool) {
		query := query // it may be ranged over again
		fields := []string{"Bucket", "Name", "Size", "ContentType", "Generation", "CRC32C", "Metadata", "Created"}
		if err := query.SetAttrSelection(fields); err != nil {
			yield(Attrs{}, fault.Wrap(fault.Internal, err, "list gs://%s/%s", bucket, query.Prefix))
			return
		}
		for objects := c.retrying(bucket).Objects(ctx, &query); ; {
			a, err := objects.Next()
			switch {
			case err == iterator.Done:
				return
			case err != nil:
				yield(Attrs{}, explain(ctx, err, "list gs://%s/%s", bucket, query.Prefix))
				return
			case !yield(attrsOf(a), nil):
				return
			}
		}
	}
}

// Folders yields, once each and in order, the names of the objects that begin
// with prefix up to the first slash after it; those without one are left out.
// However many objects a folder has, it costs no more. The first error ends it.
func (c *Client) Folders(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for objects := c.retrying(bucket).Objects(ctx, &storage.Query{Prefix: prefix, Delimiter: "/"}); ; {
			a, err := objects.Next()
			switch {
			case err == iterator.Done:
				return
			case err != nil:
				yield("", explain(ctx, err, "list gs://%s/%s", bucket, prefix))
				return
			case a.Prefix != "" && !yield(strings.TrimSuffix(a.Prefix, "/"), nil):
				return
			}
		}
	}
}

// retrying is a bucket whose lists are asked for again by the library itself.
func (c *Client) retrying(bucket string) *storage.BucketHandle {
	return c.gcs.Bucket(bucket).Retryer(storage.WithPolicy(storage.RetryIdempotent),
		storage.WithMaxAttempts(maxTries), storage.WithBackoff(gax.Backoff{Initial: firstDelay, Multiplier: 2}))
}

// Delete removes an object; ErrNotExist says there was none. A try whose answer
// was lost and whose repetition finds nothing counts as the removal.
func (c *Client) Delete(ctx context.Context, uri URI) error {
	if err := uri.Check(); err != nil {
		return fault.Wrap(fault.Invalid, err, "delete %s", uri)
	}
	err := attempts(ctx, patience, func(ctx context.Context, again bool) error {
		err := c.object(uri).Delete(ctx)
		if again && isCode(err, codeNotFound) {
			return nil
		}
		return err
	})
	return explain(ctx, err, "delete %s", uri)
}

// DeleteGeneration removes the object if it still has the generation given, and
// else returns ErrChanged, also where there is none.
func (c *Client) DeleteGeneration(ctx context.Context, uri URI, ifGeneration int64) error {
	if err := uri.Check(); err != nil {
		return fault.Wrap(fault.Invalid, err, "delete %s", uri)
	}
	object := c.object(uri).If(storage.Conditions{GenerationMatch: ifGeneration})
	err := attempts(ctx, patience, func(ctx context.Context, again bool) error {
		err := object.Delete(ctx)
		if again && isCode(err, codeNotFound) {
			return nil
		}
		return err
	})
	return explainWrite(ctx, err, ErrChanged, fault.Transient, "delete", uri)
}

// CRC32CBase64 is the sum of data as Cloud Storage spells it in JSON: base64 of
// the big-endian CRC-32 with the Castagnoli polynomial.
func CRC32CBase64(data []byte) string { return SpellCRC32C(crc32C(data)) }

// SpellCRC32C is Attrs.CRC32C in the same spelling.
func SpellCRC32C(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func crc32C(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

func (c *Client) object(uri URI) *storage.ObjectHandle {
	return c.gcs.Bucket(uri.Bucket).Object(uri.Object)
}

func attrsOf(a *storage.ObjectAttrs) Attrs {
	return Attrs{
		URI:  URI{Bucket: a.Bucket, Object: a.Name},
		Size: a.Size, ContentType: a.ContentType, Generation: a.Generation,
		CRC32C: a.CRC32C, Metadata: a.Metadata, Created: a.Created,
	}
}
