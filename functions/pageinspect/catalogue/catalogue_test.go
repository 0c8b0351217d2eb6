// Package catalogue measures what Vision is paid for on a shop whose pages share
// pictures, against a grid of tiles. It has tests only: `make catalogue`.
package catalogue

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/capture"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

var pages = flag.Int("pages", 12, "how many pages the shop has; make catalogue has 1,000")

// A word is a bar of cells, which a program reads: red, 22 bits, blue, each cell
// wordCell px wide and wordHeight px high.
const (
	wordBits, wordCell, wordHeight = 22, 8, 20
	wordWidth                      = (wordBits + 2) * wordCell
)

var red, blue = color.RGBA{230, 0, 0, 255}, color.RGBA{0, 0, 230, 255}

func cells(word int) []color.RGBA {
	out := []color.RGBA{red}
	for bit := range wordBits {
		c := color.RGBA{255, 255, 255, 255}
		if word>>bit&1 == 1 {
			c = color.RGBA{0, 0, 0, 255}
		}
		out = append(out, c)
	}
	return append(out, blue)
}

// picture is a design with a word every so often, some of them right at its edges.
func picture(seed, height int) ([]byte, []int) {
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	img := image.NewRGBA(image.Rect(0, 0, 860, height))
	ground := color.RGBA{uint8(200 + rng.IntN(50)), uint8(200 + rng.IntN(50)), uint8(200 + rng.IntN(50)), 255}
	for i := range 860 * height {
		img.SetRGBA(i%860, i/860, ground)
	}
	var words []int
	for y := 40; y+wordHeight <= height-30; y += 30 + rng.IntN(200) {
		word := seed*64 + len(words)
		x := 20 + rng.IntN(600)
		for n, c := range cells(word) {
			for i := range wordCell * wordHeight {
				img.SetRGBA(x+n*wordCell+i%wordCell, y+i/wordCell, c)
			}
		}
		words = append(words, word)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		panic(err)
	}
	return b.Bytes(), words
}

// markup is a word as the page's own text.
func markup(word int) string {
	var stops []string
	for n, c := range cells(word) {
		stops = append(stops, fmt.Sprintf("rgb(%d,%d,%d) %dpx %dpx", c.R, c.G, c.B, n*wordCell, (n+1)*wordCell))
	}
	return fmt.Sprintf(`<p style="width:%dpx;height:%dpx;font:16px/20px monospace;color:transparent;overflow:hidden;background:linear-gradient(90deg,%s)">word %d</p>`,
		wordWidth, wordHeight, strings.Join(stops, ","), word)
}

// shop serves pages, and knows which words each has.
type shop struct {
	shared   bool // pages show pictures that others show, too
	pages    int
	round    int
	mu       sync.Mutex
	pictures map[string][]byte
	words    map[string][]int
}

func (s *shop) picture(seed, height int) (src string, words []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	src = fmt.Sprintf("/p/%d.jpg", seed)
	if s.pictures[src] == nil {
		s.pictures[src], s.words[src] = picture(seed, height)
	}
	return src, s.words[src]
}

// sliceAt is the row of a design at which it is cut; a word lies there.
const sliceAt = 50

// sliced is a design that the seller cut into two pictures.
func (s *shop) sliced(seed, height int) (upper, lower string, words []int) {
	whole, words := s.picture(seed, height)
	s.mu.Lock()
	defer s.mu.Unlock()
	upper, lower = fmt.Sprintf("/p/%d-upper.jpg", seed), fmt.Sprintf("/p/%d-lower.jpg", seed)
	if s.pictures[upper] == nil {
		img, err := jpeg.Decode(bytes.NewReader(s.pictures[whole]))
		if err != nil {
			panic(err) // it is ours
		}
		for src, rows := range map[string]image.Rectangle{upper: image.Rect(0, 0, 860, sliceAt), lower: image.Rect(0, sliceAt, 860, height)} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, img.(*image.YCbCr).SubImage(rows), &jpeg.Options{Quality: 92}); err != nil {
				panic(err)
			}
			s.pictures[src] = b.Bytes()
		}
	}
	return upper, lower, words
}

// page is a page's HTML and its words.
func (s *shop) page(n int) (html string, words []int) {
	rng := rand.New(rand.NewPCG(uint64(n), 3))
	edited := s.round > 0 && n%10 < 3
	var b strings.Builder
	text := func(seed, lines int) {
		for i := range lines {
			word := seed*64 + i
			b.WriteString(markup(word))
			words = append(words, word)
		}
	}
	show := func(seed, high int) {
		src, has := s.picture(seed, high)
		fmt.Fprintf(&b, `<img src=%q width=860 height=%d>`, src, high)
		words = append(words, has...)
	}
	own := 1000 + n*24 // the page's own pictures and texts
	b.WriteString(`<!doctype html><style>body{margin:0 210px;width:860px}img{display:block}p{margin:20px 0;display:flow-root}</style>`)
	seller := 30 + n%50
	if edited && n%10 == 0 {
		text(own+22, 1) // a line more at the top
	}
	if s.shared {
		text(1, 3) // the shop's own header
		show(seller, 300)
	}
	text(own, 2+rng.IntN(4))
	if s.shared {
		show(80, 900) // a notice
		show(seller+60, 1400)
	}
	for i := range 2 + rng.IntN(5) {
		seed := own + 1 + i
		high := 600 + rng.IntN(1600)
		if edited && n%10 == 1 && i == 1 {
			seed = own + 21 // another picture
		}
		show(seed, high)
		if i == 0 { // and one design in two pictures, cut through a word
			high = 700 + rng.IntN(600)
			upper, lower, has := s.sliced(own+19, high)
			fmt.Fprintf(&b, `<img src=%q width=860 height=%d><img src=%q width=860 height=%d>`, upper, sliceAt, lower, high-sliceAt)
			words = append(words, has...)
		}
	}
	if edited && n%10 == 2 {
		text(own+23, 1) // a line more below
	}
	text(own+20, 4)
	if s.shared {
		show(seller+120, 1100)
		show(81, 1300)
		text(2, 5)
	}
	return b.String(), words
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b := s.jpeg(r.URL.Path); b != nil {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(b) //nolint:errcheck // the visitor may leave
		return
	}
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	html, _ := s.page(n)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, html)
}

func (s *shop) jpeg(path string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pictures[path]
}

// reader is a Vision that reads those words, and counts what it is paid for.
type reader struct {
	store *memstore.Store
	mu    sync.Mutex
	units int
}

func (r *reader) BatchAnnotateImages(ctx context.Context, req *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	res := &visionpb.BatchAnnotateImagesResponse{}
	for _, q := range req.Requests {
		uri, err := store.ParseURI(q.Image.Source.ImageUri)
		if err != nil {
			return nil, err
		}
		b, _, err := r.store.Read(ctx, uri, 20<<20)
		if err != nil {
			return nil, err
		}
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.units++
		r.mu.Unlock()
		res.Responses = append(res.Responses, &visionpb.AnnotateImageResponse{FullTextAnnotation: read(planes(img))})
	}
	return res, nil
}

// planes is a picture as a JPEG has it: tiles are JPEGs, sheets are not.
func planes(img image.Image) *image.YCbCr {
	if img, ok := img.(*image.YCbCr); ok {
		return img
	}
	out := image.NewYCbCr(img.Bounds(), image.YCbCrSubsampleRatio444)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			i := out.YOffset(x, y)
			out.Y[i], out.Cb[i], out.Cr[i] = color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
		}
	}
	return out
}

// read finds the words of a picture; one that an edge cuts is read as "cut".
func read(img *image.YCbCr) *visionpb.TextAnnotation {
	para := &visionpb.Paragraph{}
	size := img.Rect.Size()
	isRed := func(x, y int) bool { return y >= 0 && y < size.Y && img.Cr[img.COffset(x, y)] > 200 }
	isBlue := func(x, y int) bool { return img.Cb[img.COffset(x, min(y, size.Y-1))] > 200 }
	var found []image.Rectangle
	for y := range size.Y {
		for x := 2; x+wordWidth-2 < size.X; x += 4 {
			if !isRed(x, y) || isRed(x, y-1) || slices.ContainsFunc(found, func(r image.Rectangle) bool { return image.Pt(x, y).In(r) }) ||
				!isBlue(x+wordWidth-7, y+2) && !isBlue(x+wordWidth-3, y+2) {
				continue
			}
			left, bottom := x, y
			for left > 0 && isRed(left-1, min(y+2, size.Y-1)) {
				left--
			}
			for bottom < size.Y && isRed(x, bottom) {
				bottom++
			}
			text := "cut"
			if bottom-y >= wordHeight-6 {
				word := 0
				for bit := range wordBits {
					if img.Y[img.YOffset(left+(bit+1)*wordCell+wordCell/2, y+wordHeight/2)] < 128 {
						word |= 1 << bit
					}
				}
				text = fmt.Sprintf("w%d", word)
			}
			at := image.Rect(left, y, left+wordWidth, bottom)
			found = append(found, at)
			para.Words = append(para.Words, spoken(text, at))
		}
	}
	return &visionpb.TextAnnotation{Pages: []*visionpb.Page{{Width: int32(size.X), Height: int32(size.Y), Blocks: []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{para}}}}}}
}

func spoken(text string, at image.Rectangle) *visionpb.Word {
	x0, y0, x1, y1 := int32(at.Min.X), int32(at.Min.Y), int32(at.Max.X), int32(at.Max.Y)
	return &visionpb.Word{
		Confidence:  .95,
		BoundingBox: &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}},
		Symbols: []*visionpb.Symbol{{Text: text, Property: &visionpb.TextAnnotation_TextProperty{
			DetectedBreak: &visionpb.TextAnnotation_DetectedBreak{Type: visionpb.TextAnnotation_DetectedBreak_LINE_BREAK}}}},
	}
}

type silent struct{}

func (silent) Publish(context.Context, result.Result) error { return nil }

// bench is both functions over one store.
type bench struct {
	cap    *capture.Capturer
	rec    *recognize.Recognizer
	vision *reader
}

func newBench(t testing.TB, b *browser.Browser) *bench {
	t.Helper()
	profiles, err := capture.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	m, log := memstore.New("shots", "pages", "results"), slog.New(slog.DiscardHandler)
	v := &reader{store: m}
	return &bench{
		cap: &capture.Capturer{Browser: b, Profiles: profiles, Store: m, Screenshots: "shots", Pages: "pages", Log: log, Now: time.Now},
		rec: &recognize.Recognizer{
			Vision: v, Store: m, Rules: set, Events: silent{}, Screenshots: "shots", Pages: "pages", Results: "results", Log: log, Now: time.Now,
			Cache: &annotate.Cache{Store: m, Bucket: "results", Engine: "cells", MaxAge: time.Hour, Log: log, Now: time.Now},
			Codes: &codes.Reader{Store: m, Bucket: "results", MaxAge: time.Hour, Log: log, Now: time.Now, AtOnce: semaphore.NewWeighted(2)},
		},
		vision: v,
	}
}

// inspect takes a page through both functions.
func (b *bench) inspect(ctx context.Context, id, url string) (result.Result, error) {
	c := b.cap.Job(job.Request{Schema: job.RequestSchema, ID: id, URL: url}, job.Source{})
	if _, _, err := c.Look(ctx); err != nil {
		return result.Result{}, err
	}
	leave, err := c.Ready(ctx)
	if err != nil {
		return result.Result{}, err
	}
	defer leave()
	if err := c.Do(ctx, nil); err != nil {
		return result.Result{}, err
	}
	r := b.rec.Job(store.URI{Bucket: "pages", Object: id + ".json"})
	if _, _, err := r.Look(ctx); err != nil {
		return result.Result{}, err
	}
	err = r.Do(ctx, nil)
	return r.Result(), err
}

// figures are of all pages of a round.
type figures struct{ units, grid, tiles, seams int }

func (f figures) perPage(n int) string {
	return fmt.Sprintf("%.2f units a page, %.2f by the grid (%.2f x); %.1f tiles, %.1f seams", float64(f.units)/float64(n), float64(f.grid)/float64(n),
		float64(f.units)/float64(f.grid), float64(f.tiles)/float64(n), float64(f.seams)/float64(n))
}

// grid is how many tiles of 4,096 rows that overlap by 256 a page has.
func grid(height int) int { return 1 + max(0, height-256-1)/(4096-256) }

func (b *bench) round(t *testing.T, s *shop, url string, only func(n int) bool) figures {
	t.Helper()
	var f figures
	var mu sync.Mutex
	before := b.vision.units
	var g errgroup.Group
	g.SetLimit(4)
	for n := range s.pages {
		if !only(n) {
			continue
		}
		g.Go(func() error {
			res, err := b.inspect(t.Context(), fmt.Sprintf("page-%d-%d", n, s.round), fmt.Sprintf("%s/%d", url, n))
			if err != nil {
				return fmt.Errorf("page %d: %w", n, err)
			}
			_, words := s.page(n)
			var got, want []string
			for _, l := range res.Lines {
				for _, w := range l.Words {
					got = append(got, w.Text)
				}
			}
			for _, w := range words {
				want = append(want, fmt.Sprintf("w%d", w))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("page %d: %d words, want %d\ngot  %v\nwant %v", n, len(got), len(want), got, want)
			}
			mu.Lock()
			defer mu.Unlock()
			f.grid += grid(res.Page.Height)
			f.tiles += len(res.Tiles)
			for _, tile := range res.Tiles {
				if tile.Seam {
					f.seams++
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	f.units = b.vision.units - before
	return f
}

// TestCatalogue reads every word of a shop exactly once, and says what Vision is
// paid for: in a shop whose pages share headers, notices and brand blocks; when
// three in ten of them were edited; and where nothing is shared.
func TestCatalogue(t *testing.T) {
	b, err := browser.Start(t.Context(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: 4, Recycle: 500, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	everyPage := func(int) bool { return true }

	shared := &shop{shared: true, pages: *pages, pictures: map[string][]byte{}, words: map[string][]int{}}
	server := httptest.NewServer(shared)
	defer server.Close()
	both := newBench(t, b)
	first := both.round(t, shared, server.URL, everyPage)
	t.Log("a shop, first round: ", first.perPage(shared.pages))
	shared.round = 1
	unchanged := both.round(t, shared, server.URL, func(n int) bool { return n%10 >= 3 })
	t.Logf("second round, pages as they were: %d units", unchanged.units)
	if unchanged.units > 0 {
		t.Errorf("pages that did not change cost %d units", unchanged.units)
	}
	for edit, what := range []string{"a line more at the top", "another picture", "a line more below"} {
		edited := both.round(t, shared, server.URL, func(n int) bool { return n%10 == edit })
		n := (shared.pages + 9 - edit) / 10
		t.Logf("second round, %s: %s", what, edited.perPage(n))
		if edited.units > n {
			t.Errorf("%s: %d units for %d pages", what, edited.units, n)
		}
	}

	alone := &shop{pages: max(8, *pages/4), pictures: map[string][]byte{}, words: map[string][]int{}}
	lonely := httptest.NewServer(alone)
	defer lonely.Close()
	apart := newBench(t, b).round(t, alone, lonely.URL, everyPage)
	t.Log("nothing shared: ", apart.perPage(alone.pages))
	if got := float64(apart.units) / float64(apart.grid); got > 1.05 {
		t.Errorf("where nothing is shared, %.2f x the grid's units", got)
	}
	if got := float64(first.units) / float64(first.grid); got > .5 && shared.pages >= 200 {
		t.Errorf("in the shop, %.2f x the grid's units", got)
	}
}
