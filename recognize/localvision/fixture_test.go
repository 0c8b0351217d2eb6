package localvision_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	vision "cloud.google.com/go/vision/v2/apiv1"
	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pageinspect/pageinspect/recognize/localvision"
	"github.com/pageinspect/pageinspect/recognize/localvision/accuracy"
)

var update = flag.Bool("update", false, "draw testdata/lines.jpg and lines.json anew")

// linesHTML holds one of each: a light headline on a dark banner, body text of two lines, a pill, a
// table, light text over a gradient.
const linesHTML = `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#fff;font-family:'Noto Sans CJK KR';width:1280px}p{margin:0}td{border:1px solid #bbb;padding:12px 16px;font-size:15px}</style>
<div style="background:#1e3a8a;color:#fde047;padding:24px 40px"><p style="font-size:52px;font-weight:700">국내 판매 1위</p></div>
<div style="padding:20px 40px"><p style="font-size:18px;line-height:1.5;width:420px">자연에서 얻은 순한 원료로 하루 종일 촉촉한 피부를 느껴보세요.</p></div>
<div style="padding:0 40px"><span style="display:inline-block;border-radius:99px;background:#c8102e;color:#fff;padding:8px 24px;font-size:20px">카카오톡 kakao77</span></div>
<table style="margin:20px 40px;border-collapse:collapse"><tr><td>제조국</td><td>대한민국</td></tr><tr><td>용량</td><td>100ml</td></tr></table>
<div style="background:linear-gradient(90deg,#667eea,#764ba2);color:#fff;padding:24px 40px"><p style="font-size:28px">여드름 치료 효과 100%</p></div>`

// scale is the device scale of testdata/lines.jpg.
const scale = 1.5

// fixture returns the picture and what stands on it, in CSS px.
func fixture(t *testing.T) ([]byte, []accuracy.Line) {
	t.Helper()
	if *update {
		pages, err := accuracy.Render(t.Context(), []accuracy.Document{{HTML: linesHTML}}, scale)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := json.MarshalIndent(pages[0].Lines, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"testdata/lines.jpg": pages[0].Picture, "testdata/lines.json": append(lines, '\n')} {
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	png, err := os.ReadFile("testdata/lines.jpg")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/lines.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []accuracy.Line
	if err := json.Unmarshal(data, &lines); err != nil {
		t.Fatal(err)
	}
	return png, lines
}

// start runs the stand-in and returns it with the production client of it.
func start(t *testing.T, cfg localvision.Config) (*localvision.Server, *vision.ImageAnnotatorClient) {
	t.Helper()
	server, err := localvision.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := vision.NewImageAnnotatorClient(t.Context(), option.WithEndpoint(server.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return server, client
}

// content asks for the text of an image given by its bytes.
func content(data []byte) *visionpb.AnnotateImageRequest {
	return request(&visionpb.Image{Content: data}, visionpb.Feature_DOCUMENT_TEXT_DETECTION)
}

func request(i *visionpb.Image, features ...visionpb.Feature_Type) *visionpb.AnnotateImageRequest {
	r := &visionpb.AnnotateImageRequest{Image: i}
	for _, f := range features {
		r.Features = append(r.Features, &visionpb.Feature{Type: f})
	}
	return r
}

func batch(requests ...*visionpb.AnnotateImageRequest) *visionpb.BatchAnnotateImagesRequest {
	return &visionpb.BatchAnnotateImagesRequest{Requests: requests}
}
