package recognize

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/draw"
	"image/png"

	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
)

// sheetRows is how high a sheet may be, in CSS pixels: as high as a tile may be at
// most. It is less than the pixels that Vision reads at full size, and high
// enough that what is left over of each costs little.
const sheetRows = 8192

// sheets has the small tiles that Vision has not read yet read together. A page
// that is cut by content has many, and Vision is paid by the picture.
func (j *Job) sheets() *annotate.Sheets {
	if j.Codes == nil || j.image {
		return nil // nobody knows how large the tiles are, or they are cut as large as may be
	}
	return &annotate.Sheets{Rows: int(sheetRows * j.manifest.Scale), Pixels: page.MaxPixels, Make: j.makeSheet}
}

func (j *Job) makeSheet(ctx context.Context, size image.Point, parts []annotate.Part) (p annotate.Picture, err error) {
	defer func() {
		if err != nil {
			j.Log.WarnContext(ctx, "tiles are read one by one", "id", j.manifest.ID, "error", err.Error())
		}
	}()
	if err := j.Codes.AtOnce.Acquire(ctx, 1); err != nil {
		return p, err
	}
	defer j.Codes.AtOnce.Release(1)
	img := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	named := sha256.New()
	for _, part := range parts {
		tile, err := j.decode(ctx, part.Picture)
		if err != nil {
			return p, err
		}
		draw.Draw(img, part.At, tile, tile.Bounds().Min, draw.Src)
		fmt.Fprintln(named, part.URI, part.SHA256)
	}
	var out bytes.Buffer
	// Without a loss, so that each tile reads as it does alone.
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img); err != nil {
		return p, err
	}
	if out.Len() > picture.MaxBytes {
		return p, fault.New(fault.Invalid, "a sheet has %d bytes, more than the %d that Vision reads", out.Len(), picture.MaxBytes)
	}
	uri := j.beside(j.manifest.Tiles[0], fmt.Sprintf("sheet-%x.png", named.Sum(nil)[:8]))
	_, err = j.Store.Put(ctx, uri, "image/png", out.Bytes(), nil)
	return annotate.Picture{URI: uri.String()}, err
}
