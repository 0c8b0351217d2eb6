package capture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"image"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// memory is a Store that wants every picture's hash.
type memory struct{ *memstore.Store }

func (m *memory) Create(ctx context.Context, uri store.URI, media string, data []byte, meta map[string]string) (store.Attrs, error) {
	if strings.HasPrefix(media, "image/") && meta["sha256"] != fmt.Sprintf("%x", sha256.Sum256(data)) {
		return store.Attrs{}, fmt.Errorf("%s comes without its hash, by which Recognize knows what was read before", uri)
	}
	return m.Store.Create(ctx, uri, media, data, meta)
}

// The tests share one browser, as the pages of an instance do.
var shared *browser.Browser

func TestMain(m *testing.M) {
	b, err := browser.Start(context.Background(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: 6, Recycle: 500, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared = b
	code := m.Run()
	b.Close(context.Background())
	os.Exit(code)
}

// capturer has a store of its own and the shared browser.
func capturer(t testing.TB, profiles string) (*Capturer, *memory) {
	t.Helper()
	file := ""
	if profiles != "" {
		file = t.TempDir() + "/profiles.yaml"
		if err := os.WriteFile(file, []byte("version: v1\nprofiles:\n"+profiles), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ps, err := LoadProfiles(file)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{memstore.New("shots", "pages")}
	return &Capturer{Browser: shared, Profiles: ps, Store: m, Screenshots: "shots", Pages: "pages", Log: slog.New(slog.DiscardHandler), Now: time.Now}, m
}

// Page takes a request through both phases of its job, as a delivery that nobody
// else could be at.
func (c *Capturer) Page(ctx context.Context, req job.Request, src job.Source) (page.Manifest, error) {
	j := c.Job(req, src)
	if _, done, err := j.Look(ctx); done || err != nil {
		return page.Manifest{}, err
	}
	leave, err := j.Ready(ctx)
	if err != nil {
		return page.Manifest{}, err
	}
	defer leave()
	err = j.Do(ctx, nil)
	return j.Manifest, err
}

func ask(url string) job.Request {
	return job.Request{Schema: job.RequestSchema, ID: "t", URL: url}
}

func (c *Capturer) mustPage(t *testing.T, req job.Request) page.Manifest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	m, err := c.Page(ctx, req, job.Source{})
	if err != nil {
		t.Fatalf("capture %s: %v", req.URL, err)
	}
	return m
}

func serve(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func html(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><meta charset=utf-8><style>body{margin:0}</style>", body)
	}
}

const bandHeight, bandBits, cell = 40, 16, 40

// banded is a page whose every 40 px band shows its own number as 16 black or
// white cells of 40 px.
func banded(height int) string {
	var b strings.Builder
	b.WriteString(`<title>bands</title><style>b{display:block;height:40px;width:640px}</style>`)
	for n := range height / bandHeight {
		b.WriteString("<b style='background:linear-gradient(90deg")
		for bit := range bandBits {
			color := "#fff"
			if n>>bit&1 == 1 {
				color = "#000"
			}
			fmt.Fprintf(&b, ",%s %dpx %dpx", color, bit*cell, (bit+1)*cell)
		}
		b.WriteString(")'></b>")
	}
	return b.String()
}

// checkBands decodes every whole band of every tile, and that the tiles cover the page.
func checkBands(t *testing.T, m page.Manifest, objects map[store.URI][]byte) {
	t.Helper()
	seen := make([]bool, m.Height/bandHeight)
	for _, tile := range m.Tiles {
		uri, err := store.ParseURI(tile.Object)
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(bytes.NewReader(objects[uri]))
		if err != nil {
			t.Fatalf("%s: %v", tile.Object, err)
		}
		first := (tile.Y + bandHeight - 1) / bandHeight
		for n := first; (n+1)*bandHeight <= tile.Bottom(); n++ {
			y := int((float64(n*bandHeight-tile.Y) + bandHeight/2) * m.Scale)
			got := 0
			for bit := range bandBits {
				r, _, _, _ := img.At(int((float64(bit)+.5)*cell*m.Scale), y).RGBA()
				if r < 0x8000 {
					got |= 1 << bit
				}
			}
			if got != n {
				t.Fatalf("tile at %d: band %d reads %d", tile.Y, n, got)
			}
			seen[n] = true
		}
	}
	for n, ok := range seen {
		if !ok {
			t.Fatalf("band %d is on no tile whole", n)
		}
	}
}

func TestEveryBandIsRight(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		height        int
	}{
		{"short", "", 400},
		{"two tiles", "", 4120},
		{"tallest", " - {name: default, viewport: {width: 660}}\n", 200_000},
		{"dpr 1.5", " - {name: default, scale: 1.5}\n", 12_000},
		{"dpr 3 png", " - {name: default, scale: 3, format: png}\n", 6_000},
		{"webp small tiles", " - {name: default, format: webp, tile_height: 1000, overlap: 200}\n", 5_000},
		{"mobile", " - {name: default, mobile: true, viewport: {width: 640}}\n", 6_000},
	} {
		t.Run(c.name, func(t *testing.T) { captureBands(t, shared, c.profile, c.height) })
	}
}

// all has the tests of the tallest pages run in every browser and at every scale, which takes minutes.
var all = flag.Bool("all", false, "capture 200,000 px in both browsers at every scale")

func TestTallestPagesInEveryBrowser(t *testing.T) {
	height, browsers := 200_000, []string{"chromium-headless-shell", "chromium"}
	if !*all {
		height, browsers = 12_000, installed(browsers)
	}
	for _, name := range browsers {
		b, err := browser.Start(t.Context(), browser.Config{Path: name, Tabs: 1, Recycle: 10, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []float64{1, 1.5, 3} {
			t.Run(fmt.Sprintf("%s at %v", name, scale), func(t *testing.T) {
				captureBands(t, b, fmt.Sprintf(" - {name: default, viewport: {width: 660}, scale: %v}\n", scale), height)
			})
		}
		b.Close(context.Background())
	}
}

// installed are those of the browsers that there are, or else the one that the other tests use.
func installed(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err != nil })
	if len(names) == 0 {
		return []string{shared.Path()}
	}
	return names
}

// A page beyond the profile's limit is cut there, and says so.
func TestBeyondTheLimitIsTruncated(t *testing.T) {
	cap, mem := capturer(t, " - {name: default, viewport: {width: 660}, max_height: 10000}\n")
	m := cap.mustPage(t, ask(serve(t, html(banded(10_040)))))
	if !m.Truncated || m.Height != 10_000 {
		t.Errorf("height %d, truncated %v", m.Height, m.Truncated)
	}
	checkBands(t, m, mem.Objects())
}

// Tiles are drawn while those before them are on their way: the first upload
// ends here only when the second has begun.
func TestDrawingAndUploadingOverlap(t *testing.T) {
	cap, mem := capturer(t, " - {name: default, tile_height: 600, overlap: 100}\n")
	second := make(chan struct{})
	mem.Refuse = func(_ string, uri store.URI) error {
		switch {
		case strings.HasSuffix(uri.Object, "/001.jpg"):
			close(second)
		case strings.HasSuffix(uri.Object, "/000.jpg"):
			select {
			case <-second:
			case <-t.Context().Done():
			case <-time.After(30 * time.Second):
				return errors.New("the second tile waits for the first")
			}
		}
		return nil
	}
	m := cap.mustPage(t, ask(serve(t, html(banded(2000)))))
	checkBands(t, m, mem.Objects())
	for i, tile := range m.Tiles {
		if tile.Y != i*500 || !strings.HasSuffix(tile.Object, fmt.Sprintf("/%03d.jpg", i)) {
			t.Errorf("tile %d is %s at %d", i, tile.Object, tile.Y)
		}
	}
}

// captureBands captures a banded page whole and decodes all of it.
func captureBands(t *testing.T, b *browser.Browser, profile string, height int) {
	t.Helper()
	cap, mem := capturer(t, profile)
	cap.Browser = b
	m := cap.mustPage(t, ask(serve(t, html(`<meta name=viewport content="width=device-width">`+banded(height)))))
	if want := max(height, cap.viewport(t)); m.Height != want {
		t.Errorf("height %d, want %d", m.Height, want)
	}
	if m.Truncated || m.Partial != "" || len(m.Warnings) > 0 {
		t.Errorf("truncated %v, partial %q, warnings %q", m.Truncated, m.Partial, m.Warnings)
	}
	if m.Height = height / bandHeight * bandHeight; m.Height >= 800 { // below a short page is its viewport's white
		checkBands(t, m, mem.Objects())
	}
}

func (c *Capturer) viewport(t *testing.T) int {
	t.Helper()
	p, err := c.Profiles.For("", "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return p.Viewport.Height
}

func TestBands(t *testing.T) {
	for _, c := range []struct{ height, tile, overlap, want int }{
		{1, 4096, 256, 1}, {4096, 4096, 256, 1}, {4097, 4096, 256, 2}, {7936, 4096, 256, 2}, {7937, 4096, 256, 3}, {100_000, 4096, 256, 26},
	} {
		got := cutting{height: c.tile, overlap: c.overlap}.bands(band{width: 10, height: c.height})
		if len(got) != c.want {
			t.Errorf("%d px: %d tiles, want %d", c.height, len(got), c.want)
		}
		for i, b := range got {
			if i > 0 && got[i-1].y+got[i-1].height-b.y != c.overlap {
				t.Errorf("%d px: tiles %d and %d overlap by %d", c.height, i-1, i, got[i-1].y+got[i-1].height-b.y)
			}
		}
		if last := got[len(got)-1]; last.y+last.height != c.height {
			t.Errorf("%d px: ends at %d", c.height, last.y+last.height)
		}
	}
}

func TestVerifyRefusesWhatIsNotTheTile(t *testing.T) {
	for _, format := range []string{"jpeg", "png", "webp"} {
		cap, mem := capturer(t, fmt.Sprintf(" - {name: default, format: %s, viewport: {width: 200, height: 200}}\n", format))
		m := cap.mustPage(t, ask(serve(t, html("<p>some text"))))
		b := band{width: m.Tiles[0].Width, height: m.Tiles[0].Height}
		uri, err := store.ParseURI(m.Tiles[0].Object)
		if err != nil {
			t.Fatal(err)
		}
		good := mem.Objects()[uri]
		if err := verify(good, b, 1); err != nil {
			t.Fatalf("a good %s is refused: %v", format, err)
		}
		for n := range len(good) {
			if verify(good[:n], b, 1) == nil {
				t.Errorf("a %s cut off after %d of %d bytes is accepted", format, n, len(good))
			}
		}
		if verify(append(slices.Clone(good), 'x'), b, 1) == nil {
			t.Errorf("a %s with a byte too many is accepted", format)
		}
		if format == "png" {
			damaged := slices.Clone(good)
			damaged[len(damaged)/2] ^= 1
			if verify(damaged, b, 1) == nil {
				t.Error("a damaged png is accepted")
			}
		}
		if verify([]byte("hello"), b, 1) == nil {
			t.Error("text is accepted")
		}
		if verify(good, band{width: b.width, height: b.height + 3}, 1) == nil {
			t.Errorf("a %s of the wrong size is accepted", format)
		}
	}
}
