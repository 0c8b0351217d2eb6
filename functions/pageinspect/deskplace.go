package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/spf13/cobra"
)

// deskPlace names where results and decisions are.
type deskPlace struct {
	dir, bucket, pages, screenshots, decisions string
	emulator                                   string // of the sample pages' cloud; else the environment's
	kafka                                      *topic.Config
	index                                      string // begins the name of the index's file
	indexDir                                   string // where it is; empty: the user's cache
}

func (p *deskPlace) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.bucket, "bucket", os.Getenv("RESULTS_BUCKET"), "bucket of the results (RESULTS_BUCKET)")
	f.StringVar(&p.dir, "dir", "", "directory that run wrote, such as out, in place of buckets")
	f.StringVar(&p.pages, "pages-bucket", os.Getenv("PAGES_BUCKET"), "bucket of the manifests (PAGES_BUCKET)")
	f.StringVar(&p.screenshots, "screenshots-bucket", os.Getenv("SCREENSHOTS_BUCKET"), "bucket of the tiles (SCREENSHOTS_BUCKET)")
	f.StringVar(&p.decisions, "decisions-bucket", os.Getenv("DECISIONS_BUCKET"), "bucket of the decisions (DECISIONS_BUCKET; the results bucket if it is not said)")
}

// deskRoom is a place that was entered.
type deskRoom struct {
	index                       *index.Index
	pages                       *pages.Source
	ledger                      *ledger.Ledger
	kafka                       *topic.Config // nil: there is none
	resultsTopic, requestsTopic string
	every                       time.Duration // how often it is looked at
	name, keptIn                string
	closers                     []func() // the last first
}

func (r *deskRoom) closes(f func()) { r.closers = append(r.closers, f) }

func (r *deskRoom) leave() {
	for len(r.closers) > 0 {
		last := len(r.closers) - 1
		r.closers[last]()
		r.closers = r.closers[:last]
	}
}

// How often a bucket is looked at: what no topic tells is to be seen soon.
const (
	lookAtBucket = 3 * time.Second
	lookBeside   = time.Minute // a topic
)

// enter opens what the flags name, and its index. Its errors name mistake and cure.
func (p deskPlace) enter(ctx context.Context) (*deskRoom, error) {
	room, file, err := p.look(ctx)
	if err != nil {
		return room, err
	}
	if room.index, err = index.Open(ctx, file); err != nil {
		room.leave()
		return room, err
	}
	room.closes(func() { room.index.Close() }) //nolint:errcheck // it can be made anew
	return room, nil
}

// look opens what the flags name, without an index, of which it returns the file.
func (p deskPlace) look(ctx context.Context) (room *deskRoom, file string, err error) {
	room = &deskRoom{every: lookAtBucket}
	defer func() {
		if err != nil {
			room.leave()
		}
	}()
	switch {
	case p.dir != "" && (p.bucket != "" && p.bucket != os.Getenv("RESULTS_BUCKET") || p.decisions != "" && p.decisions != os.Getenv("DECISIONS_BUCKET")):
		return room, "", fault.New(fault.Invalid, "say one of --dir and buckets: a directory keeps its decisions in itself")
	case p.dir != "":
		file, err = room.enterFolder(ctx, p.dir)
	default:
		file, err = room.enterBuckets(ctx, p)
	}
	if err != nil {
		return room, "", err
	}
	room.ledger.Now = time.Now
	room.pages.Kept = room.ledger.Tile
	return room, file, nil
}

// localDecisions is the bucket of a directory's decisions, in the store that is started for it.
const localDecisions = "local-decisions"

// enterFolder opens a directory that run wrote. Its ledger is a store of its own
// below .desk, which nobody else has open.
func (r *deskRoom) enterFolder(ctx context.Context, dir string) (indexFile string, err error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fault.New(fault.Invalid, "--dir: %s is no directory; give the one that run wrote, such as out", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fault.New(fault.Invalid, "--dir: %v", err)
	}
	r.closes(func() { root.Close() }) //nolint:errcheck // it was only read
	own := filepath.Join(dir, ".desk")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return "", fault.New(fault.Invalid, "--dir: %v; the desk keeps decisions there", err)
	}
	unlock, err := lockDesk(own)
	if err != nil {
		return "", err
	}
	r.closes(unlock)
	server, err := localgcs.Start(localgcs.Config{Dir: own, Buckets: []string{localDecisions}})
	if err != nil {
		return "", err
	}
	r.closes(func() {
		ending, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		server.Close(ending) //nolint:errcheck // what was answered is on disk
	})
	objects, err := store.New(ctx, store.Config{EmulatorHost: server.Endpoint()})
	if err != nil {
		return "", err
	}
	r.closes(func() { objects.Close() }) //nolint:errcheck // every write was answered
	r.pages = &pages.Source{Folder: root.FS()}
	r.ledger = &ledger.Ledger{Store: objects, Bucket: localDecisions}
	r.name, r.keptIn = dir, own
	return filepath.Join(own, "index.sqlite"), nil
}

// lockDesk keeps a second desk off a directory. The system gives the lock back
// when the process ends, however it ends.
func lockDesk(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--dir: %v", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Invalid, "another desk has %s open; use that one, or stop it", filepath.Dir(dir))
		}
		return nil, fault.Wrap(fault.Internal, err, "lock %s", dir)
	}
	return func() { f.Close() }, nil //nolint:errcheck // nothing was written
}

// enterBuckets opens the buckets that are named, or those of serve.
func (r *deskRoom) enterBuckets(ctx context.Context, p deskPlace) (indexFile string, err error) {
	emulator, serves := p.emulator, false
	if emulator == "" {
		emulator = os.Getenv("STORAGE_EMULATOR_HOST")
	}
	if emulator == "" && (p.bucket == "" || p.bucket == localcloud.Results) {
		emulator, serves = defaultStorage, true
	}
	for _, b := range []struct {
		name  *string
		other string
	}{{&p.bucket, localcloud.Results}, {&p.pages, localcloud.Pages}, {&p.screenshots, localcloud.Screenshots}} {
		if *b.name == "" && emulator != "" {
			*b.name = b.other
		}
	}
	if p.screenshots == "" || p.pages == "" {
		return "", fault.New(fault.Invalid, "say where the pictures of %s are: --screenshots-bucket and --pages-bucket; terraform output buckets lists them", p.bucket)
	}
	if p.decisions == "" {
		p.decisions = p.bucket
	}
	objects, err := store.New(ctx, store.Config{EmulatorHost: emulator})
	if err != nil {
		return "", err
	}
	r.closes(func() { objects.Close() }) //nolint:errcheck // every write was answered
	for _, bucket := range []string{p.bucket, p.decisions} {
		if err := objects.CheckBucket(ctx, bucket); err != nil {
			if serves && ctx.Err() == nil {
				err = fault.New(fault.Invalid, "no storage answers at %s; start \"pageinspect serve\", or name a bucket (--bucket) or a directory (--dir): %v", emulator, err)
			}
			return "", err
		}
	}
	if err := r.findKafka(ctx, p, serves); err != nil {
		return "", err
	}
	r.pages = &pages.Source{Objects: objects, Results: p.bucket, Pages: p.pages, Screenshots: p.screenshots}
	r.ledger = &ledger.Ledger{Store: objects, Bucket: p.decisions, Topic: envOr("DECISIONS_TOPIC", localcloud.DecisionsTopic)}
	r.name, r.keptIn = p.bucket, p.decisions
	return p.indexFile(emulator)
}

// findKafka finds the broker that the environment names, or serve's if it answers.
func (r *deskRoom) findKafka(ctx context.Context, p deskPlace, serves bool) error {
	r.resultsTopic, r.requestsTopic = envOr("RESULTS_TOPIC", localcloud.ResultsTopic), envOr("REQUESTS_TOPIC", localcloud.RequestsTopic)
	kafka := p.kafka
	if kafka == nil {
		if os.Getenv("KAFKA_BROKERS") == "" && !serves {
			return nil
		}
		named, err := kafkaFromEnv()
		if err != nil {
			return err
		}
		asked, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := topic.Ping(asked, named); err != nil {
			if os.Getenv("KAFKA_BROKERS") == "" {
				return nil // serve's store without its Kafka
			}
			return err
		}
		kafka = &named
	}
	r.kafka, r.every = kafka, lookBeside
	return nil
}

// indexFile is the file of the buckets' index, in the user's cache.
func (p deskPlace) indexFile(emulator string) (string, error) {
	dir := p.indexDir
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		dir = filepath.Join(cache, "pageinspect")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.New(fault.Internal, "%v; the desk's index needs a folder: set XDG_CACHE_HOME to one that may be written", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", emulator, p.bucket, p.decisions))
	return filepath.Join(dir, cmp.Or(p.index, "desk")+"-"+p.bucket+"-"+hex.EncodeToString(sum[:6])+".sqlite"), nil
}
