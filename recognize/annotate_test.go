package recognize

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
)

// shortSighted is a Vision that cannot read some images.
type shortSighted struct {
	reader
	cannot func(uri string) codes.Code
}

func (v *shortSighted) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest, opts ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	out, err := v.reader.BatchAnnotateImages(ctx, r, opts...)
	for i, a := range r.Requests {
		if c := v.cannot(a.Image.Source.ImageUri); c != codes.OK {
			out.Responses[i] = &visionpb.AnnotateImageResponse{Error: &rpc.Status{Code: int32(c), Message: c.String()}}
		}
	}
	return out, err
}

// tall makes the page 8 tiles tall, each with a picture of its own.
func (m *memory) tall(t *testing.T, change func(*page.Manifest)) {
	t.Helper()
	m.putManifest(t, func(p *page.Manifest) {
		p.Height, p.Tiles = 500+7*400, nil
		for i := range 8 {
			uri := store.URI{Bucket: "shots", Object: fmt.Sprintf("p-1/run/%03d.jpg", i)}
			m.putTile(uri, fmt.Sprint("picture ", i))
			p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: i * 400, Width: 1000, Height: 500})
		}
		if change != nil {
			change(p)
		}
	})
}

func TestUnreadableTilesAreNamed(t *testing.T) {
	r, m, _ := recognizer(t)
	r.Vision = &shortSighted{reader{words: []printed{{"안녕하세요", 100, 200, 90, 30, true}}}, func(uri string) codes.Code {
		if strings.HasSuffix(uri, "/005.jpg") {
			return codes.InvalidArgument
		}
		return codes.OK
	}}
	m.tall(t, nil)
	_, res, err := r.Page(t.Context(), manifestURI)
	if err != nil {
		t.Fatal(err)
	}
	if res.Page.Partial != "1 of 8 tiles could not be read" || len(res.Page.Warnings) != 1 ||
		!strings.Contains(res.Page.Warnings[0], "tile 5 (y 2000 to 2500)") || res.Verdict != result.Review || res.Vision.Units != 7 {
		t.Errorf("partial %q, warnings %q, verdict %s, vision %+v", res.Page.Partial, res.Page.Warnings, res.Verdict, res.Vision)
	}
}

// stuck is a Vision that answers no call with a tile from the given one on.
type stuck struct {
	reader
	from string
}

func (v *stuck) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest, opts ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	if r.Requests[0].Image.Source.ImageUri >= v.from {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return v.reader.BatchAnnotateImages(ctx, r, opts...)
}

// TestTimeRunsOut: what was read by then is a result, and what was not is named;
// a page of which nothing was read is a failure of kind timeout.
func TestTimeRunsOut(t *testing.T) {
	warm, m, _ := recognizer(t) // the cache's compressor has channels, which must not be a bubble's
	withCache(warm, m)
	m.putManifest(t, nil)
	if _, _, err := warm.Page(t.Context(), manifestURI); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]fault.Kind{"gs://shots/p-1/run/016.jpg": "", "gs://shots/": fault.Timeout} {
		synctest.Test(t, func(t *testing.T) {
			r, m, _ := recognizer(t)
			r.Vision = &stuck{reader{words: []printed{{"안녕하세요", 100, 200, 90, 30, true}}}, from}
			withCache(r, m) // what is being kept is not what is marked as unread: go test -race tells
			m.putManifest(t, func(p *page.Manifest) {
				p.Height, p.Tiles = 500+19*400, nil
				for i := range 20 {
					uri := store.URI{Bucket: "shots", Object: fmt.Sprintf("p-1/run/%03d.jpg", i)}
					m.putTile(uri, fmt.Sprint("picture ", i))
					p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: i * 400, Width: 1000, Height: 500})
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 540*time.Second)
			defer cancel()
			_, res, err := r.Page(ctx, manifestURI)
			if fault.KindOf(err) != want {
				t.Fatalf("from %s: %v (%s), want %q", from, err, fault.KindOf(err), want)
			}
			if err == nil && (res.Page.Partial != "4 of 20 tiles could not be read" || len(res.Page.Warnings) != 4 || res.Verdict != result.Review || res.Vision.Units != 16) {
				t.Errorf("partial %q, warnings %q, verdict %s, vision %+v", res.Page.Partial, res.Page.Warnings, res.Verdict, res.Vision)
			}
		})
	}
}

func TestAPageOfWhichNothingCanBeReadFails(t *testing.T) {
	for code, kind := range map[codes.Code]fault.Kind{codes.InvalidArgument: fault.Invalid, codes.NotFound: fault.Invalid} {
		r, m, _ := recognizer(t)
		r.Vision = &shortSighted{cannot: func(string) codes.Code { return code }}
		m.tall(t, nil)
		if _, _, err := r.Page(t.Context(), manifestURI); fault.KindOf(err) != kind {
			t.Errorf("%s: %v (%s), want %s", code, err, fault.KindOf(err), kind)
		}
		if _, there := m.Objects()[store.URI{Bucket: "results", Object: "p-1/result.json"}]; there {
			t.Errorf("%s: a result was written all the same", code)
		}
	}
}

func withCache(r *Recognizer, m *memory) {
	r.Cache = &annotate.Cache{Store: m, Bucket: "results", Engine: "stub", MaxAge: 1 << 62, Log: slog.New(slog.DiscardHandler), Now: r.Now}
}

// TestAnUnchangedPageCostsNothing: captured anew, in another run's objects and
// under another id, with the same pictures.
func TestAnUnchangedPageCostsNothing(t *testing.T) {
	r, m, v := recognizer(t, claim...)
	withCache(r, m)
	m.tall(t, nil)
	_, first, err := r.Page(t.Context(), manifestURI)
	if err != nil || first.Vision != (result.Vision{Units: 8, Images: 8, Requests: 1}) {
		t.Fatalf("first: %+v, %v", first.Vision, err)
	}
	m.tall(t, func(p *page.Manifest) {
		p.ID, p.Request.ID, p.CapturedAt = "p-2", "p-2", time.Unix(2000, 0)
		for i := range p.Tiles {
			was, _ := store.ParseURI(p.Tiles[i].Object)
			now := store.URI{Bucket: "shots", Object: fmt.Sprintf("p-2/run/%03d.jpg", i)}
			m.putTile(now, string(m.bytes(was)))
			p.Tiles[i].Object = now.String()
		}
	})
	_, again, err := r.Page(t.Context(), manifestURI)
	if err != nil || again.ID != "p-2" || again.Vision != (result.Vision{Reused: 8}) || v.calls != 1 {
		t.Errorf("again: %s %+v after %d calls, %v", again.ID, again.Vision, v.calls, err)
	}
	if len(first.Shown) > 0 || len(again.Shown) != 8 || again.Shown[3] != (result.Shown{Picture: fmt.Sprintf("%x", sha256.Sum256(m.bytes(mustURI(t, again.Tiles[3].Object)))), Tile: 3, Page: "p-1"}) {
		t.Errorf("pictures that p-1 has, too: %+v", again.Shown)
	}
	if again.Text != first.Text || !slices.EqualFunc(again.Lines, first.Lines, func(a, b result.Line) bool { return a.Text == b.Text && a.Box == b.Box }) {
		t.Errorf("the text was %q and is %q", first.Text, again.Text)
	}
}

func mustURI(t *testing.T, s string) store.URI {
	t.Helper()
	uri, err := store.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

// TestAManifestCannotPassOnePictureForAnother: neither takes another's text from
// the cache by claiming its hash, nor plants its own there.
func TestAManifestCannotPassOnePictureForAnother(t *testing.T) {
	r, m, v := recognizer(t, claim...)
	withCache(r, m)
	m.putManifest(t, nil)
	if _, _, err := r.Page(t.Context(), manifestURI); err != nil {
		t.Fatal(err)
	}
	known := m.attrs(tileURI).Metadata["sha256"]
	other := store.URI{Bucket: "shots", Object: "p-3/run/000.jpg"}
	claiming := func(id string) {
		m.putManifest(t, func(p *page.Manifest) {
			p.ID, p.Tiles[0].Object, p.Tiles[0].SHA256 = id, other.String(), known
		})
	}
	m.putTile(other, "another picture")
	claiming("p-3")
	if _, _, err := r.Page(t.Context(), manifestURI); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a false hash: %v", err)
	}
	m.put(other, "image/jpeg", []byte("another picture"), nil) // whose hash nobody vouches for
	before := len(m.Objects())
	claiming("p-4")
	if _, res, err := r.Page(t.Context(), manifestURI); err != nil || res.Vision.Reused != 0 || v.calls != 2 {
		t.Errorf("an unknown hash: %+v after %d calls, %v", res.Vision, v.calls, err)
	}
	if got := len(m.Objects()) - before; got != 2 {
		t.Errorf("%d objects were written, want the result and the report alone", got)
	}
}

func TestTilesThatAreNotAsTheManifestSays(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*memory, *page.Tile)
		say    string
	}{
		"not there":       {func(m *memory, _ *page.Tile) { m.drop(tileURI) }, "is not there"},
		"other bytes":     {func(_ *memory, t *page.Tile) { t.Bytes = 7 }, "has 8 bytes, not the 7"},
		"another sum":     {func(_ *memory, t *page.Tile) { t.CRC32C = "AAAAAA==" }, "has the sum"},
		"another hash":    {func(_ *memory, t *page.Tile) { t.SHA256 = strings.Repeat("0", 64) }, "has the SHA-256"},
		"too large":       {func(m *memory, _ *page.Tile) { m.put(tileURI, "", make([]byte, picture.MaxBytes+1), nil) }, "more than the 20971520"},
		"another shape":   {func(_ *memory, t *page.Tile) { t.Height = 400 }, "another shape than the 1000x400"},
		"another's store": {func(_ *memory, t *page.Tile) { t.Object = "gs://pages/other.png" }, "not in the bucket shots"},
	} {
		t.Run(name, func(t *testing.T) {
			r, m, v := recognizer(t, claim...)
			m.putManifest(t, func(p *page.Manifest) { c.change(m, &p.Tiles[0]) })
			_, _, err := r.Page(t.Context(), manifestURI)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), c.say) || !strings.Contains(fmt.Sprint(err), "tiles[0]") {
				t.Errorf("got %v (%s), want invalid: …%s…", err, fault.KindOf(err), c.say)
			}
			if name != "another shape" && v.calls > 0 {
				t.Error("Vision was paid all the same")
			}
			for uri := range m.Objects() {
				if uri.Bucket == "results" {
					t.Errorf("%s was written all the same", uri)
				}
			}
		})
	}
}
