package recognize

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	vision "cloud.google.com/go/vision/v2/apiv1"
	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/annotate/annotatetest"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"
)

func client(tb testing.TB, stub *annotatetest.Stub) *vision.ImageAnnotatorClient {
	tb.Helper()
	c, err := newVision(tb.Context(), stub.Addr, "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() }) //nolint:errcheck // a benchmark may have closed it
	return c
}

// one reads one picture.
func one(ctx context.Context, v annotate.Vision, uri string) error {
	r := annotate.Client{Vision: v}
	readings, _, err := r.Read(ctx, []annotate.Picture{{URI: uri}}, []visionpb.Feature_Type{annotate.Text}, func(int) {})
	switch {
	case err != nil:
		return err
	case readings[0].Err != nil:
		return readings[0].Err
	case readings[0].Text.GetText() != uri:
		return fmt.Errorf("%s got the text of %q", uri, readings[0].Text.GetText())
	}
	return nil
}

// echo answers each image with its address.
func echo(_ context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
	return annotatetest.Text(r, &visionpb.TextAnnotation{Text: r.Requests[0].Image.Source.ImageUri}), nil
}

// How a job is cut off.
const (
	whole        = iota // it is not
	inCall              // while Vision works on it
	inPause             // while it waits to ask again
	beforeCall          // before it begins
	pastDeadline        // its time is over when it begins
	kinds
)

// TestJobsCutOffDisturbNoOther is the lesson of the system before this one: of
// 2,000 jobs over one client a third is cut off, at random and in every way, and
// all others succeed, over the one connection, and leave no goroutine.
func TestJobsCutOffDisturbNoOther(t *testing.T) {
	const jobs, atOnce = 2000, 64
	rnd := rand.New(rand.NewPCG(2026, 11))
	fate := map[string]int{}
	cut := map[string]context.CancelFunc{}
	ctxs := make([]context.Context, jobs)
	var cutOff int
	for i := range jobs {
		uri := fmt.Sprintf("gs://bucket/%d", i)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if rnd.IntN(3) == 0 {
			cutOff++
			fate[uri] = 1 + rnd.IntN(kinds-1)
		}
		switch fate[uri] {
		case beforeCall:
			cancel()
		case pastDeadline:
			var done context.CancelFunc
			ctx, done = context.WithDeadline(ctx, time.Unix(0, 0))
			defer done()
		}
		ctxs[i], cut[uri] = ctx, cancel
	}
	stub := annotatetest.Start(t, func(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
		switch uri := r.Requests[0].Image.Source.ImageUri; fate[uri] {
		case inCall:
			cut[uri]()
			<-ctx.Done() // the client has hung up
			return nil, ctx.Err()
		case inPause:
			defer cut[uri]()
			return &visionpb.BatchAnnotateImagesResponse{Responses: []*visionpb.AnnotateImageResponse{{Error: &rpc.Status{Code: int32(codes.Unavailable)}}}}, nil
		}
		return echo(ctx, r)
	})
	c := client(t, stub)
	if err := one(t.Context(), c, "gs://bucket/first"); err != nil {
		t.Fatal(err)
	}
	connections, calm := stub.Connections(), goleak.IgnoreCurrent()

	var wrong sync.Map
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i := range jobs {
		g.Go(func() error {
			uri := fmt.Sprintf("gs://bucket/%d", i)
			err := one(ctxs[i], c, uri)
			if stopped := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded); stopped != (fate[uri] != whole) || !stopped && err != nil {
				wrong.Store(uri, fmt.Sprintf("fate %d: %v", fate[uri], err))
			}
			return nil
		})
	}
	_ = g.Wait() // what went wrong is noted
	wrong.Range(func(uri, what any) bool { t.Errorf("%s: %s", uri, what); return true })
	if cutOff < jobs/4 || cutOff > jobs/2 {
		t.Errorf("%d of %d were cut off", cutOff, jobs)
	}
	if n := stub.Connections() - connections; n != 0 {
		t.Errorf("%d new connections", n)
	}
	if err := one(t.Context(), c, "gs://bucket/last"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	goleak.VerifyNone(t, calm, initsOwn)
}

// BenchmarkClient reads 400 pictures, 16 at a time, in three ways: over the one
// client that package init makes; as the system before this one did, with a
// client for each; and as it did before that, when a job that was over closed
// the client of all.
func BenchmarkClient(b *testing.B) {
	const jobs, atOnce = 400, 16
	run := func(b *testing.B, begin func(), job func(i int) error) {
		var failed atomic.Int64
		for b.Loop() {
			begin()
			var g errgroup.Group
			g.SetLimit(atOnce)
			for i := range jobs {
				g.Go(func() error {
					if job(i) != nil {
						failed.Add(1)
					}
					return nil
				})
			}
			_ = g.Wait() // failures are counted
		}
		b.ReportMetric(float64(jobs*b.N)/b.Elapsed().Seconds(), "calls/s")
		b.ReportMetric(float64(failed.Load())/float64(b.N), "failures-of-400")
	}
	connections := func(b *testing.B, stub *annotatetest.Stub) {
		b.ReportMetric(float64(stub.Connections())/float64(b.N), "connections")
	}
	uri := func(i int) string { return fmt.Sprintf("gs://bucket/%d", i) }
	b.Run("shared", func(b *testing.B) {
		stub := annotatetest.Start(b, echo)
		c := client(b, stub)
		run(b, func() {}, func(i int) error { return one(b.Context(), c, uri(i)) })
		connections(b, stub)
	})
	b.Run("one-a-job", func(b *testing.B) {
		stub := annotatetest.Start(b, echo)
		run(b, func() {}, func(i int) error {
			c, err := newVision(b.Context(), stub.Addr, "")
			if err != nil {
				return err
			}
			return errors.Join(one(b.Context(), c, uri(i)), c.Close())
		})
		connections(b, stub)
	})
	b.Run("closed-by-a-job", func(b *testing.B) {
		stub := annotatetest.Start(b, echo)
		var c *vision.ImageAnnotatorClient
		run(b, func() { c = client(b, stub) }, func(i int) error { // a new instance each time
			err := one(b.Context(), c, uri(i))
			if i == 20 {
				c.Close() //nolint:errcheck // the mistake that is shown
			}
			return err
		})
		connections(b, stub)
	})
}

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	t.Setenv("VISION_IMAGES_PER_MINUTE", "5")
	t.Setenv("VISION_CACHE_DAYS", "-1")
	_, err := loadConfig()
	if err == nil || !strings.Contains(err.Error(), "VISION_IMAGES_PER_MINUTE: is 5, want 32 or more") || !strings.Contains(err.Error(), "VISION_CACHE_DAYS: is -1") {
		t.Errorf("got %v", err)
	}
	t.Setenv("VISION_IMAGES_PER_MINUTE", "many")
	if _, err := loadConfig(); err == nil || !strings.Contains(err.Error(), "ImagesPerMinute") {
		t.Errorf("got %v", err)
	}
	t.Setenv("VISION_IMAGES_PER_MINUTE", "600")
	t.Setenv("VISION_CACHE_DAYS", "0")
	cfg, err := loadConfig()
	if err != nil || cfg.ImagesPerMinute != 600 || newCache(cfg, nil, nil) != nil {
		t.Errorf("%+v, %v", cfg, err)
	}
}
