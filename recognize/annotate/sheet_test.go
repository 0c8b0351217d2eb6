package annotate

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/result"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// words is a Vision that reads, in each picture, one word at its top left and
// one at its bottom right, both with the picture's name. Sheets are known by
// what was put on them.
type words struct {
	mu     sync.Mutex
	sheets map[string][]Part
	sizes  map[string]image.Point
	asked  []string
	bad    func(uri string) bool
}

func (v *words) make(_ context.Context, size image.Point, parts []Part) (Picture, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	uri := fmt.Sprintf("gs://bucket/sheet-%d", len(v.sheets))
	v.sheets[uri], v.sizes[uri] = parts, size
	return Picture{URI: uri}, nil
}

func word(text string, at image.Rectangle) *visionpb.Word {
	poly := func() *visionpb.BoundingPoly {
		x0, y0, x1, y1 := int32(at.Min.X), int32(at.Min.Y), int32(at.Max.X), int32(at.Max.Y)
		return &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}}
	}
	return &visionpb.Word{BoundingBox: poly(), Symbols: []*visionpb.Symbol{{Text: text, BoundingBox: poly()}}}
}

func corners(name string, at image.Rectangle) []*visionpb.Word {
	return []*visionpb.Word{
		word(name, image.Rect(at.Min.X, at.Min.Y, at.Min.X+8, at.Min.Y+6)),
		word(name, image.Rect(at.Max.X-8, at.Max.Y-6, at.Max.X, at.Max.Y)),
	}
}

func (v *words) BatchAnnotateImages(_ context.Context, req *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	res := &visionpb.BatchAnnotateImagesResponse{}
	for _, r := range req.Requests {
		uri := r.Image.Source.ImageUri
		v.asked = append(v.asked, uri)
		if v.bad != nil && v.bad(uri) {
			res.Responses = append(res.Responses, &visionpb.AnnotateImageResponse{Error: &status.Status{Code: int32(codes.InvalidArgument), Message: "Bad image data."}})
			continue
		}
		var all []*visionpb.Word
		size, parts := v.sizes[uri], v.sheets[uri]
		if parts == nil {
			size = sizeOf(uri)
			all = corners(uri, image.Rectangle{Max: size})
		}
		for _, p := range parts {
			all = append(all, corners(p.URI, p.At)...)
		}
		res.Responses = append(res.Responses, &visionpb.AnnotateImageResponse{FullTextAnnotation: &visionpb.TextAnnotation{Pages: []*visionpb.Page{{
			Width: int32(size.X), Height: int32(size.Y),
			Blocks: []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{{Words: all}}}}, // one paragraph, as a careless engine makes it
		}}}})
	}
	return res, nil
}

// sizeOf is a picture's size, which is in its address.
func sizeOf(uri string) (size image.Point) {
	var n int
	fmt.Sscanf(uri, "gs://bucket/%d-%dx%d", &n, &size.X, &size.Y) //nolint:errcheck // of this file
	return size
}

func sized(n int, size image.Point) Picture {
	uri := fmt.Sprintf("gs://bucket/%d-%dx%d", n, size.X, size.Y)
	return Picture{URI: uri, SHA256: fmt.Sprintf("%064d", n), Width: size.X, Height: size.Y}
}

// However pictures are put on sheets, each has the reading that it has alone.
func TestSheetsReadAsEachAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Picture
		for n := range rapid.IntRange(1, 60).Draw(t, "pictures") {
			size := image.Pt(rapid.SampledFrom([]int{300, 1280}).Draw(t, "width"), rapid.IntRange(8, 4096).Draw(t, "height"))
			if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
				all = append(all, Picture{URI: sized(n, size).URI})
				continue
			}
			all = append(all, sized(n, size))
		}
		v := &words{sheets: map[string][]Part{}, sizes: map[string]image.Point{}}
		alone, _, err := (&Client{Vision: v}).Read(context.Background(), all, textOnly, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		done := 0
		c := &Client{Vision: v, Sheets: &Sheets{Rows: 4096, Pixels: 20_000_000, Make: v.make}}
		together, cost, err := c.Read(context.Background(), all, textOnly, func(n int) { done = max(done, n) })
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if a, b := flat(alone[i].Text), flat(together[i].Text); a != b {
				t.Fatalf("picture %d: %s, alone %s", i, b, a)
			}
		}
		rows := 0
		for _, p := range all {
			rows += p.Height + sheetGap
		}
		if cost.Units > len(all) || cost.Reused != 0 || done != len(all) {
			t.Fatalf("cost %+v, %d of %d done", cost, done, len(all))
		}
		for uri, size := range v.sizes {
			if size.Y > 4096 || len(v.sheets[uri]) > imagesPerCall || len(v.sheets[uri]) < 2 {
				t.Fatalf("%s is %v px of %d pictures", uri, size, len(v.sheets[uri]))
			}
		}
	})
}

// flat is what matters of a reading: the words and where they are.
func flat(a *visionpb.TextAnnotation) string {
	var b strings.Builder
	for _, p := range a.GetPages() {
		fmt.Fprint(&b, p.GetWidth(), "x", p.GetHeight(), ": ")
		for _, block := range p.GetBlocks() {
			for _, para := range block.GetParagraphs() {
				for _, w := range para.GetWords() {
					v := w.GetBoundingBox().GetVertices()
					s := w.GetSymbols()[0]
					fmt.Fprint(&b, s.GetText(), v[0].X, ",", v[0].Y, " ", v[2].X, ",", v[2].Y, s.GetBoundingBox().GetVertices()[2].Y, ";")
				}
			}
		}
	}
	return b.String()
}

// What is read of a sheet is kept for each picture of it, and comes from the cache alone or beside others.
func TestSheetsAreKeptByPicture(t *testing.T) {
	c, m, _ := caching()
	v := &words{sheets: map[string][]Part{}, sizes: map[string]image.Point{}}
	c.Vision, c.Sheets = v, &Sheets{Rows: 4096, Pixels: 20_000_000, Make: v.make}
	pictures := hashed("abcd")
	for i := range pictures {
		pictures[i].Width, pictures[i].Height = 100, 700
	}
	fresh, cost := c.must(t, pictures, Text)
	if cost != (result.Vision{Units: 1, Images: 1, Requests: 1}) || len(kept(m)) != 4 {
		t.Errorf("%+v, %d kept", cost, len(kept(m)))
	}
	again, cost := c.must(t, pictures[2:3], Text)
	if cost != (result.Vision{Reused: 1}) || !proto.Equal(again[0].Text, fresh[2].Text) {
		t.Errorf("%+v, %v", cost, again[0].Text)
	}
}

// A sheet that cannot be made or read costs no picture its reading.
func TestSheetsThatFail(t *testing.T) {
	pictures := []Picture{sized(0, image.Pt(100, 500)), sized(1, image.Pt(100, 600)), sized(2, image.Pt(100, 3000))}
	for name, c := range map[string]struct {
		bad   func(uri string) bool
		made  error
		units int
		fails int // picture that cannot be read either way; -1: none
	}{
		"not made":          {made: errors.New("no room"), units: 3, fails: -1},
		"not read":          {bad: func(uri string) bool { return strings.Contains(uri, "sheet") }, units: 3, fails: -1},
		"a part is no good": {bad: func(uri string) bool { return strings.Contains(uri, "sheet") || strings.Contains(uri, "/1-") }, units: 2, fails: 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := &words{sheets: map[string][]Part{}, sizes: map[string]image.Point{}, bad: c.bad}
			sheets := &Sheets{Rows: 4200, Pixels: 20_000_000, Make: func(ctx context.Context, size image.Point, parts []Part) (Picture, error) {
				if c.made != nil {
					return Picture{}, c.made
				}
				return v.make(ctx, size, parts)
			}}
			done := 0
			got, cost, err := (&Client{Vision: v, Sheets: sheets}).Read(t.Context(), pictures, textOnly, func(n int) { done = n })
			if err != nil || cost.Units != c.units || done != 3 {
				t.Fatalf("%v, %+v, %d done", err, cost, done)
			}
			for i, r := range got {
				if (r.Err != nil) != (i == c.fails) || r.Err == nil && !strings.Contains(flat(r.Text), pictures[i].URI) {
					t.Errorf("picture %d: %v, %s", i, r.Err, flat(r.Text))
				}
			}
		})
	}
}

// Whether a picture is indecent is said of it alone.
func TestNoSheetsForSafeSearch(t *testing.T) {
	v := &words{sheets: map[string][]Part{}, sizes: map[string]image.Point{}}
	c := &Client{Vision: v, Sheets: &Sheets{Rows: 4096, Pixels: 20_000_000, Make: v.make}}
	pictures := []Picture{sized(0, image.Pt(100, 500)), sized(1, image.Pt(100, 600))}
	if _, cost, err := c.Read(t.Context(), pictures, []visionpb.Feature_Type{Text, SafeSearch}, func(int) {}); err != nil || cost.Images != 2 || len(v.sheets) != 0 {
		t.Errorf("%v, %+v, %d sheets", err, cost, len(v.sheets))
	}
}
