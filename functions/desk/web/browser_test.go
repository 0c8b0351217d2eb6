package web

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser/pagetest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pagetest.Close()
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
	ctx, cancel := context.WithTimeout(pagetest.Open(t, width, height), 3*time.Minute)
	t.Cleanup(cancel)
	b := tab{t, ctx}
	b.visit(address)
	return b
}

func (b tab) size(width, height int64) {
	b.Helper()
	pagetest.Size(b, b.ctx, width, height)
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
