// Package capture is the Capture function: a Kafka record arrives over HTTP,
// the page it names is photographed, and its manifest is put into the pages
// bucket. Package init makes what the instance needs, once; an instance that
// cannot have it ends at once and says why.
package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/caarlos0/env/v11"
	"github.com/pageinspect/pageinspect/capture"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/functions/delivery"
	"github.com/pageinspect/pageinspect/functions/logs"
	"github.com/pageinspect/pageinspect/functions/serving"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Config is the function's environment.
type Config struct {
	Kafka       topic.Config
	Store       store.Config
	Browser     browser.Config
	Lease       lease.Config
	Telemetry   telemetry.Config
	Project     string `env:"GOOGLE_CLOUD_PROJECT"` // whose traces the log names
	ErrorsTopic string `env:"ERRORS_TOPIC" envDefault:"pageinspect.errors"`
	Screenshots string `env:"SCREENSHOTS_BUCKET,required,notEmpty"`
	Pages       string `env:"PAGES_BUCKET,required,notEmpty"`
	AllowNamed  bool   `env:"CAPTURE_ALLOW_NAMED"` // whoever sends requests may see what they name: one user's machine
	Profiles    string `env:"PROFILES"`            // a file; its profiles come before the bundled ones
	// See delivery.Callers.
	Public           bool   `env:"CAPTURE_PUBLIC"`
	CallerSecret     string `env:"CAPTURE_CALLER_SECRET"`
	CallerSecretNext string `env:"CAPTURE_CALLER_SECRET_NEXT"`
}

// These outlive every request; Shutdown ends them with the instance.
var (
	handler  *delivery.Handler
	chromium *browser.Browser
	sendRest func(context.Context) error // what telemetry is left
)

func init() {
	var err error
	if handler, err = newHandler(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "Capture cannot start:", err)
		os.Exit(1)
	}
	functions.HTTP("Capture", serving.Local(handler))
}

func newHandler(ctx context.Context) (*delivery.Handler, error) {
	var cfg Config
	parsed := env.Parse(&cfg)
	callers := delivery.Callers{Public: cfg.Public, Secret: cfg.CallerSecret, Next: cfg.CallerSecretNext}
	profiles, err := capture.LoadProfiles(cfg.Profiles)
	if err := errors.Join(parsed, cfg.Kafka.Validate(), cfg.Lease.Validate(), callers.Validate(), cfg.Browser.Validate(), err); err != nil {
		return nil, err
	}
	log := logs.New(os.Stderr, "capture", cfg.Project)
	if sendRest, err = telemetry.Start(ctx, cfg.Telemetry, "capture"); err != nil {
		return nil, err
	}
	objects, err := store.New(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	kafka, err := topic.NewWriter(cfg.Kafka)
	if err != nil {
		return nil, err
	}
	// Side by side: a cold start waits for the slower of the two.
	var looking sync.WaitGroup
	var noBucket error
	looking.Go(func() {
		noBucket = serving.CheckBuckets(ctx, log, objects, map[string]string{"SCREENSHOTS_BUCKET": cfg.Screenshots, "PAGES_BUCKET": cfg.Pages})
	})
	chromium, err = startBrowser(ctx, cfg.Browser, log)
	looking.Wait()
	if noBucket != nil && err == nil {
		chromium.Close(ctx)
	}
	if err := errors.Join(noBucket, err); err != nil {
		return nil, err
	}
	log.Info("ready", "browser", chromium.Path(), "profiles", profiles.Names(), "emulator", objects.Emulator())
	capturer := &capture.Capturer{
		Browser: chromium, Profiles: profiles, Store: objects, Screenshots: cfg.Screenshots, Pages: cfg.Pages,
		AllowNamed: cfg.AllowNamed, Log: log, Now: time.Now,
	}
	return &delivery.Handler{
		Stage: job.StageCapture, Topic: cfg.ErrorsTopic, Errors: kafka, Log: log, Now: time.Now, AtOnce: cfg.Browser.Tabs,
		Callers: callers,
		// Beside the tiles: nobody is notified of that bucket, and its lifecycle rule tidies up.
		Leases:  &lease.Leases{Config: cfg.Lease, Store: objects, Bucket: cfg.Screenshots},
		Decode:  delivery.Requests,
		Open:    func(item *delivery.Item) delivery.Job { return capturer.Job(item.Request, item.Source) },
		Healthy: chromium.Healthy,
	}, nil
}

// startBrowser starts a browser that can draw Korean. An end that comes
// meanwhile ends the browser too, and what it left.
func startBrowser(ctx context.Context, cfg browser.Config, log *slog.Logger) (*browser.Browser, error) {
	starting, started := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer started()
	b, err := browser.Start(starting, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := b.CheckFonts(starting); err != nil {
		b.Close(ctx) // which goes on where starting is over
		return nil, err
	}
	return b, nil
}

// Drain ends what runs, at the end of the instance.
func Drain(ctx context.Context) { handler.Drain(ctx) }

// Shutdown ends the browser, removes what it left and sends the last telemetry.
// It is for the process's end; no request calls it.
func Shutdown() {
	chromium.Close(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), telemetry.Grace)
	defer cancel()
	_ = sendRest(ctx) // nobody is left to tell
}
