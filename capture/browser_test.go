package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
)

// own is a capturer with a browser of its own, whose files and processes are
// those of the test's TMPDIR alone.
func own(t *testing.T, cfg browser.Config) (*Capturer, *memory) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	cfg.Path = os.Getenv("CHROME_PATH")
	if cfg.Recycle == 0 {
		cfg.Recycle = 1000
	}
	if cfg.Allow == nil {
		cfg.Allow = []string{"127.0.0.1"}
	}
	b, err := browser.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(context.Background()) })
	cap, mem := capturer(t, "")
	cap.Browser = b
	return cap, mem
}

// held is a page that is loading until it is let go; arrived says that it was asked for.
func held(t *testing.T) (url string, arrived <-chan struct{}, release func()) {
	came, done := make(chan struct{}), make(chan struct{})
	var once, end sync.Once
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold.png" {
			once.Do(func() { close(came) })
			select {
			case <-done:
			case <-r.Context().Done():
			}
			return
		}
		html(seen+`<img src=/hold.png>`)(w, r)
	})
	release = func() { end.Do(func() { close(done) }) }
	t.Cleanup(release)
	return url, came, release
}

// start captures url in the background.
func (c *Capturer) start(ctx context.Context, url string) <-chan error {
	out := make(chan error, 1)
	go func() {
		req := ask(url)
		req.ID = "background"
		_, err := c.Page(ctx, req, job.Source{})
		out <- err
	}()
	return out
}

func TestBrowserKilledInMidPage(t *testing.T) {
	cap, _ := own(t, browser.Config{Tabs: 2})
	url, arrived, _ := held(t)
	result := cap.start(t.Context(), url)
	<-arrived
	browsertest.Signal(t, os.TempDir(), syscall.SIGKILL)
	if err := <-result; fault.KindOf(err) != fault.Transient {
		t.Errorf("the page in flight: %s: %v", fault.KindOf(err), err)
	}
	cap.mustPage(t, ask(serve(t, html(seen))))
}

// The browser is killed three times while four pages are captured at a time.
// Every page that was cut short says that it may be tried again, and succeeds then.
func TestBrowserKilledUnderLoad(t *testing.T) {
	cap, mem := own(t, browser.Config{Tabs: 4})
	const pages, height = 16, 6000
	url := serve(t, html(banded(height)+`<script>0</script>`))
	var drawn atomic.Int64
	mem.Refuse = func(op string, _ store.URI) error {
		if op == "read" {
			return nil
		}
		if n := drawn.Add(1); n == 3 || n == 12 || n == 20 { // in the middle of their tiles
			browsertest.Signal(t, os.TempDir(), syscall.SIGKILL)
		}
		return nil
	}
	todo := make(chan int, pages)
	for i := range pages {
		todo <- i
	}
	close(todo)
	var wg sync.WaitGroup
	var cut atomic.Int64
	for range 4 {
		wg.Go(func() {
			for i := range todo {
				for try := 0; ; try++ {
					req := ask(url)
					req.ID = fmt.Sprintf("page-%d", i)
					m, err := cap.Page(t.Context(), req, job.Source{})
					if err == nil {
						if m.Height != height || m.Partial != "" {
							t.Errorf("page %d: height %d, partial %q", i, m.Height, m.Partial)
						}
						break
					}
					if cut.Add(1); fault.KindOf(err) != fault.Transient || try == 20 {
						t.Errorf("page %d: %s: %v", i, fault.KindOf(err), err)
						break
					}
				}
			}
		})
	}
	wg.Wait()
	if cut.Load() == 0 {
		t.Error("no page was cut short: nothing was tested")
	}
	manifests := 0
	for uri := range mem.Objects() {
		if uri.Bucket == "pages" {
			manifests++
		}
	}
	if manifests != pages {
		t.Errorf("%d manifests for %d pages", manifests, pages)
	}
}

// A page that crashes its renderer loses its own tab; the page beside it,
// which is loading all the while, is captured whole.
func TestRendererCrashCostsItsOwnPage(t *testing.T) {
	cap, mem := own(t, browser.Config{Tabs: 2})
	url, arrived, release := held(t)
	beside := cap.start(t.Context(), url)
	<-arrived
	browsers := browsertest.Groups(os.TempDir())

	s := newShot(cap, ask(serve(t, html(seen))), job.Source{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var err error
	if s.slot, err = cap.Browser.Reserve(ctx); err != nil {
		t.Fatal(err)
	}
	for _, step := range []func(context.Context) error{s.chooseProfile, s.openTab, s.navigate} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	go browser.Call(ctx, s.tab, cdppage.Crash, cdp.Empty{}) //nolint:errcheck // it is not answered
	began := time.Now()
	for err == nil {
		_, err = js[float64](ctx, s, "height")
	}
	if !errors.Is(err, browser.ErrCrashed) || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	s.close()

	release()
	if err := <-beside; err != nil {
		t.Errorf("the page beside it: %v", err)
	}
	if len(mem.Objects()) != 3 {
		t.Errorf("%d objects of the page beside it, want a tile, its text and a manifest", len(mem.Objects()))
	}
	cap.mustPage(t, ask(serve(t, html(seen))))
	if now := browsertest.Groups(os.TempDir()); !maps.Equal(now, browsers) {
		t.Errorf("the crash of one page replaced the browser: %v, were %v", now, browsers)
	}
}

// 200 pages of every temper, a third of them cancelled at a random request of
// theirs, leave no process, no goroutine and no file more than an idle browser
// has. (Package browser counts the browser's contexts.)
func TestMixedPagesLeaveNothing(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	cap, _ := own(t, browser.Config{Tabs: 4})
	cap.Store = discard{}
	rnd := rand.New(rand.NewPCG(1, 2))
	var cancels sync.Map // page's number -> what ends it
	picture := dot(blue, 100, 100)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		id, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if c, ok := cancels.Load(id + "/" + what); ok {
			c.(context.CancelFunc)()
			<-r.Context().Done() // until the browser has heard of it
			return
		}
		switch {
		case what == "":
			n, _ := strconv.Atoi(id)
			html(seen+tempers[n%len(tempers)])(w, r)
		case what == "missing":
			http.NotFound(w, r)
		default:
			media("image/png", picture)(w, r)
		}
	})
	// What an idle browser has: beside a renderer that it keeps in store, it
	// starts its other processes with its first page.
	idle := func() string {
		kinds := map[string]int{}
		for _, kind := range browsertest.In(browsertest.Groups(os.TempDir())) {
			kinds[kind]++
		}
		kinds["renderer"] = max(kinds["renderer"]-1, 0)
		files, _ := filepath.Glob(os.TempDir() + "/*")
		return fmt.Sprintf("processes %v, %d files", kinds, len(files))
	}
	cap.mustPage(t, ask(url+"/0/"))
	var before string
	same := 0 // looks in a row, since a process that is just being made may be seen in one of them
	browsertest.Eventually(t, "the first page is gone", func() bool {
		now := idle()
		if same++; now != before || !strings.Contains(now, "renderer:0") {
			before, same = now, 0
		}
		return same == 10
	})

	const pages = 200
	todo := make(chan int, pages)
	for i := range pages {
		todo <- i
	}
	close(todo)
	wanted := make([]string, pages)
	for i := range wanted {
		wanted[i] = []string{"", "", "", "", "a.png", "b.png"}[rnd.IntN(6)]
	}
	var wg sync.WaitGroup
	var done, cut atomic.Int64
	for range 4 {
		wg.Go(func() {
			for i := range todo {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				if what := wanted[i]; what != "" {
					cancels.Store(fmt.Sprintf("%d/%s", i, what), cancel)
				}
				req := ask(fmt.Sprintf("%s/%d/", url, i))
				req.ID = strconv.Itoa(i)
				_, err := cap.Page(ctx, req, job.Source{})
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, context.Canceled):
					cut.Add(1)
				default:
					t.Errorf("page %d: %v", i, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if done.Load() < pages/3 || cut.Load() < pages/6 {
		t.Errorf("%d pages captured and %d cancelled: nothing was tested", done.Load(), cut.Load())
	}
	defer func() {
		if t.Failed() {
			t.Log(idle())
		}
	}()
	browsertest.Eventually(t, "what "+before+" were", func() bool { return idle() == before })
	groups := browsertest.Groups(os.TempDir())
	cap.Browser.Close(context.Background())
	browsertest.Eventually(t, "its processes are gone", func() bool { return len(browsertest.In(groups)) == 0 })
	if files, _ := filepath.Glob(os.TempDir() + "/*"); len(files) > 0 {
		t.Errorf("files left: %q", files)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	browsertest.Eventually(t, "goroutines are back", func() bool { return runtime.NumGoroutine() <= goroutines+2 }) // the server of the pages
}

// tempers are pages that ask for a.png and b.png, each in its way.
var tempers = []string{
	`<img src=a.png><img src=b.png>`,
	`<img src=a.png><div style="height:3000px"></div><img loading=lazy src=b.png>`,
	`<img src=a.png><script>alert(1);onload=()=>{new Image().src='b.png';confirm(2)}</script>`,
	`<img src=a.png><iframe src=b.png></iframe><script>open('missing')</script>`,
	`<img src=a.png><script>for(let i=0;i<5;i++)fetch('b.png');new Worker(URL.createObjectURL(new Blob(['setInterval(()=>{},10)'])))</script>`,
	`<img src=missing><img src=a.png><script>setTimeout(()=>{document.body.style.height='2500px';new Image().src='b.png'},50)</script>`,
	`<style>@keyframes k{to{opacity:0}}img{animation:k 1s infinite}</style><img src=a.png><img src=b.png>`,
}

func TestCancelledPageGivesItsTabBack(t *testing.T) {
	cap, mem := own(t, browser.Config{Tabs: 1})
	url, arrived, _ := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	result := cap.start(ctx, url)
	<-arrived

	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	_, err := cap.Page(short, ask(url), job.Source{})
	if !fault.IsBusy(err) {
		t.Errorf("a second page in the only tab: %v", err)
	}
	cancel()
	if err := <-result; fault.KindOf(err) != fault.Transient {
		t.Errorf("cancelled: %s: %v", fault.KindOf(err), err)
	}
	if len(mem.Objects()) > 0 {
		t.Error("a cancelled page left objects")
	}
	cap.mustPage(t, ask(serve(t, html(seen))))
}

func TestShortDeadlines(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond} {
		cap, mem := capturer(t, " - {name: default, tile_height: 512, overlap: 256}\n")
		began := time.Now()
		m, err := cap.try(t, serve(t, html(`<div style="height:50000px"></div>`)), limit)
		if took := time.Since(began); took > limit+2*time.Second {
			t.Errorf("%v: took %v", limit, took)
		}
		switch {
		case err != nil && fault.KindOf(err) != fault.Timeout:
			t.Errorf("%v: %s: %v", limit, fault.KindOf(err), err)
		case err == nil && m.Partial == "" && m.Height != 50000:
			t.Errorf("%v: height %d and not partial", limit, m.Height)
		case err == nil && m.DOM != "" && len(mem.Objects()) != len(m.Tiles)+2: // the text, if there was time for it, and the manifest
			t.Errorf("%v: %d objects for %d tiles", limit, len(mem.Objects()), len(m.Tiles))
		}
	}
}
