package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// folder is a directory of run that lies in memory. What is in it may change while it is served.
type folder struct {
	mu    sync.Mutex
	files fstest.MapFS
}

// Open is fs.FS's.
func (f *folder) Open(name string) (fs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.files.Open(name)
}

func (f *folder) set(name string, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = &fstest.MapFile{Data: b, ModTime: time.Unix(1_770_000_000, int64(len(f.files)+1))}
}

// desk is a desk over pages that a test puts, with all requests for pictures counted.
type desk struct {
	*httptest.Server
	*Desk
	files *folder

	mu     sync.Mutex
	asked  []string // tiles, by their paths
	posted []string // what changes something: paths and bodies
}

var clock = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func newDesk(t testing.TB, results ...result.Result) *desk {
	t.Helper()
	s := memstore.New("results")
	d := &desk{files: &folder{files: fstest.MapFS{}}}
	x, err := index.Open(context.Background(), filepath.Join(t.TempDir(), "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // the test is over
	now := func() time.Time { return clock }
	d.Desk = &Desk{
		Index: x, Pages: &pages.Source{Folder: d.files}, Ledger: &ledger.Ledger{Store: s, Bucket: "results", Now: now},
		Who: func(r *http.Request) (string, error) { return "kim@shop.example", nil }, Log: slog.New(slog.DiscardHandler), Now: now,
	}
	for _, r := range results {
		d.put(t, r)
	}
	handler := d.Handler()
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		if strings.Contains(r.URL.Path, "/tile/") {
			d.asked = append(d.asked, r.URL.Path)
		}
		if r.Method == http.MethodPost {
			d.posted = append(d.posted, r.URL.Path)
		}
		d.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

// put puts a result where the desk finds it; one that is there is replaced.
func (d *desk) put(t testing.TB, r result.Result) {
	t.Helper()
	d.write(t, r)
	got, ref, err := d.Pages.Result(t.Context(), r.ID)
	if err == nil {
		err = d.Index.Put(t.Context(), got, ref)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) write(t testing.TB, r result.Result) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	d.files.set(r.ID+"/result.json", b)
}

// draws puts the picture of a tile into the folder, and its sum into the result.
func (d *desk) draws(t testing.TB, r *result.Result, n int, b []byte) {
	t.Helper()
	sum := sha256.Sum256(b)
	r.Tiles[n].SHA256, r.Tiles[n].Bytes = hex.EncodeToString(sum[:]), len(b)
	ending := map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}[r.Tiles[n].MediaType] // of others none, as run saves them
	d.files.set(fmt.Sprintf("%s/tiles/%03d.%s", r.ID, n, ending), b)
}

var red, paper = color.RGBA{255, 0, 0, 255}, color.RGBA{250, 250, 250, 255}

// painted is a page of tiles of so many rows, empty but for a red rectangle at each box of
// each finding. Its tiles are drawn by paint.
func painted(id string, width, height, rows int, findings ...result.Finding) result.Result {
	r := tiled(width, height, rows)
	r.Schema, r.ID, r.URL, r.FinalURL, r.Title, r.Verdict = result.Schema, id, "https://shop.example/"+id, "https://shop.example/"+id, "Page "+id, result.Reject
	r.CapturedAt, r.RecognizedAt, r.Rules, r.Findings = clock.Add(-3*time.Hour), clock.Add(-3*time.Hour), []string{"mine@1"}, findings
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Rule, f.Severity, f.Mode, f.Message = fmt.Sprintf("mine.%d", i+1), [...]result.Severity{result.High, result.ReviewSeverity, result.Info}[i%3], result.Enforce, fmt.Sprintf("문제 %d", i+1)
		f.Quote, f.Match, f.Lines = fmt.Sprintf("여드름 치료 %d", i+1), result.Exact, []int{len(r.Lines)}
		for _, b := range f.Boxes {
			f.Box = f.Box.Union(b)
		}
		r.Lines = append(r.Lines, result.Line{Text: f.Quote, Box: f.Box, Confidence: 0.9, Block: i, Source: result.InPicture})
	}
	for i := range r.Tiles {
		r.Tiles[i].Object, r.Tiles[i].MediaType = fmt.Sprintf("gs://shots/%s/%03d.png", id, i), "image/png"
	}
	return r
}

func (d *desk) paint(t testing.TB, r *result.Result) {
	t.Helper()
	for n, tile := range r.Tiles {
		// Of the palette, one colour says which tile it is.
		img := image.NewPaletted(image.Rect(0, 0, tile.Width, tile.Height), color.Palette{paper, red, color.RGBA{byte(n), byte(n >> 8), 99, 255}})
		img.SetColorIndex(0, 0, 2)
		for _, f := range r.Findings {
			for _, b := range boxesOf(*r, f) {
				draw.Draw(img, image.Rect(int(b.X), int(b.Y)-tile.Y, int(b.Right()), int(b.Bottom())-tile.Y), image.NewUniform(red), image.Point{}, draw.Src)
			}
		}
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		d.draws(t, r, n, b.Bytes())
	}
	d.put(t, *r)
}

func at(x, y, w, h float64) result.Finding {
	return result.Finding{Boxes: []page.Box{{X: x, Y: y, W: w, H: h}}}
}

func (d *desk) get(t testing.TB, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := d.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp, b.Bytes()
}

func TestTiles(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 400, 1000, 300, at(100, 290, 50, 20))
	d.paint(t, &r)
	var data pageData
	_, b := d.get(t, "/p/p-1/data.json")
	if err := json.Unmarshal(b, &data); err != nil {
		t.Fatal(err)
	}
	resp, b := d.get(t, data.Tiles[1].Src)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || resp.Header.Get("X-Content-Type-Options") != "nosniff" ||
		resp.Header.Get("Cache-Control") != "private, max-age=31536000, immutable" || resp.Header.Get("ETag") != `"`+r.Tiles[1].SHA256+`"` {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != r.Tiles[1].SHA256 {
		t.Error("it is another picture")
	}
	if resp, b := d.get(t, data.Tiles[1].Src, "If-None-Match", resp.Header.Get("ETag")); resp.StatusCode != 304 || len(b) != 0 {
		t.Errorf("what the browser has is sent again: %s", resp.Status)
	}
	if resp, _ := d.get(t, "/p/p-1/tile/1"); resp.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("without a version it is kept: %v", resp.Header)
	}
	v := data.Version
	for path, want := range map[string]int{
		"/p/p-1/tile/4?v=" + v: 404, "/p/p-1/tile/-1?v=" + v: 404, "/p/p-1/tile/x": 404, "/p/nobody/tile/0": 404, "/p/.desk/tile/0": 404,
		"/p/" + url.PathEscape("../../etc") + "/tile/0": 404, "/p/p-1/tile/0?v=1": 409, "/p/p-1/tile/0?v=x": 422,
		"/p/p-1/crop/1": 404, "/p/p-1/crop/-1": 404, "/p/p-1/kept/" + strings.Repeat("0", 64) + "/tile/0": 404, "/p/p-1/kept/x/data.json": 404,
	} {
		if resp, b := d.get(t, path); resp.StatusCode != want || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, want %d; %s", path, resp.Status, want, b)
		}
	}
	// A picture that is no longer the one that was inspected is not shown as it.
	d.files.set("p-1/tiles/002.png", b)
	if resp, _ := d.get(t, data.Tiles[2].Src); resp.StatusCode != 500 || resp.Header.Get("ETag") != "" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("another picture in its place: %s %v", resp.Status, resp.Header)
	}
}

// What a result names as its tile's type decides nothing but whether it is shown at all.
func TestNoDocumentIsATile(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 400, 300, 300)
	d.paint(t, &r)
	r.Tiles[0].MediaType = "text/html"
	d.put(t, r)
	if resp, b := d.get(t, "/p/p-1/tile/0"); resp.StatusCode == 200 || strings.Contains(resp.Header.Get("Content-Type"), "html") {
		t.Errorf("%s %v %.40s", resp.Status, resp.Header, b)
	}
}

// A finding that lies across a cut is drawn of both tiles, where it lies.
func TestCropShowsTheFinding(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 1200, 300, at(200, 280, 100, 40), at(0, 0, 0, 0), at(100, 100, 40, 1000))
	d.paint(t, &r)
	resp, b := d.get(t, "/p/p-1/crop/0?w=420")
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil || resp.Header.Get("Content-Type") != "image/jpeg" || resp.Header.Get("ETag") == "" || resp.Header.Get("Desk-Crop") != "" {
		t.Fatalf("%s %v: %v", resp.Status, resp.Header, err)
	}
	c, _ := cropOf(r, r.Findings[0], 420)
	if img.Bounds().Dx() != 420 || c.Region.Dx() != 420 {
		t.Fatalf("a crop of %v is %v", c.Region, img.Bounds())
	}
	for p, want := range map[image.Point]bool{{205, 285}: true, {295, 299}: true, {205, 301}: true, {295, 315}: true, {195, 300}: false, {305, 300}: false, {250, 275}: false, {250, 326}: false} {
		if at := img.At(p.X-c.Region.Min.X, p.Y-c.Region.Min.Y); isRed(at) != want {
			t.Errorf("%v is %v, want red %v", p, at, want)
		}
	}
	if resp, _ := d.get(t, "/p/p-1/crop/1"); resp.StatusCode != 404 {
		t.Errorf("a finding without a place: %s", resp.Status)
	}
	if resp, _ := d.get(t, "/p/p-1/crop/2"); resp.StatusCode != 200 || resp.Header.Get("Desk-Crop") != "part" {
		t.Errorf("a part is not said to be one: %s %v", resp.Status, resp.Header)
	}
	if resp, _ := d.get(t, "/p/p-1/crop/0?w=420", "If-None-Match", resp.Header.Get("ETag")); resp.StatusCode != 304 {
		t.Errorf("what the browser has is sent again: %s", resp.Status)
	}
}

// A picture whose header says that it is too large is not decoded.
func TestHugeTileIsNotDecoded(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 300, 300, at(200, 100, 100, 40))
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, 5000, 5000), color.Palette{paper})); err != nil {
		t.Fatal(err)
	}
	d.draws(t, &r, 0, b.Bytes())
	d.put(t, r)
	if resp, b := d.get(t, "/p/p-1/crop/0"); resp.StatusCode != 422 || !strings.Contains(string(b), "more than any tile") {
		t.Errorf("%s %s", resp.Status, b)
	}
}

// An image that somebody put is its own tile, of whatever format a browser shows.
func TestImagesOfEveryFormatAreShown(t *testing.T) {
	for media, encode := range map[string]func(io.Writer, image.Image) error{
		"image/gif": func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) },
		"image/bmp": bmp.Encode,
	} {
		d := newDesk(t)
		r := painted("p-1", 600, 300, 300, at(200, 100, 100, 40))
		r.Tiles[0].MediaType = media
		img := image.NewRGBA(image.Rect(0, 0, 600, 300))
		draw.Draw(img, image.Rect(200, 100, 300, 140), image.NewUniform(red), image.Point{}, draw.Src)
		var b bytes.Buffer
		if err := encode(&b, img); err != nil {
			t.Fatal(err)
		}
		d.draws(t, &r, 0, b.Bytes())
		d.put(t, r)
		if resp, got := d.get(t, "/p/p-1/tile/0"); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != media || !bytes.Equal(got, b.Bytes()) {
			t.Errorf("%s: the tile: %s %.200s", media, resp.Status, got)
		}
		if resp, got := d.get(t, "/p/p-1/crop/0"); resp.StatusCode != 200 {
			t.Errorf("%s: the crop: %s %.200s", media, resp.Status, got)
		}
	}
}

func isRed(c color.Color) bool {
	r, g, b, _ := c.RGBA()
	return r>>8 > 200 && g>>8 < 60 && b>>8 < 60
}

// Where the page stands is told with it: decisions on the page, and on its pictures.
func TestDataTellsWhereThePageStands(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 600, 300, at(200, 100, 100, 40), at(200, 400, 100, 40))
	r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "it did not come", Box: page.Box{X: -50, Y: 10, W: 100, H: 1e9}}, {Kind: page.Failed, Why: "nowhere"}}
	d.paint(t, &r)
	other := r
	other.ID = "p-2"
	for n := range other.Tiles {
		d.files.set(fmt.Sprintf("p-2/tiles/%03d.png", n), d.files.files[fmt.Sprintf("p-1/tiles/%03d.png", n)].Data)
	}
	d.put(t, other)
	decide := func(one decision.Decision, known int) decision.Decision {
		t.Helper()
		one.By = "lee@shop.example"
		made, err := d.Ledger.Decide(t.Context(), one, known)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	mark, _ := decision.MarkOf(r, r.Findings[1]).InPicture()
	decide(decision.Decision{Series: decision.Picture, Subject: r.Tiles[1].SHA256, Action: decision.Dismiss, Reason: decision.Proof, Marks: []decision.Mark{mark}}, 0)
	decide(decision.Decision{Series: decision.Page, Subject: "p-1", Action: decision.Confirm, Policy: "mine.1", Marks: []decision.Mark{decision.MarkOf(r, r.Findings[0])}}, 0)
	decide(decision.Decision{Series: decision.Page, Subject: "p-1", Action: decision.Undo, Undoes: 1}, 1)
	decide(decision.Decision{Series: decision.Page, Subject: "p-1", Action: decision.Escalate, Words: "보세요", Marks: []decision.Mark{decision.MarkOf(r, r.Findings[0])}}, 2)
	var got struct {
		pageData
		Standing standingData
	}
	_, b := d.get(t, "/p/p-1/data.json")
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	f := got.Findings
	if f[0].State != decision.Escalated || f[0].By.Words != "보세요" || f[0].By.By != "lee@shop.example" || f[1].State != decision.Dismissed || f[1].By.Series != decision.Picture || f[0].Showing != 2 {
		t.Errorf("findings stand %+v, %+v", f[0], f[1])
	}
	s := got.Standing
	if s.State != decision.Open || s.Known != 3 {
		t.Errorf("the page stands %+v", s)
	}
	var history []string
	for _, one := range s.Decisions {
		history = append(history, fmt.Sprintf("%s %d %v", one.Series, one.N, one.Undone))
	}
	if want := []string{"page 3 false", "page 2 false", "picture 1 false", "page 1 true"}; !slices.Equal(history, want) {
		t.Errorf("its history is %q, want %q", history, want)
	}
	if u := got.Unseen; len(u) != 2 || *u[0].Box != (box{0, 10, 50, 590}) || u[1].Box != nil {
		t.Errorf("not seen is %+v", u)
	}
}

func TestBlurred(t *testing.T) {
	r := tiled(100, 1000, 100)
	r.Tiles = append(r.Tiles, page.Tile{Y: 180, Width: 100, Height: 40, Seam: true})
	r.SafeSearch = []result.SafeSearch{{Tile: 1, Adult: "unlikely", Racy: "likely"}, {Tile: 3, Adult: "possible", Racy: "possible"}, {Tile: 99, Adult: "very_likely"}}
	r.Findings = []result.Finding{{Rule: "decency.explicit", Box: page.Box{X: 1, Y: 750, W: 10, H: 10}}, {Rule: "cosmetics.acne", Box: page.Box{X: 1, Y: 450, W: 10, H: 10}}}
	blurred := func() (all string) {
		for i, b := range indecentTiles(r) {
			if b {
				all += fmt.Sprint(i, " ")
			}
		}
		return all
	}
	if got := blurred(); got != "1 7 10 " {
		t.Errorf("blurred are %s, want 1, 7 and the seam over 1", got)
	}
	r.Findings[0].Box = page.Box{}
	if got := blurred(); got != "0 1 2 3 4 5 6 7 8 9 10 " {
		t.Errorf("blurred are %s, want all: nobody knows where it is", got)
	}
}
