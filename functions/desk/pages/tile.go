package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// extensions has, of the pictures that a browser shows, the endings of their files.
// An image that was put as a GIF or BMP is its own tile.
var extensions = map[string]string{"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "", "image/bmp": ""}

// Tile returns the picture of a tile, checked against its SHA-256. Where it is gone,
// or is another picture now, that which the desk kept stands in for it.
func (s *Source) Tile(ctx context.Context, r result.Result, tile int) (data []byte, mediaType string, err error) {
	if err := job.CheckID(r.ID); err != nil {
		return nil, "", fault.Wrap(fault.Invalid, err, "id")
	}
	if tile < 0 || tile >= len(r.Tiles) {
		return nil, "", fault.Wrap(fault.Invalid, fmt.Errorf("%w: it has %d tiles", store.ErrNotExist, len(r.Tiles)), "tile %d of %s", tile, r.ID)
	}
	t := r.Tiles[tile]
	if _, ok := extensions[t.MediaType]; !ok {
		return nil, "", fault.New(fault.Invalid, "tile %d of %s is %q, which is no picture that is shown", tile, r.ID, t.MediaType)
	}
	if s.Folder != nil {
		data, err = s.tileFile(r.ID, tile, t)
	} else {
		data, err = s.tileObject(ctx, r.ID, t)
	}
	if err == nil {
		err = isPicture(data, t)
	}
	if s.Kept != nil && (errors.Is(err, store.ErrNotExist) || errors.Is(err, errOther)) {
		if kept, e := s.Kept(ctx, t); e == nil && isPicture(kept, t) == nil {
			return kept, t.MediaType, nil
		} else if e != nil && !errors.Is(e, store.ErrNotExist) {
			err = e // it may be there, and could not be read
		}
	}
	if err != nil {
		return nil, "", fault.Wrap(fault.Internal, err, "tile %d of %s", tile, r.ID)
	}
	return data, t.MediaType, nil
}

// errOther happens if a tile is not the picture that was inspected.
var errOther = errors.New("it is not the picture that was inspected")

func isPicture(data []byte, t page.Tile) error {
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != t.SHA256 {
		return fault.Wrap(fault.Internal, errOther, "its SHA-256 is %x, in the result %q", sum, t.SHA256)
	}
	return nil
}

// tileFile reads the tile as run saved it.
func (s *Source) tileFile(id string, n int, t page.Tile) ([]byte, error) {
	b, _, err := readFile(s.Folder, path.Join(id, "tiles", fmt.Sprintf("%03d.%s", n, extensions[t.MediaType])), picture.MaxUpload, nil)
	return b, err
}

// tileObject reads the object, if it is where the page's tiles are: in a folder of
// its id among the screenshots; or, of an image that somebody put among the
// manifests, the image itself.
func (s *Source) tileObject(ctx context.Context, id string, t page.Tile) ([]byte, error) {
	uri, err := store.ParseURI(t.Object)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "a tile of %s", id)
	}
	screenshot := uri.Bucket == s.Screenshots && strings.HasPrefix(uri.Object, id+"/")
	upload := uri.Bucket == s.Pages && strings.HasPrefix(id, job.ImagePrefix)
	if !screenshot && !upload {
		return nil, fault.New(fault.Invalid, "%s is not where the tiles of %s are; it is not read", uri, id)
	}
	b, _, err := s.Objects.Read(ctx, uri, picture.MaxUpload)
	return b, err
}
