package recognize

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/sync/semaphore"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// withQR is a white PNG with a QR code of 120 px at each point.
func withQR(t *testing.T, w, h int, text string, at ...image.Point) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for _, p := range at {
		drawQR(t, img, text, 120, p)
	}
	return asPNG(t, img)
}

// drawQR draws a QR code with its quiet zone.
func drawQR(t *testing.T, img draw.Image, text string, size int, at image.Point) {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, size, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	draw.Draw(img, image.Rect(at.X, at.Y, at.X+size, at.Y+size), m, image.Point{}, draw.Src)
}

func asPNG(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const chat = "https://open.kakao.com/o/gAbCdEf1"

func seeingCodes(r *Recognizer, m *memory) {
	r.Codes = &codes.Reader{Store: m, Bucket: "results", MaxAge: time.Hour, Log: slog.New(slog.DiscardHandler), Now: m.Now, AtOnce: semaphore.NewWeighted(2)}
}

// TestCodesAreJudged: what a code says is found by the rules, once where two
// tiles show it, at its place, and a picture is searched once.
func TestCodesAreJudged(t *testing.T) {
	r, m, _ := recognizer(t, printed{"안녕하세요", 300, 20, 90, 30, true})
	seeingCodes(r, m)
	r.Cache = &annotate.Cache{Store: m, Bucket: "results", Engine: "stub", MaxAge: time.Hour, Log: slog.New(slog.DiscardHandler), Now: m.Now}
	m.putManifest(t, func(p *page.Manifest) {
		p.Height, p.Tiles = 850, nil
		for i, picture := range []string{
			withQR(t, 2000, 1000, chat, image.Pt(100, 820)), // at the page's 50, 410: in the next tile, too
			withQR(t, 2000, 1000, chat, image.Pt(100, 120)),
		} {
			uri := store.URI{Bucket: "shots", Object: []string{"p-1/run/000.jpg", "p-1/run/001.jpg"}[i]}
			m.putTile(uri, picture)
			p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: i * 350, Width: 1000, Height: 500})
		}
	})
	_, res, err := r.Page(t.Context(), manifestURI)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Codes) != 1 || res.Codes[0].Text != chat || res.Codes[0].Format != result.QR || res.Codes[0].Tile != 0 {
		t.Fatalf("codes %+v", res.Codes)
	}
	if inner := (page.Box{X: 60, Y: 420, W: 40, H: 40}); !res.Codes[0].Box.Overlaps(inner) || res.Codes[0].Box.W > 80 {
		t.Errorf("box %+v", res.Codes[0].Box)
	}
	at := slices.IndexFunc(res.Findings, func(f result.Finding) bool { return f.Rule == "contact.openchat" })
	if at < 0 || res.Verdict == result.Pass || res.Lines[res.Findings[at].Lines[0]].Source != result.InCode || !res.Findings[at].Box.Overlaps(res.Codes[0].Box) {
		t.Fatalf("verdict %s, findings %+v", res.Verdict, res.Findings)
	}
	if f := res.Findings[at]; f.Source != result.InCode || f.Box != res.Codes[0].Box || len(f.Boxes) != 1 || f.Boxes[0] != f.Box {
		t.Errorf("the finding is marked at %+v, %+v; want the whole code at %+v", f.Box, f.Boxes, res.Codes[0].Box)
	}
	if strings.Contains(res.Text, "kakao") {
		t.Errorf("the page's text has what nobody reads: %q", res.Text)
	}
	read := m.picturesRead
	m.drop(store.URI{Bucket: "results", Object: "p-1/result.json"})
	_, again, err := r.Page(t.Context(), manifestURI)
	if err != nil || m.picturesRead != read || len(again.Codes) != 1 || again.Codes[0] != res.Codes[0] {
		t.Errorf("again: %d pictures read, %+v, %v", m.picturesRead-read, again.Codes, err)
	}
}

// TestCodesAcrossCuts: a code that a cut goes through, and that is taller than
// what two tiles share or a seam shows, is read and judged as any other.
func TestCodesAcrossCuts(t *testing.T) {
	const width, height, size = 1200, 3000, 900 // CSS pixels; of the code with its quiet zone
	for _, c := range []struct {
		name  string
		at    int      // the code's upper edge
		tiles [][2]int // the rows that each shows
		scale int
	}{
		{"through its middle", 550, [][2]int{{0, 1000}, {1000, 3000}}, 1},
		{"through its upper corners", 793, [][2]int{{0, 1000}, {1000, 3000}}, 1},
		{"through its lower corner", 307, [][2]int{{0, 1000}, {1000, 3000}}, 1},
		{"tiles that overlap", 550, [][2]int{{0, 1000}, {744, 3000}}, 1},
		{"at twice the scale", 550, [][2]int{{0, 1000}, {1000, 3000}}, 2},
		{"over three tiles", 550, [][2]int{{0, 900}, {900, 1250}, {1250, 3000}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t, printed{"안녕하세요", 300, 20, 90, 30, true})
			seeingCodes(r, m)
			whole := image.NewGray(image.Rect(0, 0, width*c.scale, height*c.scale))
			draw.Draw(whole, whole.Rect, image.White, image.Point{}, draw.Src)
			drawQR(t, whole, chat, size*c.scale, image.Pt(100, c.at).Mul(c.scale))
			m.putManifest(t, func(p *page.Manifest) {
				p.Scale, p.Width, p.Height, p.Tiles = float64(c.scale), width, height, nil
				for i, rows := range c.tiles {
					uri := store.URI{Bucket: "shots", Object: fmt.Sprintf("p-1/run/%03d.jpg", i)}
					m.putTile(uri, asPNG(t, whole.SubImage(image.Rect(0, rows[0]*c.scale, width*c.scale, rows[1]*c.scale))))
					p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: rows[0], Width: width, Height: rows[1] - rows[0]})
				}
			})
			_, res, err := r.Page(t.Context(), manifestURI)
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Codes) != 1 || res.Codes[0].Text != chat || res.Codes[0].Tile != 0 || !slices.ContainsFunc(res.Findings, func(f result.Finding) bool { return f.Rule == "contact.openchat" }) || len(res.Unseen) > 0 {
				t.Fatalf("%s, codes %+v, unseen %+v", res.Verdict, res.Codes, res.Unseen)
			}
			at := page.Box{X: 100 + size/6, Y: float64(c.at) + size/6, W: size * 2 / 3, H: size * 2 / 3} // less than what is dark
			if b := res.Codes[0].Box; b.Union(at).Round() != b || b.H > size {
				t.Errorf("box %+v, the code is around %+v", b, at)
			}
		})
	}
}

// TestCodeThatCannotBeRead: nobody knows what it says, so a person looks at it.
func TestCodeThatCannotBeRead(t *testing.T) {
	r, m, _ := recognizer(t, printed{"안녕하세요", 300, 20, 90, 30, true})
	seeingCodes(r, m)
	img := image.NewGray(image.Rect(0, 0, 2000, 1000))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	drawQR(t, img, chat, 400, image.Pt(100, 200))
	draw.Draw(img, image.Rect(260, 360, 440, 540), image.White, image.Point{}, draw.Src) // a sticker on it
	m.putManifest(t, func(*page.Manifest) { m.putTile(tileURI, asPNG(t, img)) })
	_, res, err := r.Page(t.Context(), manifestURI)
	if err != nil || res.Verdict != result.Review || len(res.Unseen) != 1 || res.Unseen[0].Kind != page.Unread || !strings.Contains(res.Unseen[0].Why, "QR code") {
		t.Fatalf("%s, %+v, %v", res.Verdict, res.Unseen, err)
	}
	if b := res.Unseen[0].Box; !b.Overlaps(page.Box{X: 100, Y: 150, W: 100, H: 100}) || b.W > 220 {
		t.Errorf("at %+v", b)
	}
}

// TestTileThatCannotBeSearched: Vision may read it, but nobody knows whether
// there is a code in it.
func TestTileThatCannotBeSearched(t *testing.T) {
	r, m, _ := recognizer(t, printed{"안녕하세요", 100, 20, 90, 30, true})
	seeingCodes(r, m)
	m.putManifest(t, nil) // whose tile is no picture
	_, res, err := r.Page(t.Context(), manifestURI)
	if err != nil || res.Verdict != result.Review || len(res.Unseen) != 1 || res.Unseen[0].Kind != page.Unread || res.Unseen[0].Box.H != 500 {
		t.Errorf("%s, %+v, %v", res.Verdict, res.Unseen, err)
	}
}

// TestCodesAreRememberedOfWhatTheyAreOf: of a picture that was replaced
// meanwhile, or whose hash nobody vouches for, nothing is kept.
func TestCodesAreRememberedOfWhatTheyAreOf(t *testing.T) {
	r, m, _ := recognizer(t)
	seeingCodes(r, m)
	picture := withQR(t, 300, 300, chat, image.Pt(50, 50))
	m.putTile(tileURI, picture)
	sum := sha256.Sum256([]byte(picture))
	for _, p := range []codes.Picture{
		{URI: tileURI, SHA256: hex.EncodeToString(sum[:]), Generation: m.attrs(tileURI).Generation + 1},
		{URI: tileURI, Generation: m.attrs(tileURI).Generation},
	} {
		found, err := r.Codes.Read(t.Context(), p, 1<<20)
		if err != nil || len(found.Codes) != 1 || len(m.Objects()) != 1 {
			t.Errorf("%+v, %v, %d objects", found, err, len(m.Objects()))
		}
	}
}
