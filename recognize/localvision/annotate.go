package localvision

import (
	"context"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"golang.org/x/sync/errgroup"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/pageinspect/pageinspect/recognize/localvision/reader"
)

// Vision's limits (cloud.google.com/vision/quotas).
const (
	maxImages       = 16
	maxRequestBytes = 10 << 20
	maxImageBytes   = 20 << 20
	maxImagePixels  = 75_000_000
)

// annotator implements the service. The methods for files and for operations
// in the background stay unimplemented.
type annotator struct {
	visionpb.UnimplementedImageAnnotatorServer
	reader *reader.Reader
	open   func(context.Context, string) ([]byte, error)
	images chan struct{} // a place for each image that may be held at a time
}

// BatchAnnotateImages reads the images of one call, several at a time, and answers in their order.
func (a *annotator) BatchAnnotateImages(ctx context.Context, req *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
	if err := checkCall(req); err != nil {
		return nil, err
	}
	out := &visionpb.BatchAnnotateImagesResponse{Responses: make([]*visionpb.AnnotateImageResponse, len(req.Requests))}
	var group errgroup.Group
	group.SetLimit(cap(a.images))
	for i, r := range req.Requests {
		group.Go(func() error {
			response, err := a.annotate(ctx, r)
			if err != nil {
				response = &visionpb.AnnotateImageResponse{Error: statusOf(err)}
			}
			out.Responses[i] = response
			return nil
		})
	}
	_ = group.Wait() // no image's failure fails the call
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	return out, nil
}

// checkCall refuses what Vision refuses as a whole.
func checkCall(req *visionpb.BatchAnnotateImagesRequest) error {
	if len(req.Requests) > maxImages {
		return status.Error(codes.InvalidArgument, "Too many images per request")
	}
	if proto.Size(req) > maxRequestBytes {
		return status.Errorf(codes.InvalidArgument, "Request payload size exceeds the limit: %d bytes.", maxRequestBytes)
	}
	for _, r := range req.Requests {
		switch hasContent, hasURI := len(r.GetImage().GetContent()) > 0, sourceURI(r.GetImage()) != ""; {
		case len(r.GetFeatures()) == 0, !hasContent && !hasURI:
			return status.Error(codes.InvalidArgument, "Request must specify image and features.")
		case hasContent && hasURI:
			// The reference says that content takes precedence; the service has refused it (google-cloud-dotnet#5467).
			return status.Error(codes.InvalidArgument, "Only one of image content and uri should be specified.")
		}
	}
	return nil
}

// annotate answers for one image. The error's status is the image's.
func (a *annotator) annotate(ctx context.Context, r *visionpb.AnnotateImageRequest) (*visionpb.AnnotateImageResponse, error) {
	text, safeSearch := false, false
	for _, f := range r.GetFeatures() {
		switch f.GetType() {
		case visionpb.Feature_TEXT_DETECTION, visionpb.Feature_DOCUMENT_TEXT_DETECTION:
			text = true
		case visionpb.Feature_SAFE_SEARCH_DETECTION:
			safeSearch = true
		default:
			return nil, status.Errorf(codes.Unimplemented, "The local stand-in for Vision does not do %v; it does DOCUMENT_TEXT_DETECTION and TEXT_DETECTION.", f.GetType())
		}
	}
	select {
	case a.images <- struct{}{}:
		defer func() { <-a.images }()
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	data, err := a.bytes(ctx, r.GetImage())
	if err != nil {
		return nil, err
	}
	pic, err := decode(data)
	if err != nil {
		return nil, err
	}
	out := &visionpb.AnnotateImageResponse{}
	if safeSearch {
		out.SafeSearchAnnotation = &visionpb.SafeSearchAnnotation{} // every likelihood UNKNOWN
	}
	if text {
		lines, err := a.reader.Read(ctx, pic)
		if err != nil {
			return nil, status.Errorf(codes.Internal, "The local stand-in for Vision could not read the image: %v", err)
		}
		out.FullTextAnnotation, out.TextAnnotations = answer(pic.Rect, lines)
	}
	return out, nil
}

func statusOf(err error) *rpcstatus.Status { return status.Convert(err).Proto() }
