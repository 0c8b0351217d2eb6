package capture

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// BrowserConfig says which browser to run and how hard.
type BrowserConfig struct {
	// Path of the executable; empty: see FindBrowser.
	Path string `env:"CHROME_PATH"`
	// Tabs is how many pages are captured at once. Four keep two cores busy.
	Tabs int `env:"CAPTURE_TABS" envDefault:"4"`
	// Recycle is after how many pages a fresh browser takes over: browsers
	// leak, slowly, and a restart costs 0.3 s while the old one finishes.
	Recycle int `env:"CAPTURE_RECYCLE" envDefault:"500"`
	// Allow lists private addresses that pages may visit all the same, as
	// CIDR, IP or IP:port. Empty in production.
	Allow []string `env:"CAPTURE_ALLOW"`
}

// tabTimeout is how long an idle browser may take to open a tab (44 ms on two
// cores) before it is taken for hung and replaced.
const tabTimeout = 30 * time.Second

// ErrBusy happens if every tab is in use; the same work may be delivered again later.
var ErrBusy = fault.New(fault.Transient, "every tab is in use")

// errBrowserGone happens if the browser process ended while a page was using it.
var errBrowserGone = fault.New(fault.Transient, "the browser ended in mid-page")

// Browser supervises the one browser of this instance: it starts it, replaces
// it after a crash, a hang or Recycle pages, bounds its tabs, and stops it.
// A page that fails costs its own tab; pages in a browser that is being
// replaced finish there.
type Browser struct {
	cfg   BrowserConfig
	path  string
	guard *guard
	log   *slog.Logger
	slots chan struct{}

	mu      sync.Mutex
	current *instance
	all     map[*instance]struct{}
	closed  bool
}

// instance is one browser process.
type instance struct {
	ctx    context.Context // cancelled within 70 ms of the process's death
	stop   context.CancelFunc
	alloc  context.CancelFunc
	dir    string
	pages  int // opened so far
	open   int // open now
	retire bool
}

// StartBrowser finds and starts the browser, so that a machine without one
// fails here, clearly, and not at the first page.
func StartBrowser(ctx context.Context, cfg BrowserConfig, log *slog.Logger) (*Browser, error) {
	path, err := FindBrowser(cfg.Path)
	if err != nil {
		return nil, err
	}
	if cfg.Tabs < 1 || cfg.Recycle < 1 {
		return nil, fault.New(fault.Internal, "CAPTURE_TABS is %d and CAPTURE_RECYCLE is %d; both must be at least 1", cfg.Tabs, cfg.Recycle)
	}
	g, err := startGuard(cfg.Allow)
	if err != nil {
		return nil, err
	}
	b := &Browser{cfg: cfg, path: path, guard: g, log: log, slots: make(chan struct{}, cfg.Tabs), all: map[*instance]struct{}{}}
	removeStale(log)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.instanceLocked(); err != nil {
		g.close()
		return nil, fault.Wrap(fault.Internal, err, "start %s", path)
	}
	return b, nil
}

// Path is the executable in use.
func (b *Browser) Path() string { return b.path }

// instanceLocked returns a live browser, starting one if need be.
func (b *Browser) instanceLocked() (*instance, error) {
	if b.closed {
		return nil, fault.New(fault.Transient, "this instance is shutting down")
	}
	if i := b.current; i != nil {
		switch {
		case i.ctx.Err() != nil:
			b.log.Warn("the browser ended; starting another", "pages", i.pages)
			b.retireLocked(i)
		case i.pages >= b.cfg.Recycle:
			b.log.Info("the browser has done its pages; starting another", "pages", i.pages)
			b.retireLocked(i)
		default:
			return i, nil
		}
	}
	i, err := b.launch()
	if err != nil {
		return nil, err
	}
	b.current, b.all[i] = i, struct{}{}
	return i, nil
}

func (b *Browser) launch() (*instance, error) {
	dir, err := os.MkdirTemp("", tempPrefix())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make the browser's directory")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], append(flags(b.guard.address()),
		chromedp.ExecPath(b.path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Env("TMPDIR="+dir))...)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithErrorf(func(f string, a ...any) { b.log.Debug("chromedp", "error", f) }))
	i := &instance{ctx: ctx, stop: stop, alloc: stopAlloc, dir: dir}
	if err := chromedp.Do(ctx); err != nil {
		i.shut()
		return nil, err
	}
	return i, nil
}

// retireLocked lets the pages of i finish and then ends it.
func (b *Browser) retireLocked(i *instance) {
	i.retire = true
	if b.current == i {
		b.current = nil
	}
	if i.open == 0 || i.ctx.Err() != nil {
		delete(b.all, i)
		go i.shut()
	}
}

// shut ends the process and removes all that it left; safe to call on a dead one.
func (i *instance) shut() {
	ctx, cancel := context.WithTimeout(i.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Cancel(ctx) // waits for a graceful exit; what follows ends it anyhow
	i.stop()
	i.alloc()
	if c := chromedp.FromContext(i.ctx); c != nil && c.Allocator != nil {
		c.Allocator.Wait()
	}
	os.RemoveAll(i.dir)
}

// open takes a free tab, or says ErrBusy, and opens an isolated
// context in it. The caller closes the tab.
func (b *Browser) open(ctx context.Context) (*tab, error) {
	select {
	case b.slots <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	t, err := b.openTab(ctx)
	if err != nil {
		<-b.slots
	}
	return t, err
}

func (b *Browser) openTab(ctx context.Context) (*tab, error) {
	b.mu.Lock()
	i, err := b.instanceLocked()
	if err == nil {
		i.pages++
		i.open++
	}
	b.mu.Unlock()
	if err != nil {
		return nil, fault.Wrap(fault.Transient, err, "start the browser")
	}
	release := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if i.open--; i.retire && i.open == 0 {
			if _, here := b.all[i]; here {
				delete(b.all, i)
				go i.shut()
			}
		}
	}
	limited, cancel := context.WithTimeout(ctx, tabTimeout)
	defer cancel()
	t, err := newTab(limited, i.ctx, b.guard)
	if err != nil {
		if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || i.ctx.Err() != nil) {
			b.mu.Lock()
			if b.current == i {
				b.log.Warn("the browser does not open a tab; replacing it", "error", err)
				b.retireLocked(i)
			}
			b.mu.Unlock()
			err = fault.New(fault.Transient, "the browser did not open a tab: %v", err)
		}
		release()
		return nil, err
	}
	t.release = func() { release(); <-b.slots }
	return t, nil
}

// Close ends every browser. Pages in progress fail with a transient error.
func (b *Browser) Close() {
	b.mu.Lock()
	b.closed = true
	all := b.all
	b.all, b.current = map[*instance]struct{}{}, nil
	b.mu.Unlock()
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(i.shut)
	}
	wg.Wait()
	b.guard.close()
}
