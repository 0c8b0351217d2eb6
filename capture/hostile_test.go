package capture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// seats are the shared browser's tabs: tests that run side by side wait for one
// here, so that their limits begin when they have it.
var seats = make(chan struct{}, 6)

// try captures a page within limit, in a tab of the shared browser.
func (c *Capturer) try(t *testing.T, url string, limit time.Duration) (page.Manifest, error) {
	t.Helper()
	seats <- struct{}{}
	defer func() { <-seats }()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return c.Page(ctx, ask(url), job.Source{})
}

// opened has a page in a tab of the shared browser, which is the test's to its end.
func (c *Capturer) opened(t *testing.T, url string) *shot {
	t.Helper()
	seats <- struct{}{}
	t.Cleanup(func() { <-seats })
	s := newShot(c, ask(url), job.Source{})
	var err error
	if s.slot, err = c.Browser.Reserve(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.slot.Release)
	t.Cleanup(s.close)
	s.through(t, s.chooseProfile, s.openTab, s.navigate)
	return s
}

// through takes a page through some of the steps.
func (s *shot) through(t *testing.T, steps ...func(context.Context) error) {
	t.Helper()
	for _, step := range steps {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// pictureOf decodes a tile.
func pictureOf(t *testing.T, objects map[store.URI][]byte, tile page.Tile) image.Image {
	t.Helper()
	uri, err := store.ParseURI(tile.Object)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(objects[uri]))
	if err != nil {
		t.Fatalf("%s: %v", tile.Object, err)
	}
	return img
}

// is says whether a pixel has about this colour; JPEG is not exact.
func is(img image.Image, x, y int, want color.RGBA) bool {
	r, g, b, _ := img.At(x, y).RGBA()
	near := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return d > -24 && d < 24 }
	return near(r, want.R) && near(g, want.G) && near(b, want.B)
}

var (
	red   = color.RGBA{255, 0, 0, 255}
	green = color.RGBA{0, 128, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
)

// dot is a picture of one colour.
func dot(c color.RGBA, width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.Set(i%width, i/width, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// seen is a block at the top of a page, whose green says that the page was drawn.
const seen = `<div style="background:green;height:200px"></div>`

// endless sends a beginning and then nothing until the visitor leaves or the test ends.
func endless(t *testing.T, media, beginning string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", media)
		fmt.Fprint(w, beginning)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func media(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(body) //nolint:errcheck // the visitor may leave
	}
}

// Each of these ends in its time, as a page or as an error of the right kind.
func TestHostilePagesThatEndAsPages(t *testing.T) {
	const short, long = 8 * time.Second, 40 * time.Second
	for _, c := range []struct {
		name, profile string
		limit         time.Duration
		page          func(t *testing.T) http.HandlerFunc
		partial       bool
	}{
		{name: "a dialog of each kind", limit: long, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>alert(1);confirm(2);prompt(3);onbeforeunload=e=>{e.preventDefault();return 'stay'}</script>`)
		}},
		{name: "alerts without end", limit: 2 * short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>onload=()=>setTimeout(()=>{for(;;)alert(1)},50)</script>`)
		}},
		{name: "a dialog every moment", limit: long, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>setInterval(()=>confirm('again?'),50)</script>`)
		}},
		{name: "popups", limit: long, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<a id=a target=_blank href="/2">x</a><script>for(let i=0;i<20;i++){open('/'+i,'w'+i);a.click()}</script>`)
		}},
		{name: "a download starts by itself", limit: long, page: func(*testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/file" {
					w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
					media("application/octet-stream", make([]byte, 1000))(w, r)
					return
				}
				html(seen+`<script>location.href='/file'</script>`)(w, r)
			}
		}},
		{name: "the document never ends", limit: short, partial: true, page: func(t *testing.T) http.HandlerFunc {
			return endless(t, "text/html", "<!doctype html><body style=margin:0>"+seen)
		}},
		{name: "an image never ends", limit: short, partial: true, page: func(t *testing.T) http.HandlerFunc {
			img := endless(t, "image/png", "\x89PNG\r\n\x1a\n")
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/i.png" {
					img(w, r)
					return
				}
				html(seen+`<img src=/i.png>`)(w, r)
			}
		}},
		{name: "an endless loop while loading", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + strings.Repeat("<p>text</p>", 100) + `<script>setTimeout(()=>{for(;;);},0)</script><script src=/late></script>`)
		}},
		{name: "an endless loop in the first script", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>for(;;);</script>`)
		}},
		{name: "an endless loop after loading", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<div style="height:9000px"></div><script>onscroll=()=>{for(;;);}</script>`)
		}},
		{name: "an endless loop that begins anew", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>onload=()=>setInterval(()=>{for(;;);},1)</script>`)
		}},
		{name: "microtasks without end", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>onload=()=>{const f=()=>Promise.resolve().then(f);f()}</script>`)
		}},
		{name: "an endless loop in a frame of another site", limit: short, page: func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/frame" {
					html(`<script>onload=()=>{for(;;);}</script>`)(w, r)
					return
				}
				html(seen+`<iframe src=/frame sandbox=allow-scripts></iframe>`)(w, r)
			}
		}, partial: true},
		{name: "a document of 100,000 elements", limit: 4 * long, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<div style="height:100px;overflow:hidden">` + strings.Repeat("<i>x</i><b>y</b>", 50_000) + `</div>`)
		}},
		{name: "404 that is wanted", limit: long, profile: " - {name: default, accept_error: true}\n", page: func(*testing.T) http.HandlerFunc { return status(404, "<body style=margin:0>"+seen) }},
		{name: "an image", limit: long, page: func(*testing.T) http.HandlerFunc { return media("image/png", dot(green, 1280, 3000)) }},
		{name: "functions replaced", limit: long, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>requestAnimationFrame=()=>{};Promise=null;scrollTo=()=>{throw 1};document.querySelectorAll=null;window.JSON=null;globalThis.pageinspect={}</script>`)
		}},
		{name: "requests without end", limit: short, partial: true, page: func(*testing.T) http.HandlerFunc {
			return html(seen + `<script>setInterval(()=>fetch('/x'+Math.random()),20)</script>`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, c.profile)
			url := serve(t, c.page(t))
			m, err := cap.try(t, url, c.limit)
			if err != nil {
				t.Fatalf("%v (%s)", err, fault.KindOf(err))
			}
			if (m.Partial != "") != c.partial {
				t.Errorf("partial %q, want one: %v", m.Partial, c.partial)
			}
			if img := pictureOf(t, mem.Objects(), m.Tiles[0]); !is(img, 640, 100, green) {
				t.Errorf("the page is not in its tile: %v", img.At(640, 100))
			}
			if m.Height < 200 {
				t.Errorf("height %d", m.Height)
			}
		})
	}
}

func TestHostilePagesThatEndAsErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit time.Duration
		page  func(t *testing.T) http.HandlerFunc
		want  fault.Kind
	}{
		{"redirects in a circle", 20 * time.Second, func(*testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a", http.StatusFound) }
		}, fault.Unreachable},
		{"404", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(404, "gone") }, fault.Unreachable},
		{"404 without a body", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(404, "") }, fault.Unreachable},
		{"500", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(500, "sorry") }, fault.Unreachable},
		{"500 without a body", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(500, "") }, fault.Unreachable},
		{"403", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(403, "go away") }, fault.Blocked},
		{"429", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(429, "slowly") }, fault.Blocked},
		{"pdf", 20 * time.Second, func(*testing.T) http.HandlerFunc { return media("application/pdf", []byte("%PDF-1.4\n%%EOF")) }, fault.Invalid},
		{"a download", 20 * time.Second, func(*testing.T) http.HandlerFunc {
			return media("application/octet-stream", []byte{1, 2, 3})
		}, fault.Invalid},
		{"204, no content", 20 * time.Second, func(*testing.T) http.HandlerFunc { return status(204, "") }, fault.Unreachable},
		{"the connection breaks", 20 * time.Second, func(*testing.T) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, fault.Unreachable},
		{"never an answer", 2 * time.Second, func(t *testing.T) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-t.Context().Done():
				}
			}
		}, fault.Timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			began := time.Now()
			_, err := cap.try(t, serve(t, c.page(t)), c.limit)
			if got := fault.KindOf(err); got != c.want {
				t.Errorf("kind %s, want %s: %v", got, c.want, err)
			}
			if took := time.Since(began); took > 25*time.Second {
				t.Errorf("took %v", took)
			}
			if len(mem.Objects()) > 0 {
				t.Errorf("%d objects are left", len(mem.Objects()))
			}
		})
	}
}

// nobody is an address at which nothing listens.
func nobody() string {
	s := httptest.NewServer(nil)
	s.Close()
	return s.URL
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, "")
	_, err := cap.try(t, nobody(), 20*time.Second)
	if fault.KindOf(err) != fault.Unreachable {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
}

func TestAPageThatNeverStaysEnds(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, "")
	var n atomic.Int64
	began := time.Now()
	_, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		html(seen+fmt.Sprintf(`<script>onload=()=>location.replace('/%d')</script>`, n.Add(1)))(w, r)
	}), 8*time.Second)
	// It may be photographed between two moves, too; either is an end.
	if kind := fault.KindOf(err); err != nil && kind != fault.Unreachable && kind != fault.Timeout {
		t.Errorf("%s: %v", kind, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
