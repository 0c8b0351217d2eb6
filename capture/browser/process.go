package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/child"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// process is one running browser, with a directory of its own for its profile
// and its temporary files.
type process struct {
	ctx   context.Context // cancelled within 70 ms of the process's death
	lost  <-chan struct{} // closed when its connection breaks: with its death
	stop  context.CancelFunc
	alloc context.CancelFunc // waits until the process is gone
	cmd   *exec.Cmd
	dir   string
	agent string // its own user agent string
	watch *watch // of its memory
	gone  sync.Once

	// The supervisor's, under its lock.
	pages   int // opened so far
	open    int // open now
	retired bool
}

// launch starts a browser and waits for its first answer, as long as ctx
// allows; what has not answered then is killed. A page in it may take memory bytes.
func launch(ctx context.Context, path string, memory int64, log *slog.Logger) (*process, error) {
	dir, err := os.MkdirTemp("", tempPrefix())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make the browser's directory")
	}
	p, began := &process{dir: dir}, time.Now()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], append(flags(memory),
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoInheritEnv, chromedp.Env(append(environment(os.Environ()), "TMPDIR="+dir)...), chromedp.ModifyCmdFunc(p.group), sandbox(log))...)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	// chromedp's own cancel waits for what was allocated, once: a second wait for what never was would not end.
	life, stop := context.WithCancel(alloc)
	bound, _ := chromedp.NewContext(life, chromedp.WithErrorf(func(f string, a ...any) { log.Debug("chromedp", "error", f) }))
	p.ctx, p.stop, p.alloc = bound, stop, stopAlloc
	// The first run binds the browser to the context it is given, so that one has no deadline.
	defer context.AfterFunc(ctx, p.stop)()
	if err = chromedp.Do(bound); err == nil {
		var v browser.GetVersionResult
		v, err = chromedp.CallBrowser(bound, browser.GetVersion, cdp.Empty{})
		p.agent, p.lost = v.UserAgent, chromedp.FromContext(bound).Browser.LostConnection
	}
	if err == nil && ctx.Err() == nil {
		p.watch = newWatch(memory, p.cmd.Process.Pid, log)
		go p.watch.run(bound.Done())
		return p, nil
	}
	took := time.Since(began)
	if end, some := ctx.Deadline(); some {
		took = end.Sub(began).Round(100 * time.Millisecond)
	}
	p.shut(ctx)
	return nil, p.explain(ctx, path, took, err)
}

// explain says why the browser did not start, in words that name the cure.
func (p *process) explain(ctx context.Context, path string, limit time.Duration, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault.New(fault.Internal, "%s did not answer within %v; is it a Chromium, and has the machine room for it?", path, limit)
	case ctx.Err() != nil:
		return ctx.Err()
	case p.cmd != nil && p.cmd.Process == nil:
		return fault.New(fault.Internal, "%s cannot be run: %w; CHROME_PATH must name a Chromium", path, err)
	case p.cmd != nil && p.cmd.ProcessState != nil: // shut has waited for it
		return fault.New(fault.Internal, "%s ended (%v) before it answered; CHROME_PATH must name a Chromium: %w", path, p.cmd.ProcessState, err)
	}
	return fault.Wrap(fault.Internal, err, "run %s", path)
}

// group makes the browser the head of a process group, so that all of it can be
// ended together, and ends it with this process, however that ends.
func (p *process) group(cmd *exec.Cmd) {
	p.cmd = cmd
	cmd.SysProcAttr = child.Group()
}

// dead says whether the browser has ended. Its connection tells at once; its
// context is cancelled by a goroutine that a busy machine runs later, and until
// then a page that is tried again would be given the same browser, over and over.
func (p *process) dead() bool {
	select {
	case <-p.lost:
		return true
	default:
		return p.ctx.Err() != nil
	}
}

// newContext makes a browser context: cookies, cache and storage that no other
// page has, and a way to the network of its own. chromedp leaves its own behind for good when the job ends before
// its tab is attached; this one is then disposed of when it has been made.
func (p *process) newContext(ctx context.Context, proxy string) (cdp.BrowserContextID, error) {
	type made struct {
		id  cdp.BrowserContextID
		err error
	}
	// Chromium exempts loopback from any proxy unless told <-loopback>.
	params := target.CreateBrowserContextParams{ProxyServer: proxy, ProxyBypassList: "<-loopback>"}
	answer := make(chan made, 1)
	go func() {
		res, err := chromedp.CallBrowser(p.ctx, target.CreateBrowserContext, params)
		answer <- made{res.BrowserContextID, err}
	}()
	select {
	case m := <-answer:
		return m.id, m.err
	case <-ctx.Done():
		go func() {
			if m := <-answer; m.err == nil {
				p.dispose(m.id)
			}
		}()
		return "", ctx.Err()
	}
}

// dispose drops a browser context, and the pages in it.
func (p *process) dispose(id cdp.BrowserContextID) {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	_, _ = chromedp.CallBrowser(ctx, target.DisposeBrowserContext, target.DisposeBrowserContextParams{BrowserContextID: id}) // gone already with a browser that is gone
}

// grace is how long a browser may take to end by itself (50 ms on two cores).
// Nothing of it is kept, so no harm is done when it is ended by force.
const grace = time.Second

// shut ends the process, gracefully or else by force, and removes all that it
// left. The end of ctx takes the grace away. It may be called at any time, more
// than once, and returns when all is done.
func (p *process) shut(ctx context.Context) {
	p.gone.Do(func() {
		bye, cancel := context.WithTimeout(p.ctx, grace)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		defer context.AfterFunc(bye, p.kill)()
		if c := chromedp.FromContext(p.ctx); c != nil && c.Browser != nil { // else none was allocated, and Cancel might wait for good
			_ = chromedp.Cancel(bye) // waits for a graceful exit; what follows ends it anyhow
		}
		p.stop()
		p.kill() // those of its children that hang do not see it go
		p.alloc()
		os.RemoveAll(p.dir)
	})
}

// kill ends the browser's whole process group.
func (p *process) kill() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// tempPrefix names this process's browser directories, so that a later one can
// tell those of a process that was killed.
func tempPrefix() string { return fmt.Sprintf("pageinspect-browser-%d-", os.Getpid()) }

// removeStale removes browser directories whose process is gone: a SIGKILL
// gives no chance to tidy, and the next start does it.
func removeStale(log *slog.Logger) {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), "pageinspect-browser-*-*"))
	for _, dir := range found {
		var pid int
		if n, _ := fmt.Sscanf(strings.TrimPrefix(filepath.Base(dir), "pageinspect-browser-"), "%d-", &pid); n != 1 || pid <= 0 {
			continue
		}
		if pid != os.Getpid() && ended(pid) {
			log.Info("removing what a killed process left", "dir", dir)
			os.RemoveAll(dir)
		}
	}
}

// ended says whether a process is gone, or would be if somebody waited for it:
// in a container without an init nobody may.
func ended(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && strings.HasPrefix(state, "Z")
}
