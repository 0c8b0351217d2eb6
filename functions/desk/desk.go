// Package desk is the Desk function: reviewers look at results and decide, in a
// browser, behind Identity-Aware Proxy. Package init makes the clients and the index
// once for the instance; the index catches up while the first reviewers look.
//
// Any number of instances serve one bucket: each has an index of its own, and the
// ledger decides whose decision came first. See README.md.
package desk

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/pageinspect/pageinspect/functions/desk/again"
	"github.com/pageinspect/pageinspect/functions/desk/iap"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/live"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/functions/desk/web"
	"github.com/pageinspect/pageinspect/functions/logs"
	"github.com/pageinspect/pageinspect/functions/serving"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// function outlives every request and ends with the instance.
var function *instance

func init() {
	var err error
	if function, err = start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "Desk cannot start:", err)
		os.Exit(1)
	}
	functions.HTTP("Desk", serving.Local(function))
}

// instance is one desk with what keeps it current.
type instance struct {
	http.Handler
	stop     context.CancelFunc
	stopped  chan struct{} // closed once nothing follows any more
	index    *index.Index
	sendRest func(context.Context) error // what telemetry is left
}

func start(ctx context.Context) (*instance, error) {
	cfg, err := loadConfig()
	if err != nil {
		return nil, err
	}
	return open(ctx, cfg)
}

// How often the bucket is looked at, where events tell what is new and where not.
const (
	lookWithEvents    = 5 * time.Minute
	lookWithoutEvents = 15 * time.Second
)

func open(ctx context.Context, cfg Config) (*instance, error) {
	log := logs.New(os.Stderr, "desk", cfg.Project)
	d := &instance{stopped: make(chan struct{})}
	var err error
	if d.sendRest, err = telemetry.Start(ctx, cfg.Telemetry, "desk"); err != nil {
		return nil, err
	}
	objects, err := store.New(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	if err := serving.CheckBuckets(ctx, log, objects, map[string]string{
		"SCREENSHOTS_BUCKET": cfg.Screenshots, "PAGES_BUCKET": cfg.Pages, "RESULTS_BUCKET": cfg.Results, "DECISIONS_BUCKET": cfg.Decisions,
	}); err != nil {
		return nil, err
	}
	book := &ledger.Ledger{Store: objects, Bucket: cfg.Decisions, Topic: cfg.DecidedTopic, Now: time.Now}
	source := &pages.Source{Objects: objects, Results: cfg.Results, Pages: cfg.Pages, Screenshots: cfg.Screenshots, Kept: book.Tile}
	if d.index, err = openIndex(ctx, cfg); err != nil {
		return nil, err
	}
	follow := &live.Live{Index: d.index, Pages: source, Ledger: book, ResultsTopic: cfg.ResultsTopic, DecidedTopic: cfg.DecidedTopic,
		Every: lookWithoutEvents, Log: log}
	out, err := cfg.Out.Out()
	if err != nil {
		return nil, err
	}
	page := &web.Desk{Out: out, Shares: cfg.Shares, Index: d.index, Pages: source, Ledger: book, Who: who(cfg), MayDecide: cfg.mayDecide, Progress: follow.Progress, Log: log, Now: time.Now}
	if cfg.kafka() {
		kafka, err := topic.NewWriter(cfg.Kafka)
		if err != nil {
			return nil, err
		}
		book.Events = kafka
		follow.Kafka, follow.Every = &cfg.Kafka, lookWithEvents
		page.Again = (&again.Asker{Pages: source, Ledger: book, Requests: kafka, Topic: cfg.RequestsTopic, Now: time.Now, Log: log}).Publish
	}
	d.Handler = health(log, d.index, page.Handler())
	ctx, d.stop = context.WithCancel(ctx)
	go func() {
		defer close(d.stopped)
		follow.Run(ctx)
	}()
	log.Info("ready", "results", cfg.Results, "decisions", cfg.Decisions, "emulator", objects.Emulator())
	return d, nil
}

// openIndex makes the instance's index in a folder that no other instance has.
func openIndex(ctx context.Context, cfg Config) (*index.Index, error) {
	dir, err := os.MkdirTemp(cfg.IndexDir, "pageinspect-desk-")
	if err != nil {
		return nil, fault.New(fault.Invalid, "DESK_INDEX_DIR: %v; name a folder that may be written", err)
	}
	return index.Open(ctx, filepath.Join(dir, "index.sqlite"))
}

// who says who asks: whom the proxy vouches for, or on one machine its user.
func who(cfg Config) func(*http.Request) (string, error) {
	if cfg.Audience == "" {
		return func(*http.Request) (string, error) { return live.User(), nil }
	}
	keys := &iap.Keys{URL: cfg.keys, Client: http.DefaultClient}
	return (&iap.Verifier{Audience: cfg.Audience, Keys: keys, Now: time.Now}).Who
}

// health answers the platform's probes, which no proxy vouches for, at /health:
// whether the index can be asked. That it has not caught up is no illness.
func health(log *slog.Logger, x *index.Index, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		if _, err := x.Pages(r.Context(), index.Query{Limit: 1}); err != nil {
			log.ErrorContext(r.Context(), "the index does not answer", "error", err.Error())
			http.Error(w, "the index does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("/", next)
	return mux
}

// Drain ends what follows the bucket and the topics, at the end of the instance.
func Drain(ctx context.Context) { function.drain(ctx) }

func (d *instance) drain(ctx context.Context) {
	d.stop()
	select {
	case <-d.stopped:
	case <-ctx.Done():
	}
}

// Shutdown sends the last telemetry and closes the index. It is for the process's end.
func Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), telemetry.Grace)
	defer cancel()
	_ = function.index.Close() // it is thrown away
	_ = function.sendRest(ctx) // nobody is left to tell
}
