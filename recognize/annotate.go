package recognize

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Annotator is what recognize needs of Vision; *vision.ImageAnnotatorClient has it.
type Annotator interface {
	BatchAnnotateImages(context.Context, *visionpb.BatchAnnotateImagesRequest, ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error)
}

const (
	// imagesPerCall is Vision's limit.
	imagesPerCall = 16
	// callsAtOnce bounds what one page asks of the shared quota at a time.
	callsAtOnce = 4
	// tries bounds how often one image is asked for, the first time included.
	tries = 5
)

// retryBase is the first pause before failed images are asked for again; it
// doubles. Tests shorten it.
var retryBase = 500 * time.Millisecond

// tileText is what Vision said of one tile.
type tileText struct {
	annotation *visionpb.TextAnnotation // nil when there is no text
	err        error                    // why the tile could not be read
}

// annotate has Vision read the tiles. An image that fails is asked for again,
// alone, if its failure can heal; what stays unreadable is named and makes the
// result partial, and only a page of which nothing can be read fails.
func (j *reading) annotate(ctx context.Context) error {
	tiles := j.manifest.Tiles
	j.read = make([]tileText, len(tiles))
	var mu sync.Mutex
	finished := 0
	calls, callCtx := errgroup.WithContext(ctx)
	calls.SetLimit(callsAtOnce)
	for first := 0; first < len(tiles); first += imagesPerCall {
		last := min(first+imagesPerCall, len(tiles))
		calls.Go(func() error {
			if err := j.annotateBatch(callCtx, tiles[first:last], j.read[first:last], &mu); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			finished += last - first
			j.progress(j.manifest.ID, "annotate", finished, len(tiles))
			return nil
		})
	}
	if err := calls.Wait(); err != nil {
		return err
	}
	return j.noteUnread()
}

// annotateBatch fills read with what Vision says of the tiles, at most 16.
func (j *reading) annotateBatch(ctx context.Context, tiles []page.Tile, read []tileText, mu *sync.Mutex) error {
	todo := make([]int, len(tiles))
	for i := range todo {
		todo[i] = i
	}
	for try := 1; len(todo) > 0; try++ {
		req := &visionpb.BatchAnnotateImagesRequest{}
		for _, i := range todo {
			req.Requests = append(req.Requests, &visionpb.AnnotateImageRequest{
				Image:    &visionpb.Image{Source: &visionpb.ImageSource{ImageUri: tiles[i].Object}},
				Features: []*visionpb.Feature{{Type: visionpb.Feature_DOCUMENT_TEXT_DETECTION}},
			})
		}
		resp, err := j.Vision.BatchAnnotateImages(ctx, req)
		mu.Lock()
		j.result.Vision.Requests++
		j.result.Vision.Images += len(todo)
		mu.Unlock()
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err() // the status code of an expired context says Unknown
		case err != nil && (!heals(status.Code(err)) || try == tries):
			return fault.Wrap(callKind(status.Code(err)), err, "Vision")
		case err == nil && len(resp.Responses) != len(todo):
			return fault.New(fault.Transient, "Vision answered for %d of %d images", len(resp.Responses), len(todo))
		}
		var again []int
		if err != nil {
			again = todo
		} else {
			for n, i := range todo {
				r := resp.Responses[n]
				read[i] = tileText{annotation: r.FullTextAnnotation}
				if r.Error.GetCode() == int32(codes.OK) {
					mu.Lock()
					j.result.Vision.Units++
					mu.Unlock()
					continue
				}
				read[i] = tileText{err: status.Error(codes.Code(r.Error.Code), r.Error.Message)}
				if heals(codes.Code(r.Error.Code)) && try < tries {
					again = append(again, i)
				}
			}
		}
		if todo = again; len(todo) > 0 {
			select {
			case <-time.After(retryBase << (try - 1)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// heals says whether the same image may be read at another time. The client
// itself repeats Unavailable and DeadlineExceeded, but only for whole calls,
// and neither quota nor internal errors.
func heals(c codes.Code) bool {
	switch c {
	case codes.ResourceExhausted, codes.Unavailable, codes.Internal, codes.DeadlineExceeded, codes.Aborted:
		return true
	}
	return false
}

// callKind is the kind of a whole call's failure.
func callKind(c codes.Code) fault.Kind {
	switch {
	case heals(c), c == codes.Unauthenticated, c == codes.PermissionDenied:
		return fault.Transient // a permission can be granted while the work waits
	case c == codes.InvalidArgument, c == codes.NotFound:
		return fault.Invalid
	}
	return fault.Internal
}

// noteUnread names the tiles that could not be read.
func (j *reading) noteUnread() error {
	var unread []string
	var errs []error
	healing := false
	for i, t := range j.read {
		if t.err == nil {
			continue
		}
		errs = append(errs, t.err)
		healing = healing || heals(status.Code(t.err))
		unread = append(unread, fmt.Sprintf("tile %d (y %d to %d) could not be read: %s", i, j.manifest.Tiles[i].Y, j.manifest.Tiles[i].Bottom(), status.Convert(t.err).Message()))
	}
	switch {
	case len(unread) == 0:
		return nil
	case len(unread) == len(j.read):
		kind := fault.Invalid
		if healing {
			kind = fault.Transient
		}
		return fault.New(kind, "Vision could read no tile of the page: %w", errors.Join(errs...))
	}
	j.manifest.Warnings = append(j.manifest.Warnings, unread...)
	if j.manifest.Partial == "" {
		j.manifest.Partial = fmt.Sprintf("%d of %d tiles could not be read", len(unread), len(j.read))
	}
	return nil
}
