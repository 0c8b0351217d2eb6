package capture

import (
	"fmt"
	"image"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Sellers' descriptions often stand in a frame from another site. What it loads
// as it is scrolled into view is waited for like the page's own, and is in the
// picture, wherever on the page the frames are; fixed and sticky elements are
// where the first screen has them, although the page is scrolled for the frames.
func TestFramesOfAnotherSite(t *testing.T) {
	t.Parallel()
	picture := dot(blue, 200, 100)
	for _, c := range []struct {
		name, frames string // with the frames' address for @
		height, want int
	}{
		{"one below the first screen", `<div style="height:1000px"></div><iframe src="@/frame" style="border:0;width:600px;height:4000px;display:block"></iframe>`, 5000, 10},
		{"three far from each other", strings.Repeat(`<div style="height:1200px"></div><iframe src="@/one" style="border:0;width:600px;height:300px;display:block"></iframe>`, 3), 4500, 3},
		{"one in another", `<div style="height:1000px"></div><iframe src="@/nest" style="border:0;width:600px;height:3000px;display:block"></iframe>`, 4000, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s *httptest.Server
			lazy := func(n int) string {
				var b strings.Builder
				for i := range n {
					fmt.Fprintf(&b, `<div style="height:200px"><img data-src="/i/%d" style="display:block"></div>`, i)
				}
				return b.String() + `<p>words of a frame</p><script>const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){
					fetch('/later').then(()=>{e.target.src=e.target.dataset.src});o.unobserve(e.target)}}));
					document.querySelectorAll('img').forEach(i=>o.observe(i))</script>`
			}
			s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				port := s.Listener.Addr().(*net.TCPAddr).Port
				switch r.URL.Path {
				case "/":
					html(`<div style="position:fixed;top:10px;left:700px;width:100px;height:40px;background:red"></div>
						<div style="position:fixed;bottom:0;left:850px;width:100px;height:30px;background:red"></div>
						<div style="position:absolute;left:1000px;height:100%"><div style="position:sticky;top:0;width:100px;height:50px;background:green"></div><div style="height:3000px"></div></div>`+
						strings.ReplaceAll(c.frames, "@", fmt.Sprintf("http://localhost:%d", port)))(w, r)
				case "/frame":
					html(lazy(10))(w, r)
				case "/one":
					html(lazy(1))(w, r)
				case "/nest":
					html(fmt.Sprintf(`<div style="height:900px"></div><iframe src="http://127.0.0.1:%d/frame" style="border:0;width:500px;height:2100px;display:block"></iframe>`, port))(w, r)
				default:
					late := time.NewTimer(200 * time.Millisecond)
					defer late.Stop()
					<-late.C
					media("image/png", picture)(w, r)
				}
			}))
			t.Cleanup(s.Close)
			cap, mem := capturer(t, " - {name: default, format: png}\n")
			m, err := cap.try(t, s.URL, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if m.Partial != "" || m.Height != c.height || len(m.Warnings) > 0 {
				t.Errorf("partial %q, height %d, warnings %q", m.Partial, m.Height, m.Warnings)
			}
			got := blocks(column(t, m, mem.Objects(), 50, func(img image.Image, y int) bool { return is(img, 50, y, blue) }))
			if len(got) != c.want {
				t.Errorf("%d of %d pictures are to be seen", len(got), c.want)
			}
			for _, e := range []struct {
				name            string
				x, from, height int
			}{{"fixed at the top", 750, 10, 40}, {"fixed at the bottom", 900, 770, 30}, {"sticky", 1050, 0, 50}} {
				rows := column(t, m, mem.Objects(), e.x, func(img image.Image, y int) bool { return is(img, e.x, y, red) || is(img, e.x, y, green) })
				first := 0
				for first < len(rows) && !rows[first] {
					first++
				}
				if got := blocks(rows); len(got) != 1 || got[0] != e.height || first != e.from {
					t.Errorf("%s: at %d in pieces of %v px, want one of %d at %d", e.name, first, got, e.height, e.from)
				}
			}
			dom := domOf(t, m, mem.Objects())
			if n := strings.Count(fmt.Sprint(dom), "words of a frame"); n != strings.Count(c.frames, "iframe src") {
				t.Errorf("the frames' words are %d times in the page's text", n)
			}
			for _, text := range dom.Texts {
				if text.Text == "words of a frame" && text.Box.Y < 1200 {
					t.Errorf("a frame's text is said to be at %+v", text.Box)
				}
			}
		})
	}
}

// However frames lie, every part of the plan covers what its band did, in
// order and overlapping, and a band's frames touch the window.
func TestScrolledBandsCoverThePage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		height := rapid.IntRange(300, 30_000).Draw(t, "height")
		window := rapid.IntRange(200, 1200).Draw(t, "window")
		overlap := rapid.IntRange(32, 300).Draw(t, "overlap")
		var frames []frame
		for range rapid.IntRange(0, 8).Draw(t, "frames") {
			y := rapid.IntRange(0, height-1).Draw(t, "y")
			frames = append(frames, frame{band: band{y: y, width: 1, height: rapid.IntRange(1, height-y).Draw(t, "h")}})
		}
		plan := scrolled(cutting{height: 4096, overlap: overlap}.bands(band{width: 10, height: height}), frames, window, overlap)
		end := 0
		for i, b := range plan {
			if i > 0 && (b.y > end-overlap || b.y < plan[i-1].y) {
				t.Fatalf("band %d begins at %d, the one above ends at %d", i, b.y, end)
			}
			end = b.y + b.height
			if window < 2*overlap { // such bands are taller than the window
				continue
			}
			for _, f := range frames {
				in := f.y < b.y+b.height && f.y+f.height > b.y
				if in && (f.y >= b.scroll+window || f.y+f.height <= b.scroll) {
					t.Fatalf("band %d at %d, scrolled to %d: the frame from %d to %d is not in the window", i, b.y, b.scroll, f.y, f.y+f.height)
				}
			}
		}
		if end != height {
			t.Fatalf("the plan ends at %d", end)
		}
	})
}

// Furniture of a shadow root and of a style sheet's ::before is where the first
// screen has it, too, although the page is scrolled for a frame.
func TestFurnitureOutOfSight(t *testing.T) {
	for name, c := range map[string]struct {
		x, y, height int
		furniture    string
	}{
		"in a shadow root": {50, 0, 80, `<div id=h></div><script>h.attachShadow({mode:"open"}).innerHTML='<div style="position:fixed;top:0;left:0;width:100px;height:80px;background:red"></div>'</script>`},
		"before the body":  {50, 750, 50, `<style>body::before{content:"";position:fixed;left:0;bottom:0;width:100px;height:50px;background:red;z-index:5}</style>`},
		"after a box":      {750, 20, 40, `<style>.p{position:relative;margin-top:90px;height:10px}.p::after{content:"";position:fixed;left:700px;top:20px;width:100px;height:40px;background:red}</style><div class=p></div>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, " - {name: default, format: png}\n")
			m, err := cap.try(t, site(t, c.furniture+`<div style="height:6000px"></div><iframe src="@/f/0" style="border:0;width:600px;height:300px;display:block"></iframe>`, `<p>a frame`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			rows := column(t, m, mem.Objects(), c.x, func(img image.Image, y int) bool { return is(img, c.x, y, red) })
			if got := blocks(rows); len(got) != 1 || got[0] != c.height || !rows[c.y] {
				t.Errorf("in pieces of %v px, want one of %d at %d", got, c.height, c.y)
			}
		})
	}
}
