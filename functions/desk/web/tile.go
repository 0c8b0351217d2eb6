package web

import (
	"context"
	"net/http"
	"strconv"
)

// tile gives out a tile of a page's own result, by its number there and in no other
// way. Pages.Tile gives pictures alone.
func (g *reading) tile(w http.ResponseWriter, r *http.Request) {
	in, err := g.version(r)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.giveTile(w, r, in, r.URL.Query().Get("v") != "")
}

// keptTile gives out a tile of a result as a reviewer saw it, if it is still there.
func (g *reading) keptTile(w http.ResponseWriter, r *http.Request) {
	in, err := g.kept(r)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.giveTile(w, r, in, true)
}

func (g *reading) giveTile(w http.ResponseWriter, r *http.Request, in inspected, forGood bool) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(in.Tiles) {
		g.fail(w, r, errNotFound)
		return
	}
	if sum := in.Tiles[n].SHA256; sum != "" && keepPicture(w, r, sum, forGood) {
		return
	}
	b, mediaType, err := g.Pages.Tile(r.Context(), in.Result, n)
	if err != nil {
		dropPicture(w)
		g.fail(w, r, err)
		return
	}
	givePicture(w, r, b, mediaType)
}

// keepPicture says by which tag a picture is known and whether its address will ever
// be another's. It is true if the browser has the picture already, and was told so.
func keepPicture(w http.ResponseWriter, r *http.Request, tag string, forGood bool) bool {
	tag = `"` + tag + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	if forGood {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") != tag {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// dropPicture takes back what keepPicture promised.
func dropPicture(w http.ResponseWriter) {
	w.Header().Del("ETag")
	w.Header().Set("Cache-Control", "no-store")
}

func givePicture(w http.ResponseWriter, r *http.Request, b []byte, mediaType string) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if r.Method != http.MethodHead {
		w.Write(b) //nolint:errcheck // the reader is gone
	}
}

// crop gives out the part of a page that a finding is about. A finding without a place
// has none.
func (g *reading) crop(w http.ResponseWriter, r *http.Request) {
	in, err := g.version(r)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	n, err := strconv.Atoi(r.PathValue("finding"))
	if err != nil || n < 0 || n >= len(in.Findings) {
		g.fail(w, r, errNotFound)
		return
	}
	c, ok := cropOf(in.Result, in.Findings[n], cropWidth(r.URL.Query().Get("w")))
	if !ok {
		g.fail(w, r, errNotFound)
		return
	}
	key := c.key(in.Result)
	if c.Part {
		w.Header().Set("Desk-Crop", "part")
	}
	if keepPicture(w, r, key, r.URL.Query().Get("v") != "") {
		return
	}
	b, err := g.crops.get(r.Context(), key, func(ctx context.Context) ([]byte, int, error) {
		b, err := g.draw(ctx, in.Result, c)
		return b, len(b), err
	})
	if err != nil {
		dropPicture(w)
		g.fail(w, r, err)
		return
	}
	givePicture(w, r, b, "image/jpeg")
}
