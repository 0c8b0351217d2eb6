package annotate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/time/rate"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// scripted answers for each image as its script says, by how often it was asked for.
type scripted struct {
	mu       sync.Mutex
	asked    map[string]int
	image    func(uri string, time int) codes.Code
	call     func(n int) error
	calls    int
	widest   int
	heaviest int // bytes of a request
	features map[string]int
	newer    bool // says what nobody knows yet
}

func (s *scripted) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked, s.features = map[string]int{}, map[string]int{}
	}
	s.calls++
	s.widest, s.heaviest = max(s.widest, len(r.Requests)), max(s.heaviest, proto.Size(r))
	if s.call != nil {
		if err := s.call(s.calls); err != nil {
			return nil, err
		}
	}
	out := &visionpb.BatchAnnotateImagesResponse{}
	for _, i := range r.Requests {
		uri := i.Image.Source.ImageUri
		s.asked[uri]++
		a := &visionpb.AnnotateImageResponse{}
		for _, f := range i.Features {
			s.features[f.Type.String()]++
			switch f.Type {
			case Text:
				a.FullTextAnnotation = &visionpb.TextAnnotation{Text: uri}
			case SafeSearch:
				a.SafeSearchAnnotation = &visionpb.SafeSearchAnnotation{Adult: 1, Racy: 2, Violence: 3, Spoof: 1, Medical: 1}
			}
		}
		if s.newer {
			a.FullTextAnnotation.ProtoReflect().SetUnknown([]byte{0xf8, 7, 1})
			a.SafeSearchAnnotation.ProtoReflect().SetUnknown([]byte{0xf8, 7, 1})
		}
		if s.image != nil {
			if c := s.image(uri, s.asked[uri]); c != codes.OK {
				a = &visionpb.AnnotateImageResponse{Error: &rpc.Status{Code: int32(c), Message: c.String()}}
			}
		}
		out.Responses = append(out.Responses, a)
	}
	return out, nil
}

func TestMain(m *testing.M) {
	retryBase = time.Microsecond
	m.Run()
}

func pictures(n int) []Picture {
	var out []Picture
	for i := range n {
		out = append(out, Picture{URI: fmt.Sprintf("gs://bucket/%d", i)})
	}
	return out
}

var textOnly = []visionpb.Feature_Type{Text}

func read(t *testing.T, v Vision, n int) ([]Reading, result.Vision, error) {
	t.Helper()
	r := &Client{Vision: v}
	return r.Read(t.Context(), pictures(n), textOnly, func(int) {})
}

func TestAtMost16ImagesAnd10MBACall(t *testing.T) {
	v := &scripted{}
	longest := pictures(50)
	for i := range longest {
		longest[i].URI = fmt.Sprintf("gs://bucket/%s%02d", strings.Repeat("x", 1022), i)
	}
	var told []int
	readings, cost, err := (&Client{Vision: v}).Read(t.Context(), longest, textOnly, func(n int) { told = append(told, n) })
	if err != nil {
		t.Fatal(err)
	}
	if v.calls != 4 || v.widest != 16 || v.heaviest > 10<<20 || cost != (result.Vision{Units: 50, Images: 50, Requests: 4}) {
		t.Errorf("%d calls, widest %d, heaviest %d bytes, cost %+v", v.calls, v.widest, v.heaviest, cost)
	}
	for i, r := range readings {
		if r.Text.GetText() != longest[i].URI {
			t.Errorf("picture %d got the text of %s", i, r.Text.GetText())
		}
	}
	if len(told) != 4 || told[3] != 50 {
		t.Errorf("progress %v", told)
	}
}

func TestOnlyTheImagesThatCanHealAreRepeated(t *testing.T) {
	v := &scripted{image: func(uri string, time int) codes.Code {
		switch {
		case strings.HasSuffix(uri, "/3") && time < 3:
			return codes.ResourceExhausted
		case strings.HasSuffix(uri, "/5"), strings.HasSuffix(uri, "/6") && time == 1: // bad, and called bad
			return codes.InvalidArgument
		}
		return codes.OK
	}}
	readings, cost, err := read(t, v, 8)
	if err != nil {
		t.Fatal(err)
	}
	for uri, n := range v.asked {
		want := map[string]int{"gs://bucket/3": 3, "gs://bucket/5": 2, "gs://bucket/6": 2}[uri]
		if want == 0 {
			want = 1
		}
		if n != want {
			t.Errorf("%s was asked for %d times, want %d", uri, n, want)
		}
	}
	for i, r := range readings {
		if (r.Err != nil) != (i == 5) {
			t.Errorf("picture %d: %v", i, r.Err)
		}
	}
	if cost != (result.Vision{Units: 7, Images: 12, Requests: 5}) {
		t.Errorf("cost %+v", cost)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		v     *scripted
		kind  fault.Kind
		calls int
	}{
		{"quota heals", &scripted{call: func(n int) error {
			if n < 3 {
				return status.Error(codes.ResourceExhausted, "quota")
			}
			return nil
		}}, "", 3},
		{"quota does not heal", &scripted{call: func(int) error { return status.Error(codes.ResourceExhausted, "quota") }}, fault.Transient, tries},
		{"refused", &scripted{call: func(int) error { return status.Error(codes.InvalidArgument, "no") }}, fault.Invalid, 1},
		{"no permission", &scripted{call: func(int) error { return status.Error(codes.PermissionDenied, "no") }}, fault.Transient, 1},
		{"not of this world", &scripted{call: func(int) error { return status.Error(codes.DataLoss, "no") }}, fault.Internal, 1},
		{"one image never heals", &scripted{image: func(string, int) codes.Code { return codes.Unavailable }}, "", tries},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := read(t, c.v, 3)
			if fault.KindOf(err) != c.kind || c.v.calls != c.calls {
				t.Errorf("%v (%s) after %d calls, want %q after %d", err, fault.KindOf(err), c.v.calls, c.kind, c.calls)
			}
		})
	}
}

// TestACallThatFailsLeavesTheOthers: they are paid for.
func TestACallThatFailsLeavesTheOthers(t *testing.T) {
	v := &scripted{call: func(n int) error {
		if n == 1 {
			return status.Error(codes.PermissionDenied, "no")
		}
		return nil
	}}
	readings, cost, err := read(t, v, 64)
	if fault.KindOf(err) != fault.Transient || cost.Units != 48 {
		t.Errorf("%v, cost %+v", err, cost)
	}
	got := 0
	for _, r := range readings {
		if r.Text != nil {
			got++
		}
	}
	if got != 48 {
		t.Errorf("%d readings, want those of three calls", got)
	}
}

func TestStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	v := &scripted{call: func(int) error { cancel(); return status.Error(codes.Unknown, "context canceled") }}
	if _, _, err := (&Client{Vision: v}).Read(ctx, pictures(3), textOnly, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's own error", err)
	}
}

func TestQuota(t *testing.T) {
	for _, perMinute := range []int{LeastPerMinute, 100, 1800, 100_000} {
		l := PerMinute(perMinute)
		now := time.Unix(0, 0)
		passed := l.Burst()
		if !l.AllowN(now, passed) {
			t.Fatalf("%d a minute: the first %d do not pass", perMinute, passed)
		}
		for s := 1; s <= 600; s++ { // a minute in tenths of a second
			for now = now.Add(100 * time.Millisecond); l.AllowN(now, 1); passed++ {
			}
		}
		if passed > perMinute || passed < perMinute*9/10 && perMinute > LeastPerMinute {
			t.Errorf("%d passed in a minute, quota %d", passed, perMinute)
		}
	}
}

// TestQuotaRespectsTheTimeAllowed: what cannot be sent in time is not waited for.
func TestQuotaRespectsTheTimeAllowed(t *testing.T) {
	used := rate.NewLimiter(rate.Every(time.Hour), imagesPerCall)
	used.AllowN(time.Now(), imagesPerCall)
	v := &scripted{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, cost, err := (&Client{Vision: v, Limit: used}).Read(ctx, pictures(3), textOnly, func(int) {})
	if fault.KindOf(err) != fault.Transient || v.calls != 0 || cost.Images != 0 || !strings.Contains(err.Error(), "VISION_IMAGES_PER_MINUTE") {
		t.Errorf("%v (%s), %d calls", err, fault.KindOf(err), v.calls)
	}
	cancel()
	if _, _, err := (&Client{Vision: v, Limit: used}).Read(ctx, pictures(3), textOnly, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestRepeatsCountForTheQuota: an image that is asked for again passes the limiter again.
func TestRepeatsCountForTheQuota(t *testing.T) {
	l := rate.NewLimiter(0, 20)
	v := &scripted{image: func(uri string, time int) codes.Code {
		if time < 3 {
			return codes.Unavailable
		}
		return codes.OK
	}}
	if _, _, err := (&Client{Vision: v, Limit: l}).Read(t.Context(), pictures(5), textOnly, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if left := l.Tokens(); left != 5 {
		t.Errorf("%v of 20 are left, want 5", left)
	}
}
