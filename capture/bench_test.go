package capture

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// BenchmarkShortPages captures 2,000 px pages, four at a time, in isolated
// contexts, and beside it runs the floor: a bare loop of protocol calls, in a
// browser of its own, that opens a context, loads the page, and draws it once.
// The bare loop waits for nothing but the load event; a page with scripts is
// scrolled and watched by us for 300 ms more, which the second figure includes.
func BenchmarkShortPages(b *testing.B) {
	scripted := banded(2000) + `<script>addEventListener('scroll',()=>{document.title=scrollY})</script>`
	for _, c := range []struct {
		name, body string
		atOnce     int
	}{{"plain", banded(2000), 4}, {"scripted", scripted, 4}, {"scripted, eight at a time", scripted, 8}} {
		b.Run(c.name, func(b *testing.B) {
			url := serve(b, html(c.body))
			cap, bare := benchCapturer(b), bareBrowser(b)
			cap.Browser = ownForBench(b, c.atOnce)
			const pages = 48
			var oursTime, floorTime time.Duration
			for b.Loop() {
				floorTime += inParallel(b, pages, c.atOnce, func(int) error { return bareCapture(bare, url, 2000) })
				oursTime += inParallel(b, pages, c.atOnce, func(int) error { return cap.once(url) })
			}
			perMinute := func(d time.Duration) float64 { return float64(pages*b.N) / d.Minutes() }
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(perMinute(oursTime), "pages/min")
			b.ReportMetric(perMinute(floorTime), "floor-pages/min")
			b.ReportMetric(perMinute(oursTime)/perMinute(floorTime), "of-floor")
		})
	}
}

// BenchmarkLongPage captures a 100,000 px page of text; the floor draws the
// same tiles of a page that is already open and uploads nothing.
func BenchmarkLongPage(b *testing.B) {
	url := serve(b, html(banded(100_000)))
	cap, bare := benchCapturer(b), bareBrowser(b)
	var oursTime, floorTime time.Duration
	for b.Loop() {
		floorTime += bareTiles(b, bare, url, 100_000)
		began := time.Now()
		if err := cap.once(url); err != nil {
			b.Fatal(err)
		}
		oursTime += time.Since(began)
	}
	report(b, oursTime, floorTime)
}

// BenchmarkLazyPage captures a 100,000 px page with 300 lazy images, each of
// which takes the server 100 ms. The floor is what cannot be saved: the images
// fetched as a browser may, six at a time, and the tiles of a page that has
// them, drawn bare.
func BenchmarkLazyPage(b *testing.B) {
	const images = 300
	picture := dot(blue, 1280, 300)
	body := func(attr string) string {
		var s strings.Builder
		for i := range images {
			fmt.Fprintf(&s, `<img %s src="/i/%d" width=1280 height=300 style="display:block;margin-bottom:33.34px">`, attr, i)
		}
		return s.String()
	}
	url := serve(b, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/lazy":
			html(body("loading=lazy")+`<script>0</script>`)(w, r)
		case "/eager":
			html(body(""))(w, r)
		default:
			late := time.NewTimer(100 * time.Millisecond)
			defer late.Stop()
			<-late.C
			w.Header().Set("Cache-Control", "no-store")
			media("image/png", picture)(w, r)
		}
	})
	cap, bare := benchCapturer(b), bareBrowser(b)
	var oursTime, floorTime time.Duration
	for b.Loop() {
		floorTime += inParallel(b, images, 6, func(i int) error {
			r, err := http.Get(fmt.Sprintf("%s/i/%d", url, i))
			if err != nil {
				return err
			}
			defer r.Body.Close()
			_, err = io.Copy(io.Discard, r.Body)
			return err
		})
		floorTime += bareTiles(b, bare, url+"/eager", 100_000)
		began := time.Now()
		if err := cap.once(url + "/lazy"); err != nil {
			b.Fatal(err)
		}
		oursTime += time.Since(began)
	}
	report(b, oursTime, floorTime)
}

// BenchmarkMemory states the most that capturing a page of 10,000 and of
// 200,000 px adds to this process, and what the browser takes at most.
func BenchmarkMemory(b *testing.B) {
	for _, height := range []int{10_000, 200_000} {
		b.Run(fmt.Sprintf("%d px", height), func(b *testing.B) {
			url := serve(b, html(banded(height)))
			cap := benchCapturer(b)
			mine := fmt.Sprintf("%s/pageinspect-browser-%d-", os.TempDir(), os.Getpid())
			others := browsertest.Groups(mine)
			cap.Browser = ownForBench(b, 1)
			groups := browsertest.Groups(mine)
			maps.DeleteFunc(groups, func(id int, _ bool) bool { return others[id] })
			var ours, browsers int64
			for b.Loop() {
				debug.FreeOSMemory()
				idle := memoryOf(b, "VmRSS")
				if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak begins anew
					b.Skip("this system does not tell the peak: ", err)
				}
				stop := make(chan struct{})
				peak := make(chan int64)
				go func() { peak <- browserPeak(groups, stop) }()
				if err := cap.once(url); err != nil {
					b.Fatal(err)
				}
				close(stop)
				browsers = max(browsers, <-peak)
				ours = max(ours, memoryOf(b, "VmHWM")-idle)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ours)/1024, "MiB-ours")
			b.ReportMetric(float64(browsers)/1024, "MiB-browser")
		})
	}
}

func report(b *testing.B, ours, floor time.Duration) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/page")
	b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s/page")
	b.ReportMetric(ours.Seconds()/floor.Seconds(), "x-floor")
}

var benched atomic.Int64

// once captures url as a page of its own.
func (c *Capturer) once(url string) error {
	m, err := c.Page(context.Background(), job.Request{Schema: job.RequestSchema, ID: fmt.Sprint(benched.Add(1)), URL: url}, job.Source{})
	if err == nil && (m.Partial != "" || len(m.Warnings) > 0) {
		err = fmt.Errorf("partial %q, warnings %q", m.Partial, m.Warnings)
	}
	return err
}

// ownForBench is a browser of its own.
func ownForBench(b *testing.B, tabs int) *browser.Browser {
	b.Helper()
	own, err := browser.Start(context.Background(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: tabs, Recycle: 500, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { own.Close(context.Background()) })
	return own
}

// memoryOf reads a field of this process's memory, in KiB.
func memoryOf(b *testing.B, field string) int64 {
	b.Helper()
	n, err := kilobytes("/proc/self/status", field)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func kilobytes(file, field string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == field {
			return strconv.ParseInt(strings.Fields(value)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", file, field)
}

// browserPeak is the most memory, in KiB, that browsers take together until
// stop, each page of memory that several processes share counted in parts.
func browserPeak(groups map[int]bool, stop <-chan struct{}) (peak int64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var sum int64
		for pid := range browsertest.In(groups) {
			n, _ := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss") // it may have ended
			sum += n
		}
		peak = max(peak, sum)
		select {
		case <-tick.C:
		case <-stop:
			return peak
		}
	}
}

// bareTiles opens a page and returns how long drawing its tiles takes.
func bareTiles(b *testing.B, bare context.Context, url string, height int) time.Duration {
	b.Helper()
	ctx, cancel := chromedp.NewContext(bare, chromedp.WithNewBrowserContext())
	defer cancel()
	if err := bareOpen(ctx, url); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for _, t := range (cutting{height: 4096, overlap: 256}).bands(band{width: 1280, height: height}) {
		if _, err := bareDraw(ctx, t); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
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

func (d discard) Replace(ctx context.Context, uri store.URI, _ int64, media string, data []byte, meta map[string]string) (store.Attrs, error) {
	return d.Create(ctx, uri, media, data, meta)
}

func (discard) Read(context.Context, store.URI, int64) ([]byte, store.Attrs, error) {
	return nil, store.Attrs{}, store.ErrNotExist
}

// bareBrowser is the same browser as ours, as chromedp starts it and with nothing of ours.
func bareBrowser(b *testing.B) context.Context {
	b.Helper()
	ctx, stop := startBare(b)
	b.Cleanup(stop)
	return ctx
}

func startBare(b *testing.B) (context.Context, func()) {
	b.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(shared.Path()), chromedp.Flag("disable-gpu", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		b.Fatal(err)
	}
	return ctx, func() { cancel(); stop() }
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
