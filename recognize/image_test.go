package recognize

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImageIsAPageOfOneTile(t *testing.T) {
	r, m, v := recognizer(t, claim...)
	withCache(r, m)
	uri := store.URI{Bucket: "pages", Object: "광고.png"}
	m.put(uri, "image/png", pngOf(t, 1000, 500), nil)
	man, res, err := r.Page(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	if man.ID != "image~광고.png" || len(res.Tiles) != 1 || res.Tiles[0].Object != uri.String() || res.Page.Height != 500 || res.Text != "여드름 치료" {
		t.Errorf("id %q, tiles %+v, text %q", man.ID, res.Tiles, res.Text)
	}
	if _, _, err := r.Page(t.Context(), uri); err != nil || v.calls != 1 {
		t.Errorf("delivered again: %d calls, %v", v.calls, err)
	}
	m.put(uri, "image/png", pngOf(t, 1000, 600), nil)
	v.words = []printed{{"다른", 100, 50, 90, 30, true}}
	if _, res, err := r.Page(t.Context(), uri); err != nil || res.Text != "다른" || res.Page.Height != 600 {
		t.Errorf("another image of the same name: %q, %+v, %v", res.Text, res.Page, err)
	}
	if stored := m.result(t, resultOf("image~광고.png")); stored.Text != "다른" {
		t.Errorf("stored: %q", stored.Text)
	}
}

func TestTallImageIsCut(t *testing.T) {
	r, m, _ := recognizer(t, printed{"여드름", 100, 2000, 90, 30, false}, printed{"치료", 200, 2000, 60, 30, true})
	uri := store.URI{Bucket: "pages", Object: "tall.png"}
	m.put(uri, "image/png", pngOf(t, 1000, picture.MaxHeight+1), nil)
	_, res, err := r.Page(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Tiles) != 3 || res.Page.Height != picture.MaxHeight+1 || res.Vision.Units != 2 || res.Vision.Reused != 1 { // two are the same, and blank
		t.Fatalf("%d tiles, %+v, %+v", len(res.Tiles), res.Page, res.Vision)
	}
	for _, tile := range res.Tiles {
		at, err := store.ParseURI(tile.Object)
		if err != nil || at.Bucket != "shots" || !strings.HasPrefix(at.Object, "image~tall.png/") || m.attrs(at).Metadata["sha256"] != tile.SHA256 || len(m.bytes(at)) != tile.Bytes {
			t.Errorf("%+v, %v", tile, err)
		}
	}
	m.refuse(func(u store.URI) error {
		if u.Bucket == "shots" {
			return errors.New("no")
		}
		return nil
	})
	m.put(uri, "image/png", pngOf(t, 1000, picture.MaxHeight+2), nil)
	if _, _, err := r.Page(t.Context(), uri); fault.KindOf(err) != fault.Transient {
		t.Errorf("tiles refused: %v (%s)", err, fault.KindOf(err))
	}
}

// animationOf is a GIF of n frames that all differ.
func animationOf(t *testing.T, n int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range n {
		p := image.NewPaletted(image.Rect(0, 0, 400, 100), color.Palette{color.White, color.Black})
		for x := range 8 {
			p.SetColorIndex(8*i+x, 50, 1)
			p.SetColorIndex(8*i+x, 51, 1)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sideways is a JPEG that Exif says is to be turned clockwise.
func sideways(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	return append([]byte("\xff\xd8"+exif), b.Bytes()[2:]...)
}

// lettersOnNothing is a PNG of black strokes, transparent around them.
func lettersOnNothing(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := 10; x < width-10; x += 10 {
		for y := 20; y < 60; y++ {
			img.Set(x, y, color.Black)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestNothingOfAnImageIsLeftOut: what Vision would not see of it, or see on its
// side, is read from tiles of ours; and what is in none of them is told and
// keeps the page from passing.
func TestNothingOfAnImageIsLeftOut(t *testing.T) {
	whole := animationOf(t, 3)
	for _, c := range []struct {
		name          string
		image         []byte
		tiles         int
		width, height int
		verdict       result.Verdict
		say           string
	}{
		{"a still GIF", animationOf(t, 1), 1, 400, 100, result.Pass, ""},
		{"an animation", whole, 3, 400, 300, result.Pass, ""},
		{"a long one", animationOf(t, 40), 32, 400, 3200, result.Review, "of its different frames the first 32 were read; 8 more"},
		{"one that breaks off", whole[:len(whole)-20], 2, 400, 200, result.Review, "the file breaks off after"},
		{"on its side", sideways(t, 300, 900), 1, 900, 300, result.Pass, ""},
		{"tall and on its side", sideways(t, 9000, 300), 3, 300, 9000, result.Pass, ""},
		{"letters on nothing", lettersOnNothing(t, 400, 100), 1, 400, 100, result.Pass, ""},
	} {
		r, m, v := recognizer(t, printed{"안녕하세요", 100, 20, 90, 30, true})
		uri := store.URI{Bucket: "pages", Object: "a.gif"}
		m.put(uri, "", c.image, nil)
		_, res, err := r.Page(t.Context(), uri)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(res.Tiles) != c.tiles || res.Page.Width != c.width || res.Page.Height != c.height || res.Verdict != c.verdict || v.calls == 0 {
			t.Errorf("%s: %d tiles on %dx%d px, %s, unseen %+v", c.name, len(res.Tiles), res.Page.Width, res.Page.Height, res.Verdict, res.Unseen)
		}
		for _, tile := range res.Tiles {
			if (tile.Object == uri.String()) != (c.name == "a still GIF") {
				t.Errorf("%s: Vision reads %s", c.name, tile.Object)
			}
		}
		said := ""
		for _, u := range res.Unseen {
			if said += u.Why + "\n"; u.Kind != page.Unread || u.Box.Empty() {
				t.Errorf("%s: %+v", c.name, u)
			}
		}
		if !strings.Contains(said, c.say) || (said == "") != (c.say == "") {
			t.Errorf("%s: unseen %q, want %q", c.name, said, c.say)
		}
	}
	broken := sideways(t, 300, 900)
	r, m, _ := recognizer(t)
	uri := store.URI{Bucket: "pages", Object: "broken.jpg"}
	m.put(uri, "", broken[:len(broken)/2], nil)
	if _, _, err := r.Page(t.Context(), uri); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "breaks off after its") {
		t.Errorf("a JPEG that breaks off: %v", err)
	}
}

func TestImageIDs(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a.png", "a.jpg", "a/b.png", "a-b.png", "a b.png", ".png", "../x.png", "스크린샷 2026-11-25.png", strings.Repeat("가", 300) + ".png", strings.Repeat("가", 300) + ".jpg", "a\nb"} {
		id := objectID(store.URI{Bucket: "pages", Object: name}, "pages")
		if !strings.HasPrefix(id, job.ImagePrefix) {
			t.Errorf("%q: %q could be a request's", name, id)
		}
		if err := job.CheckID(id); err != nil {
			t.Errorf("%q: %q: %v", name, id, err)
		}
		if was, ok := seen[id]; ok {
			t.Errorf("%q and %q share %q", was, name, id)
		}
		seen[id] = name
	}
}

// TestImageNamedAsARequest: neither takes the place of the other's result.
func TestImageNamedAsARequest(t *testing.T) {
	r, m, _ := recognizer(t, claim...)
	m.putManifest(t, nil)
	image := store.URI{Bucket: "pages", Object: "p-1"}
	m.put(image, "image/png", pngOf(t, 1000, 500), nil)
	for _, uri := range []store.URI{manifestURI, image, manifestURI} {
		if _, _, err := r.Page(t.Context(), uri); err != nil {
			t.Fatal(err)
		}
	}
	if page, picture := m.result(t, resultOf("p-1")), m.result(t, resultOf("image~p-1")); page.URL != "https://shop.example/1" || picture.URL != "gs://pages/p-1" {
		t.Errorf("the page's result is of %s, the image's of %s", page.URL, picture.URL)
	}
	err := job.Request{Schema: job.RequestSchema, ID: "image~p-1", URL: "https://shop.example/1"}.Validate()
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a request takes an image's id: %v", err)
	}
	m.putManifest(t, func(p *page.Manifest) { p.ID = "image~p-1" })
	if _, _, err := r.Page(t.Context(), manifestURI); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a manifest takes an image's id: %v", err)
	}
}
