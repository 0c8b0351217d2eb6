package capture

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/job"
	"golang.org/x/sync/errgroup"
)

var times = flag.Int("times", 24, "how often TestEachTileIsTheSame captures its page")

// The window is as large as a tile after that was drawn, and does not become small
// again: what is drawn while it does lacks pieces.
func TestTheWindowStaysAsLargeAsATile(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, " - {name: default, tile_height: 1000, overlap: 200}\n")
	s := cap.opened(t, serve(t, html(banded(3400))))
	s.through(t, s.settle, s.tile)
	window := false // but what the window shows
	shot, err := browser.CallHere(t.Context(), s.tab, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{FromSurface: &window})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := image.DecodeConfig(bytes.NewReader(shot.Data))
	if last := s.manifest.Tiles[len(s.manifest.Tiles)-1]; err != nil || got.Width != last.Width || got.Height < last.Height {
		t.Errorf("a window of %dx%d px, %v; the last of %d tiles has %dx%d", got.Width, got.Height, err, len(s.manifest.Tiles), last.Width, last.Height)
	}
}

// TestEachTileIsTheSame captures a page with a short tile before a long one, twice
// as many at a time as there are tabs elsewhere. Of some 300 pages one lacked pieces
// of its picture, which nothing said, before the window stayed as large as a tile:
// `make same` is for that, and this for more than that.
func TestEachTileIsTheSame(t *testing.T) {
	picture := poster(1, 1280, 3000)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/1" {
			w.Header().Set("Content-Type", "image/jpeg")
			for rest := picture; len(rest) > 0; { // as it comes in reality: the browser draws what there is
				n := min(4<<10, len(rest))
				_, _ = w.Write(rest[:n]) // a page that left
				w.(http.Flusher).Flush()
				rest = rest[n:]
			}
			return
		}
		html(`<p>무료배송</p><img src="/1" style="display:block">`)(w, r)
	})
	cap, _ := capturer(t, "")
	cap.Store = discard{}
	own, err := browser.Start(context.Background(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: 8, Recycle: 500, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close(context.Background())
	cap.Browser = own
	var mu sync.Mutex
	seen := map[string]map[string]int{} // how often a place looked so
	var g errgroup.Group
	g.SetLimit(8)
	for range *times {
		g.Go(func() error {
			m, err := cap.Page(context.Background(), job.Request{Schema: job.RequestSchema, ID: fmt.Sprint(benched.Add(1)), URL: url}, job.Source{})
			if err != nil {
				return err
			}
			if m.Partial != "" || len(m.Unseen) > 0 || len(m.Tiles) != 2 {
				return fmt.Errorf("%d tiles, partial %q, unseen %v", len(m.Tiles), m.Partial, m.Unseen)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, tile := range m.Tiles {
				place := fmt.Sprintf("%d px at %d", tile.Height, tile.Y)
				if seen[place] == nil {
					seen[place] = map[string]int{}
				}
				seen[place][tile.SHA256]++
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for place, looks := range seen {
		if len(looks) > 1 {
			t.Errorf("the tile of %s looks so, so often: %v", place, looks)
		}
	}
}
