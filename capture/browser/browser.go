// Package browser runs the one browser of an instance and hands out tabs in it.
//
// The browser is replaced by itself after a crash, a hang, or so many pages; a
// tab is a page in a context of its own, whose end, however it comes, touches
// no other. Everything that a page asks of the network goes through a guard
// that lets it reach public addresses only.
package browser

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Config says which browser to run and how hard.
type Config struct {
	// Path of the executable; empty: see Find.
	Path string `env:"CHROME_PATH"`
	// Tabs is how many pages are open at once. Four keep two cores busy.
	Tabs int `env:"CAPTURE_TABS" envDefault:"4"`
	// Recycle is after how many pages a fresh browser takes over: browsers
	// leak, slowly, and a restart costs 0.3 s while the old one finishes.
	Recycle int `env:"CAPTURE_RECYCLE" envDefault:"500"`
	// Allow lists private addresses that pages may visit all the same, as
	// CIDR, IP or IP:port. Empty in production.
	Allow []string `env:"CAPTURE_ALLOW"`
}

// ErrBusy happens if every tab is in use; the same work may be delivered again later.
var ErrBusy = fault.New(fault.Transient, "every tab is in use")

// errGone happens if the browser process ended while a page was using it.
var errGone = fault.New(fault.Transient, "the browser ended in mid-page")

// Browser supervises the one browser of this instance: it starts it, replaces
// it after a crash, a hang or Recycle pages, bounds its tabs, and stops it.
// A page that fails costs its own tab; pages in a browser that is being
// replaced finish there.
type Browser struct {
	cfg      Config
	path     string
	guard    *guard
	log      *slog.Logger
	slots    chan struct{}
	patience time.Duration // how long an idle browser may take to open a tab (44 ms on two cores) before it is taken for hung

	mu      sync.Mutex
	current *process
	all     map[*process]struct{}
	closed  bool
}

// Start finds and starts the browser, so that a machine without one fails
// here, clearly, and not at the first page.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Browser, error) {
	path, err := Find(cfg.Path)
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
	b := &Browser{
		cfg: cfg, path: path, guard: g, log: log, slots: make(chan struct{}, cfg.Tabs), patience: 30 * time.Second,
		all: map[*process]struct{}{},
	}
	removeStale(log)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.liveLocked(); err != nil {
		g.close()
		return nil, fault.Wrap(fault.Internal, err, "start %s", path)
	}
	return b, nil
}

// Path is the executable in use.
func (b *Browser) Path() string { return b.path }

// Open takes a free tab, or says ErrBusy, and opens an isolated context in it.
// The caller closes the tab.
func (b *Browser) Open(ctx context.Context) (*Tab, error) {
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

func (b *Browser) openTab(ctx context.Context) (*Tab, error) {
	p, err := b.enter()
	if err != nil {
		return nil, fault.Wrap(fault.Transient, err, "start the browser")
	}
	limited, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	t, err := newTab(limited, p, b.guard)
	if err != nil {
		if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || p.ctx.Err() != nil) {
			b.replace(p, err)
			err = fault.New(fault.Transient, "the browser did not open a tab: %v", err)
		}
		b.leave(p)
		return nil, err
	}
	t.left = func() { b.leave(p) }
	t.free = func() { <-b.slots }
	return t, nil
}

// enter counts a page into a live browser, starting one if need be.
func (b *Browser) enter() (*process, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.liveLocked()
	if err != nil {
		return nil, err
	}
	p.pages++
	p.open++
	return p, nil
}

// leave counts a page out of its browser, which ends with its last page when
// it is to be replaced.
func (b *Browser) leave(p *process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.open--
	if _, here := b.all[p]; here && p.retired && p.open == 0 {
		delete(b.all, p)
		go p.shut()
	}
}

// replace has the next page start another browser in place of p, which does not answer.
func (b *Browser) replace(p *process, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == p {
		b.log.Warn("the browser does not open a tab; replacing it", "error", why)
		b.retireLocked(p)
	}
}

// liveLocked returns a live browser, starting one if need be.
func (b *Browser) liveLocked() (*process, error) {
	if b.closed {
		return nil, fault.New(fault.Transient, "this instance is shutting down")
	}
	if p := b.current; p != nil {
		switch {
		case p.ctx.Err() != nil:
			b.log.Warn("the browser ended; starting another", "pages", p.pages)
			b.retireLocked(p)
		case p.pages >= b.cfg.Recycle:
			b.log.Info("the browser has done its pages; starting another", "pages", p.pages)
			b.retireLocked(p)
		default:
			return p, nil
		}
	}
	p, err := launch(b.path, b.guard.address(), b.log)
	if err != nil {
		return nil, err
	}
	b.current, b.all[p] = p, struct{}{}
	return p, nil
}

// retireLocked lets the pages of p finish and then ends it.
func (b *Browser) retireLocked(p *process) {
	p.retired = true
	if b.current == p {
		b.current = nil
	}
	if p.open == 0 || p.ctx.Err() != nil {
		delete(b.all, p)
		go p.shut()
	}
}

// Close ends every browser. Pages in progress fail with a transient error.
func (b *Browser) Close() {
	b.mu.Lock()
	b.closed = true
	all := b.all
	b.all, b.current = map[*process]struct{}{}, nil
	b.mu.Unlock()
	var wg sync.WaitGroup
	for p := range all {
		wg.Go(p.shut)
	}
	wg.Wait()
	b.guard.close()
}
