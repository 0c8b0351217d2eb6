// Package recognize is the Recognize function: a finalize arrives for what was
// put into the pages bucket, Vision reads its tiles, and the result goes to the
// results bucket and topic. Package init makes the clients, the Vision client
// above all, once for the instance; no request closes what another may use.
package recognize

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	vision "cloud.google.com/go/vision/v2/apiv1"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/pageinspect/pageinspect/functions/delivery"
	"github.com/pageinspect/pageinspect/functions/logs"
	"github.com/pageinspect/pageinspect/functions/serving"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
	"golang.org/x/sync/semaphore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// These outlive every request and end with the instance.
var (
	handler  *delivery.Handler
	sendRest func(context.Context) error // what telemetry is left
)

func init() {
	var err error
	if handler, err = newHandler(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "Recognize cannot start:", err)
		os.Exit(1)
	}
	functions.HTTP("Recognize", serving.Local(handler))
}

func newHandler(ctx context.Context) (*delivery.Handler, error) {
	cfg, err := loadConfig()
	if err != nil {
		return nil, err
	}
	log := logs.New(os.Stderr, "recognize", cfg.Project)
	if sendRest, err = telemetry.Start(ctx, cfg.Telemetry, "recognize"); err != nil {
		return nil, err
	}
	packs, err := rules.WithBundled(cfg.Rules...)
	if err != nil {
		return nil, err
	}
	objects, err := store.New(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	if err := serving.CheckBuckets(ctx, log, objects, map[string]string{
		"SCREENSHOTS_BUCKET": cfg.Screenshots, "PAGES_BUCKET": cfg.Pages, "RESULTS_BUCKET": cfg.Results,
	}); err != nil {
		return nil, err
	}
	kafka, err := topic.NewWriter(cfg.Kafka)
	if err != nil {
		return nil, err
	}
	client, err := newVision(ctx, cfg.Vision, cfg.endpoint())
	if err != nil {
		return nil, err
	}
	recognizer := &recognize.Recognizer{
		Vision: client, Limit: annotate.PerMinute(cfg.ImagesPerMinute), Cache: newCache(cfg, objects, log), Decoding: semaphore.NewWeighted(1),
		Parent: cfg.parent(), Engine: cfg.engine(), Codes: newCodes(cfg, objects, log),
		Store: objects, Emulator: objects.Emulator(), Rules: packs, Events: recognize.Events{Kafka: kafka, Topic: cfg.ResultsTopic},
		Screenshots: cfg.Screenshots, Pages: cfg.Pages, Results: cfg.Results, Log: log, Now: time.Now,
	}
	log.Info("ready", "packs", len(packs.Packs()), "emulator", objects.Emulator(), "vision_emulator", cfg.Vision)
	return &delivery.Handler{
		Stage: job.StageRecognize, Topic: cfg.ErrorsTopic, Errors: kafka, Log: log, Now: time.Now, AtOnce: 1,
		Leases: &lease.Leases{Config: cfg.Lease, Store: objects, Bucket: cfg.Results},
		Decode: delivery.Finalize,
		Open:   func(item *delivery.Item) delivery.Job { return open(recognizer, item) },
	}, nil
}

// work is a page's job, which tells its item what it finds out.
type work struct {
	*recognize.Job
	item *delivery.Item
	err  error // the item names no object
}

// open makes the job of what was finalized.
func open(r *recognize.Recognizer, item *delivery.Item) work {
	uri, err := store.ParseURI(item.Request.URL)
	return work{r.Job(uri), item, fault.Wrap(fault.Invalid, err, "finalize")}
}

// Look is the job's.
func (w work) Look(ctx context.Context) (lease.Run, bool, error) {
	if w.err != nil {
		return lease.Run{}, false, w.err
	}
	run, done, err := w.Job.Look(ctx)
	request, source := w.Origin()
	source.Via = cmp.Or(source.Via, w.item.Source.Via)
	w.item.Request, w.item.Source = request, source
	if original, e := json.Marshal(request); e == nil && request.Schema != "" {
		w.item.Value = original
	}
	return run, done, err
}

// Do is the job's.
func (w work) Do(ctx context.Context, own *lease.Lease) error {
	err := w.Job.Do(ctx, own)
	if err == nil {
		telemetry.VisionUnits(ctx, w.Result().Vision.Units)
	}
	return err
}

// Drain ends what runs, at the end of the instance.
func Drain(ctx context.Context) { handler.Drain(ctx) }

// Shutdown sends the last telemetry. It is for the process's end.
func Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), telemetry.Grace)
	defer cancel()
	_ = sendRest(ctx) // nobody is left to tell
}

// newVision makes the one Vision client. It dials nothing yet; without
// credentials it fails here, at start.
func newVision(ctx context.Context, emulator, endpoint string) (*vision.ImageAnnotatorClient, error) {
	var opts []option.ClientOption
	if emulator != "" {
		opts = append(opts, option.WithEndpoint(emulator), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	}
	if emulator == "" && endpoint != "" {
		opts = append(opts, option.WithEndpoint(endpoint))
	}
	c, err := vision.NewImageAnnotatorClient(ctx, opts...)
	if err != nil {
		return nil, fault.New(fault.Internal, "no Vision client: %v; on Google Cloud give the service an account that may use Vision, elsewhere run `gcloud auth application-default login`, or name a stand-in in VISION_EMULATOR_HOST", err)
	}
	return c, nil
}

// newCache keeps readings in the results bucket, those of Google apart from a stand-in's.
func newCache(cfg Config, objects *store.Client, log *slog.Logger) *annotate.Cache {
	if cfg.CacheDays == 0 {
		return nil
	}
	engine := "google"
	if cfg.Vision != "" {
		engine = "stand-in"
	}
	return &annotate.Cache{Store: objects, Bucket: cfg.Results, Engine: engine, MaxAge: time.Duration(cfg.CacheDays) * 24 * time.Hour, Log: log, Now: time.Now}
}

// picturesAtOnce is how many tiles are decoded at a time to look for codes.
const picturesAtOnce = 2

// newCodes remembers what it found for as long as readings are kept.
func newCodes(cfg Config, objects *store.Client, log *slog.Logger) *codes.Reader {
	r := &codes.Reader{Store: objects, Log: log, Now: time.Now, AtOnce: semaphore.NewWeighted(picturesAtOnce)}
	if cfg.CacheDays > 0 {
		r.Bucket, r.MaxAge = cfg.Results, time.Duration(cfg.CacheDays)*24*time.Hour
	}
	return r
}
