package capture

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/job"
	"golang.org/x/sync/errgroup"
)

var times = flag.Int("times", 24, "how often TestEachTileIsTheSame captures its page")

// A tile but the first waits for four frames of the page: the window is made small
// again after the one before it, and what is drawn meanwhile lacks pieces.
func TestATileWaitsForTheWindow(t *testing.T) {
	t.Parallel()
	cap, _ := capturer(t, " - {name: default, tile_height: 1000, overlap: 200}\n")
	s := newShot(cap, ask(serve(t, html(banded(3400)))), job.Source{})
	seats <- struct{}{}
	defer func() { <-seats }()
	var err error
	if s.slot, err = cap.Browser.Reserve(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.slot.Release()
	defer s.close()
	for _, step := range []func(context.Context) error{s.chooseProfile, s.openTab, s.navigate, s.settle} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const count = `globalThis.asked = 0; const ask = requestAnimationFrame; globalThis.requestAnimationFrame = f => { asked++; return ask(f); }; 0`
	if _, err := browser.Evaluate[int](t.Context(), s.tab, count); err != nil {
		t.Fatal(err)
	}
	if err := s.tile(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked, err := browser.Evaluate[int](t.Context(), s.tab, "asked")
	if tiles := len(s.manifest.Tiles); err != nil || tiles < 4 || asked < 4*(tiles-1) {
		t.Errorf("%d frames for %d tiles, %v", asked, tiles, err)
	}
}

// TestEachTileIsTheSame captures a page with a short tile before a long one, twice
// as many at a time as there are tabs elsewhere. Of some 300 pages one lacked pieces
// of its picture, which nothing said, before a tile waited for the window: `make same`
// is for that, and this for more than that.
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
