package pages

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// TestKeptTilesStandIn for those that are gone, or were replaced by another capture,
// and for no others; a copy that is another picture is none.
func TestKeptTilesStandIn(t *testing.T) {
	sum := sha256.Sum256([]byte("picture"))
	r := result.Result{ID: "p", Tiles: []page.Tile{{MediaType: "image/jpeg", SHA256: hex.EncodeToString(sum[:])}}}
	gone := fault.Wrap(fault.Invalid, store.ErrNotExist, "none")
	for _, c := range []struct {
		name, file, kept string // "": there is none
		err              error  // of the copies' store
		want             string
		wrong            error
	}{
		{"there", "picture", "", gone, "picture", nil},
		{"gone", "", "picture", nil, "picture", nil},
		{"replaced", "another", "picture", nil, "picture", nil},
		{"gone for good", "", "", gone, "", store.ErrNotExist},
		{"the copy is another", "", "another", nil, "", store.ErrNotExist},
		{"replaced, not kept", "another", "", gone, "", errOther},
		{"the copies' store is away", "", "", context.DeadlineExceeded, "", context.DeadlineExceeded},
	} {
		folder, asked := fstest.MapFS{}, 0
		if c.file != "" {
			folder["p/tiles/000.jpg"] = &fstest.MapFile{Data: []byte(c.file)}
		}
		s := &Source{Folder: folder, Kept: func(_ context.Context, tile page.Tile) ([]byte, error) {
			if asked++; tile.SHA256 != r.Tiles[0].SHA256 {
				t.Errorf("%s: another tile is asked for", c.name)
			}
			return []byte(c.kept), c.err
		}}
		data, media, err := s.Tile(t.Context(), r, 0)
		if string(data) != c.want || (c.wrong == nil) != (err == nil) || !errors.Is(err, c.wrong) || err == nil && media != "image/jpeg" {
			t.Errorf("%s: %q, %v", c.name, data, err)
		}
		if c.file == "picture" && asked > 0 {
			t.Errorf("%s: the copy was asked for", c.name)
		}
	}
}
