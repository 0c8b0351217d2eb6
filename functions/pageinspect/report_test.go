package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// checkReport opens the report in a browser, at full size and with the boxes
// themselves made transparent, and compares what is drawn under each box with the
// same piece of the tile.
func checkReport(t *testing.T, r result.Result, file string) {
	t.Helper()
	path, err := browser.Find(os.Getenv("CHROME_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("hide-scrollbars", true))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(2200, 1200), chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	limited, end := context.WithTimeout(ctx, time.Minute)
	defer end()
	const prepare = `(async () => {
		document.getElementById('full').click();
		for (const b of document.querySelectorAll('a.box')) b.style.opacity = '0';
		for (const i of document.querySelectorAll('img.tile')) { i.loading = 'eager'; i.decoding = 'sync'; await i.decode(); }
		return document.querySelectorAll('a.box').length;
	})()`
	boxes, err := chromedp.Run(limited, chromedp.Evaluate[int](prepare, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("the report's tiles do not load: %v", err)
	}
	var want []page.Box
	for _, f := range r.Findings {
		if f.Quote != "" {
			want = append(want, f.Boxes...)
		}
	}
	if boxes != len(want) {
		t.Fatalf("the report has %d boxes, the result %d", boxes, len(want))
	}
	for i, b := range want {
		checkBox(limited, t, r, filepath.Dir(file), i, b)
	}
}

// checkServed opens a report where a stand-in for Cloud Storage serves it, and
// demands that its pictures are drawn, by whatever name of the machine it is asked for.
func checkServed(t *testing.T, endpoint, object string) {
	t.Helper()
	path, err := browser.Find(os.Getenv("CHROME_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))...)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	_, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{endpoint, "localhost:" + port} {
		if err := chromedp.Do(ctx, chromedp.Navigate("http://"+host+"/"+object)); err != nil {
			t.Fatal(err)
		}
		limited, end := context.WithTimeout(ctx, time.Minute)
		defer end()
		const pictures = `(async () => {
			const all = [...document.querySelectorAll('img.tile')];
			for (const i of all) { i.loading = 'eager'; await i.decode(); }
			return all.filter(i => i.naturalWidth > 100).length;
		})()`
		if n, err := chromedp.Run(limited, chromedp.Evaluate[int](pictures, chromedp.EvalAwaitPromise)); err != nil || n == 0 {
			t.Errorf("http://%s/%s shows %d pictures, %v", host, object, n, err)
		}
	}
}

// checkBox compares what the report shows at its i-th box with the tile at b.
func checkBox(ctx context.Context, t *testing.T, r result.Result, dir string, i int, b page.Box) {
	t.Helper()
	const locate = `(async i => {
		const e = document.querySelectorAll('a.box')[i];
		e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
		await new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)));
		const p = document.getElementById('page').getBoundingClientRect();
		const r = e.getBoundingClientRect();
		return {PX: p.left, PY: p.top, X: r.left - p.left, Y: r.top - p.top, W: r.width, H: r.height, Scale: p.width / +document.getElementById('page').dataset.width};
	})`
	type place struct{ PX, PY, X, Y, W, H, Scale float64 }
	at, err := chromedp.Run(ctx, chromedp.Evaluate[place](fmt.Sprintf("%s(%d)", locate, i), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	drawn := page.Box{X: at.X / at.Scale, Y: at.Y / at.Scale, W: at.W / at.Scale, H: at.H / at.Scale}
	if math.Abs(drawn.X+drawn.W/2-b.X-b.W/2) > 3 || math.Abs(drawn.MiddleY()-b.MiddleY()) > 3 || drawn.W < b.W-2 || drawn.H < b.H-2 {
		t.Errorf("box %d is drawn at %+v, want %+v", i, drawn, b)
	}
	if math.Abs(at.Scale-1) > 0.01 {
		t.Fatalf("full size shows the page at %.3f", at.Scale)
	}
	shot, err := chromedp.Call(ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{
		Clip: &cdppage.Viewport{X: math.Round(at.PX + b.X), Y: math.Round(at.PY + b.Y), Width: math.Round(b.W), Height: math.Round(b.H), Scale: 1}})
	if err != nil {
		t.Fatal(err)
	}
	shown, _, err := image.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		t.Fatal(err)
	}
	// The box's own tint is a difference of some 20.
	if d := difference(shown, tileAt(t, r, dir, b), b); d > 25 {
		t.Errorf("what the report shows at box %d (%+v) differs from the tile by %.0f of 255", i, b, d)
	}
}

// tileAt is the tile that shows b whole, as a function of page coordinates.
func tileAt(t *testing.T, r result.Result, dir string, b page.Box) func(x, y int) (uint32, uint32, uint32) {
	t.Helper()
	for i, tile := range r.Tiles {
		if b.Y < float64(tile.Y) || b.Bottom() > float64(tile.Bottom()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, tileName(i, tile.MediaType)))
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return func(x, y int) (uint32, uint32, uint32) {
			red, green, blue, _ := img.At(x, y-tile.Y).RGBA()
			return red >> 8, green >> 8, blue >> 8
		}
	}
	t.Fatalf("no tile shows %+v whole", b)
	return nil
}

// difference is the mean over the pixels of the largest channel's difference, of 255.
func difference(shown image.Image, tile func(x, y int) (uint32, uint32, uint32), b page.Box) float64 {
	x0, y0 := int(math.Round(b.X)), int(math.Round(b.Y))
	sum, n := 0.0, 0
	for y := range shown.Bounds().Dy() {
		for x := range shown.Bounds().Dx() {
			r, g, bl, _ := shown.At(x, y).RGBA()
			tr, tg, tb := tile(x0+x, y0+y)
			d := max(math.Abs(float64(r>>8)-float64(tr)), math.Abs(float64(g>>8)-float64(tg)), math.Abs(float64(bl>>8)-float64(tb)))
			sum += d
			n++
		}
	}
	return sum / float64(max(n, 1))
}
