package capture

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// BenchmarkShortPages captures 2,000 px pages, four at a time, in isolated
// contexts, and beside it runs the floor in the same browser: a bare loop of
// protocol calls that opens a context, loads the page, and draws it once.
func BenchmarkShortPages(b *testing.B) {
	url := serveBench(b, banded(2000))
	c, bare := benchCapturer(b), bareBrowser(b)
	const pages, atOnce = 40, 4
	ours := func(i int) error {
		_, err := c.Page(context.Background(), job.Request{Schema: job.RequestSchema, ID: fmt.Sprintf("%d-%d", time.Now().UnixNano(), i), URL: url}, job.Source{})
		return err
	}
	var oursTime, floorTime time.Duration
	for b.Loop() {
		floorTime += inParallel(b, pages, atOnce, func(int) error { return bareCapture(bare, url, 2000) })
		oursTime += inParallel(b, pages, atOnce, ours)
	}
	perMinute := func(d time.Duration) float64 { return float64(pages*b.N) / d.Minutes() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perMinute(oursTime), "pages/min")
	b.ReportMetric(perMinute(floorTime), "floor-pages/min")
	b.ReportMetric(perMinute(oursTime)/perMinute(floorTime), "of-floor")
}

// BenchmarkLongPage captures a 100,000 px page of text; the floor draws the
// same tiles of a page that is already open and uploads nothing.
func BenchmarkLongPage(b *testing.B) {
	const height = 100_000
	url := serveBench(b, banded(height))
	c, bare := benchCapturer(b), bareBrowser(b)
	var oursTime, floorTime time.Duration
	for b.Loop() {
		ctx, cancel := chromedp.NewContext(bare, chromedp.WithNewBrowserContext())
		if err := bareOpen(ctx, url); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		for _, t := range bands(band{width: 1280, height: height}, 4096, 256) {
			if _, err := bareDraw(ctx, t); err != nil {
				b.Fatal(err)
			}
		}
		floorTime += time.Since(began)
		cancel()
		began = time.Now()
		if _, err := c.Page(context.Background(), job.Request{Schema: job.RequestSchema, ID: fmt.Sprint(began.UnixNano()), URL: url}, job.Source{}); err != nil {
			b.Fatal(err)
		}
		oursTime += time.Since(began)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(oursTime.Seconds()/float64(b.N), "s/page")
	b.ReportMetric(floorTime.Seconds()/float64(b.N), "floor-s/page")
	b.ReportMetric(oursTime.Seconds()/floorTime.Seconds(), "x-floor")
}

func serveBench(b *testing.B, body string) string {
	b.Helper()
	return serve(b, html(body))
}

func benchCapturer(b *testing.B) *Capturer {
	b.Helper()
	c, _ := capturer(b, "")
	c.Store = discard{}
	return c
}

// discard is a store that forgets, so that the benchmark's memory is the capture's.
type discard struct{}

func (discard) Create(_ context.Context, uri store.URI, _ string, _ []byte, _ map[string]string) (store.Attrs, error) {
	return store.Attrs{URI: uri}, nil
}

func (d discard) Put(ctx context.Context, uri store.URI, media string, data []byte, meta map[string]string) (store.Attrs, error) {
	return d.Create(ctx, uri, media, data, meta)
}

func (discard) Read(context.Context, store.URI, int64) ([]byte, store.Attrs, error) {
	return nil, store.Attrs{}, store.ErrNotExist
}

// bareBrowser is the same browser as ours, as chromedp starts it and with nothing of ours.
func bareBrowser(b *testing.B) context.Context {
	b.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(shared.Path()), chromedp.Flag("disable-gpu", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	b.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	b.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		b.Fatal(err)
	}
	return ctx
}

func bareCapture(bare context.Context, url string, height int) error {
	ctx, cancel := chromedp.NewContext(bare, chromedp.WithNewBrowserContext())
	defer cancel()
	if err := bareOpen(ctx, url); err != nil {
		return err
	}
	if _, err := chromedp.Call(ctx, cdppage.GetLayoutMetrics, cdp.Empty{}); err != nil {
		return err
	}
	_, err := bareDraw(ctx, band{width: 1280, height: height})
	return err
}

func bareOpen(ctx context.Context, url string) error {
	if err := chromedp.Do(ctx); err != nil {
		return err
	}
	metrics := emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 800, DeviceScaleFactor: 1}
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, metrics); err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

func bareDraw(ctx context.Context, t band) ([]byte, error) {
	yes, quality := true, int64(90)
	shot, err := chromedp.Call(ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{
		Format: cdppage.CaptureScreenshotFormatJpeg, Quality: &quality, CaptureBeyondViewport: &yes, OptimizeForSpeed: &yes,
		Clip: &cdppage.Viewport{Y: float64(t.y), Width: float64(t.width), Height: float64(t.height), Scale: 1}})
	return shot.Data, err
}

// inParallel runs do so many times, so many at once, and returns how long it took.
func inParallel(b *testing.B, times, atOnce int, do func(int) error) time.Duration {
	b.Helper()
	began := time.Now()
	next := make(chan int, times)
	for i := range times {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}
