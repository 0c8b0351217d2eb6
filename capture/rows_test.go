package capture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// poster is a picture with something in every block of it.
func poster(seed uint64, width, height int) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := 0; y < height; y += 20 {
		for x := 0; x < width; x += 20 {
			c := color.RGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
			for i := range 400 {
				img.Set(x+i%20, y+i/20, c)
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// cutUp captures a page whose pictures are /1, /2 and so on, of 860x760 px.
func cutUp(t *testing.T, body string) []page.Tile {
	t.Helper()
	cap, _ := capturer(t, "")
	m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := r.URL.Path[1:]; n != "" {
			media("image/jpeg", poster(uint64(n[0]), 860, 760))(w, r)
			return
		}
		html(`<style>img{display:block;margin:auto}</style>`+body)(w, r)
	}), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if m.Partial != "" || len(m.Unseen) > 0 {
		t.Fatalf("partial %q, unseen %+v", m.Partial, m.Unseen)
	}
	return m.Tiles
}

// alone is the hash of the tile that is a picture's own; empty if it has none.
func alone(tiles []page.Tile) string {
	for _, t := range tiles {
		if t.Height == 760 {
			return t.SHA256
		}
	}
	return ""
}

// A large picture is a tile of its own, byte for byte the same wherever it stands.
func TestAPictureIsTheSameTileAnywhere(t *testing.T) {
	want := alone(cutUp(t, `<img src=/1>`))
	if want == "" {
		t.Fatal("a picture alone is no tile of its own")
	}
	text := strings.Repeat(`<p>ordinary words of a page</p>`, 9)
	for name, body := range map[string]string{
		"after text":             text + `<img src=/1>` + text,
		"a line more":            `<p>new</p>` + text + `<img src=/1>` + text,
		"between others":         `<img src=/2><img src=/1><img src=/3>`,
		"far down":               strings.Repeat(`<div style="height:500px;background:linear-gradient(#eee,#ccc)">.</div>`, 13) + `<img src=/1>`,
		"at a part of a pixel":   `<div style="height:100.4px"></div><img src=/1>` + text,
		"asked for late":         text + `<div style="height:3000px"></div><img loading=lazy width=860 height=760 src=/1>`,
		"painted by a style":     text + `<div style="width:860px;height:760px;margin:auto;background:url(/1)"></div>` + text,
		"in a table":             `<center><table cellspacing=0 cellpadding=0><tr><td><img src=/2><tr><td><img src=/1></table></center>`,
		"in a flex box":          text + `<div style="display:flex;flex-direction:column"><img src=/1></div>`,
		"in a frame of the site": text + `<iframe style="display:block;margin:auto;width:860px;height:760px;border:0" srcdoc="<style>body{margin:0}</style><img style=display:block src=/1>"></iframe>` + text,
		"in a shadow root":       text + `<div><template shadowrootmode=open><img style="display:block;margin:auto" src=/1></template></div>` + text,
		"unfolded":               text + `<div style="height:300px;overflow-y:auto"><img src=/1></div>` + text,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tiles := cutUp(t, body); !hasTile(tiles, want) {
				t.Errorf("no tile is the picture: %+v", tiles)
			}
		})
	}
}

func hasTile(tiles []page.Tile, sha string) bool {
	for _, t := range tiles {
		if t.SHA256 == sha {
			return true
		}
	}
	return false
}

// Where something crosses a picture's edge, the page is not cut without an overlap.
func TestNoCutThroughWhatCrosses(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		row  int // at which there is no cut
	}{
		"text over the edge":    {`<img src=/1><p style="position:absolute;top:740px;left:300px;margin:0;font-size:40px">ACROSS BOTH</p><img src=/2>`, 760},
		"a picture beside":      {`<div style="position:relative"><img src=/1><img src=/2><img src=/3 width=300 height=300 style="position:absolute;left:0;top:600px"></div>`, 760},
		"a column of text":      {`<div style="display:flex"><p style="width:200px;font-size:30px">` + strings.Repeat("words of a column ", 60) + `</p><div><img src=/1><img src=/2></div></div>`, 760},
		"a picture that is low": {`<p style="margin:0">` + strings.Repeat("<img width=860 height=100 src=/1>", 6) + `</p>`, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tile := range cutUp(t, c.body) {
				if tile.Y == c.row || tile.Bottom() == c.row {
					t.Errorf("a tile is %d to %d", tile.Y, tile.Bottom())
				}
			}
		})
	}
}
