package browser

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// started is a browser whose files and processes are those of the test's TMPDIR alone.
func started(t *testing.T, cfg Config) *Browser {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	cfg.Path, cfg.Allow = os.Getenv("CHROME_PATH"), []string{"127.0.0.1"}
	b, err := Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(context.Background()) })
	return b
}

// visit opens a tab and loads url in it.
func visit(ctx context.Context, b *Browser, url string) (*Tab, error) {
	tab, err := b.Open(ctx)
	if err != nil {
		return nil, err
	}
	_, err = Call(ctx, tab, page.Navigate, page.NavigateParams{URL: url})
	if err == nil {
		_, err = tab.Loaded(ctx, time.Minute, 20*time.Second)
	}
	if err != nil {
		tab.Close()
	}
	return tab, err
}

func site(t *testing.T, body string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(body)) //nolint:errcheck // the visitor may leave
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestBrowserIsReplacedAndLeavesNothing(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	b := started(t, Config{Tabs: 2, Recycle: 2})
	dirs, groups := map[string]bool{}, map[int]bool{}
	browsertest.Eventually(t, "a third browser opens tabs", func() bool {
		tab, err := b.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tab.Close()
		dirs[tab.process.dir] = true
		maps.Copy(groups, browsertest.Groups(os.TempDir()))
		return len(dirs) == 3
	})
	browsertest.Eventually(t, "retired browsers are gone", func() bool {
		dirs, _ := filepath.Glob(os.TempDir() + "/*")
		return len(dirs) == 1
	})
	b.Close(context.Background())
	browsertest.Eventually(t, "its processes are gone", func() bool { return len(browsertest.In(groups)) == 0 })
	if dirs, _ := filepath.Glob(os.TempDir() + "/*"); len(dirs) > 0 {
		t.Errorf("left behind: %q", dirs)
	}
	if _, err := b.Open(t.Context()); fault.KindOf(err) != fault.Transient {
		t.Errorf("after Close: %v", err)
	}
	browsertest.Eventually(t, "goroutines are back to what they were", func() bool { return runtime.NumGoroutine() <= goroutines })
}

// Tabs that are closed, cancelled while they open, and cancelled while their
// page loads take their browser contexts with them.
func TestNoContextIsLeft(t *testing.T) {
	b := started(t, Config{Tabs: 4, Recycle: 1000})
	url := site(t, "<p>x")
	contexts := func() int {
		r, err := chromedp.CallBrowser(b.current.ctx, target.GetBrowserContexts, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		return len(r.BrowserContextIDs)
	}
	before := contexts()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 12 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%3 == 0 { // at some point of the opening, another each time
					stop := context.AfterFunc(ctx, func() {})
					defer stop()
					go func() {
						for range (i*4 + worker) * 1000 {
							runtime.Gosched()
						}
						cancel()
					}()
				}
				tab, err := visit(ctx, b, url)
				if err == nil {
					tab.Close()
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("tab %d: %v", i, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	browsertest.Eventually(t, "contexts are back to what they were", func() bool { return contexts() == before })
	browsertest.Eventually(t, "no page is counted as open", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.current.open == 0
	})
}

// A browser that answers nothing any more is replaced, and the page that found
// it so is seen in another.
func TestHungBrowserIsReplaced(t *testing.T) {
	b := started(t, Config{Tabs: 2, Recycle: 100})
	b.patience = 3 * time.Second
	hung := b.current
	browsertest.Signal(t, os.TempDir(), syscall.SIGSTOP)
	tab, err := visit(t.Context(), b, site(t, "<p>x"))
	if err != nil {
		t.Fatal(err)
	}
	if tab.process == hung {
		t.Error("the page is in the browser that hung")
	}
	tab.Close()
	browsertest.Eventually(t, "the hung one is gone", func() bool { _, err := os.Stat(hung.dir); return os.IsNotExist(err) })
}

// Close ends what does not answer, with pages open, in less than half of the 10 s
// that Cloud Run gives after SIGTERM.
func TestCloseEndsAHungBrowserInTime(t *testing.T) {
	b := started(t, Config{Tabs: 2, Recycle: 100})
	if _, err := visit(t.Context(), b, site(t, "<p>x")); err != nil {
		t.Fatal(err)
	}
	browsertest.Signal(t, os.TempDir(), syscall.SIGSTOP)
	groups := browsertest.Groups(os.TempDir())
	began := time.Now()
	b.Close(context.Background())
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
	browsertest.Eventually(t, "its processes are gone", func() bool { return len(browsertest.In(groups)) == 0 })
}
