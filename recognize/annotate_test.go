package recognize

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// scripted answers for each image as its script says, by how often it was asked for.
type scripted struct {
	mu     sync.Mutex
	asked  map[string]int
	image  func(uri string, time int) codes.Code
	call   func(n int) error
	calls  int
	widest int
}

func (s *scripted) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.widest = max(s.widest, len(r.Requests))
	if s.call != nil {
		if err := s.call(s.calls); err != nil {
			return nil, err
		}
	}
	out := &visionpb.BatchAnnotateImagesResponse{}
	for _, i := range r.Requests {
		uri := i.Image.Source.ImageUri
		s.asked[uri]++
		a := &visionpb.AnnotateImageResponse{FullTextAnnotation: &visionpb.TextAnnotation{Text: uri}}
		if s.image != nil {
			if c := s.image(uri, s.asked[uri]); c != codes.OK {
				a = &visionpb.AnnotateImageResponse{Error: &rpc.Status{Code: int32(c), Message: c.String()}}
			}
		}
		out.Responses = append(out.Responses, a)
	}
	return out, nil
}

func annotating(t *testing.T, v *scripted, tiles int) *reading {
	t.Helper()
	old := retryBase
	retryBase = time.Microsecond
	t.Cleanup(func() { retryBase = old })
	v.asked = map[string]int{}
	j := &reading{Recognizer: &Recognizer{Vision: v, Log: slog.New(slog.DiscardHandler)}}
	for i := range tiles {
		j.manifest.Tiles = append(j.manifest.Tiles, page.Tile{Object: fmt.Sprintf("gs://b/%d", i)})
	}
	return j
}

func TestAnnotateAsksForAtMost16AtATime(t *testing.T) {
	v := &scripted{}
	j := annotating(t, v, 50)
	if err := j.annotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v.calls != 4 || v.widest != 16 || j.result.Vision.Units != 50 || j.result.Vision.Images != 50 || j.result.Vision.Requests != 4 {
		t.Errorf("%d calls, widest %d, vision %+v", v.calls, v.widest, j.result.Vision)
	}
	for i, r := range j.read {
		if r.annotation.GetText() != j.manifest.Tiles[i].Object {
			t.Errorf("tile %d got the text of %s", i, r.annotation.GetText())
		}
	}
}

func TestAnnotateRepeatsOnlyTheImagesThatCanHeal(t *testing.T) {
	v := &scripted{image: func(uri string, time int) codes.Code {
		switch {
		case strings.HasSuffix(uri, "/3") && time < 3:
			return codes.ResourceExhausted
		case strings.HasSuffix(uri, "/5"):
			return codes.InvalidArgument
		}
		return codes.OK
	}}
	j := annotating(t, v, 8)
	if err := j.annotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for uri, n := range v.asked {
		want := 1
		if uri == "gs://b/3" {
			want = 3
		}
		if n != want {
			t.Errorf("%s was asked for %d times, want %d", uri, n, want)
		}
	}
	if j.read[3].err != nil || j.read[5].err == nil {
		t.Errorf("tile 3: %v, tile 5: %v", j.read[3].err, j.read[5].err)
	}
	if j.manifest.Partial != "1 of 8 tiles could not be read" || len(j.manifest.Warnings) != 1 || !strings.Contains(j.manifest.Warnings[0], "tile 5") {
		t.Errorf("partial %q, warnings %q", j.manifest.Partial, j.manifest.Warnings)
	}
	if j.result.Vision.Units != 7 {
		t.Errorf("%d units, want 7", j.result.Vision.Units)
	}
}

func TestAnnotateFailures(t *testing.T) {
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
		{"no tile readable", &scripted{image: func(string, int) codes.Code { return codes.InvalidArgument }}, fault.Invalid, 1},
		{"no tile readable yet", &scripted{image: func(string, int) codes.Code { return codes.Unavailable }}, fault.Transient, tries},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := annotating(t, c.v, 3).annotate(t.Context())
			if fault.KindOf(err) != c.kind || c.v.calls != c.calls {
				t.Errorf("%v (%s) after %d calls, want %q after %d", err, fault.KindOf(err), c.v.calls, c.kind, c.calls)
			}
		})
	}
}

func TestAnnotateStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	v := &scripted{call: func(int) error { cancel(); return status.Error(codes.Unknown, "context canceled") }}
	if err := annotating(t, v, 3).annotate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's own error", err)
	}
}
