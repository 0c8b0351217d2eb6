package capture

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// hues are what the pictures of an animation are filled with.
var hues = []color.RGBA{{200, 30, 30, 255}, {30, 160, 30, 255}, {30, 30, 200, 255}, {120, 120, 20, 255}}

// gifOf is an animation of 400x200 px that shows some hues for so many hundredths of a second each.
func gifOf(t *testing.T, shown []color.RGBA, hundredths int) []byte {
	t.Helper()
	var g gif.GIF
	for _, c := range shown {
		p := image.NewPaletted(image.Rect(0, 0, 400, 200), color.Palette{c})
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, hundredths)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// colourAt is a pixel of a tile.
func colourAt(t *testing.T, m *memory, tile page.Tile, x, y int) color.RGBA {
	t.Helper()
	uri, err := store.ParseURI(tile.Object)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(m.Objects()[uri]))
	if err != nil {
		t.Fatal(err)
	}
	dst := image.NewRGBA(image.Rect(0, 0, 1, 1))
	draw.Draw(dst, dst.Rect, img, image.Pt(x, y), draw.Src)
	return dst.RGBAAt(0, 0)
}

func closeTo(a, b color.RGBA) bool {
	far := func(a, b uint8) bool { return max(a, b)-min(a, b) > 12 }
	return !far(a.R, b.R) && !far(a.G, b.G) && !far(a.B, b.B)
}

// TestAnimatedPictures: the page shows one picture of an animation, whichever it
// is, and each other that stands long enough to be read is a tile below it.
func TestAnimatedPictures(t *testing.T) {
	slow := gifOf(t, hues, 100)
	long := gifOf(t, append(bytesOf(90, hues[0]), hues[1:]...), 5) // the others are its last 150 ms
	mux := http.NewServeMux()
	for name, b := range map[string][]byte{"slow": slow, "long": long} {
		mux.HandleFunc("/"+name+".gif", media("image/gif", b))
	}
	mux.HandleFunc("/called.gif", media("image/jpeg", slow))
	mux.HandleFunc("/unnamed", media("application/octet-stream", slow))
	for name, body := range map[string]string{
		"jpeg":    `<img src="/called.gif?v=2" style="margin:50px">`,
		"bytes":   `<img src=/unnamed style="margin:50px">`,
		"img":     `<img src=/slow.gif style="margin:50px">`,
		"small":   `<img src=/slow.gif width=40 height=20>`,
		"ground":  `<div style="width:400px;height:200px;margin:50px;background:url(/slow.gif)"></div>`,
		"written": `<img style="margin:50px" src="data:image/gif;base64,` + base64.StdEncoding.EncodeToString(slow) + `">`,
		"frame":   `<iframe src="{other}/inner" width=600 height=400 style="border:0;margin:50px"></iframe>`,
		"inner":   `<body style="margin:0"><img src=/slow.gif>`,
		"half":    `<img src=/slow.gif width=200 height=100 style="margin:50px">`,
		"twice":   `<img src=/slow.gif style="margin:50px"><img src=/slow.gif>`,
		"long":    `<img src=/long.gif style="margin:50px">`,
		"lazy":    `<p style="height:3000px">.</p><img loading=lazy src=/slow.gif style="margin:50px"><script>onscroll=()=>0</script>`,
	} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			_, port, _ := strings.Cut(r.Host, ":")
			html(strings.ReplaceAll(body, "{other}", "http://localhost:"+port))(w, r)
		})
	}
	mux.HandleFunc("/policy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "img-src 'self'")
		html(`<img src=/slow.gif style="margin:50px">`)(w, r)
	})
	url := serve(t, mux.ServeHTTP)
	for _, c := range []struct {
		at            string
		scenes        []color.RGBA
		width, height int
	}{
		{"/img", hues, 400, 200},
		{"/slow.gif", hues, 400, 200},
		{"/policy", hues, 400, 200},
		{"/jpeg", hues, 400, 200},
		{"/bytes", hues, 400, 200},
		{"/small", nil, 0, 0},
		{"/ground", hues, 400, 200},
		{"/written", hues, 400, 200},
		{"/frame", hues, 400, 200},
		{"/half", hues, 200, 100},
		{"/twice", hues, 400, 200},
		{"/long", []color.RGBA{hues[0], hues[3]}, 400, 200},
		{"/lazy", hues, 400, 200},
	} {
		t.Run(c.at, func(t *testing.T) {
			t.Parallel()
			cap, m := capturer(t, "")
			man := cap.mustPage(t, ask(url+c.at))
			if len(man.Unseen) > 0 || man.Partial != "" {
				t.Fatalf("unseen %+v, partial %q, warnings %q", man.Unseen, man.Partial, man.Warnings)
			}
			left, last := slices.Clone(c.scenes), page.Tile{}
			for i, tile := range man.Tiles {
				if tile.Extra == "" {
					last = tile
					continue
				}
				got := colourAt(t, m, tile, tile.Width/2, tile.Height/2)
				at := slices.IndexFunc(left, func(want color.RGBA) bool { return closeTo(got, want) })
				if at < 0 || tile.Width != c.width || tile.Height != c.height || !strings.Contains(tile.Extra, "animation") || tile.Y != last.Bottom() {
					t.Fatalf("tile %d: %v, of %v; %dx%d px at %d, %q", i, got, left, tile.Width, tile.Height, tile.Y, tile.Extra)
				}
				left, last = slices.Delete(left, at, at+1), tile
			}
			// What is drawn on the page is the first, but where a page does not let us write into it.
			want := 0
			if len(c.scenes) > 0 && c.at != "/frame" && c.at != "/policy" {
				want = 1
			}
			if len(left) != want || want > 0 && left[0] != hues[0] {
				t.Errorf("%v are in no tile below, %d tiles", left, len(man.Tiles))
			}
			if c.at == "/img" {
				other, _ := capturer(t, "")
				again := other.mustPage(t, ask(url+c.at))
				for i, tile := range again.Tiles {
					if tile.SHA256 != man.Tiles[i].SHA256 {
						t.Errorf("tile %d is another in a second capture", i)
					}
				}
			}
		})
	}
}

func bytesOf(n int, c color.RGBA) (out []color.RGBA) {
	for range n {
		out = append(out, c)
	}
	return out
}

// TestPicturesOfAnAnimationThatDifferInALine: what differs in one thin, pale line is not taken for the same.
func TestPicturesOfAnAnimationThatDifferInALine(t *testing.T) {
	var g gif.GIF
	for n := range 2 {
		p := image.NewPaletted(image.Rect(0, 0, 400, 200), color.Palette{color.White, color.Gray{200}})
		for x := 40; n == 1 && x < 200; x += 6 {
			for y := 90; y < 102; y++ {
				p.SetColorIndex(x, y, 1)
			}
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 100)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/line.gif", media("image/gif", b.Bytes()))
	mux.HandleFunc("/page", html(`<img src=/line.gif style="margin:50px">`))
	cap, m := capturer(t, "")
	man := cap.mustPage(t, ask(serve(t, mux.ServeHTTP)+"/page"))
	last := man.Tiles[len(man.Tiles)-1]
	if last.Extra == "" || colourAt(t, m, last, 100, 95).R > 225 {
		t.Errorf("%d tiles, the last shows %v of the line", len(man.Tiles), colourAt(t, m, last, 100, 95))
	}
}

// TestFilmIsNoWolf: of a film of a hundred different pictures some are looked at, and the page passes.
func TestFilmIsNoWolf(t *testing.T) {
	var film []color.RGBA
	for i := range 100 {
		film = append(film, color.RGBA{uint8(i * 2), uint8(255 - i*2), uint8(i * 37), 255})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/film.gif", media("image/gif", gifOf(t, film, 5)))
	mux.HandleFunc("/page", html(`<img src=/film.gif style="margin:50px">`))
	cap, _ := capturer(t, "")
	man := cap.mustPage(t, ask(serve(t, mux.ServeHTTP)+"/page"))
	if n := len(man.Tiles); n < 8 || n > 10 || len(man.Unseen) > 0 || man.Partial != "" { // of 5 s, one in 0.7 s
		t.Errorf("%d tiles, unseen %+v, partial %q", n, man.Unseen, man.Partial)
	}
}

// TestAnimationThatIsNotReadIsSaid: one of too many pictures, and one that breaks off.
func TestAnimationThatIsNotReadIsSaid(t *testing.T) {
	var many []color.RGBA
	for i := range 60 {
		many = append(many, color.RGBA{uint8(i * 4), uint8(255 - i*4), uint8(i * 40), 255})
	}
	whole := gifOf(t, hues, 100)
	mux := http.NewServeMux()
	mux.HandleFunc("/many.gif", media("image/gif", gifOf(t, many, 100)))
	mux.HandleFunc("/off.gif", media("image/gif", whole[:len(whole)-20]))
	for _, name := range []string{"many", "off"} {
		mux.HandleFunc("/"+name, html(fmt.Sprintf(`<img src=/%s.gif style="margin:50px">`, name)))
	}
	url := serve(t, mux.ServeHTTP)
	for at, want := range map[string]string{"/many": "the first 32 were read", "/off": "frames could not be decoded"} {
		cap, _ := capturer(t, "")
		man := cap.mustPage(t, ask(url+at))
		said := ""
		for _, u := range man.Unseen {
			said += u.Why + "\n"
		}
		if !strings.Contains(said, want) || !strings.Contains(said, "animation") {
			t.Errorf("%s: %q", at, said)
		}
	}
}

// Of a picture that the browser no longer has, its first bytes tell whether it moves.
func TestWhatSaysThatItMoves(t *testing.T) {
	const head = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR4567890123456"
	for start, want := range map[string]bool{
		head + "\x00\x00\x00\x08acTL12345678....\x00\x00\x00\x00IDAT": true, head + "....IDAT....acTL": false, head: false, "": false,
		"RIFF....WEBPVP8X\x0a\x00\x00\x00\x02rest": true, "RIFF....WEBPVP8X\x0a\x00\x00\x00\x10rest": false, "RIFF....WEBPVP8 ....": false,
		"\x00\x00\x00\x1cftypavis....": true, "\x00\x00\x00\x1cftypavif....": false,
	} {
		if got := saysItMoves([]byte(start)); got != want {
			t.Errorf("%q: %v", start, got)
		}
	}
}
