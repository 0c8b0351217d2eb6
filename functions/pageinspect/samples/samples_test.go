package samples

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "golang.org/x/image/webp"
)

func get(t *testing.T, h http.Handler, host, address string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// addresses are what a page of ours can refer to: src, data-src and href.
var addresses = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestHandlerServesEverythingReferenced(t *testing.T) {
	h := Handler()
	seen := map[string]bool{}
	var visit func(address string)
	visit = func(address string) {
		if seen[address] {
			return
		}
		seen[address] = true
		res := get(t, h, "shop.example:8080", address)
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("GET %s: %s, %d bytes, %v; want 200 and a body", address, res.Status, len(body), err)
		}
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			return
		}
		for _, m := range addresses.FindAllStringSubmatch(string(body), -1) {
			switch to := m[1]; {
			case strings.HasPrefix(to, "data:"), strings.HasPrefix(to, "#"):
			case strings.HasPrefix(to, "/"), strings.Contains(to, ":"):
				t.Errorf("%s refers to %s; want relative addresses only", address, to)
			default:
				dir := strings.HasSuffix(to, "/")
				to = path.Join(address, to)
				if dir && to != "/" {
					to += "/"
				}
				visit(to)
			}
		}
	}
	visit("/")
	for _, p := range Pages() {
		if !seen[p.Path] {
			t.Errorf("the list at / does not lead to %s", p.Path)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d addresses were followed: %v", len(seen), seen)
	}
}

func TestPages(t *testing.T) {
	var names []string
	for _, p := range Pages() {
		names = append(names, p.Name)
	}
	if want := []string{"acne-serum", "long-detail", "contact", "clean"}; !slices.Equal(names, want) {
		t.Fatalf("pages are %v, want %v", names, want)
	}
}

func TestTruthIsConsistent(t *testing.T) {
	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			if p.Category == "" || p.Title == "" || len(p.Truth.Lines) < 20 || len(p.Truth.Images) < 5 {
				t.Errorf("category %q, title %q, %d lines, %d images: not a product page", p.Category, p.Title, len(p.Truth.Lines), len(p.Truth.Images))
			}
			inside := func(x, y, right, bottom float64) bool {
				return x >= 0 && y >= 0 && x < right && y < bottom && right <= ViewportWidth && bottom <= float64(p.Height)
			}
			for i, l := range p.Truth.Lines {
				if !inside(l.Box.X, l.Box.Y, l.Box.Right(), l.Box.Bottom()) {
					t.Errorf("line %d %q: %v leaves the page of %dx%d", i, l.Text, l.Box, ViewportWidth, p.Height)
				}
				if l.Text == "" || l.Size < 12 || l.Size > 60 {
					t.Errorf("line %d %q is %v px; want text of 12 to 60 px", i, l.Text, l.Size)
				}
				if l.Edge != 0 && (float64(l.Edge) <= l.Box.Y || float64(l.Edge) >= l.Box.Bottom() ||
					l.Edge%TileStep != 0 && (l.Edge-TileHeight)%TileStep != 0) {
					t.Errorf("line %d %q at %v: %d is no tile edge through it", i, l.Text, l.Box, l.Edge)
				}
			}
			for _, f := range p.Truth.Planted {
				l := p.Truth.Lines[f.Line]
				if len(f.Rules) == 0 || f.Phrase == "" || !strings.Contains(l.Text, f.Phrase) || !l.Box.Overlaps(f.Box) {
					t.Errorf("planted %q at %v (rules %v) is not on its line %q at %v", f.Phrase, f.Box, f.Rules, l.Text, l.Box)
				}
			}
			for _, f := range p.Truth.Innocent {
				l := p.Truth.Lines[f.Line]
				if f.Why == "" || !strings.Contains(l.Text, f.Phrase) || !l.Box.Overlaps(f.Box) {
					t.Errorf("innocent %q at %v is not on its line %q at %v", f.Phrase, f.Box, l.Text, l.Box)
				}
			}
		})
	}
}

func TestImagesAreAsLargeAsTheyStand(t *testing.T) {
	h := Handler()
	formats := map[string]bool{}
	for _, p := range Pages() {
		below := 0.0
		for _, img := range p.Truth.Images {
			cfg, format, err := image.DecodeConfig(get(t, h, "localhost", p.Path+img.Src).Body)
			if err != nil {
				t.Errorf("%s/%s: %v", p.Name, img.Src, err)
				continue
			}
			formats[format] = true
			if float64(cfg.Width) != img.Box.W || float64(cfg.Height) != img.Box.H {
				t.Errorf("%s/%s is %dx%d, but stands in %v", p.Name, img.Src, cfg.Width, cfg.Height, img.Box)
			}
			if img.Box.Y < below || img.Box.Bottom() > float64(p.Height) {
				t.Errorf("%s/%s at %v: want it below %v and above %d", p.Name, img.Src, img.Box, below, p.Height)
			}
			below = img.Box.Bottom()
		}
	}
	for _, want := range []string{"png", "jpeg", "webp"} {
		if !formats[want] {
			t.Errorf("no sample has an image of format %s", want)
		}
	}
}

// The samples are only worth their weight while they are hard: a very long
// page, both ways of lazy loading, and phrases where a tile ends and begins.
func TestSamplesAreHard(t *testing.T) {
	for _, p := range Pages() {
		starts, ends, lazy, plantedInImages, plantedInHTML := 0, 0, map[string]int{}, 0, 0
		for _, f := range p.Truth.Planted {
			l := p.Truth.Lines[f.Line]
			switch {
			case l.Edge == 0:
			case l.Edge%TileStep == 0:
				starts++
			default:
				ends++
			}
			if l.Image == "" {
				plantedInHTML++
			} else {
				plantedInImages++
			}
		}
		for _, img := range p.Truth.Images {
			lazy[img.Lazy]++
		}
		switch p.Name {
		case "long-detail":
			if p.Height <= 30000 || starts < 3 || ends < 3 || lazy["native"] < 5 || lazy["observer"] < 5 {
				t.Errorf("%s: %d px, planted across %d starts and %d ends of tiles, lazy images %v", p.Name, p.Height, starts, ends, lazy)
			}
		case "clean":
			if plantedInImages+plantedInHTML != 0 || len(p.Truth.Innocent) < 4 {
				t.Errorf("%s: %d planted, %d innocent; want none and 4", p.Name, plantedInImages+plantedInHTML, len(p.Truth.Innocent))
			}
		case "contact":
			if plantedInHTML == 0 {
				t.Errorf("%s: nothing is planted in its HTML", p.Name)
			}
		}
		if p.Name != "clean" && plantedInImages < 4 {
			t.Errorf("%s: %d planted in images, want at least 4", p.Name, plantedInImages)
		}
	}
}

func TestPagesMayBeReordered(t *testing.T) {
	a := Pages()
	a[0], a[1] = a[1], a[0]
	if b := Pages(); b[0].Name != "acne-serum" {
		t.Errorf("a caller's order leaked: %s is first", b[0].Name)
	}
}
