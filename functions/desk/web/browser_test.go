package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is the one that all tests share, started by the first; nil where there is none.
var browser = sync.OnceValue(func() context.Context {
	names := []string{"chromium-headless-shell", "chromium", "google-chrome"}
	if named := os.Getenv("CHROME_PATH"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
		ctx, closeTab := chromedp.NewContext(ctx)
		stopBrowser = func() { closeTab(); stop() }
		if err := chromedp.Do(ctx); err != nil {
			panic(fmt.Sprintf("start %s: %v", path, err))
		}
		return ctx
	}
	return nil
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i]()
	}
	os.Exit(code)
}

// tab is a tab of the browser that the tests share.
type tab struct {
	testing.TB
	ctx context.Context
}

// open opens an address in a tab of its own, of the size given.
func open(t testing.TB, address string, width, height int64) tab {
	t.Helper()
	if browser() == nil {
		t.Fatal("no Chromium to look at the desk with: install chromium-headless-shell or set CHROME_PATH")
	}
	ctx, closeTab := chromedp.NewContext(browser(), chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := tab{t, ctx}
	b.size(width, height)
	b.visit(address)
	return b
}

func (b tab) size(width, height int64) {
	b.Helper()
	act(b, func(ctx context.Context, at *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, at, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		return chromedp.Void{}, err
	})
}

func (b tab) visit(address string) {
	b.Helper()
	act(b, chromedp.Navigate(address))
}

// wait waits until an expression is true, on whatever page the tab has come to.
func (b tab) wait(js string, args ...any) {
	b.Helper()
	js = fmt.Sprintf(js, args...)
	var err error
	for is := false; b.ctx.Err() == nil; time.Sleep(5 * time.Millisecond) { // between two looks
		if is, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")", chromedp.EvalAwaitPromise)); is && err == nil {
			return
		}
	}
	b.Fatalf("it never came that %s: %v", js, err)
}

// key presses keys.
func (b tab) key(keys string) {
	b.Helper()
	act(b, chromedp.KeyEvent(keys))
}

func act[T any](b tab, a chromedp.Action[T]) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func eval[T any](b tab, js string, args ...any) T {
	b.Helper()
	return act(b, chromedp.Evaluate[T](fmt.Sprintf(js, args...), chromedp.EvalAwaitPromise))
}
