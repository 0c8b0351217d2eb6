package capture

import (
	"image/color"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("SHOP_TOKEN", "s3cret")
	ps, err := load(t, "version: v1\nprofiles:\n - {name: a, hosts: ['*.shop.example'], headers: {Authorization: 'Bearer ${SHOP_TOKEN}', X-Price: '$5 and $$ and ${}'}, cookies: {c: 'x${SHOP_TOKEN}'}}\n")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ps.For("a", "https://www.shop.example/")
	if err != nil || p.Headers["Authorization"] != "Bearer s3cret" || p.Cookies["c"] != "xs3cret" || p.Headers["X-Price"] != "$5 and $$ and ${}" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, elsewhere := range []string{"https://evil.example/", "https://shop.example.evil.example/", "https://evil.example/?www.shop.example", "https://www.shop.example@evil.example/"} {
		if _, err := ps.For("a", elsewhere); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "secrets") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", elsewhere, err)
		}
	}
}

// TestMissingSecretsStopTheStart: all of them at once, with where they are missing.
func TestMissingSecretsStopTheStart(t *testing.T) {
	_, err := load(t, `version: v1
profiles:
 - {name: a, hosts: [a.example], headers: {X: '${PAGEINSPECT_UNSET_1}', Y: '${PAGEINSPECT_UNSET_2}'}}
 - {name: b, hosts: [b.example], cookies: {c: '${PAGEINSPECT_UNSET_3}'}, scale: 9}
 - {name: c, headers: {X: '${HOME}'}}
`)
	if fault.KindOf(err) != fault.Invalid {
		t.Fatal(err)
	}
	for _, want := range []string{"PAGEINSPECT_UNSET_1", "PAGEINSPECT_UNSET_2", "PAGEINSPECT_UNSET_3", "profile b", "scale: is 9", "profile c", "hosts: missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in: %v", want, err)
		}
	}
}

// TestAreasThatVisionRefuses are refused when the profile is loaded, and others
// get tiles that it takes.
func TestAreasThatVisionRefuses(t *testing.T) {
	for text, ok := range map[string]bool{
		"{name: a, viewport: {width: 4096}, scale: 4}":                  false,
		"{name: a, viewport: {width: 4096}, scale: 2}":                  true,
		"{name: a, viewport: {width: 1280}, scale: 4}":                  true,
		"{name: a, viewport: {width: 2560}, scale: 3, overlap: 512}":    false,
		"{name: a, mobile: true, scale: 3, tile_height: 8192}":          true,
		"{name: a, viewport: {width: 4096}, tile_height: 8192}":         true,
		"{name: a, viewport: {width: 3000}, scale: 3.5, overlap: 1000}": false,
	} {
		ps, err := load(t, "version: v1\nprofiles:\n - "+text+"\n")
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil {
			continue
		}
		p, err := ps.For("a", "https://x.example/")
		if pixels := float64(p.Viewport.Width*p.TileHeight) * p.Scale * p.Scale; err != nil || pixels > 20_000_000 {
			t.Errorf("%s: tiles of %.0f pixels, %v", text, pixels, err)
		}
	}
}

// heard notes the secret that each host was sent.
type heard struct {
	mu   sync.Mutex
	hear map[string][]string
}

func (h *heard) handler(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.hear[r.Host] = append(h.hear[r.Host], r.URL.Path+"="+r.Header.Get("X-Secret"))
		h.mu.Unlock()
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(body)) //nolint:errcheck // the browser has gone
		case "/away":
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
		default:
			w.Header().Set("Content-Type", "image/png")
			w.Write(dot(color.RGBA{0, 128, 0, 255}, 40, 40)) //nolint:errcheck // likewise
		}
	})
}

// TestHeadersGoToTheProfilesHostsAlone: not to a third party, whether by a
// picture, a script's request or a redirect.
func TestHeadersGoToTheProfilesHostsAlone(t *testing.T) {
	t.Setenv("SHOP_TOKEN", "s3cret")
	h := &heard{hear: map[string][]string{}}
	third := httptest.NewServer(h.handler(""))
	t.Cleanup(third.Close)
	third.URL = strings.Replace(third.URL, "127.0.0.1", "localhost", 1)
	shop := httptest.NewServer(h.handler(`<img src="/own.png"><img src="` + third.URL + `/third.png"><img src="/away?to=` + url.QueryEscape(third.URL+"/led.png") + `">
		<script>fetch("` + third.URL + `/fetched.png", {mode: "no-cors"})</script>`))
	t.Cleanup(shop.Close)
	c, _ := capturer(t, " - {name: shop, hosts: ['127.0.0.1'], headers: {X-Secret: '${SHOP_TOKEN}'}}\n")
	if _, err := c.Page(t.Context(), job.Request{Schema: job.RequestSchema, ID: "secret", URL: shop.URL + "/", Profile: "shop"}, job.Source{}); err != nil {
		t.Fatal(err)
	}
	own, foreign := strings.TrimPrefix(shop.URL, "http://"), strings.TrimPrefix(third.URL, "http://")
	if got := strings.Join(h.hear[own], " "); !strings.Contains(got, "/=s3cret") || !strings.Contains(got, "/own.png=s3cret") {
		t.Errorf("the shop itself heard %s", got)
	}
	got := strings.Join(h.hear[foreign], " ")
	for _, path := range []string{"/third.png=", "/led.png=", "/fetched.png="} {
		if !strings.Contains(got, path) {
			t.Errorf("the third party was not asked for %s: %s", path, got)
		}
	}
	if strings.Contains(got, "s3cret") {
		t.Errorf("the third party heard %s", got)
	}
}
