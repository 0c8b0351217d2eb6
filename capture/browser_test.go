package capture

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// processes are those whose command line names dir, this one aside.
func processes(dir string) []int {
	var out []int
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), dir) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			out = append(out, pid)
		}
	}
	return out
}

// eventually asks cond until it holds, for as long as 15 s.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(15 * time.Second)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within 15 s", what)
		}
	}
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
	cap, _ := own(t, BrowserConfig{Tabs: 2, Recycle: 100, Allow: []string{"127.0.0.1"}})
	url, arrived, _ := held(t)
	result := cap.start(t.Context(), url)
	<-arrived
	// Not the process that was started, which may be a script around the browser.
	for _, p := range processes(cap.Browser.current.dir) {
		if err := syscall.Kill(p, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
			t.Fatal(err)
		}
	}
	if err := <-result; fault.KindOf(err) != fault.Transient {
		t.Errorf("the page in flight: %s: %v", fault.KindOf(err), err)
	}
	cap.mustPage(t, ask(serve(t, html(seen))))
}

func TestRendererCrashCostsItsOwnPage(t *testing.T) {
	cap, _ := own(t, BrowserConfig{Tabs: 2, Recycle: 100, Allow: []string{"127.0.0.1"}})
	s := newShot(cap, ask(serve(t, html(seen))), job.Source{})
	defer s.close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, step := range []func(context.Context) error{s.chooseProfile, s.openTab, s.navigate} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	before := cap.Browser.current
	go call(ctx, s.tab, page.Crash, cdp.Empty{}) //nolint:errcheck // it is not answered
	began := time.Now()
	var err error
	for err == nil {
		_, err = js[float64](ctx, s, "height")
	}
	if !errors.Is(err, errCrashed) || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	cap.mustPage(t, ask(serve(t, html(seen))))
	if cap.Browser.current != before {
		t.Error("the crash of one page replaced the browser")
	}
}

func TestCancelledPageGivesItsTabBack(t *testing.T) {
	cap, mem := own(t, BrowserConfig{Tabs: 1, Recycle: 100, Allow: []string{"127.0.0.1"}})
	tabs := func() int {
		all, err := chromedp.Targets(cap.Browser.current.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	idle := tabs()
	url, arrived, _ := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	result := cap.start(ctx, url)
	<-arrived

	_, err := cap.Page(t.Context(), ask(url), job.Source{})
	if !errors.Is(err, ErrBusy) || fault.KindOf(err) != fault.Transient {
		t.Errorf("a second page in the only tab: %v", err)
	}
	cancel()
	if err := <-result; fault.KindOf(err) != fault.Transient {
		t.Errorf("cancelled: %s: %v", fault.KindOf(err), err)
	}
	if len(mem.objects) > 0 {
		t.Error("a cancelled page left objects")
	}
	eventually(t, "the tab is gone", func() bool { return tabs() == idle })
	cap.mustPage(t, ask(serve(t, html(seen))))
}

func TestBrowserIsReplacedAndLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	url := serve(t, html(seen))
	goroutines := runtime.NumGoroutine()
	b, err := StartBrowser(t.Context(), BrowserConfig{Path: os.Getenv("CHROME_PATH"), Tabs: 2, Recycle: 2, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cap, _ := capturer(t, "")
	cap.Browser = b
	seenDirs := map[string]bool{}
	for i := range 5 {
		req := ask(url)
		req.ID = string(rune('a' + i))
		cap.mustPage(t, req)
		seenDirs[b.current.dir] = true
	}
	if len(seenDirs) != 3 {
		t.Errorf("%d browsers for 5 pages at 2 each, want 3", len(seenDirs))
	}
	eventually(t, "retired browsers are gone", func() bool {
		dirs, _ := filepath.Glob(os.TempDir() + "/*")
		return len(dirs) == 1
	})
	b.Close()
	if left := processes(os.TempDir()); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	if dirs, _ := filepath.Glob(os.TempDir() + "/*"); len(dirs) > 0 {
		t.Errorf("left behind: %q", dirs)
	}
	if _, err := b.open(t.Context()); fault.KindOf(err) != fault.Transient {
		t.Errorf("after Close: %v", err)
	}
	eventually(t, "goroutines are back to what they were", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	for name, cfg := range map[string]BrowserConfig{
		"no such browser": {Path: "/nonexistent", Tabs: 1, Recycle: 1},
		"not a browser":   {Path: "/bin/false", Tabs: 1, Recycle: 1},
		"no tabs":         {Tabs: 0, Recycle: 1},
		"allow nonsense":  {Tabs: 1, Recycle: 1, Allow: []string{"x"}},
	} {
		if b, err := StartBrowser(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
			b.Close()
			t.Errorf("%s: started", name)
		}
	}
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
		case err == nil && len(mem.objects) != len(m.Tiles)+1:
			t.Errorf("%v: %d objects for %d tiles", limit, len(mem.objects), len(m.Tiles))
		}
	}
}
