package annotate

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/fault"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// imagesPerCall is Vision's limit. Its other one, 10 MB a call, is out of
	// reach: an image is sent as its address, of 1,030 bytes at most.
	imagesPerCall = 16
	// callsAtOnce bounds what one page asks of the shared quota at a time.
	callsAtOnce = 4
	// storeCallsAtOnce bounds what one page asks of Cloud Storage at a time.
	storeCallsAtOnce = 16
	// tries bounds how often one image is asked for, the first time included.
	tries = 5
)

// retryBase is the first pause before failed images are asked for again; it
// doubles. Tests shorten it.
var retryBase = 500 * time.Millisecond

// noRetry turns the client's own retries off. They would repeat whole calls for
// up to ten minutes, past the quota's limiter and unseen by result.Vision.
var noRetry = gax.WithRetry(func() gax.Retryer { return nil })

// call asks for the pictures with these indexes, at most 16, until each is read
// or has failed for good.
func (w *work) call(ctx context.Context, todo []int) error {
	for try := 1; ; try++ {
		if err := w.wait(ctx, len(todo)); err != nil {
			return err
		}
		resp, err := w.Vision.BatchAnnotateImages(ctx, w.request(todo), noRetry)
		w.mu.Lock()
		w.cost.Requests++
		w.cost.Images += len(todo)
		w.mu.Unlock()
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err() // the status code of an expired context says Unknown
		case err != nil && (!Heals(status.Code(err)) || try == tries):
			return failed(err)
		case err == nil && len(resp.Responses) != len(todo):
			return fault.New(fault.Transient, "Vision answered for %d of %d images", len(resp.Responses), len(todo))
		case err == nil:
			var alone []int
			todo, alone = w.take(todo, resp.Responses, try == tries)
			for _, i := range alone {
				if err := w.call(ctx, []int{i}); err != nil {
					return err
				}
			}
		}
		if len(todo) == 0 {
			return nil
		}
		pause := retryBase << (try - 1)
		if err := gax.Sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return err
		}
	}
}

func (w *work) request(todo []int) *visionpb.BatchAnnotateImagesRequest {
	req := &visionpb.BatchAnnotateImagesRequest{Parent: w.Parent}
	for _, i := range todo {
		image := &visionpb.AnnotateImageRequest{Image: &visionpb.Image{Source: &visionpb.ImageSource{ImageUri: w.pictures[i].URI}}}
		for _, f := range w.missing[i] {
			image.Features = append(image.Features, &visionpb.Feature{Type: f})
		}
		req.Requests = append(req.Requests, image)
	}
	return req
}

// wait stays within the quota. Where the time allowed would run out first it
// says so at once, and the page is delivered again.
func (w *work) wait(ctx context.Context, images int) error {
	if w.Limit == nil {
		return ctx.Err()
	}
	err := w.Limit.WaitN(ctx, images)
	if err != nil && ctx.Err() == nil {
		return fault.Busy(fault.New(fault.Transient, "Vision's quota (VISION_IMAGES_PER_MINUTE) leaves no room for %d images in the time allowed: %w", images, err))
	}
	return err
}

// take files the answers and returns the indexes of the pictures to be asked for
// again: together, or each alone. Vision calls one picture in ten of a batch bad
// at times, and reads it the next time.
// https://github.com/googleapis/nodejs-vision/issues/168
func (w *work) take(asked []int, answers []*visionpb.AnnotateImageResponse, last bool) (again, alone []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, i := range asked {
		a := answers[n]
		if code := codes.Code(a.GetError().GetCode()); code != codes.OK {
			w.readings[i].Err = status.Error(code, a.Error.Message)
			switch {
			case Heals(code) && !last:
				again = append(again, i)
			case code == codes.InvalidArgument && !w.alone[i]:
				if w.alone == nil {
					w.alone = map[int]bool{}
				}
				w.alone[i] = true
				alone = append(alone, i)
			}
			continue
		}
		r := &w.readings[i]
		r.Err = nil
		for _, f := range w.missing[i] {
			switch f {
			case Text:
				if r.Text = a.FullTextAnnotation; r.Text == nil {
					r.Text = &visionpb.TextAnnotation{} // a picture without text
				}
				r.Text.ProtoReflect().SetUnknown(nil) // what a newer Vision says and nobody here reads
			case SafeSearch:
				if r.Safe = a.SafeSearchAnnotation; r.Safe == nil {
					r.Safe = &visionpb.SafeSearchAnnotation{} // every likelihood unknown
				}
				r.Safe.ProtoReflect().SetUnknown(nil)
			}
		}
		w.cost.Units += len(w.missing[i])
	}
	for _, i := range asked {
		if _, yes := w.sheets[i]; !yes && !slices.Contains(again, i) && !slices.Contains(alone, i) {
			w.done++ // the parts of a sheet are done when it was taken apart
		}
	}
	w.progress(w.done)
	return again, alone
}

// Heals says whether the same image may be read at another time.
func Heals(c codes.Code) bool {
	switch c {
	case codes.ResourceExhausted, codes.Unavailable, codes.Internal, codes.DeadlineExceeded, codes.Aborted:
		return true
	}
	return false
}

// Waits says whether the failure is not the picture's: an operator must grant a
// permission or raise a quota, and the work waits meanwhile.
func Waits(c codes.Code) bool {
	return c == codes.Unauthenticated || c == codes.PermissionDenied || c == codes.ResourceExhausted
}

// failed is the error of a whole call.
func failed(err error) error {
	c := status.Code(err)
	kind := fault.Internal
	switch {
	case Waits(c):
		err = fault.Busy(err)
	case Heals(c):
		kind = fault.Transient
	case c == codes.InvalidArgument, c == codes.NotFound:
		kind = fault.Invalid
	}
	return fault.Wrap(kind, err, "Vision")
}
