package accuracy

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Line is one line of text as it stands on the page: box in CSS px from the
// page's top left, Size the font size in CSS px.
type Line struct {
	Text string  `json:"text"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	W    float64 `json:"w"`
	H    float64 `json:"h"`
	Size float64 `json:"size"`
	Kind Class   `json:"kind,omitempty"` // of a line on a hard page
}

// Rendered is a page as a picture with what it says.
type Rendered struct {
	Picture []byte // JPEG of quality 90, as tiles are
	Height  int    // CSS px
	Lines   []Line
	Words   []Word // of a real page or a page of kinds
}

// maxHeight is the height of a tile, CSS px; Chromium captures more than that wrongly.
const maxHeight = 4096

// browsers are the names under which a Chromium is looked for, best first.
var browsers = []string{"chromium-headless-shell", "chromium", "google-chrome"}

// linesScript walks the text nodes and groups their characters by the line
// on which the browser set them. Chars of one node that sit at the same height
// are one line; that is finer than what a person calls a line only where a line
// has several elements, which the generator avoids.
const linesScript = `(() => {
  const out = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    if (!n.data.trim() || ['STYLE','SCRIPT'].includes(n.parentElement.tagName)) continue;
    const size = parseFloat(getComputedStyle(n.parentElement).fontSize);
    const kind = n.parentElement.closest('[data-kind]')?.dataset.kind ?? '';
    if (kind === 'sloped') { // set by hand on one line, whose box is the one around it
      const r = document.createRange(); r.selectNodeContents(n);
      const b = r.getBoundingClientRect();
      out.push({text: n.data, x: b.left, y: b.top, w: b.width, h: b.height, size, kind});
      continue;
    }
    let cur = null;
    for (let i = 0; i < n.data.length; i++) {
      const r = document.createRange(); r.setStart(n, i); r.setEnd(n, i + 1);
      const b = r.getClientRects()[0];
      if (!b || !b.width) continue;
      if (!cur || Math.abs(b.top - cur.y) > 2) { cur = {text:'', x:b.left, y:b.top, w:0, h:b.height, size, kind}; out.push(cur); }
      cur.text += n.data[i]; cur.w = b.right - cur.x;
    }
  }
  return {height: Math.ceil(document.documentElement.scrollHeight), lines: out};
})()`

// Render draws each document at the device scale given and reads off its
// lines. What is below 4,096 CSS px is cut off, between two lines.
// It needs a Chromium on the PATH.
func Render(ctx context.Context, docs []Document, scale float64) ([]Rendered, error) {
	ctx, cancel, err := browse(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()

	out := make([]Rendered, 0, len(docs))
	for i, doc := range docs {
		r, err := chromedp.Run(ctx, draw(doc, scale))
		if err != nil {
			return nil, fmt.Errorf("draw page %d: %w", i, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// RenderWords draws the page at an address, cut between its lines into parts of at most 4,096 CSS px, with the words of each part.
// What lies below so many parts is left out. It needs a Chromium on the PATH.
func RenderWords(ctx context.Context, urls []string, scale float64, parts int) ([][]Rendered, error) {
	ctx, cancel, err := browse(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	var out [][]Rendered
	for _, url := range urls {
		r, err := chromedp.Run(ctx, drawWords(url, scale, parts))
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", url, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// browse starts a Chromium, which ends with cancel.
func browse(ctx context.Context) (_ context.Context, cancel context.CancelFunc, _ error) {
	path := ""
	for _, name := range browsers {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, nil, fmt.Errorf("no Chromium on the PATH to draw pages with: install chromium-headless-shell")
	}
	// The pages are our own or of packages and fetch nothing, so the sandbox, which root cannot have, is not needed.
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, opts...)
	ctx, cancelContext := chromedp.NewContext(ctx)
	return ctx, func() { cancelContext(); cancelAllocator() }, nil
}

func draw(doc Document, scale float64) chromedp.Action[Rendered] {
	return func(ctx context.Context, t *chromedp.Target) (Rendered, error) {
		if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: Width, Height: 800, DeviceScaleFactor: scale}); err != nil {
			return Rendered{}, fmt.Errorf("set the device: %w", err)
		}
		if _, err := chromedp.Navigate(doc.URL())(ctx, t); err != nil {
			return Rendered{}, fmt.Errorf("open: %w", err)
		}
		read, err := chromedp.Evaluate[struct {
			Height int    `json:"height"`
			Lines  []Line `json:"lines"`
		}](linesScript)(ctx, t)
		if err != nil {
			return Rendered{}, fmt.Errorf("read the lines: %w", err)
		}
		height := min(read.Height, maxHeight)
		for _, l := range read.Lines {
			if l.Y < float64(height) && l.Y+l.H > float64(height) {
				height = int(l.Y) // half a line cannot be read, nor counted
			}
		}
		picture, err := shoot(ctx, t, 0, height)
		if err != nil {
			return Rendered{}, err
		}
		r := Rendered{Picture: picture, Height: height}
		for _, l := range read.Lines {
			if l.Y+l.H <= float64(height) {
				r.Lines = append(r.Lines, l)
			}
		}
		return r, nil
	}
}

// shoot takes the picture of a page from one height to another, CSS px.
func shoot(ctx context.Context, t *chromedp.Target, from, to int) ([]byte, error) {
	shot, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatJpeg, Quality: new(int64(90)), CaptureBeyondViewport: new(true),
		Clip: &page.Viewport{Y: float64(from), Width: Width, Height: float64(to - from), Scale: 1},
	})
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	return shot.Data, nil
}

func drawWords(url string, scale float64, parts int) chromedp.Action[[]Rendered] {
	return func(ctx context.Context, t *chromedp.Target) ([]Rendered, error) {
		if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: Width, Height: 800, DeviceScaleFactor: scale}); err != nil {
			return nil, fmt.Errorf("set the device: %w", err)
		}
		if _, err := chromedp.Navigate(url)(ctx, t); err != nil {
			return nil, fmt.Errorf("open: %w", err)
		}
		read, err := chromedp.Evaluate[struct {
			Height int    `json:"height"`
			Words  []Word `json:"words"`
		}](wordsScript)(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("read the words: %w", err)
		}
		var out []Rendered
		for from := 0; from < read.Height && len(out) < parts; {
			to := min(read.Height, from+maxHeight)
			for moved := true; moved; { // half a line cannot be read, nor counted
				moved = false
				for _, w := range read.Words {
					if top := int(w.Box.Y); top > from && top < to && w.Box.Bottom() > float64(to) {
						to, moved = top, true
					}
				}
			}
			picture, err := shoot(ctx, t, from, to)
			if err != nil {
				return nil, err
			}
			part := Rendered{Picture: picture, Height: to - from}
			for _, w := range read.Words {
				if w.Box.Y >= float64(from) && w.Box.Bottom() <= float64(to) {
					w.Box.Y -= float64(from)
					part.Words = append(part.Words, w)
				}
			}
			out = append(out, part)
			from = to
		}
		return out, nil
	}
}
