package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
)

// uploads is how many tiles may be on their way to storage while the next is
// drawn: enough to hide a slow upload, and a few MB of memory.
const uploads = 3

// drawLimit is how long one tile may take; four at a time on two cores take 3 s each.
const drawLimit = 45 * time.Second

// litter is after how many drawn elements the renderer's garbage is collected. A
// tile of a page of 100,000 elements leaves 260 MB of it, and by itself the renderer
// lets it grow to 1.5 GB; collected after each tile it is below 700 MB.
const litter = 50_000

// tile photographs the page, band by band from the top, and uploads each tile
// while the next is drawn. Time that runs out after the first tile makes the
// page partial, as tall as the tiles that were made.
func (s *shot) tile(ctx context.Context) error {
	region, err := s.measure(ctx)
	if err != nil {
		return err
	}
	frames, err := s.foreignFrames(ctx)
	if err != nil {
		return err
	}
	if err := s.lacking(ctx, region); err != nil {
		return err
	}
	if err := s.seen(ctx, region, frames); err != nil {
		return err
	}
	p, m := s.profile, &s.manifest
	cut := cuttingOf(p, region.width)
	cut.rows = s.rows(ctx)
	plan := scrolled(cut.bands(region), frames, p.Viewport.Height, cut.overlap)
	for i := range plan {
		plan[i].at = plan[i].y - region.y // the region is the page
	}
	extras := s.bare(region, cut)
	plan = append(plan, extras...)
	if err := s.text(ctx, region, extras, frames); err != nil {
		return err
	}
	films, err := s.films(ctx, region, frames)
	if err != nil {
		return err
	}
	if err := s.pin(ctx, plan); err != nil {
		return err
	}
	tiles := make([]page.Tile, 0, len(plan))

	// Uploads go on to the job's own deadline; only the drawing stops early,
	// so that what was drawn is kept.
	drawing, cancel := share(ctx, 0.9)
	defer cancel()
	up, upCtx := errgroup.WithContext(ctx)
	up.SetLimit(uploads)
	// put has a tile uploaded, and says whether more are wanted.
	put := func(b band, data []byte, media, ext string) bool {
		i := len(tiles)
		t := describeTile(store.URI{Bucket: s.Screenshots, Object: fmt.Sprintf("%s/%s/%03d.%s", m.ID, s.run, i, ext)}, b, media, data)
		t.X, t.Y, t.Extra = b.x-region.x, b.at, b.extra
		tiles = append(tiles, t)
		up.Go(func() error {
			uri, err := store.ParseURI(t.Object)
			if err != nil {
				return err
			}
			_, err = s.Store.Create(upCtx, uri, t.MediaType, data, map[string]string{"sha256": t.SHA256}) // Recognize knows the picture by it
			return fault.Wrap(fault.Transient, err, "upload tile %d", i+1)
		})
		s.progress(m.ID, "tile", i+1, max(i+1, len(plan)))
		return upCtx.Err() == nil // an upload failed; Wait says why
	}
	used := 0 // elements drawn, since the renderer's memory was cleared
	if s.elements >= litter {
		used = litter // by asking what of them was seen
	}
	for i, b := range plan {
		if used >= litter {
			used = 0
			if _, err := browser.Call(drawing, s.tab, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				s.Log.Debug("garbage was not collected", "id", m.ID, "error", err) // if that matters, so says the tile
			}
		}
		used += s.elements
		data, err := s.draw(drawing, b, len(plan) > 1)
		if err != nil {
			if why := s.stopped(ctx, drawing, err); i > 0 && why != "" {
				s.cut(why, i, plan)
				break
			}
			_ = up.Wait() // the drawing failed first, and says why
			return fault.Wrap(fault.Internal, err, "tile %d of %d", i+1, len(plan))
		}
		media, ext := p.mediaType()
		if !put(b, data, media, ext) {
			break
		}
	}
	if len(tiles) == len(plan) && upCtx.Err() == nil {
		err = s.filmTiles(drawing, region, films, tiles[len(tiles)-1].Bottom(), min(mostFilmTiles, page.MaxTiles-len(tiles)), func(b band, data []byte) bool {
			return put(b, data, "image/jpeg", "jpg")
		})
		if err != nil && upCtx.Err() == nil {
			_ = up.Wait()
			return err
		}
	}
	if err := up.Wait(); err != nil {
		return err
	}
	m.Tiles, m.Width, m.Scale = tiles, region.width, p.Scale
	m.Height = tiles[len(tiles)-1].Bottom()
	return nil
}

// rows are those at which the page may be cut. Without them it is cut by the grid.
func (s *shot) rows(ctx context.Context) []row {
	if s.halted {
		return nil
	}
	limited, cancel := share(ctx, 0.1)
	defer cancel()
	rows, err := js[[]row](limited, s, "rows")
	if err != nil {
		s.Log.Debug("where to cut is not known", "id", s.manifest.ID, "error", err)
		return nil
	}
	return rows
}

// stopped says why no more tiles can be drawn although the job goes on: the
// page's time is up, or the page is gone. Empty if the tile itself failed.
func (s *shot) stopped(ctx, drawing context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return ""
	case errors.Is(err, browser.ErrLeft):
		return "the page went elsewhere"
	case drawing.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return "time ran out"
	}
	return ""
}

// cut notes that the page was drawn as far as its first n tiles.
func (s *shot) cut(why string, n int, plan []band) {
	s.partial(fmt.Sprintf("%s after %d of %d tiles", why, n, len(plan)))
}

// measure finds the region to photograph: the whole page, or the profile's
// crop_to, down to the profile's limit.
func (s *shot) measure(ctx context.Context) (band, error) {
	layout, err := browser.Call(ctx, s.tab, cdppage.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		return band{}, err
	}
	if layout.CSSContentSize == nil || layout.CSSLayoutViewport == nil {
		return band{}, fault.New(fault.Internal, "the browser did not say how large the page is")
	}
	r := band{width: int(layout.CSSLayoutViewport.ClientWidth), height: int(math.Ceil(layout.CSSContentSize.Height))}
	if err := s.widen(ctx, &r); err != nil {
		return band{}, err
	}
	if c := s.profile.CropTo; c != "" {
		box, err := js[*page.Box](ctx, s, "find", c)
		switch {
		case err != nil:
			return band{}, err
		case box == nil || box.Empty():
			s.warn("crop_to: nothing matches %q; the whole page is captured", c)
		default:
			r.width = min(int(math.Ceil(box.W)), r.x+r.width-max(r.x, int(box.X)))
			r.x, r.y = max(r.x, int(box.X)), max(0, int(box.Y))
			r.height = min(int(math.Ceil(box.H)), r.height-r.y)
		}
	}
	if r.width <= 0 || r.height <= 0 {
		if why := s.manifest.Partial; why != "" {
			return band{}, fault.New(fault.Timeout, "there is nothing to photograph yet: %s", why)
		}
		return band{}, fault.New(fault.Invalid, "the page is %dx%d px: there is nothing to photograph", r.width, r.height)
	}
	if r.height > s.profile.MaxHeight {
		r.height = s.profile.MaxHeight
		s.manifest.Truncated = true
	}
	return r, nil
}

// widest is how wide a page may be, in CSS pixels: what lies beyond is said.
const widest = 4096

// widen makes a region that is as wide as the window wider, as far as there is
// something to be seen. One stray element of no account widens no tile.
func (s *shot) widen(ctx context.Context, r *band) error {
	if s.halted {
		return nil
	}
	b, err := js[struct{ X0, X1, Edge int }](ctx, s, "breadth")
	if err != nil {
		return err
	}
	s.edge = b.Edge
	r.x = max(b.X0, r.x+r.width-widest)
	r.width = min(b.X1-r.x, widest)
	return nil
}

// pin fixes what is fixed to the window, or sticks to it, to where it is on the
// page, if the plan has it scrolled.
func (s *shot) pin(ctx context.Context, plan []band) error {
	if s.halted || !slices.ContainsFunc(plan, func(b band) bool { return b.scroll > 0 }) {
		return nil
	}
	_, err := js[chromedp.Void](ctx, s, "pin")
	return err
}

// scroll brings the page to where a band is to be drawn.
func (s *shot) scroll(ctx context.Context, y int) error {
	if s.halted || y == s.scrolled {
		return nil
	}
	s.scrolled = y
	return s.meanwhile(ctx, fmt.Sprintf("scroll(%d)", y))
}

// aim gives the window the place and size of a tile, and leaves it so. The browser
// would do that for the tile by itself, and make it small again while it answers: a
// tile that is asked for meanwhile may lack pieces of what it shows, and nothing says
// so (decisions/the-window-stays-as-large-as-a-tile.md). The page does not see it.
func (s *shot) aim(ctx context.Context, clip cdppage.Viewport) error {
	metrics, yes := s.metrics, true
	metrics.DontSetVisibleSize, metrics.Viewport = &yes, &clip
	px := func(css float64) int64 { return int64(math.Round(css * s.profile.Scale)) }
	return browser.Together(
		command(ctx, s.tab, emulation.SetDeviceMetricsOverride, metrics),
		// One row more: where no size changes at all, a page that is written from right
		// to left is drawn from where it began in a window of no width.
		command(ctx, s.tab, setVisibleSize, visibleSize{px(clip.Width), px(clip.Height) + 1}),
	)
}

// setVisibleSize resizes the window, in device pixels: not what the page takes for
// its size, which is overridden. cdproto leaves out what is deprecated.
var setVisibleSize = cdp.Command[visibleSize, cdp.Empty]{Method: "Emulation.setVisibleSize"}

type visibleSize struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
}

// meanwhile calls one of our functions between two tiles. It is ErrLeft if the page
// went elsewhere: the next one would be of another.
func (s *shot) meanwhile(ctx context.Context, call string) error {
	_, err := browser.Evaluate[chromedp.Void](ctx, s.tab, "pageinspect."+call)
	return err
}

// draw takes the picture of one band, one of several or the only one. The clip with
// captureBeyondViewport from the top of the page is right at every depth; see the
// design for what is not.
func (s *shot) draw(ctx context.Context, b band, several bool) ([]byte, error) {
	if err := s.scroll(ctx, b.scroll); err != nil {
		return nil, err
	}
	if b.extra != "" && !s.bared {
		if err := s.meanwhile(ctx, "bare()"); err != nil {
			return nil, err
		}
		s.bared = true
	}
	clip, yes := cdppage.Viewport{X: float64(b.x - s.edge), Y: float64(b.y), Width: float64(b.width), Height: float64(b.height), Scale: 1}, true
	limited, cancel := context.WithTimeout(ctx, drawLimit)
	defer cancel()
	if several {
		if err := s.aim(limited, clip); err != nil {
			return nil, err
		}
	}
	params := cdppage.CaptureScreenshotParams{
		Format:                cdppage.CaptureScreenshotFormat(s.profile.Format),
		CaptureBeyondViewport: &yes,
		OptimizeForSpeed:      &yes,
		Clip:                  &clip,
	}
	if s.profile.Format != "png" {
		q := int64(s.profile.Quality)
		params.Quality = &q
	}
	shot, err := browser.CallHere(limited, s.tab, cdppage.CaptureScreenshot, params)
	if err != nil {
		return nil, err
	}
	return shot.Data, verify(shot.Data, b, s.profile.Scale)
}

func describeTile(uri store.URI, b band, media string, data []byte) page.Tile {
	sum := sha256.Sum256(data)
	return page.Tile{
		Object: uri.String(), Width: b.width, Height: b.height, MediaType: media, Bytes: len(data),
		SHA256: hex.EncodeToString(sum[:]), CRC32C: store.CRC32CBase64(data),
	}
}
