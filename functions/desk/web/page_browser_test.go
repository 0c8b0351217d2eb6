package web

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

const ready = `document.documentElement.dataset.ready !== undefined`

// settled waits until all pictures on the page are there and painted.
func (b tab) settled() {
	b.Helper()
	b.wait(ready + ` && [...document.querySelectorAll('.tile img')].every((i) => i.complete && i.naturalWidth)`)
	eval[bool](b, `Promise.all([...document.querySelectorAll('.tile img')].map((i) => i.decode().catch(() => 0))).then(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true)))))`)
}

type rect struct{ X, Y, W, H float64 }

func (b tab) rect(css string) rect {
	b.Helper()
	return eval[rect](b, `(() => { const r = document.querySelector(%q).getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height}; })()`, css)
}

func (b tab) shot() image.Image {
	b.Helper()
	shot := act(b, func(ctx context.Context, at *chromedp.Target) ([]byte, error) {
		res, err := cdp.Call(ctx, at, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{})
		return res.Data, err
	})
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.Fatal(err)
	}
	return img
}

// tall is a page of 200,000 px in 300 tiles, with a finding every 1,000 px.
func tall() result.Result {
	var findings []result.Finding
	for y := 500; y < 200_000; y += 1000 {
		findings = append(findings, at(100, float64(y), 200, 30))
	}
	return painted("tall", 800, 200_000, 667, findings...)
}

// Of 300 tiles, those near the view are loaded, and no others on the way to the end.
func TestTallPageLoadsWhatIsNear(t *testing.T) {
	d := newDesk(t)
	r := tall()
	d.paint(t, &r)
	b := open(t, d.URL+"/p/tall", 1200, 800)
	b.settled()
	const near = 8 // three views of 760 px, and the tiles they begin and end in
	loaded := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.asked)
	}
	if n := loaded(); n < 2 || n > near {
		t.Errorf("%d tiles were loaded at the top, want at most %d", n, near)
	}
	b.key(kb.End)
	b.wait(`document.querySelector('[data-tile="299"] img')?.naturalWidth === 800`)
	b.settled()
	if n := loaded(); n > 2*near {
		t.Errorf("%d tiles were loaded on the way to the end, want at most %d", n, 2*near)
	}
	if n := eval[int](b, `document.querySelectorAll('.tile').length`); n > near {
		t.Errorf("%d tiles are there at the end; those at the top were not let go", n)
	}
	if n := eval[int](b, `document.querySelectorAll('.box').length`); n == 0 || n > 20 {
		t.Errorf("%d boxes are there at the end", n)
	}
	last, sheet := b.rect(`[data-tile="299"]`), b.rect(".paper")
	if got, want := last.Y+last.H, sheet.Y+sheet.H; math.Abs(got-want) > 1 || math.Abs(sheet.H-200_000*sheet.W/800) > 1 {
		t.Errorf("the last tile ends at %v, the page at %v of %v", got, want, sheet)
	}
	// Step by step nothing in view is ever missing, and what is behind is let go.
	for range 30 {
		eval[bool](b, `(() => { const s = document.getElementById('scroll'); s.scrollTop -= s.clientHeight / 2; return true; })()`)
		b.settled()
		if n := eval[int](b, `document.querySelectorAll('.tile').length`); n > 2*near {
			t.Fatalf("%d tiles are there", n)
		}
		if gap := eval[string](b, `(() => { const v = document.getElementById('scroll').getBoundingClientRect();
			for (let y = v.top + 5; y < v.bottom; y += 50) if (!document.elementsFromPoint(v.left + v.width / 2, y).some((e) => e.matches('.tile img'))) return 'at ' + y;
			return ''; })()`); gap != "" {
			t.Fatalf("nothing is shown %s", gap)
		}
	}
}

// Each box lies over the pixels that it is about, at several widths and zooms, and the
// pixels around it are others.
func TestBoxesLieOverTheirPixels(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 1000, 9000, 1500, at(100, 200, 300, 50), at(500, 1480, 200, 60), at(200, 3000, 300, 40), result.Finding{Boxes: []page.Box{{X: 700, Y: 5000, W: 200, H: 40}, {X: 60, Y: 5060, W: 300, H: 40}}}, at(900, 8950, 99, 48))
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	for _, c := range []struct {
		width, height int64
		zoom          string
	}{{1280, 800, ""}, {900, 700, ""}, {1000, 600, "stage.toggle"}, {1800, 900, ""}, {700, 900, ""}} {
		name := fmt.Sprintf("%dx%d %s", c.width, c.height, c.zoom)
		b.size(c.width, c.height)
		b.visit(d.URL + "/p/p-1")
		b.settled()
		if c.zoom != "" {
			b.key("z")
		}
		for i, f := range r.Findings {
			if i > 0 {
				b.key("n")
			}
			b.wait(`document.querySelector('.box.sel')?.dataset.n === '%d'`, i)
			b.settled()
			eval[bool](b, `document.querySelectorAll('.box').forEach((e) => { e.style.visibility = 'hidden'; }) || true`)
			img := b.shot()
			view := b.rect("#scroll")
			for j, part := range f.Boxes {
				got := eval[rect](b, `(() => { const r = document.querySelectorAll('.box.sel')[%d].getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height}; })()`, j)
				sheet := b.rect(".paper")
				scale := sheet.W / 1000
				want := rect{sheet.X + part.X*scale, sheet.Y + part.Y*scale, part.W * scale, part.H * scale}
				if math.Abs(got.X-want.X)+math.Abs(got.Y-want.Y)+math.Abs(got.W-want.W)+math.Abs(got.H-want.H) > 1 {
					t.Errorf("%s: box %d of finding %d is at %v, want %v", name, j, i, got, want)
				}
				if got.Y < view.Y || got.Y+got.H > view.Y+view.H+1 {
					t.Errorf("%s: finding %d is at %v, not in view %v", name, i, got, view)
				}
				for _, p := range []struct {
					x, y float64
					want bool
				}{{got.X + 3, got.Y + 3, true}, {got.X + got.W - 4, got.Y + got.H - 4, true}, {got.X - 4, got.Y + got.H/2, false}, {got.X + got.W/2, got.Y - 4, false}} {
					at := image.Pt(int(math.Round(p.x)), int(math.Round(p.y)))
					if at.In(image.Rect(int(view.X), int(view.Y), int(view.X+view.W), int(view.Y+view.H))) && isRed(img.At(at.X, at.Y)) != p.want {
						t.Errorf("%s: finding %d at %v: pixel %v is %v, want red %v", name, i, got, at, img.At(at.X, at.Y), p.want)
					}
				}
			}
		}
	}
}

func TestZoomKeepsWhatIsLookedAt(t *testing.T) {
	d := newDesk(t)
	r := tall()
	r.Page.Scale = 2
	r.Tiles = r.Tiles[:1] // what is drawn does not matter here
	d.put(t, r)
	b := open(t, d.URL+"/p/tall#f90", 1200, 800)
	b.wait(ready)
	eye := func() float64 {
		return eval[float64](b, `(() => { const s = document.getElementById('scroll').getBoundingClientRect(), p = document.querySelector('.paper').getBoundingClientRect(); return (s.top + s.height / 3 - p.top) / p.height * 200000; })()`)
	}
	before := eye()
	for _, keys := range []string{"+", "++", "-", "z", "z", "+++++++++"} {
		b.key(keys)
		if got := eye(); math.Abs(got-before) > 2 {
			t.Errorf("after %s one looks at %v, before at %v", keys, got, before)
		}
	}
	if zoom := eval[string](b, `document.getElementById('zoom').textContent`); zoom != "200%" {
		t.Errorf("at the end the zoom is %s, want the pixels of the picture", zoom)
	}
}

// The text and the picture move each other, and each line shows its place.
func TestTextInStep(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 800, 30_000, 1500)
	for i := range 300 {
		r.Lines = append(r.Lines, result.Line{Text: fmt.Sprintf("줄 %d 번", i), Box: page.Box{X: 100, Y: float64(i*100 + 20), W: 300, H: 40}, Confidence: 0.9})
	}
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.settled()
	b.key("t")
	const third = `((el) => { const v = el.getBoundingClientRect(); return v.top + v.height / 3; })`
	line := func() float64 { // the line at a third of the list
		return eval[float64](b, `[...document.querySelectorAll('#lines li')].findIndex((li) => li.getBoundingClientRect().bottom >= %s(document.getElementById('lines')))`, third)
	}
	eye := func() float64 {
		return eval[float64](b, `(() => { const s = document.querySelector('.paper').getBoundingClientRect(); return (%s(document.getElementById('scroll')) - s.top) / s.height * 300; })()`, third)
	}
	near := func(what string) {
		t.Helper()
		eval[bool](b, `new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
		if a, b := line(), eye(); math.Abs(a-b) > 2 {
			t.Errorf("%s: the text shows line %.0f, the picture %.1f", what, a, b)
		}
	}
	for _, y := range []int{5000, 12_000, 15_000, 800} {
		eval[bool](b, `(document.getElementById('scroll').scrollTop = %d) >= 0`, y)
		near(fmt.Sprint("the picture at ", y))
	}
	for _, y := range []int{2000, 5000, 400} {
		eval[bool](b, `(document.getElementById('lines').scrollTop = %d) >= 0`, y)
		near(fmt.Sprint("the text at ", y))
		if got := eval[float64](b, `document.getElementById('lines').scrollTop`); math.Abs(got-float64(y)) > 1 {
			t.Errorf("the picture moved the text back to %v", got)
		}
	}
	eval[bool](b, `document.querySelector('#lines li[data-i="150"] button').click() || true`)
	b.settled()
	b.wait(`document.querySelector('.line-mark.now')`)
	mark, sheet := b.rect(".line-mark.now"), b.rect(".paper")
	scale := sheet.W / 800
	if math.Abs(mark.Y-sheet.Y-15_020*scale) > 1 || math.Abs(mark.H-40*scale) > 1 || mark.Y < 0 || mark.Y > 800 {
		t.Errorf("line 150 is marked at %v of %v", mark, sheet)
	}
	// The search does not care for spaces, and what is typed is not obeyed.
	b.key("/")
	b.wait(`document.activeElement.id === 'search'`)
	eval[string](b, `document.getElementById('search').value = ''`) // the protocol types the slash that the page prevented
	b.key("줄29번")
	b.wait(`document.getElementById('hits').textContent !== ''`)
	if got := eval[string](b, `[...document.querySelectorAll('#lines li')].filter((e) => e.offsetParent).map((e) => e.textContent).join('|')`); got != "줄 29 번" {
		t.Errorf("found is %q", got)
	}
	b.wait(`document.querySelector('.line-mark.now')?.dataset.i === '29'`)
}

// What a stranger wrote stays text, and no address leads anywhere but the web.
func TestHostileTextStaysText(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 1000, 1000, at(100, 200, 200, 40), at(100, 400, 200, 40))
	d.paint(t, &r)
	r.Title, r.URL, r.FinalURL, r.Category, r.Labels = hostile, "javascript:"+hacked, "data:text/html,"+hostile, hostile, map[string]string{hostile: hostile}
	r.Page.Partial, r.Page.Warnings, r.Rules = hostile, []string{hostile}, []string{hostile}
	r.Unseen = []page.Unseen{{Kind: page.UnseenKind(hostile), Why: hostile, Source: hostile, Box: page.Box{X: 10, Y: 10, W: 100, H: 100}}, {Kind: page.Failed, Why: hostile}}
	r.Codes = []result.Code{{Text: hostile, Format: result.CodeFormat(hostile), Box: page.Box{X: 10, Y: 10, W: 100, H: 100}}}
	r.Tiles[0].Extra, r.Coverage.Engine = hostile, hostile
	f := &r.Findings[0]
	f.Rule, f.Quote, f.Message, f.Law, f.Suggest, f.Evasion, f.Kind, f.Source, f.Match = hostile, hostile, hostile, hostile, []string{hostile}, hostile, result.Kind(hostile), result.Source(hostile), result.Match(hostile)
	r.Lines[0].Text, r.Lines[0].Source = hostile, result.Source(hostile)
	d.put(t, r)
	if _, err := d.Ledger.Decide(t.Context(), decision.Decision{Series: decision.Page, Subject: "p-1", Action: decision.Confirm, By: strings.ReplaceAll(hostile, "\u202e", "")[:300], Words: hostile, Policy: hostile[:300], Marks: []decision.Mark{decision.MarkOf(r, r.Findings[1])}}, 0); err != nil {
		t.Fatal(err)
	}
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.settled()
	b.key("t")
	b.key("nn")
	for _, name := range []string{"history", "details", "findings"} {
		eval[bool](b, `document.getElementById('tab-%s').click() || true`, name)
	}
	if got := eval[string](b, `[document.documentElement.dataset.hacked, document.querySelectorAll('[onerror], [onload], a[href^="javascript"], a[href^="data"]').length, document.querySelector('h1').textContent === %q, document.querySelector('#found .quote').textContent === %q].join('|')`, hostile, hostile); got != "|0|true|true" {
		t.Errorf("got %q", got)
	}
}

// The browser itself has nothing to object to: no policy is violated, no script fails.
func TestBrowserReportsNothing(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 3000, 1000, at(100, 200, 200, 40), at(100, 1200, 200, 40))
	r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "a picture did not come", Box: page.Box{X: 10, Y: 500, W: 300, H: 200}}}
	d.paint(t, &r)
	b := open(t, "about:blank", 1280, 800)
	act(b, func(ctx context.Context, at *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, at, cdplog.Enable, chromedp.Void{})
		return chromedp.Void{}, err
	})
	entries := chromedp.Events(b.ctx, cdplog.EntryAdded)
	b.visit(d.URL + "/p/p-1")
	b.settled()
	b.key("ntzb")
	b.settled()
	// What follows is refused, and being the first entry shows that nothing was before it.
	eval[bool](b, `document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.example/sentinel.png'})) || true`)
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

// A picture that may be indecent is blurred until it is asked for.
func TestBlurredUntilAsked(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 900, 300, at(100, 100, 200, 40))
	r.SafeSearch = []result.SafeSearch{{Tile: 0, Racy: "likely"}}
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.settled()
	filters := func() string {
		return eval[string](b, `[0, 1].map((n) => getComputedStyle(document.querySelector('[data-tile="' + n + '"] img')).filter === 'none' ? 'plain' : 'blurred').join()`)
	}
	if got := filters(); got != "blurred,plain" {
		t.Errorf("tiles are %s", got)
	}
	eval[bool](b, `document.querySelector('.tile .unblur').click() || true`)
	if got := filters(); got != "plain,plain" {
		t.Errorf("asked for, tiles are %s", got)
	}
}

// What was not seen is drawn where it would be, and said.
func TestUnseenIsDrawnAndSaid(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 1000, 4000, 1000)
	r.Verdict, r.Page.Truncated = result.Review, true
	r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "the picture did not come", Box: page.Box{X: 100, Y: 2500, W: 400, H: 300}, Source: "https://cdn.example/a.jpg"}, {Kind: page.Loading, Why: "a script was still on its way"}}
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.settled()
	if got := eval[string](b, `document.querySelector('.notseen').textContent`); !strings.Contains(got, "the picture did not come") || !strings.Contains(got, "a script was still on its way") || !strings.Contains(got, "cdn.example") || !strings.Contains(got, "goes on below") {
		t.Errorf("said is %q", got)
	}
	if n := eval[int](b, `document.querySelectorAll('#minimap .unseen').length`); n != 1 {
		t.Errorf("%d marks on the map", n)
	}
	eval[bool](b, `document.querySelector('[data-unseen="0"]').click() || true`)
	b.wait(`document.querySelector('.paper .unseen')`)
	b.settled()
	got, sheet := b.rect(".paper .unseen"), b.rect(".paper")
	scale := sheet.W / 1000
	if math.Abs(got.X-sheet.X-100*scale) > 1 || math.Abs(got.Y-sheet.Y-2500*scale) > 1 || math.Abs(got.W-400*scale) > 1 || math.Abs(got.H-300*scale) > 1 || got.Y < 0 || got.Y > 800 {
		t.Errorf("it is drawn at %v of %v", got, sheet)
	}
	if style := eval[string](b, `getComputedStyle(document.querySelector('.paper .unseen')).backgroundImage`); !strings.HasPrefix(style, "repeating-linear-gradient") {
		t.Errorf("it is not hatched: %s", style)
	}
}

// A tile that cannot be had is said to be missing, and the page works without a picture.
func TestWithoutPictures(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 900, 300, at(100, 100, 200, 40))
	d.put(t, r) // never drawn
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.wait(ready + ` && document.querySelectorAll('.tile.gone').length === 3`)
	if got := eval[string](b, `document.querySelector('.tile.gone').textContent`); !strings.Contains(got, "300") {
		t.Errorf("said is %q", got)
	}
	r.Tiles = nil
	r.ID = "p-2"
	d.put(t, r)
	b.visit(d.URL + "/p/p-2")
	b.wait(ready)
	b.key("tn")
	if resp, _ := d.get(t, "/p/p-2"); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}
