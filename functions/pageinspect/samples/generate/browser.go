package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	contract "github.com/pageinspect/pageinspect/shared/page"
)

// read is what lines.js says of an element: boxes relative to its own.
type read struct {
	Name  string       `json:"name"`
	Box   contract.Box `json:"box"` // in the document
	Lines []struct {
		Text string       `json:"text"`
		Size float64      `json:"size"`
		Code bool         `json:"code"`
		Box  contract.Box `json:"box"`
	} `json:"lines"`
	Marks []mark `json:"marks"`
	Edge  *struct {
		Kind string       `json:"kind"`
		Box  contract.Box `json:"box"`
	} `json:"edge"`
}

type mark struct {
	Text string       `json:"text"`
	Find string       `json:"find"`
	Pass string       `json:"pass"`
	Box  contract.Box `json:"box"`
}

// browser has two tabs, so that banners and the page around them can be asked in turn.
type browser struct {
	banners, shop context.Context
	close         func()
	script        string // lines.js, a function of an element
}

func startBrowser(ctx context.Context) (*browser, error) {
	path := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium on the PATH: install chromium-headless-shell")
	}
	script, err := sources.ReadFile("lines.js")
	if err != nil {
		return nil, err
	}
	// Only our own pages are opened, and root cannot have a sandbox.
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
	banners, closeBanners := chromedp.NewContext(ctx)
	if err := chromedp.Do(banners, setDevice); err != nil {
		stop()
		return nil, err
	}
	shop, closeShop := chromedp.NewContext(banners)
	b := &browser{banners: banners, shop: shop, script: string(script), close: func() { closeShop(); closeBanners(); stop() }}
	if err := chromedp.Do(shop, setDevice); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func setDevice(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: samples.ViewportWidth, Height: 800, DeviceScaleFactor: 1})
	return chromedp.Void{}, err
}

// show puts a document into a tab.
func show(ctx context.Context, html string) error {
	_, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.Navigate("about:blank")(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		tree, err := cdp.Call(ctx, t, page.GetFrameTree, chromedp.Void{})
		if err != nil {
			return chromedp.Void{}, err
		}
		_, err = cdp.Call(ctx, t, page.SetDocumentContent, page.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: html})
		return chromedp.Void{}, err
	})
	return err
}

func ask[T any](ctx context.Context, expression string, args ...any) (T, error) {
	quoted := make([]any, len(args))
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			var zero T
			return zero, err
		}
		quoted[i] = string(b)
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, quoted...)))
}

// sections reads every banner.
func (b *browser) sections() ([]read, error) {
	return ask[[]read](b.banners, `[...document.querySelectorAll('section')].map(`+b.script+`)`)
}

// pad makes the stretch of a banner taller, by px in all.
func (b *browser) pad(name string, px float64) error {
	_, err := ask[bool](b.banners, `document.querySelector('section[data-image=' + JSON.stringify(%s) + ']').style.setProperty('--pad', %s + 'px') || true`, name, px)
	return err
}

// shoot photographs a place of the banners as webp, jpeg or png.
func (b *browser) shoot(at contract.Box, format page.CaptureScreenshotFormat) ([]byte, error) {
	return chromedp.Run(b.banners, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		p := page.CaptureScreenshotParams{Format: format, CaptureBeyondViewport: new(true), Clip: &page.Viewport{X: at.X, Y: at.Y, Width: at.W, Height: at.H, Scale: 1}}
		if format != page.CaptureScreenshotFormatPng {
			p.Quality = new(int64(82))
		}
		res, err := cdp.Call(ctx, t, page.CaptureScreenshot, p)
		return res.Data, err
	})
}
