package recognize

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/recognize/picture"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
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
