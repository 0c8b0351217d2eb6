package recognize

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/functions/delivery"
	"github.com/pageinspect/pageinspect/recognize/annotate/annotatetest"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
)

// function is the function as package init makes it, beside a store, a broker
// and a Vision that are real but for Vision's eyes.
type function struct {
	*delivery.Handler
	objects *store.Client
	kafka   topic.Config
	vision  *annotatetest.Stub
}

// start brings the function up. Vision reads 여드름 치료 in every object that begins with "picture",
// and cannot read the others.
func start(t *testing.T) *function {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Buckets: []string{"test-shots", "test-pages", "test-results"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	broker, err := localkafka.Start(localkafka.Config{Addr: "127.0.0.1:0", Topics: map[string]int{"results": 1, "errors": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	f := &function{kafka: topic.Config{Brokers: []string{broker.Addr()}}}
	f.vision = annotatetest.Start(t, func(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
		out := annotatetest.Text(r, &visionpb.TextAnnotation{Text: "여드름 치료"})
		for i, image := range r.Requests {
			if b, err := storage.Open(ctx, image.Image.Source.ImageUri); err != nil || !bytes.HasPrefix(b, []byte("picture")) && !bytes.HasPrefix(b, []byte("\x89PNG")) {
				out.Responses[i] = &visionpb.AnnotateImageResponse{Error: &rpc.Status{Code: int32(codes.InvalidArgument), Message: "Bad image data."}}
			}
		}
		return out, nil
	})
	for k, v := range map[string]string{
		"KAFKA_BROKERS": broker.Addr(), "STORAGE_EMULATOR_HOST": storage.Endpoint(), "VISION_EMULATOR_HOST": f.vision.Addr,
		"RESULTS_TOPIC": "results", "ERRORS_TOPIC": "errors", "RESULTS_BUCKET": "test-results",
	} {
		t.Setenv(k, v)
	}
	if f.Handler, err = newHandler(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.objects, err = store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.objects.Close() }) //nolint:errcheck // nothing of it is kept
	return f
}

func (f *function) put(t *testing.T, bucket, name string, b []byte) {
	t.Helper()
	if _, err := f.objects.Put(t.Context(), store.URI{Bucket: bucket, Object: name}, "", b, nil); err != nil {
		t.Fatal(err)
	}
}

// finalize delivers the event for an object and returns the answer.
func (f *function) finalize(bucket, name string) int {
	body := fmt.Sprintf(`{"bucket":%q,"name":%q,"generation":"1"}`, bucket, name)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for k, v := range map[string]string{"ce-id": "1", "ce-specversion": "1.0", "ce-source": "//storage.googleapis.com/x", "ce-type": "google.cloud.storage.object.v1.finalized"} {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Code
}

func (f *function) failures(t *testing.T) (all []job.Failure) {
	t.Helper()
	err := topic.Scan(t.Context(), f.kafka, "errors", func(m topic.Message) error {
		var failure job.Failure
		err := json.Unmarshal(m.Value, &failure)
		all = append(all, failure)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// names lists the objects of a bucket.
// names are the objects of a bucket, the leases of what is worked on and has failed aside.
func (f *function) names(t *testing.T, bucket string) (names []string) {
	t.Helper()
	for a, err := range f.objects.List(t.Context(), bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(a.Object, "/lease.json") {
			names = append(names, a.Object)
		}
	}
	return names
}

func manifest(change func(*page.Manifest)) []byte {
	m := page.Manifest{
		Schema: page.Schema, ID: "p-1", Request: job.Request{Schema: job.RequestSchema, ID: "p-1", URL: "https://shop.example/1", Labels: map[string]string{"seller": "7"}},
		FinalURL: "https://shop.example/1", CapturedAt: time.Unix(1000, 0).UTC(), Width: 1000, Height: 500, Scale: 1,
		Tiles: []page.Tile{{Object: "gs://test-shots/p-1/run/000.jpg", Width: 1000, Height: 500}},
	}
	change(&m)
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// asked is the id by which people ask for what became of an object.
func asked(object string) string {
	if id, manifest := strings.CutSuffix(object, ".json"); manifest {
		return id
	}
	return job.ImagePrefix + object
}

// TestBadInput: what will never succeed is acknowledged, told to the errors topic
// with the right kind and the request, and leaves nothing half-written.
func TestBadInput(t *testing.T) {
	f := start(t)
	f.put(t, "test-shots", "p-1/run/000.jpg", []byte("picture"))
	f.put(t, "test-shots", "p-1/run/page.html", []byte("<html>"))
	plain := func(s string) []byte { return []byte(s) }
	for _, c := range []struct {
		name, object string
		put          []byte // nil: nothing is put
		kind         fault.Kind
		say          string
		request      bool // the record has the request's labels
	}{
		{"not a manifest of ours", "a.json", plain(`{"kind":"Deployment"}`), fault.Invalid, "schema", false},
		{"another version", "a.json", manifest(func(m *page.Manifest) { m.Schema = "pageinspect.page/v2" }), fault.Invalid, "want \"pageinspect.page/v1\"", false},
		{"not JSON", "a.json", plain("hello"), fault.Invalid, "not JSON", false},
		{"huge", "a.json", make([]byte, page.MaxManifestBytes+1), fault.Invalid, "more than", false},
		{"10,000 tiles", "a.json", manifest(func(m *page.Manifest) { m.Tiles = slices.Repeat(m.Tiles, 10_000) }), fault.Invalid, "tiles: 10000, more than 1000", false},
		{"a tile is missing", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].Object = "gs://test-shots/p-1/run/999.jpg" }), fault.Invalid, "is not there", true},
		{"a tile of another bucket", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].Object = "gs://secrets/x.jpg" }), fault.Invalid, "not in the bucket test-shots", true},
		{"DOM text of another bucket", "a.json", manifest(func(m *page.Manifest) { m.DOM = "gs://test-shots-2/dom.json" }), fault.Invalid, "not in the bucket test-shots", true},
		{"lies about bytes", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].Bytes = 99 }), fault.Invalid, "has 7 bytes, not the 99", true},
		{"lies about the sum", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].CRC32C = "AAAAAA==" }), fault.Invalid, "has the sum", true},
		{"leaves its page", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].Height = 9000 }), fault.Invalid, "leaves a page of height", false},
		{"a tile is no picture", "a.json", manifest(func(m *page.Manifest) { m.Tiles[0].Object = "gs://test-shots/p-1/run/page.html" }), fault.Invalid, "Bad image data", true},
		{"a film", "film.mp4", plain("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00"), fault.Invalid, "put JPEG, PNG", false},
		{"nothing", "empty", plain(""), fault.Invalid, "it is empty", false},
		{"gone", "gone.json", nil, fault.Invalid, "is gone", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(f.failures(t))
			if c.put != nil {
				f.put(t, "test-pages", c.object, c.put)
			}
			if code := f.finalize("test-pages", c.object); code != http.StatusOK {
				t.Errorf("answered %d, want 200", code)
			}
			all := f.failures(t)[before:]
			if len(all) != 1 || all[0].Kind != c.kind || all[0].Stage != job.StageRecognize || !strings.Contains(all[0].Message, c.say) {
				t.Fatalf("the errors topic got %+v, want %s: …%s…", all, c.kind, c.say)
			}
			if want := map[bool]string{true: "p-1", false: asked(c.object)}[c.request]; all[0].ID != want {
				t.Errorf("the failure's id is %q, want %q", all[0].ID, want)
			}
			if got := bytes.Contains(all[0].Original(), []byte(`"seller":"7"`)); got != c.request {
				t.Errorf("the record's request is %s", all[0].Original())
			}
			if names := f.names(t, "test-results"); len(names) > 0 {
				t.Errorf("written all the same: %q", names)
			}
		})
	}
	if code := f.finalize("other-bucket", "a.json"); code != http.StatusOK || !strings.Contains(f.failures(t)[len(f.failures(t))-1].Message, "not in the bucket test-pages") {
		t.Errorf("another bucket's event: answered %d", code)
	}
}

// TestGoodInput: a page, an image and the page again, which costs nothing.
func TestGoodInput(t *testing.T) {
	f := start(t)
	sum := "2cea274d0bedc39ec4ab6ba9e59ec889e3ed6fb56a1cf088a64d9b383378dc97"
	if _, err := f.objects.Put(t.Context(), store.URI{Bucket: "test-shots", Object: "p-1/run/000.jpg"}, "image/jpeg", []byte("picture"), map[string]string{"sha256": sum}); err != nil {
		t.Fatal(err)
	}
	var img bytes.Buffer
	if err := png.Encode(&img, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	f.put(t, "test-pages", "p-1.json", manifest(func(*page.Manifest) {}))
	f.put(t, "test-pages", "p-2.json", manifest(func(m *page.Manifest) { m.ID = "p-2" }))
	f.put(t, "test-pages", "ad.png", img.Bytes())
	for _, name := range []string{"p-1.json", "p-1.json", "p-2.json", "ad.png"} {
		if code := f.finalize("test-pages", name); code != http.StatusOK {
			t.Errorf("%s: answered %d", name, code)
		}
	}
	if n := f.vision.Calls(); n != 2 {
		t.Errorf("Vision was called %d times, want once for the page and once for the image", n)
	}
	names := f.names(t, "test-results")
	for _, want := range []string{"p-1/result.json", "p-1/report.html", "p-2/result.json", "image~ad.png/result.json", "cache/document_text_detection/stand-in/" + sum} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %q", want, names)
		}
	}
	if all := f.failures(t); len(all) > 0 {
		t.Errorf("failures %+v", all)
	}
}

// TestBucketIsNotThere: the operator's mistake is said at the start.
func TestBucketIsNotThere(t *testing.T) {
	start(t)
	t.Setenv("RESULTS_BUCKET", "test-no-such-bucket")
	if _, err := newHandler(t.Context()); err == nil || !strings.Contains(err.Error(), "RESULTS_BUCKET") || !strings.Contains(err.Error(), "test-no-such-bucket") {
		t.Errorf("started, or did not say what to mend: %v", err)
	}
}

// TestResultsRefused: an operator can mend it, so the work waits and nothing is
// dead-lettered; delivered again, it is done.
func TestResultsRefused(t *testing.T) {
	f := start(t)
	f.Leases.Bucket = "test-no-such-bucket" // removed since the start
	f.put(t, "test-shots", "p-1/run/000.jpg", []byte("picture"))
	f.put(t, "test-pages", "p-1.json", manifest(func(*page.Manifest) {}))
	if code := f.finalize("test-pages", "p-1.json"); code != http.StatusServiceUnavailable {
		t.Errorf("answered %d, want 503", code)
	}
	if all := f.failures(t); len(all) > 0 {
		t.Errorf("dead-lettered: %+v", all)
	}
}
