package localvision

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io/fs"
	"strings"

	// The formats that Vision takes and that occur here.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pageinspect/pageinspect/shared/store"
)

// sourceURI is where an image is to be had; image_uri goes before the older gcs_image_uri.
func sourceURI(i *visionpb.Image) string {
	if uri := i.GetSource().GetImageUri(); uri != "" {
		return uri
	}
	return i.GetSource().GetGcsImageUri()
}

// bytes returns the encoded image, from the request or from the storage.
func (a *annotator) bytes(ctx context.Context, i *visionpb.Image) ([]byte, error) {
	data := i.GetContent()
	if uri := sourceURI(i); uri != "" {
		if !strings.HasPrefix(uri, "gs://") {
			return nil, status.Errorf(codes.InvalidArgument, "The local stand-in for Vision fetches nothing from the network, so not %s; give a gs:// address or the content.", uri)
		}
		if a.open == nil {
			return nil, status.Errorf(codes.FailedPrecondition, "The local stand-in for Vision has no storage to read %s from.", uri)
		}
		var err error
		data, err = a.open(ctx, uri)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return nil, status.FromContextError(ctx.Err()).Err()
		case errors.Is(err, store.ErrNotExist), errors.Is(err, fs.ErrNotExist):
			return nil, status.Errorf(codes.NotFound, "Error opening file: %s.", uri)
		default:
			return nil, status.Errorf(codes.Unavailable, "Error opening file: %s: %v", uri, err)
		}
	}
	if len(data) > maxImageBytes {
		return nil, status.Errorf(codes.InvalidArgument, "Image too large. Please limit to %d megabytes.", maxImageBytes>>20)
	}
	return data, nil
}

// decode returns the picture, its top left at 0,0 and what is transparent white.
func decode(data []byte) (*image.RGBA, error) {
	header, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || header.Width < 1 || header.Height < 1 {
		return nil, status.Error(codes.InvalidArgument, "Bad image data.")
	}
	if header.Width > maxImagePixels/header.Height {
		return nil, status.Errorf(codes.InvalidArgument, "Image too large. Please limit to %d megapixels.", maxImagePixels/1_000_000)
	}
	source, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "Bad image data.")
	}
	if pic, ok := source.(*image.RGBA); ok && pic.Rect.Min == (image.Point{}) && pic.Opaque() {
		return pic, nil
	}
	pic := image.NewRGBA(image.Rectangle{Max: source.Bounds().Size()})
	draw.Draw(pic, pic.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(pic, pic.Rect, source, source.Bounds().Min, draw.Over)
	return pic, nil
}
