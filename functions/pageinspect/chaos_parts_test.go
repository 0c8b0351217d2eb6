package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/capture"
	"github.com/pageinspect/pageinspect/functions/delivery"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localconnect"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
	"google.golang.org/grpc"
)

// partVariable makes this test binary one part of the chaos test, a process of
// its own that can be killed and frozen; partAddr is where it listens.
const (
	partVariable = "PAGEINSPECT_CHAOS_PART"
	partAddr     = "PAGEINSPECT_CHAOS_ADDR"
	partDir      = "PAGEINSPECT_CHAOS_DIR"
	partTarget   = "PAGEINSPECT_CHAOS_TARGET" // whom it delivers to
	partSkew     = "PAGEINSPECT_CHAOS_SKEW"   // what its clock is off by
)

// chaosTTL is short, so that freezing an owner for seconds costs it its lease.
const chaosTTL = 2 * time.Second

// runPart serves until it is killed.
func runPart(name string) {
	parts := map[string]func(ctx context.Context) error{
		"kafka": chaosKafka, "storage": chaosStorage, "vision": chaosVision, "connector": chaosConnector, "capture": chaosCapture,
	}
	if err := parts[name](context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		os.Exit(1)
	}
	select {}
}

func chaosKafka(context.Context) error {
	_, err := localkafka.Start(localkafka.Config{Dir: os.Getenv(partDir), Addr: os.Getenv(partAddr),
		Topics: map[string]int{localcloud.RequestsTopic: 8, localcloud.ResultsTopic: 4, localcloud.ErrorsTopic: 1}})
	return err
}

func chaosStorage(context.Context) error {
	signal.Ignore(syscall.SIGXFSZ) // the schedule fills its disk by a limit on the size of files
	_, err := localgcs.Start(localgcs.Config{
		Dir: os.Getenv(partDir), Addr: os.Getenv(partAddr), Buckets: []string{localcloud.Screenshots, localcloud.Pages, localcloud.Results},
		Notify: map[string]string{localcloud.Pages: os.Getenv(partTarget)}, Deliveries: 8,
	})
	return err
}

// chaosVision reads the same word on every picture.
func chaosVision(context.Context) error {
	l, err := net.Listen("tcp", os.Getenv(partAddr))
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	visionpb.RegisterImageAnnotatorServer(s, oneWord{})
	return s.Serve(l)
}

type oneWord struct {
	visionpb.UnimplementedImageAnnotatorServer
}

func (oneWord) BatchAnnotateImages(_ context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
	out := &visionpb.BatchAnnotateImagesResponse{}
	for range r.Requests {
		box := &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: 1, Y: 1}, {X: 20, Y: 1}, {X: 20, Y: 9}, {X: 1, Y: 9}}}
		word := &visionpb.Word{BoundingBox: box, Confidence: 1, Symbols: []*visionpb.Symbol{{Text: "O", BoundingBox: box}, {Text: "K", BoundingBox: box}}}
		out.Responses = append(out.Responses, &visionpb.AnnotateImageResponse{FullTextAnnotation: &visionpb.TextAnnotation{Text: "OK", Pages: []*visionpb.Page{{
			Blocks: []*visionpb.Block{{BoundingBox: box, Paragraphs: []*visionpb.Paragraph{{BoundingBox: box, Words: []*visionpb.Word{word}}}}}}}}})
	}
	return out, nil
}

func chaosConnector(ctx context.Context) error {
	w, err := topic.NewWriter(topic.Config{Brokers: strings.Split(os.Getenv("KAFKA_BROKERS"), ",")})
	if err != nil {
		return err
	}
	return localconnect.Run(ctx, localconnect.Config{
		Kafka: topic.Config{Brokers: strings.Split(os.Getenv("KAFKA_BROKERS"), ",")}, Group: "chaos", Topic: localcloud.RequestsTopic,
		URL: os.Getenv(partTarget), Tasks: 2, InFlight: 8, Client: &http.Client{Timeout: time.Minute},
		// As with errors.retry.timeout=-1: a connector that gives up says failed
		// of what may be under way.
		MaxRetries: 1_000_000, Backoff: 50 * time.Millisecond, MaxBackoff: time.Second,
		DeadLetter: func(ctx context.Context, m topic.Message, err error) error {
			f := job.NewFailure(job.StageDeliver, err, job.Request{ID: string(m.Key)}, m.Value, job.Source{}, time.Now())
			b, _ := json.Marshal(f)
			return w.Publish(ctx, topic.Message{Topic: localcloud.ErrorsTopic, Key: m.Key, Value: b})
		},
	})
}

// chaosCapture is the Capture function with a browser that draws small grey
// tiles. All else, delivery, lease, commit and records, is the function's own.
func chaosCapture(ctx context.Context) error {
	skew, err := time.ParseDuration(os.Getenv(partSkew))
	if err != nil {
		return err
	}
	now := func() time.Time { return time.Now().Add(skew) }
	objects, err := store.New(ctx, store.Config{EmulatorHost: os.Getenv("STORAGE_EMULATOR_HOST")})
	if err != nil {
		return err
	}
	kafka, err := topic.NewWriter(topic.Config{Brokers: strings.Split(os.Getenv("KAFKA_BROKERS"), ",")})
	if err != nil {
		return err
	}
	s := &stubCapturer{store: objects, now: now, stumbled: map[string]bool{}}
	capturer := &capture.Capturer{Store: objects, Pages: localcloud.Pages, Now: now}
	h := &delivery.Handler{
		Stage: job.StageCapture, Topic: localcloud.ErrorsTopic, Errors: kafka, Log: slog.New(slog.DiscardHandler), Now: time.Now, AtOnce: 8,
		Leases: &lease.Leases{Config: lease.Config{MaxAttempts: 5, TTL: chaosTTL}, Store: objects, Bucket: localcloud.Screenshots},
		Decode: delivery.Requests,
		Open: func(i *delivery.Item) delivery.Job {
			return stubJob{capturer.Job(i.Request, i.Source), s, i}
		},
	}
	go drainAtSIGTERM(h)
	return http.ListenAndServe(os.Getenv(partAddr), h) //nolint:gosec // a test's, on loopback
}

// drainAtSIGTERM ends the part as package serving ends a function.
func drainAtSIGTERM(h *delivery.Handler) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	h.Drain(ctx)
	os.Exit(0)
}

// stubJob is Capture's own but for what it does with a browser.
type stubJob struct {
	*capture.Job
	stub *stubCapturer
	item *delivery.Item
}

func (stubJob) Ready(context.Context) (func(), error) { return func() {}, nil }

func (j stubJob) Do(ctx context.Context, own *lease.Lease) error {
	return j.stub.page(ctx, j.item.Request, j.item.Source, own)
}

type stubCapturer struct {
	store    *store.Client
	now      func() time.Time
	mu       sync.Mutex
	stumbled map[string]bool
}

func (s *stubCapturer) page(ctx context.Context, r job.Request, src job.Source, own *lease.Lease) error {
	h := fnv.New32a()
	h.Write([]byte(r.ID))
	switch sum := h.Sum32() % 100; {
	case sum < 5:
		return fault.New(fault.Blocked, "the site turns us away")
	case sum < 15:
		s.mu.Lock()
		again := s.stumbled[r.ID]
		s.stumbled[r.ID] = true
		s.mu.Unlock()
		if !again {
			return fault.New(fault.Transient, "the first time it stumbles")
		}
	}
	m := page.Manifest{Schema: page.Schema, ID: r.ID, Request: r, Source: src, FinalURL: r.URL, Title: r.ID, CapturedAt: s.now().UTC(), Width: 64, Scale: 1}
	var tile bytes.Buffer
	if err := png.Encode(&tile, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		return err
	}
	run := fmt.Sprintf("%d-%d", s.now().UnixNano(), os.Getpid())
	for i := range 2 {
		uri := store.URI{Bucket: localcloud.Screenshots, Object: fmt.Sprintf("%s/%s/%03d.png", r.ID, run, i)}
		if _, err := s.store.Create(ctx, uri, "image/png", tile.Bytes(), nil); err != nil {
			return err
		}
		m.Tiles = append(m.Tiles, page.Tile{Object: uri.String(), Y: m.Height, Width: 64, Height: 64, MediaType: "image/png", Bytes: tile.Len(), CRC32C: store.CRC32CBase64(tile.Bytes())})
		m.Height += 64
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := own.Check(ctx); err != nil {
		return err
	}
	_, err = s.store.Create(ctx, store.URI{Bucket: localcloud.Pages, Object: r.ID + ".json"}, "application/json", b, nil)
	if errors.Is(err, store.ErrExists) {
		return nil // another delivery was first
	}
	return err
}
