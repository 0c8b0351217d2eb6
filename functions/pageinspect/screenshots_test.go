package main

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/functions/desk/desktest"
)

var screenshots = flag.String("screenshots", "", "folder to draw the desk's list and page into, anew")

// TestScreenshots draws the pictures of the desk's README, with -screenshots: the
// bundled samples as run leaves them, and a handful of made pages.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("draws only with -screenshots; make screenshots")
	}
	dir := t.TempDir()
	if code, _, stderr := pageinspect(t, "run", "--out", dir); code > exitFinding {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if _, err := desktest.Folder(dir, 8); err != nil {
		t.Fatal(err)
	}
	d := startDesk(t, deskOptions{place: deskPlace{dir: dir}, as: "reviewer"})
	defer d.end(t)
	tab := usersBrowser(t, 2*time.Minute)
	if _, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 860, DeviceScaleFactor: 1}); err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"list.png": "/?lang=en&verdicts=reject&sort=newest", "page.png": "/p/acne-serum?lang=en"} {
		visited(t, tab, d.address+address, drawn)
		shot, err := chromedp.Call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		if err != nil {
			t.Fatal(err)
		}
		writeSmall(t, filepath.Join(*screenshots, name), shot.Data)
	}
}

// drawn waits until every picture near is there, and nothing was asked for any more
// for half a second.
const drawn = `(async () => {
  const near = img => { const b = img.getBoundingClientRect(); return b.bottom > 0 && b.top < innerHeight };
  let asked = -1;
  for (let i = 0; i < 60; i++) {
    const now = performance.getEntriesByType("resource").length;
    if (now === asked && [...document.images].filter(near).every(img => img.complete)) break;
    asked = now;
    await new Promise(done => setTimeout(done, 500));
  }
  return [];
})()`

// writeSmall writes a PNG of the 256 colours that are most of it: a third as large, and
// enough for a README.
func writeSmall(t *testing.T, file string, b []byte) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			c := color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
			count[color.RGBA{c.R &^ 3, c.G &^ 3, c.B &^ 3, 255}]++
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	few := color.Palette{}
	for _, c := range all[:min(len(all), 255)] {
		few = append(few, c)
	}
	small := image.NewPaletted(picture.Bounds(), append(few, color.White))
	draw.Draw(small, small.Bounds(), picture, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
