// Package pagetest opens our own pages, reports and the desk, in a plain
// Chromium, for the tests that look at them. What strangers' pages need is
// package browser's.
package pagetest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
)

var (
	stop = func() {}
	// shared is the one browser of a package's tests, started by the first.
	shared = sync.OnceValues(func() (context.Context, error) {
		path, err := browser.Find(os.Getenv("CHROME_PATH"))
		if err != nil {
			return nil, err
		}
		alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
		ctx, closeTab := chromedp.NewContext(alloc)
		stop = func() { closeTab(); stopAlloc() }
		return ctx, chromedp.Do(ctx)
	})
)

// Close ends the browser, if a test has started it. It is for the end of TestMain.
func Close() { stop() }

// Open opens a tab, in a browser context of its own, with a window of the size
// given in CSS pixels. It ends with the test, which fails where there is no Chromium.
func Open(t testing.TB, width, height int64) context.Context {
	t.Helper()
	in, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(in, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	Size(t, ctx, width, height)
	return ctx
}

// Size gives a tab's window another size.
func Size(t testing.TB, ctx context.Context, width, height int64) {
	t.Helper()
	_, err := chromedp.Run(ctx, func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		return chromedp.Void{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}
