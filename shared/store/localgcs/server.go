// Package localgcs is Cloud Storage on one machine, for `pageinspect serve` and
// for tests: the part of its JSON API that reads, lists and completes objects,
// with the object-finalize notifications that Cloud Storage sends through Eventarc.
//
// # What it promises
//
// With Config.Dir, a process that is killed at any instant (SIGKILL; not a power
// cut) and started again on the same directory has every object whose write was
// answered, whole, with its generation, content type, metadata and CRC32C. A
// write that was not answered has happened or has not, and nothing in between.
//
// # Notifications
//
// Each object completed in a bucket of Config.Notify is told by a POST of the
// CloudEvent google.cloud.storage.object.v1.finalized in binary mode, at least
// once and in no order. 2xx acknowledges; anything else, or no answer within ten
// minutes, is repeated without end. A write's entry in the journal is on disk
// before the write begins and stays until the acknowledgement, so a restart
// repeats whatever may have been left untold. An object that was replaced before
// a restart told of it is told of in its newest generation.
//
// # What it is made of, and what that lacks
//
// fake-gcs-server's fakestorage does the work behind a handler of ours. Its
// file backend writes an object's bytes and then, separately, its attributes; a
// reader takes them separately, too; and preconditions are checked for
// uploads alone. So this package holds a lock per object around reads and writes, keeps
// what is being overwritten until the write is done, repairs the directory at
// start, checks the other preconditions itself, and refuses what it could not
// keep these promises for: metadata updates, batches, form and signed uploads,
// and names that are no safe file names.
//
// It checks no credentials. Listen on the loopback interface only.
package localgcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/loopback"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Config says what to serve and where.
type Config struct {
	// Dir is where everything is kept. Empty means in memory, until Close: for
	// tests, since fakestorage then compares each write with every object there
	// is (10,000 take minutes; in a directory the number does not matter).
	Dir     string
	Addr    string   // host:port to listen on; empty: a free port of 127.0.0.1
	Buckets []string // made if they are not there
	// Notify has the buckets whose new objects are told of, with the address to
	// POST to. Under an empty address notifications wait for SetNotify.
	Notify map[string]string
	// Deliveries bounds the notifications under way at a time; 0 means 4.
	Deliveries int
	Logger     *slog.Logger // nil: silent
}

const (
	objectsDir = "objects"       // under Config.Dir: fakestorage's own files
	journalDir = "notifications" // writes begun, and notifications not yet acknowledged
	straysDir  = "strays"        // what a kill left behind that is no object
)

// Server is a running stand-in.
type Server struct {
	fake     *fakestorage.Server
	dir      string // Config.Dir
	journal  *journal
	notifier *notifier
	log      *slog.Logger
	locks    [256]sync.RWMutex // by hash of bucket and object
	uploads  sync.Map          // id of a resumable upload -> ref

	listener net.Listener
	http     *http.Server
	served   chan struct{} // closed once serveErr is set
	serveErr error
}

// Start repairs what a killed process left in cfg.Dir, starts to serve, and
// takes up the notifications that were not acknowledged.
func Start(cfg Config) (*Server, error) {
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.Wrap(fault.Invalid, err,
			"local storage: %s is in use, perhaps by another run; stop that or choose another address", addr)
	} else if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "local storage: cannot listen on %q", addr)
	}
	s, err := open(cfg, log)
	if err != nil {
		listener.Close()
		return nil, err
	}
	s.listener = listener
	s.http = &http.Server{Handler: loopback.Only(s), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		s.serveErr = s.http.Serve(listener)
	}()
	return s, nil
}

func open(cfg Config, log *slog.Logger) (*Server, error) {
	s := &Server{dir: cfg.Dir, log: log}
	options := fakestorage.Options{NoListener: true, Scheme: "http", PublicHost: publicHost}
	if cfg.Dir != "" {
		options.StorageRoot = filepath.Join(cfg.Dir, objectsDir)
		for _, dir := range []string{options.StorageRoot, filepath.Join(cfg.Dir, journalDir), filepath.Join(cfg.Dir, straysDir)} {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "local storage: make directory")
			}
		}
	}
	var err error
	if s.fake, err = fakestorage.NewServerWithOptions(options); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "local storage")
	}
	for _, bucket := range cfg.Buckets {
		if err := s.makeBucket(bucket); err != nil {
			return nil, err
		}
	}
	var pending []entry
	if cfg.Dir == "" {
		s.journal = &journal{}
	} else if s.journal, pending, err = openJournal(filepath.Join(cfg.Dir, journalDir)); err != nil {
		return nil, err
	}
	notices, err := s.repair(pending, cfg.Notify)
	if err != nil {
		return nil, err
	}
	s.notifier = newNotifier(cfg.Notify, cfg.Deliveries, s.journal, log)
	for _, e := range notices {
		s.notifier.tell(e)
	}
	if len(notices) > 0 {
		log.Info("notifications taken up again", "count", len(notices))
	}
	return s, nil
}

// makeBucket leaves a bucket alone that is there already.
func (s *Server) makeBucket(name string) error {
	if _, err := store.ParseURI("gs://" + name + "/any"); err != nil {
		return fault.Wrap(fault.Invalid, err, "local storage: bucket %q", name)
	}
	if _, err := s.fake.Backend().GetBucket(name); err == nil {
		return nil
	}
	if s.dir != "" { // CreateBucketWithOpts panics where this returns an error
		if err := os.MkdirAll(filepath.Join(s.dir, objectsDir, name), 0o700); err != nil {
			return fault.Wrap(fault.Invalid, err, "local storage: make bucket %s", name)
		}
	}
	s.fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: name})
	return nil
}

// Endpoint is host:port, the value for STORAGE_EMULATOR_HOST.
func (s *Server) Endpoint() string { return loopback.Reached(s.listener.Addr()).String() }

// SetNotify sends the notifications of a bucket, those that wait included, to url.
func (s *Server) SetNotify(bucket, url string) { s.notifier.setURL(bucket, url) }

// Idle returns once every notification has been acknowledged, or ctx ends.
func (s *Server) Idle(ctx context.Context) error { return s.notifier.idle(ctx) }

// Close waits for requests under way, at most until ctx ends, and then breaks
// off the deliveries; they are repeated at the next Start on the same Dir.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
	}
	<-s.served
	if !errors.Is(s.serveErr, http.ErrServerClosed) {
		err = errors.Join(err, s.serveErr)
	}
	s.notifier.close()
	s.fake.Stop()
	return err
}

// Open returns an object's bytes, for a local Vision that is handed gs:// URIs.
// A URI that is none, or of no object, is fault.Invalid; see store.ErrNotExist.
func (s *Server) Open(ctx context.Context, gsURI string) ([]byte, error) {
	uri, err := store.ParseURI(gsURI)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(fault.Transient, err, "open %s", uri)
	}
	at := ref{uri.Bucket, uri.Object}
	lock := s.lock(at)
	lock.RLock()
	defer lock.RUnlock()
	_, data, err := s.read(at)
	return data, err
}

// read takes an object's attributes and bytes; the caller holds its lock.
func (s *Server) read(at ref) (fakestorage.ObjectAttrs, []byte, error) {
	if err := s.checkName(at); err != nil {
		return fakestorage.ObjectAttrs{}, nil, fault.Wrap(fault.Invalid, err, "open %s", at)
	}
	object, err := s.fake.GetObjectStreaming(at.bucket, at.object)
	if err != nil {
		err = fmt.Errorf("%w: %w", store.ErrNotExist, err)
		return fakestorage.ObjectAttrs{}, nil, fault.Wrap(fault.Invalid, err, "open %s", at)
	}
	defer object.Close()
	data, err := io.ReadAll(object.Content)
	if err == nil && store.CRC32CBase64(data) != object.Crc32c {
		err = fmt.Errorf("bytes have CRC32C %s, the object %s", store.CRC32CBase64(data), object.Crc32c)
	}
	return object.ObjectAttrs, data, fault.Wrap(fault.Internal, err, "open %s", at)
}
