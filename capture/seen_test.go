package capture

import (
	"fmt"
	"image"
	"image/color"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// A case page says {3} for the picture of number 3, 400x200 px of a colour of
// its own, {3:80x40} for a smaller one, @/ for the root of another site, and
// %% for a sentence of text.
var inPage = regexp.MustCompile(`\{(\d+)(?::(\d+)x(\d+))?\}`)

const sentence = "이 제품은 식약처가 인정한 기능성 화장품으로 매일 아침저녁 바르시면 됩니다"

func casePage(body string) string {
	body = inPage.ReplaceAllStringFunc(body, func(m string) string {
		p := inPage.FindStringSubmatch(m)
		w, h := "400", "200"
		if p[2] != "" {
			w, h = p[2], p[3]
		}
		return fmt.Sprintf(`<img src="/k/%s" width=%s height=%s style="display:block;width:%spx;height:%spx">`, p[1], w, h, w, h)
	})
	return strings.ReplaceAll(body, "%%", sentence)
}

// shades are colours that JPEG keeps apart, one for each picture's number.
var shades = func() (all []color.RGBA) {
	v := []uint8{0x60, 0xb0, 0xf8}
	for _, r := range v {
		for _, g := range v {
			for _, b := range v {
				if r != g || g != b {
					all = append(all, color.RGBA{r, g, b, 255})
				}
			}
		}
	}
	return all
}()

func shadeOf(c color.Color) int {
	r, g, b, _ := c.RGBA()
	return slices.IndexFunc(shades, func(s color.RGBA) bool {
		near := func(got uint32, want uint8) bool { d := int(got>>8) - int(want); return d > -9 && d < 9 }
		return near(r, s.R) && near(g, s.G) && near(b, s.B)
	})
}

// site serves a case page at /, frames of it at /f/0 and so on, and its pictures, at both names of this machine.
func site(t *testing.T, body string, frames ...string) string {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		other := fmt.Sprintf("http://localhost:%d", s.Listener.Addr().(*net.TCPAddr).Port)
		send := func(body string) { html(strings.ReplaceAll(casePage(body), "@/", other+"/"))(w, r) }
		n, err := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		switch {
		case r.URL.Path == "/":
			send(body)
		case err != nil:
			http.NotFound(w, r)
		case strings.HasPrefix(r.URL.Path, "/f/"):
			send(frames[n])
		default:
			c := shades[n]
			media("image/svg+xml", fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="100%%" height="100%%" fill="#%02x%02x%02x"/></svg>`, c.R, c.G, c.B))(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// shown says how much of each picture is in the tiles, as a share of 400x200 px.
func shown(t *testing.T, m page.Manifest, objects map[store.URI][]byte) map[int]float64 {
	t.Helper()
	const step = 4
	count, y := map[int]float64{}, 0
	for _, tile := range m.Tiles {
		img := pictureOf(t, objects, tile)
		for ; y < tile.Bottom(); y += step {
			for x := 0; x < tile.Width; x += step {
				count[shadeOf(img.At(x, y-tile.Y))] += step * step / (400. * 200)
			}
		}
	}
	delete(count, -1)
	return count
}

var _ image.Image

// wholly checks that the pictures are in the tiles, each once, and that nothing is said to be missing.
func wholly(t *testing.T, pictures int, body string, frames ...string) {
	t.Helper()
	t.Parallel()
	cap, mem := capturer(t, "")
	m, err := cap.try(t, site(t, body, frames...), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got := shown(t, m, mem.Objects())
	for n := range pictures {
		if got[n] < .9 || got[n] > 1.1 {
			t.Errorf("picture %d: %.2f of it is in the tiles, of %dx%d px", n, got[n], m.Width, m.Height)
		}
	}
	if len(m.Unseen) > 0 || m.Partial != "" {
		t.Errorf("unseen %+v, partial %q", m.Unseen, m.Partial)
	}
}
