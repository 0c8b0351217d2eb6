package report

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/pageinspect/pageinspect/capture/browser/pagetest"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pagetest.Close()
	os.Exit(code)
}

// open makes a tab of the size given.
func open(t *testing.T, width, height int64) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(pagetest.Open(t, width, height), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func do[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func eval[T any](t *testing.T, ctx context.Context, js string, args ...any) T {
	t.Helper()
	return do(t, ctx, chromedp.Evaluate[T](fmt.Sprintf(js, args...), chromedp.EvalAwaitPromise))
}

var (
	red   = color.RGBA{255, 0, 0, 255}
	paper = color.RGBA{250, 250, 250, 255}
)

// painted writes a report and its tiles to a folder: a page of 1000x12000 px, empty but
// for a red rectangle at each box of each finding. It returns the report's address.
func painted(t *testing.T) (string, result.Result) {
	t.Helper()
	dir := t.TempDir()
	r := result.Result{ID: "painted", URL: "https://shop.example/", Title: "Painted", Verdict: result.Reject, Page: result.Page{Width: 1000, Height: 12000, Scale: 1}}
	add := func(severity result.Severity, boxes ...page.Box) {
		n := len(r.Findings)
		f := result.Finding{Rule: fmt.Sprint("rule.", n+1), Severity: severity, Mode: result.Enforce, Quote: fmt.Sprint("quote ", n+1), Match: result.Exact, Lines: []int{n}, Message: "message"}
		for _, b := range boxes {
			f.Box = f.Box.Union(b)
		}
		if len(boxes) > 1 {
			f.Boxes = boxes
		}
		r.Findings = append(r.Findings, f)
		r.Lines = append(r.Lines, result.Line{Text: fmt.Sprintf("quo te %d", n+1), Box: boxes[0], Confidence: 0.9, Block: n})
	}
	add(result.High, page.Box{X: 0, Y: 0, W: 80, H: 40})
	add(result.ReviewSeverity, page.Box{X: 500, Y: 2000, W: 400, H: 60}, page.Box{X: 120, Y: 2100, W: 200, H: 60})
	add(result.High, page.Box{X: 300, Y: 3810, W: 300, H: 60}) // a tile begins in it
	add(result.High, page.Box{X: 200, Y: 4070, W: 300, H: 60}) // a tile ends in it
	add(result.Info, page.Box{X: 40, Y: 7000, W: 900, H: 30})  // wide
	add(result.High, page.Box{X: 900, Y: 11950, W: 99, H: 48}) // the last corner

	const height, step = 4096, 3840
	for y := 0; ; y += step {
		h := min(height, r.Page.Height-y)
		img := image.NewPaletted(image.Rect(0, 0, r.Page.Width, h), color.Palette{paper, red})
		for _, f := range r.Findings {
			for _, b := range append(f.Boxes, f.Box)[:max(1, len(f.Boxes))] {
				draw.Draw(img, image.Rect(int(b.X), int(b.Y)-y, int(b.Right()), int(b.Bottom())-y), image.NewUniform(red), image.Point{}, draw.Src)
			}
		}
		var buf bytes.Buffer
		if err := png.Encode(&buf, img); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%03d.png", len(r.Tiles))
		if err := os.WriteFile(filepath.Join(dir, name), buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		r.Tiles = append(r.Tiles, page.Tile{Object: "gs://shots/" + name, Y: y, Width: r.Page.Width, Height: h})
		if y+h == r.Page.Height {
			break
		}
	}
	return write(t, dir, r), r
}

func write(t *testing.T, dir string, r result.Result) string {
	t.Helper()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, []byte(render(t, r, relative)), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}

type rect struct{ X, Y, W, H float64 }

// settled waits until the images in view are decoded and painted, and returns an element's place in the view.
func settled(t *testing.T, ctx context.Context, id string) rect {
	t.Helper()
	return eval[rect](t, ctx, `(async () => {
		const seen = document.getElementById('scroll').getBoundingClientRect();
		await Promise.all([...document.images].filter((i) => { const r = i.getBoundingClientRect(); return r.bottom > seen.top && r.top < seen.bottom; })
			.map((i) => { i.loading = 'eager'; return i.decode(); }));
		await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
		const r = document.getElementById(%q).getBoundingClientRect();
		return {X: r.x, Y: r.y, W: r.width, H: r.height};
	})()`, id)
}

func shot(t *testing.T, ctx context.Context) image.Image {
	t.Helper()
	b := do(t, ctx, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		res, err := cdp.Call(ctx, tab, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{})
		return res.Data, err
	})
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func isRed(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r>>8 > 200 && g>>8 < 60 && b>>8 < 60
}

// hideMarks leaves the picture alone in view, boxes still laid out.
const hideMarks = `(() => { const s = new CSSStyleSheet(); s.replaceSync('.box, .line-mark { visibility: hidden; }'); document.adoptedStyleSheets = [s]; return true; })()`

// Each box lies over the pixels that it is about, at several widths, and the
// pixels around it are others.
func TestBoxesLieOverTheirPixels(t *testing.T) {
	address, r := painted(t)
	for _, c := range []struct {
		name          string
		width, height int64
		full          bool
	}{{"scaled down", 1100, 800, false}, {"full size", 1500, 700, true}, {"telephone", 412, 900, false}} {
		t.Run(c.name, func(t *testing.T) {
			ctx := open(t, c.width, c.height)
			do(t, ctx, chromedp.Navigate(address))
			eval[bool](t, ctx, hideMarks)
			if c.full {
				eval[bool](t, ctx, `document.getElementById('full').click() || true`)
			}
			for i, f := range r.Findings {
				ids := []string{fmt.Sprintf("f%d", i+1)}
				for j := 1; j < len(f.Boxes); j++ {
					ids = append(ids, fmt.Sprintf("f%d-%d", i+1, j))
				}
				eval[bool](t, ctx, `document.querySelector('#l%d .num').click() || true`, i+1)
				for _, id := range ids {
					at := settled(t, ctx, id)
					img := shot(t, ctx)
					// 2 px are left to rounding and resampling.
					check := func(x, y float64, want bool) {
						p := image.Pt(int(math.Round(x)), int(math.Round(y)))
						if !p.In(img.Bounds()) {
							t.Fatalf("%s at %v is not in view", id, at)
						}
						if isRed(img.At(p.X, p.Y)) != want {
							t.Errorf("%s at %v: pixel %v is %v, want red %v", id, at, p, img.At(p.X, p.Y), want)
						}
					}
					inner, outer := 2.0, 3.0
					right, bottom := at.X+at.W, at.Y+at.H
					for _, x := range []float64{at.X + inner, at.X + at.W/2, right - inner - 1} {
						for _, y := range []float64{at.Y + inner, at.Y + at.H/2, bottom - inner - 1} {
							check(x, y, true)
						}
						check(x, at.Y-outer, false)
						if i < len(r.Findings)-1 { // below the last there is no page
							check(x, bottom+outer, false)
						}
					}
					check(at.X-outer, at.Y+at.H/2, false)
					check(right+outer, at.Y+at.H/2, false)
				}
			}
		})
	}
}

// The browser itself has nothing to object to: no policy violation, no script error.
func TestBrowserReportsNothing(t *testing.T) {
	address, _ := painted(t)
	ctx := open(t, 1200, 800)
	do(t, ctx, func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, cdplog.Enable, chromedp.Void{})
		return chromedp.Void{}, err
	})
	entries := chromedp.Events(ctx, cdplog.EntryAdded)
	do(t, ctx, chromedp.Navigate(address))
	settled(t, ctx, "f1")
	if !eval[bool](t, ctx, `document.documentElement.classList.contains('js') && document.images[0].naturalWidth === 1000`) {
		t.Error("the script did not run, or the first tile did not load")
	}
	// What follows is refused, and being the first entry shows that nothing was before it.
	eval[bool](t, ctx, `document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.example/sentinel.png'})) || true`)
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(e.Entry.Text, "sentinel.png") || !strings.Contains(e.Entry.Text, "Content Security Policy") {
			t.Errorf("the browser says %q", e.Entry.Text)
		}
		break
	}
}

func key(t *testing.T, ctx context.Context, k string) {
	t.Helper()
	do(t, ctx, chromedp.KeyEvent(k))
}

func TestKeysFilterAndSearch(t *testing.T) {
	address, _ := painted(t)
	ctx := open(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(address))
	selected := func(want string) {
		t.Helper()
		got := eval[string](t, ctx, `[...document.querySelectorAll('.item.sel, .box.sel[id], .map a.sel')].map((e) => e.id).join(' ')`)
		if got != want {
			t.Errorf("selected is %q, want %q", got, want)
		}
	}
	key(t, ctx, "n")
	selected("l1 f1 m1")
	key(t, ctx, "n")
	selected("l2 f2 f2-1 m2")
	key(t, ctx, "p")
	key(t, ctx, "p")
	selected("l6 f6 m6") // round the end
	if y := eval[float64](t, ctx, `document.getElementById('f6').getBoundingClientRect().top`); y < 0 || y > 800 {
		t.Errorf("the last finding is at %v, want it in view", y)
	}

	eval[bool](t, ctx, `document.getElementById('show-high').click() || true`)
	if got := eval[string](t, ctx, `[...document.querySelectorAll('.item, .box, .map a')].filter((e) => getComputedStyle(e).display !== 'none').map((e) => e.id).join(' ')`); got != "l2 l5 f2 f2-1 f5 m2 m5" {
		t.Errorf("with high findings hidden, shown are %q", got)
	}
	key(t, ctx, "n")
	selected("l2 f2 f2-1 m2")
	key(t, ctx, "n")
	selected("l5 f5 m5")

	key(t, ctx, "/")
	// The protocol types the slash although the page prevented it; a keyboard does not.
	eval[string](t, ctx, `document.getElementById('search').value = ''`)
	// Case and spaces do not matter, and the keys are typed, not obeyed.
	key(t, ctx, "QUOTEN4\b\b4")
	if got := eval[string](t, ctx, `[...document.querySelectorAll('.lines li')].filter((e) => getComputedStyle(e).display !== 'none').map((e) => e.querySelector('bdi').textContent).join('|') + ' ' + document.querySelectorAll('.line-mark.now').length`); got != "quo te 4 1" {
		t.Errorf("the search shows %q", got)
	}
	selected("l5 f5 m5")
	mark := eval[rect](t, ctx, `(() => { const m = document.querySelector('.line-mark').getBoundingClientRect(), f = document.getElementById('f4').parentElement.getBoundingClientRect(); return {X: (m.x - f.x) / f.width * 1000, Y: (m.y - f.y) / f.height * 12000, W: m.width / f.width * 1000, H: m.height / f.height * 12000}; })()`)
	if math.Abs(mark.X-200) > 1 || math.Abs(mark.Y-4070) > 1 || math.Abs(mark.W-300) > 1 || math.Abs(mark.H-60) > 1 {
		t.Errorf("the line is marked at %v, want 200, 4070, 300x60", mark)
	}
	key(t, ctx, "\x1b")
	if n := eval[int](t, ctx, `document.querySelectorAll('.line-mark, .lines .hit, .item.sel').length`); n != 0 {
		t.Errorf("%d marks remain after Escape", n)
	}
}

func TestWorksWithoutScript(t *testing.T) {
	address, _ := painted(t)
	ctx := open(t, 1200, 800)
	script := func(off bool) {
		do(t, ctx, func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
			return chromedp.Void{}, err
		})
	}
	script(true)
	do(t, ctx, chromedp.Navigate(address+"#f6"))
	script(false) // the page's own script has had its chance; ours asks
	got := eval[string](t, ctx, `(() => { const b = document.getElementById('f6').getBoundingClientRect();
		return [document.documentElement.className, b.top > 0 && b.bottom < 800, document.querySelectorAll('.item').length, document.querySelector('.item .num').getAttribute('href'), document.querySelector('.lines li bdi').textContent].join('|'); })()`)
	if want := "|true|6|#f1|quo te 1"; got != want {
		t.Errorf("without script the report shows %q, want %q", got, want)
	}
}

// Hostile text stays text in a real browser, too.
func TestHostileTextRunsNothing(t *testing.T) {
	r := sample()
	all := strings.ReplaceAll(strings.Join(hostile, " "), "alert(1)", "document.documentElement.dataset.hacked=1")
	r.Title, r.URL, r.ID, r.Category = all, "javascript:document.documentElement.dataset.hacked=1", all, all
	r.Lines[0].Text, r.Findings[0].Quote, r.Findings[0].Message, r.Findings[0].Law = all, all, all, all
	ctx := open(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(write(t, t.TempDir(), r)))
	if got := eval[string](t, ctx, `[document.documentElement.dataset.hacked, document.scripts.length, document.querySelectorAll('[onerror], [onmouseover], a[href^="javascript"]').length, document.documentElement.className].join('|')`); got != "|2|0|js" {
		t.Errorf("got %q; want nothing run, two scripts, no handlers, and the report's own script alive", got)
	}
}

func TestWorksWithoutAPicture(t *testing.T) {
	r := sample()
	r.Tiles = nil
	ctx := open(t, 1200, 800)
	do(t, ctx, chromedp.Navigate(write(t, t.TempDir(), r)))
	key(t, ctx, "n")
	eval[bool](t, ctx, `(() => { const s = document.getElementById('search'); s.value = '부 작용'; s.dispatchEvent(new Event('input')); return document.getElementById('full').click() || true; })()`)
	if got := eval[string](t, ctx, `document.querySelector('.sel').id + ' ' + document.getElementById('hits').textContent + ' ' + document.images.length`); got != "l1 1 line 0" {
		t.Errorf("got %q", got)
	}
}

func TestManyFindingsOnAVeryTallPage(t *testing.T) {
	r := sample()
	r.Page.Height, r.Findings, r.Lines, r.Tiles = 200000, nil, nil, nil
	for i := range 2000 {
		y := float64(i)*100 + 20
		r.Lines = append(r.Lines, result.Line{Text: "여드름 치료", Box: page.Box{X: 50, Y: y, W: 300, H: 30}, Confidence: 1})
		r.Findings = append(r.Findings, result.Finding{Rule: "cosmetics.acne", Severity: result.High, Mode: result.Enforce, Quote: "여드름 치료", Match: result.Exact, Box: page.Box{X: 50, Y: y, W: 300, H: 30}, Lines: []int{i}, Message: "의약품 오인"})
	}
	for y := 0; y < r.Page.Height; y += 3840 {
		r.Tiles = append(r.Tiles, page.Tile{Object: fmt.Sprintf("gs://shots/%d.png", y), Y: y, Width: 1280, Height: min(4096, r.Page.Height-y)})
	}
	ctx := open(t, 1300, 800)
	do(t, ctx, chromedp.Navigate(write(t, t.TempDir(), r)))
	began := time.Now()
	eval[bool](t, ctx, `document.querySelector('#l2000 .num').click() || true`)
	at := eval[rect](t, ctx, `(() => { const b = document.getElementById('f2000').getBoundingClientRect(), p = document.getElementById('page').getBoundingClientRect(); return {X: b.x, Y: b.y, W: p.width, H: b.y - p.y}; })()`)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("going to the last of 2,000 findings took %v", took)
	}
	if at.Y < 0 || at.Y > 800 {
		t.Errorf("finding 2000 is at %v, want it in view", at)
	}
	if want := 199920 * at.W / 1280; math.Abs(at.H-want) > 1 {
		t.Errorf("finding 2000 is %v px down the picture, want %v", at.H, want)
	}
}
