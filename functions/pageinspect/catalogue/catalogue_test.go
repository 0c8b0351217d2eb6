// Package catalogue measures what Vision is paid for on a shop whose pages share
// pictures, against a grid of tiles. It has tests only: `make catalogue`.
package catalogue

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/recognize"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/recognize/codes"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

var pages = flag.Int("pages", 12, "how many pages the shop has; make catalogue has 1,000")

type silent struct{}

func (silent) Publish(context.Context, result.Result) error { return nil }

// bench is both functions over one store.
type bench struct {
	cap    *capture.Capturer
	rec    *recognize.Recognizer
	vision *reader
}

func newBench(t testing.TB, b *browser.Browser) *bench {
	t.Helper()
	profiles, err := capture.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	m, log := memstore.New("shots", "pages", "results"), slog.New(slog.DiscardHandler)
	v := &reader{store: m}
	return &bench{
		cap: &capture.Capturer{Browser: b, Profiles: profiles, Store: m, Screenshots: "shots", Pages: "pages", Log: log, Now: time.Now},
		rec: &recognize.Recognizer{
			Vision: v, Store: m, Rules: set, Events: silent{}, Screenshots: "shots", Pages: "pages", Results: "results", Log: log, Now: time.Now,
			Cache: &annotate.Cache{Store: m, Bucket: "results", Engine: "cells", MaxAge: 24 * time.Hour, Log: log, Now: time.Now},
			Codes: &codes.Reader{Store: m, Bucket: "results", MaxAge: 24 * time.Hour, Log: log, Now: time.Now, AtOnce: semaphore.NewWeighted(2)},
		},
		vision: v,
	}
}

// inspect takes a page through both functions.
func (b *bench) inspect(ctx context.Context, id, url string) (result.Result, error) {
	c := b.cap.Job(job.Request{Schema: job.RequestSchema, ID: id, URL: url}, job.Source{})
	if _, _, err := c.Look(ctx); err != nil {
		return result.Result{}, err
	}
	leave, err := c.Ready(ctx)
	if err != nil {
		return result.Result{}, err
	}
	defer leave()
	if err := c.Do(ctx, nil); err != nil {
		return result.Result{}, err
	}
	r := b.rec.Job(store.URI{Bucket: "pages", Object: id + ".json"})
	if _, _, err := r.Look(ctx); err != nil {
		return result.Result{}, err
	}
	err = r.Do(ctx, nil)
	return r.Result(), err
}

// figures are of all pages of a round.
type figures struct{ units, grid, tiles, seams int }

func (f figures) perPage(n int) string {
	return fmt.Sprintf("%.2f units a page, %.2f by the grid (%.2f x); %.1f tiles, %.1f seams", float64(f.units)/float64(n), float64(f.grid)/float64(n),
		float64(f.units)/float64(f.grid), float64(f.tiles)/float64(n), float64(f.seams)/float64(n))
}

// grid is how many tiles of 4,096 rows that overlap by 256 a page has.
func grid(height int) int { return 1 + max(0, height-256-1)/(4096-256) }

func (b *bench) round(t *testing.T, s *shop, url string, only func(n int) bool) figures {
	t.Helper()
	var f figures
	var mu sync.Mutex
	before, began, done := b.vision.units, time.Now(), 0
	var g errgroup.Group
	g.SetLimit(4)
	for n := range s.pages {
		if !only(n) {
			continue
		}
		g.Go(func() error {
			res, err := b.inspect(t.Context(), fmt.Sprintf("page-%d-%d", n, s.round), fmt.Sprintf("%s/%d", url, n))
			if err != nil {
				return fmt.Errorf("page %d: %w", n, err)
			}
			_, words := s.page(n)
			var got, want []string
			for _, l := range res.Lines {
				for _, w := range l.Words {
					got = append(got, w.Text)
				}
			}
			for _, w := range words {
				want = append(want, fmt.Sprintf("w%d", w))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("page %d, %s: %d words, want %d\ngot  %v\nwant %v\nunseen %+v, tiles %+v", n, res.Verdict, len(got), len(want), got, want, res.Unseen, res.Tiles)
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; done%100 == 0 {
				t.Logf("%d pages, %.0f s", done, time.Since(began).Seconds())
			}
			f.grid += grid(res.Page.Height)
			f.tiles += len(res.Tiles)
			for _, tile := range res.Tiles {
				if tile.Seam {
					f.seams++
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	f.units = b.vision.units - before
	return f
}

// TestCatalogue reads every word of a shop exactly once, and says what Vision is
// paid for: in a shop whose pages share headers, notices and brand blocks; when
// three in ten of them were edited; and where nothing is shared.
func TestCatalogue(t *testing.T) {
	b, err := browser.Start(t.Context(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: 4, Recycle: 500, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	everyPage := func(int) bool { return true }

	shared := &shop{shared: true, pages: *pages, pictures: map[string][]byte{}, words: map[string][]int{}}
	server := httptest.NewServer(shared)
	defer server.Close()
	both := newBench(t, b)
	first := both.round(t, shared, server.URL, everyPage)
	t.Log("a shop, first round: ", first.perPage(shared.pages))
	shared.round = 1
	unchanged := both.round(t, shared, server.URL, func(n int) bool { return n%10 >= 3 })
	t.Logf("second round, pages as they were: %d units", unchanged.units)
	if unchanged.units > 0 {
		t.Errorf("pages that did not change cost %d units", unchanged.units)
	}
	for edit, what := range []string{"a line more at the top", "another picture", "a line more below"} {
		edited := both.round(t, shared, server.URL, func(n int) bool { return n%10 == edit })
		n := (shared.pages + 9 - edit) / 10
		t.Logf("second round, %s: %s", what, edited.perPage(n))
		if edited.units > n {
			t.Errorf("%s: %d units for %d pages", what, edited.units, n)
		}
	}

	alone := &shop{pages: max(8, *pages/4), pictures: map[string][]byte{}, words: map[string][]int{}}
	lonely := httptest.NewServer(alone)
	defer lonely.Close()
	apart := newBench(t, b).round(t, alone, lonely.URL, everyPage)
	t.Log("nothing shared: ", apart.perPage(alone.pages))
	if got := float64(apart.units) / float64(apart.grid); got > 1.05 {
		t.Errorf("where nothing is shared, %.2f x the grid's units", got)
	}
	if got := float64(first.units) / float64(first.grid); got > .5 && shared.pages >= 200 {
		t.Errorf("in the shop, %.2f x the grid's units", got)
	}
}
