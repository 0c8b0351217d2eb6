package pages_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

// buckets are those of a desk, with what desktest makes of n pages.
func buckets(t *testing.T, n int) (*pages.Source, []result.Result) {
	t.Helper()
	server, err := localgcs.Start(localgcs.Config{Buckets: []string{"results", "pages", "screenshots", "others"}})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: server.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(objects.Close(), server.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	s := &pages.Source{Objects: objects, Results: "results", Pages: "pages", Screenshots: "screenshots"}
	dir := t.TempDir()
	all, err := desktest.Folder(dir, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		put(t, s, "results", r.ID+"/result.json", encoded(t, r))
		for i, tile := range r.Tiles {
			b, err := os.ReadFile(filepath.Join(dir, r.ID, "tiles", fmt.Sprintf("%03d.jpg", i)))
			if err != nil {
				t.Fatal(err)
			}
			uri, err := store.ParseURI(tile.Object)
			if err != nil {
				t.Fatal(err)
			}
			put(t, s, uri.Bucket, uri.Object, b)
		}
	}
	return s, all
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, s *pages.Source, bucket, name string, b []byte) {
	t.Helper()
	if _, err := s.Objects.Put(t.Context(), store.URI{Bucket: bucket, Object: name}, "", b, nil); err != nil {
		t.Fatal(err)
	}
}

func refs(t *testing.T, s *pages.Source) (ids []string) {
	t.Helper()
	for ref, err := range s.Refs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if ref.Version == 0 || ref.Written.IsZero() {
			t.Errorf("%+v", ref)
		}
		ids = append(ids, ref.ID)
	}
	slices.Sort(ids)
	return ids
}

// TestRefs: the results are listed, and nothing of what lies beside them.
func TestRefs(t *testing.T) {
	s, all := buckets(t, 2)
	for _, name := range []string{
		"cache/x/result.json", "cache/document/vision/aa", ".desk/page/a/00001.json", ".desk/result.json", "set-aside/aa", "result.json", "a/b/result.json",
		"bad id/result.json", "pending/report.html", "pending/lease.json", "-/result.json.part",
	} {
		put(t, s, "results", name, []byte("{}"))
	}
	want := []string{"cached", "zz", "~", "가-1", all[0].ID, all[1].ID}
	for _, id := range want[:4] {
		put(t, s, "results", id+"/result.json", []byte("{}"))
	}
	slices.Sort(want)
	if got := refs(t, s); !slices.Equal(got, want) {
		t.Errorf("bucket: %s", cmp.Diff(want, got))
	}
	dir := t.TempDir()
	folder, err := desktest.Folder(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".desk/result.json", "failed/error.json", "result.json", "bad id/result.json", "dir/result.json/x"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if got := refs(t, &pages.Source{Folder: os.DirFS(dir)}); !slices.Equal(got, []string{folder[0].ID, folder[1].ID}) {
		t.Errorf("folder: %q", got)
	}
	for ref, err := range (&pages.Source{Folder: os.DirFS(filepath.Join(dir, "none"))}).Refs(t.Context()) {
		if err == nil || !strings.Contains(err.Error(), "give the directory that run wrote into") {
			t.Errorf("no folder: %v, %v", ref, err)
		}
	}
}

// TestRead: what was written is read, of a bucket as of a folder; what is not there,
// or is another's, is said.
func TestRead(t *testing.T) {
	s, all := buckets(t, 1)
	dir := t.TempDir()
	written, err := desktest.Folder(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	put(t, s, "results", "other/result.json", encoded(t, all[0]))
	for source, want := range map[*pages.Source]result.Result{s: all[0], {Folder: root.FS()}: written[0]} {
		got, ref, err := source.Result(t.Context(), want.ID)
		if d := cmp.Diff(want, got); err != nil || d != "" || ref.ID != want.ID || ref.Version == 0 {
			t.Errorf("%+v, %v\n%s", ref, err, d)
		}
		for i := range want.Tiles {
			if b, media, err := source.Tile(t.Context(), got, i); err != nil || media != "image/jpeg" || len(b) != want.Tiles[i].Bytes {
				t.Errorf("tile %d: %d bytes of %s, %v", i, len(b), media, err)
			}
		}
		for _, tile := range []int{-1, len(want.Tiles)} {
			if _, _, err := source.Tile(t.Context(), got, tile); !errors.Is(err, store.ErrNotExist) {
				t.Errorf("tile %d: %v", tile, err)
			}
		}
		if _, _, err := source.Read(t.Context(), "none"); !errors.Is(err, store.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
		if _, _, err := source.Manifest(t.Context(), want.ID); !errors.Is(err, store.ErrNotExist) {
			t.Errorf("no manifest: %v", err)
		}
		for _, id := range []string{"", ".", "..", "../" + want.ID, want.ID + "/../" + want.ID, ".desk", "a/b", `a\b`, "a\x00"} {
			_, _, err := source.Read(t.Context(), id)
			_, _, err2 := source.Manifest(t.Context(), id)
			bad := got
			bad.ID = id
			_, _, err3 := source.Tile(t.Context(), bad, 0)
			if fault.KindOf(err) != fault.Invalid || fault.KindOf(err2) != fault.Invalid || fault.KindOf(err3) != fault.Invalid || errors.Is(err, store.ErrNotExist) {
				t.Errorf("%q: %v; %v; %v", id, err, err2, err3)
			}
		}
	}
	if _, _, err := s.Result(t.Context(), "other"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), `with the id "other"`) {
		t.Errorf("another's: %v", err)
	}
}

// TestTileIsNoLicence: a result that names an object gives nobody that object.
func TestTileIsNoLicence(t *testing.T) {
	s, all := buckets(t, 2)
	r, picture := all[0], encoded(t, "a picture")
	tile := r.Tiles[0]
	b, _, err := s.Tile(t.Context(), r, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"others/x.jpg", "results/x.jpg", "pages/" + r.ID + ".jpg", "screenshots/x.jpg", "screenshots/" + r.ID + "2/0.jpg"} {
		bucket, object, _ := strings.Cut(name, "/")
		put(t, s, bucket, object, b)
	}
	put(t, s, "screenshots", r.ID+"/run-1/else.jpg", picture)
	for name, change := range map[string]func(*page.Tile){
		"another bucket":        func(t *page.Tile) { t.Object = "gs://others/x.jpg" },
		"the results":           func(t *page.Tile) { t.Object = "gs://results/x.jpg" },
		"the manifests":         func(t *page.Tile) { t.Object = "gs://pages/" + r.ID + ".jpg" },
		"no page's folder":      func(t *page.Tile) { t.Object = "gs://screenshots/x.jpg" },
		"another page's folder": func(t *page.Tile) { t.Object = "gs://screenshots/" + r.ID + "2/0.jpg" },
		"another's picture":     func(t *page.Tile) { t.Object = all[1].Tiles[0].Object },
		"a file":                func(t *page.Tile) { t.Object = "/etc/passwd" },
		"other bytes":           func(t *page.Tile) { t.Object = "gs://screenshots/" + r.ID + "/run-1/else.jpg" },
		"no sum":                func(t *page.Tile) { t.SHA256 = "" },
		"a page":                func(t *page.Tile) { t.MediaType = "text/html" },
	} {
		r.Tiles[0] = tile
		change(&r.Tiles[0])
		if b, _, err := s.Tile(t.Context(), r, 0); err == nil || b != nil {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	// An image that was put among the manifests is its own tile.
	image := result.Result{ID: "image~x", Tiles: []page.Tile{tile}}
	image.Tiles[0].Object = "gs://pages/" + r.ID + ".jpg"
	if _, _, err := s.Tile(t.Context(), image, 0); err != nil {
		t.Error(err)
	}
}

// TestLinkLeadsNowhere: a symbolic link in a folder is not followed out of it.
func TestLinkLeadsNowhere(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	all, err := desktest.Folder(outside, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, all[0].ID), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	s := &pages.Source{Folder: root.FS()}
	if b, _, err := s.Read(t.Context(), "link"); err == nil {
		t.Errorf("read %d bytes", len(b))
	}
	if ids := refs(t, s); len(ids) > 0 {
		t.Errorf("listed %q", ids)
	}
}

// TestManifest: a manifest is returned as it is stored, and decoded.
func TestManifest(t *testing.T) {
	s, all := buckets(t, 1)
	m := page.Manifest{
		Schema: page.Schema, ID: all[0].ID, FinalURL: all[0].FinalURL, CapturedAt: all[0].CapturedAt, Width: all[0].Page.Width, Height: all[0].Page.Height,
		Scale: 1, Tiles: all[0].Tiles,
	}
	stored := encoded(t, m)
	put(t, s, "pages", m.ID+".json", stored)
	if b, got, err := s.Manifest(t.Context(), m.ID); err != nil || string(b) != string(stored) || got.FinalURL != m.FinalURL {
		t.Errorf("%s, %v", b, err)
	}
}
