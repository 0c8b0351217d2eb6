package annotate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// caching has pictures 0 to 3 in its store, whose generations are 1 to 4.
func caching() (*Client, *memstore.Store, *scripted) {
	m, v := memstore.New("bucket", "results"), &scripted{}
	m.Now = func() time.Time { return start }
	for i := range 4 {
		put(m, store.URI{Bucket: "bucket", Object: fmt.Sprint(i)}, []byte("a picture"))
	}
	return &Client{Vision: v, Cache: &Cache{Store: m, Bucket: "results", Engine: "stub", MaxAge: 24 * time.Hour,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return start.Add(time.Hour) }}}, m, v
}

func put(m *memstore.Store, uri store.URI, b []byte) {
	if _, err := m.Put(context.Background(), uri, "", b, nil); err != nil {
		panic(err)
	}
}

// kept is what the cache holds.
func kept(m *memstore.Store) map[store.URI][]byte {
	objects := m.Objects()
	maps.DeleteFunc(objects, func(uri store.URI, _ []byte) bool { return uri.Bucket != "results" })
	return objects
}

// hashed is pictures whose hashes are known, by the letters given.
func hashed(letters string) []Picture {
	var out []Picture
	for i, l := range letters {
		out = append(out, Picture{URI: fmt.Sprintf("gs://bucket/%d", i), SHA256: strings.Repeat(string(l), 64), Generation: int64(i + 1)})
	}
	return out
}

func (c *Client) must(t *testing.T, pictures []Picture, features ...visionpb.Feature_Type) ([]Reading, result.Vision) {
	t.Helper()
	readings, cost, err := c.Read(t.Context(), pictures, features, func(int) {})
	c.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return readings, cost
}

func TestAPictureIsSentOnce(t *testing.T) {
	r, _, v := caching()
	fresh, cost := r.must(t, hashed("abca"), Text)
	if cost != (result.Vision{Units: 3, Images: 3, Requests: 1, Reused: 1}) {
		t.Errorf("first: %+v", cost)
	}
	if fresh[3].Text != fresh[0].Text {
		t.Error("the fourth picture has not the text of the first")
	}
	again, cost := r.must(t, hashed("abca"), Text)
	if cost != (result.Vision{Reused: 4}) || v.calls != 1 {
		t.Errorf("again: %+v after %d calls", cost, v.calls)
	}
	for i := range again {
		if !proto.Equal(again[i].Text, fresh[i].Text) {
			t.Errorf("picture %d: %v, want %v", i, again[i].Text, fresh[i].Text)
		}
	}
	if _, cost := r.must(t, hashed("abd"), Text); cost != (result.Vision{Units: 1, Images: 1, Requests: 1, Reused: 2}) {
		t.Errorf("one new: %+v", cost)
	}
}

// An entry says for which page it was read, whatever letters that page's id has.
func TestAnEntryNamesItsPage(t *testing.T) {
	c, _, _ := caching()
	c.Page = "상품 1/ü"
	if fresh, _ := c.must(t, hashed("a"), Text); fresh[0].Page != "" {
		t.Errorf("what was read just now is said to be of %q", fresh[0].Page)
	}
	c.Page = "p-2"
	if again, _ := c.must(t, hashed("a"), Text); again[0].Page != "상품 1/ü" {
		t.Errorf("the entry is of page %q", again[0].Page)
	}
}

func TestOnlyTheFeatureThatIsMissingIsAskedFor(t *testing.T) {
	r, _, v := caching()
	r.must(t, hashed("ab"), Text)
	readings, cost := r.must(t, hashed("ab"), Text, SafeSearch)
	if cost != (result.Vision{Units: 2, Images: 2, Requests: 1, Reused: 2}) || v.features["SAFE_SEARCH_DETECTION"] != 2 || v.features["DOCUMENT_TEXT_DETECTION"] != 2 {
		t.Errorf("%+v, %v", cost, v.features)
	}
	if readings[0].Text.GetText() == "" || readings[0].Safe.GetViolence() != 3 {
		t.Errorf("%+v", readings[0])
	}
	if _, cost := r.must(t, hashed("ab"), Text, SafeSearch); cost.Units != 0 || cost.Reused != 2 {
		t.Errorf("all known: %+v", cost)
	}
}

func TestWhatIsReadAnew(t *testing.T) {
	entry := store.URI{Bucket: "results", Object: "cache/document_text_detection/stub/" + strings.Repeat("a", 64)}
	for name, change := range map[string]func(*Client, *memstore.Store, []Picture){
		"too old": func(r *Client, _ *memstore.Store, _ []Picture) {
			r.Cache.Now = func() time.Time { return start.Add(25 * time.Hour) }
		},
		"another engine":  func(r *Client, _ *memstore.Store, _ []Picture) { r.Cache.Engine = "other" },
		"no hash":         func(_ *Client, _ *memstore.Store, p []Picture) { p[0].SHA256 = "" },
		"another picture": func(_ *Client, _ *memstore.Store, p []Picture) { p[0].SHA256 = strings.Repeat("f", 64) },
		"empty entry":     func(_ *Client, m *memstore.Store, _ []Picture) { put(m, entry, nil) },
		"garbled entry": func(_ *Client, m *memstore.Store, _ []Picture) {
			b := bytes.Clone(kept(m)[entry])
			b[9] ^= 1
			put(m, entry, b)
		},
		"cut entry": func(_ *Client, m *memstore.Store, _ []Picture) { put(m, entry, kept(m)[entry][:10]) },
		"not a protobuf": func(_ *Client, m *memstore.Store, _ []Picture) {
			put(m, entry, packer().EncodeAll([]byte("hello"), nil))
		},
		"another protobuf": func(_ *Client, m *memstore.Store, _ []Picture) {
			put(m, entry, packer().EncodeAll([]byte{0xf8, 7, 1}, nil))
		},
		"more than it can be": func(_ *Client, m *memstore.Store, _ []Picture) {
			put(m, entry, packer().EncodeAll(make([]byte, maxUnfoldedBytes+1), nil))
		},
		"storage refuses": func(_ *Client, m *memstore.Store, _ []Picture) {
			m.Refuse = func(string, store.URI) error { return errors.New("no") }
		},
		"no cache": func(r *Client, _ *memstore.Store, _ []Picture) { r.Cache = nil },
	} {
		t.Run(name, func(t *testing.T) {
			r, m, _ := caching()
			p := hashed("a")
			if _, cost := r.must(t, p, Text); cost.Units != 1 {
				t.Fatalf("first: %+v", cost)
			}
			if _, ok := kept(m)[entry]; !ok {
				t.Fatalf("no %s; there are %v", entry, kept(m))
			}
			change(r, m, p)
			readings, cost := r.must(t, p, Text)
			if cost.Units != 1 || cost.Reused != 0 || readings[0].Text.GetText() != "gs://bucket/0" {
				t.Errorf("%+v, %v", cost, readings)
			}
		})
	}
}

func TestWhatIsNotKept(t *testing.T) {
	for name, change := range map[string]func(*Client, *memstore.Store, *scripted, []Picture){
		"replaced meanwhile": func(_ *Client, m *memstore.Store, _ *scripted, _ []Picture) {
			put(m, store.URI{Bucket: "bucket", Object: "0"}, []byte("another"))
		},
		"unreadable": func(_ *Client, _ *memstore.Store, v *scripted, _ []Picture) {
			v.image = func(string, int) codes.Code { return codes.InvalidArgument }
		},
		"no hash": func(_ *Client, _ *memstore.Store, _ *scripted, p []Picture) { p[0].SHA256 = "" },
	} {
		t.Run(name, func(t *testing.T) {
			r, m, v := caching()
			p := hashed("a")
			change(r, m, v, p)
			r.must(t, p, Text)
			if len(kept(m)) > 0 {
				t.Errorf("kept: %v", kept(m))
			}
		})
	}
}

// TestNoOpinionIsNotKept: an engine that cannot judge today may be asked again.
func TestNoOpinionIsNotKept(t *testing.T) {
	r, m, _ := caching()
	r.Cache.store(t.Context(), "p", hashed("a")[0], []visionpb.Feature_Type{SafeSearch}, Reading{Safe: &visionpb.SafeSearchAnnotation{Adult: 1, Violence: 1}})
	if len(kept(m)) > 0 {
		t.Errorf("kept: %v", kept(m))
	}
}

func TestWhatANewerVisionSaysIsKeptWithoutIt(t *testing.T) {
	r, _, v := caching()
	v.newer = true
	r.must(t, hashed("a"), Text, SafeSearch)
	if got, cost := r.must(t, hashed("a"), Text, SafeSearch); cost.Units != 0 || got[0].Text.GetText() != "gs://bucket/0" {
		t.Errorf("%+v, %v", cost, got)
	}
}

// judgedBefore is pictures of which the cache has what is thought of them, and not their text.
func judgedBefore(t *testing.T, pictures []Picture) (*Client, *memstore.Store, *scripted) {
	r, m, v := caching()
	r.must(t, pictures, SafeSearch)
	v.asked, v.features = nil, nil
	return r, m, v
}

// TestACallThatFailedIsNotAPictureWithoutText: a page that was judged for
// indecency before would have been read as empty by whoever comes next.
func TestACallThatFailedIsNotAPictureWithoutText(t *testing.T) {
	r, m, v := judgedBefore(t, hashed("a"))
	before := len(kept(m))
	v.call = func(int) error { return status.Error(codes.PermissionDenied, "not yet") }
	if _, _, err := r.Read(t.Context(), hashed("a"), []visionpb.Feature_Type{Text, SafeSearch}, func(int) {}); err == nil {
		t.Fatal("read although Vision refused")
	}
	r.Wait()
	if n := len(kept(m)); n != before {
		t.Errorf("%d entries, %d before: what was kept of a call that failed?", n, before)
	}
	v.call = nil
	if got, _ := r.must(t, hashed("a"), Text, SafeSearch); got[0].Text.GetText() != "gs://bucket/0" {
		t.Errorf("text %q, want what Vision reads", got[0].Text.GetText())
	}
}

// TestASheetLeavesWhatIsThoughtOfItsParts as the cache has it.
func TestASheetLeavesWhatIsThoughtOfItsParts(t *testing.T) {
	small := hashed("ab")
	for i := range small {
		small[i].Width, small[i].Height = 100, 50
	}
	r, _, v := judgedBefore(t, small)
	r.Sheets = &Sheets{Rows: 1000, Pixels: 1_000_000, Make: func(context.Context, image.Point, []Part) (Picture, error) {
		return Picture{URI: "gs://bucket/sheet"}, nil
	}}
	got, _ := r.must(t, small, Text, SafeSearch)
	if v.asked["gs://bucket/sheet"] != 1 || len(v.asked) != 1 {
		t.Fatalf("asked for %v, want the sheet alone", v.asked)
	}
	for i, reading := range got {
		if reading.Text == nil || !Judged(reading.Safe) {
			t.Errorf("picture %d: %+v, want both", i, reading)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	b, err := proto.Marshal(&visionpb.TextAnnotation{Text: "text", Pages: []*visionpb.Page{{Width: 1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packer().EncodeAll(b, nil))
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text := &visionpb.TextAnnotation{}
		if unpack(b, text) == nil && len(text.ProtoReflect().GetUnknown()) > 0 {
			t.Error("accepted with unknown fields")
		}
	})
}
