package localvision_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"strings"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"golang.org/x/image/bmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pageinspect/pageinspect/recognize/localvision"
	"github.com/pageinspect/pageinspect/shared/store"
)

const documentText = visionpb.Feature_DOCUMENT_TEXT_DETECTION

// blank is a white PNG.
func blank(t *testing.T) []byte {
	t.Helper()
	pic := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range pic.Pix {
		pic.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, pic); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG is the beginning of a PNG that says it is 10,000 by 7,501 px.
func hugePNG() []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	b = binary.BigEndian.AppendUint32(b, 10_000)
	b = binary.BigEndian.AppendUint32(b, 7_501)
	b = append(b, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

func TestRefusesTheWholeCall(t *testing.T) {
	_, client := start(t, localvision.Config{})
	white := blank(t)
	seventeen := batch()
	for range 17 {
		seventeen.Requests = append(seventeen.Requests, content(white))
	}
	for _, c := range []struct {
		name    string
		request *visionpb.BatchAnnotateImagesRequest
		message string
	}{
		{"17 images", seventeen, "Too many images per request"},
		{"over 10 MB", batch(content(make([]byte, 6<<20)), content(make([]byte, 5<<20))), "Request payload size exceeds the limit: 10485760 bytes."},
		{"no features", batch(request(&visionpb.Image{Content: white})), "Request must specify image and features."},
		{"no image", batch(request(nil, documentText)), "Request must specify image and features."},
		{"content and address", batch(request(&visionpb.Image{Content: white, Source: &visionpb.ImageSource{ImageUri: "gs://b/o"}}, documentText)), "Only one of image content and uri should be specified."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client.BatchAnnotateImages(t.Context(), c.request)
			if got := status.Convert(err); got.Code() != codes.InvalidArgument || got.Message() != c.message {
				t.Errorf("got %v: %s, want InvalidArgument: %s", got.Code(), got.Message(), c.message)
			}
		})
	}
	t.Run("16 are accepted", func(t *testing.T) {
		seventeen.Requests = seventeen.Requests[:16]
		answer, err := client.BatchAnnotateImages(t.Context(), seventeen)
		if err != nil || len(answer.Responses) != 16 {
			t.Errorf("%d responses, error %v", len(answer.GetResponses()), err)
		}
	})
}

func TestOneImageFailsAlone(t *testing.T) {
	picture, _ := fixture(t)
	objects := map[string][]byte{"gs://tiles/good.png": picture, "gs://tiles/large.png": append(bytes.Clone(picture), make([]byte, 20<<20)...)}
	_, client := start(t, localvision.Config{Open: func(_ context.Context, uri string) ([]byte, error) {
		if strings.HasPrefix(uri, "gs://down/") {
			return nil, errors.New("connection refused")
		}
		data, ok := objects[uri]
		if !ok && strings.HasPrefix(uri, "gs://other/") {
			return nil, fmt.Errorf("open %s: %w", uri, fs.ErrNotExist)
		}
		if !ok {
			return nil, fmt.Errorf("read %s: %w", uri, store.ErrNotExist)
		}
		return data, nil
	}})
	at := func(uri string) *visionpb.AnnotateImageRequest {
		return request(&visionpb.Image{Source: &visionpb.ImageSource{ImageUri: uri}}, documentText)
	}
	cases := []struct {
		name    string
		request *visionpb.AnnotateImageRequest
		code    codes.Code
		message string
	}{
		{"by address", at("gs://tiles/good.png"), codes.OK, ""},
		{"missing", at("gs://tiles/none.png"), codes.NotFound, "Error opening file: gs://tiles/none.png."},
		{"missing, another storage", at("gs://other/none.png"), codes.NotFound, "Error opening file: gs://other/none.png."},
		{"storage down", at("gs://down/a.png"), codes.Unavailable, "connection refused"},
		{"not an image", content([]byte("<html>")), codes.InvalidArgument, "Bad image data."},
		{"cut short", content(picture[:len(picture)/2]), codes.InvalidArgument, "Bad image data."},
		{"over 20 MB", at("gs://tiles/large.png"), codes.InvalidArgument, "20 megabytes"},
		{"over 75 megapixels", content(hugePNG()), codes.InvalidArgument, "Image too large. Please limit to 75 megapixels."},
		{"from the network", at("https://example.com/a.png"), codes.InvalidArgument, "https://example.com/a.png"},
		{"another feature", request(&visionpb.Image{Content: picture}, visionpb.Feature_FACE_DETECTION), codes.Unimplemented, "FACE_DETECTION"},
		{"by the older address", request(&visionpb.Image{Source: &visionpb.ImageSource{GcsImageUri: "gs://tiles/good.png"}}, visionpb.Feature_TEXT_DETECTION), codes.OK, ""},
	}
	call := batch()
	for _, c := range cases {
		call.Requests = append(call.Requests, c.request)
	}
	answer, err := client.BatchAnnotateImages(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := answer.Responses[i]
			if got := codes.Code(r.GetError().GetCode()); got != c.code || !strings.Contains(r.GetError().GetMessage(), c.message) {
				t.Errorf("got %v: %s, want %v: %s", got, r.GetError().GetMessage(), c.code, c.message)
			}
			if read := strings.Contains(r.GetFullTextAnnotation().GetText(), "국내 판매 1위"); read != (c.code == codes.OK) {
				t.Errorf("read: %v", read)
			}
		})
	}
}

func TestWithoutAStorage(t *testing.T) {
	_, client := start(t, localvision.Config{})
	answer, err := client.BatchAnnotateImages(t.Context(), batch(request(&visionpb.Image{Source: &visionpb.ImageSource{ImageUri: "gs://b/o"}}, documentText)))
	if err != nil {
		t.Fatal(err)
	}
	if got := codes.Code(answer.Responses[0].GetError().GetCode()); got != codes.FailedPrecondition {
		t.Errorf("got %v", got)
	}
}

func TestSafeSearchIsUnknown(t *testing.T) {
	_, client := start(t, localvision.Config{})
	answer, err := client.BatchAnnotateImages(t.Context(), batch(request(&visionpb.Image{Content: blank(t)}, documentText, visionpb.Feature_SAFE_SEARCH_DETECTION)))
	if err != nil {
		t.Fatal(err)
	}
	r := answer.Responses[0]
	if r.Error != nil || !proto.Equal(r.SafeSearchAnnotation, &visionpb.SafeSearchAnnotation{}) || r.SafeSearchAnnotation == nil {
		t.Errorf("got %v", r)
	}
	if r.FullTextAnnotation != nil || len(r.TextAnnotations) > 0 {
		t.Errorf("text on a white picture: %v", r.FullTextAnnotation)
	}
}

func TestFormats(t *testing.T) {
	data, _ := fixture(t)
	source, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	banner := image.NewRGBA(image.Rect(0, 0, 1200, 150))
	draw.Draw(banner, banner.Rect, source, image.Point{}, draw.Src)
	// A GIF has a palette: the banner's two colours will do.
	palette := color.Palette{color.RGBA{0x1e, 0x3a, 0x8a, 255}, color.RGBA{0xfd, 0xe0, 0x47, 255}, color.RGBA{0x8d, 0x8d, 0x68, 255}}
	indexed := image.NewPaletted(banner.Bounds(), palette)
	draw.Draw(indexed, indexed.Rect, banner, image.Point{}, draw.Src)
	// Dark text on nothing at all, as a PNG may have it: white is what shows through.
	clear := image.NewNRGBA(banner.Bounds())
	for y := range 150 {
		for x := range 1200 {
			r, _, _, _ := banner.At(x, y).RGBA()
			clear.Set(x, y, color.NRGBA{0, 0, 0, uint8(max(0, int(r>>8)-0x1e))})
		}
	}
	encoded := map[string]*bytes.Buffer{"jpeg": {}, "gif": {}, "bmp": {}, "transparent png": {}}
	for name, err := range map[string]error{
		"jpeg":            jpeg.Encode(encoded["jpeg"], banner, &jpeg.Options{Quality: 85}),
		"gif":             gif.Encode(encoded["gif"], indexed, nil),
		"bmp":             bmp.Encode(encoded["bmp"], banner),
		"transparent png": png.Encode(encoded["transparent png"], clear),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	_, client := start(t, localvision.Config{})
	for name, b := range encoded {
		t.Run(name, func(t *testing.T) {
			answer, err := client.BatchAnnotateImages(t.Context(), batch(content(b.Bytes())))
			if err != nil {
				t.Fatal(err)
			}
			if r := answer.Responses[0]; r.GetFullTextAnnotation().GetText() != "국내 판매 1위" {
				t.Errorf("read %q, error %v", r.GetFullTextAnnotation().GetText(), r.Error)
			}
		})
	}
}
