package browser

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// process is one running browser, with a directory of its own for its profile
// and its temporary files.
type process struct {
	ctx     context.Context // cancelled within 70 ms of the process's death
	stop    context.CancelFunc
	alloc   context.CancelFunc
	cmd     *exec.Cmd
	dir     string
	agent   string // its own user agent string
	pages   int    // opened so far
	open    int    // open now
	retired bool
}

func launch(path, proxy string, log *slog.Logger) (*process, error) {
	dir, err := os.MkdirTemp("", tempPrefix())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make the browser's directory")
	}
	p := &process{dir: dir}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], append(flags(proxy),
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Env("TMPDIR="+dir), chromedp.ModifyCmdFunc(p.group), sandbox(log))...)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithErrorf(func(f string, a ...any) { log.Debug("chromedp", "error", f) }))
	p.ctx, p.stop, p.alloc = ctx, stop, stopAlloc
	if err := chromedp.Do(ctx); err != nil {
		p.shut()
		return nil, err
	}
	v, err := chromedp.CallBrowser(ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		p.shut()
		return nil, err
	}
	p.agent = v.UserAgent
	return p, nil
}

// group makes the browser the head of a process group, so that all of it can be
// ended together, and ends it with this process, however that ends.
func (p *process) group(cmd *exec.Cmd) {
	p.cmd = cmd
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// newContext makes a browser context: cookies, cache and storage that no other
// page has. chromedp leaves its own behind for good when the job ends before
// its tab is attached; this one is then disposed of when it has been made.
func (p *process) newContext(ctx context.Context) (cdp.BrowserContextID, error) {
	type made struct {
		id  cdp.BrowserContextID
		err error
	}
	answer := make(chan made, 1)
	go func() {
		res, err := chromedp.CallBrowser(p.ctx, target.CreateBrowserContext, target.CreateBrowserContextParams{})
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

// shut ends the process and removes all that it left; safe to call on a dead one.
func (p *process) shut() {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Cancel(ctx) // waits for a graceful exit; what follows ends it anyhow
	p.stop()
	p.alloc()
	if p.cmd != nil && p.cmd.Process != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // those of its children that hang do not see it go
	}
	if c := chromedp.FromContext(p.ctx); c != nil && c.Allocator != nil {
		c.Allocator.Wait()
	}
	os.RemoveAll(p.dir)
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
		if pid != os.Getpid() && syscall.Kill(pid, 0) == syscall.ESRCH {
			log.Info("removing what a killed process left", "dir", dir)
			os.RemoveAll(dir)
		}
	}
}
