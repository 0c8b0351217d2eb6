package capture

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

// edges is a region in the page's own coordinates, as our functions take it.
type edges struct {
	X0 int `json:"x0"`
	Y0 int `json:"y0"`
	X1 int `json:"x1"`
	Y1 int `json:"y1"`
}

// seen lists what of the page is not in the region that is drawn, in the page
// and in its frames of other sites. What is worth listing is decided in
// script/matters.js; SEEN.md tells it in words.
func (s *shot) seen(ctx context.Context, region band, frames []frame) error {
	if s.halted {
		return nil // the page is partial anyhow
	}
	limited, cancel := share(ctx, 0.2)
	defer cancel()
	at := edges{region.x, region.y, region.x + region.width, region.y + region.height}
	found, err := js[[]page.Unseen](limited, s, "nets", at)
	switch {
	case ctx.Err() != nil, fault.KindOf(err) == fault.Transient, errors.Is(err, browser.ErrCrashed):
		return err
	case err != nil:
		s.unseen(page.Unseen{Kind: page.Loading, Why: fmt.Sprintf("the page could not be asked what of it was not seen: %v", err)})
		return nil
	}
	for _, f := range frames {
		if !f.apart {
			continue // the one around it has told
		}
		in, err := browser.EvaluateIn[[]page.Unseen](limited, s.tab, f.id, pageScript+"; pageinspect.nets()")
		if err != nil && limited.Err() != nil {
			in = []page.Unseen{{Kind: page.Loading, Box: page.Box{W: float64(f.width), H: float64(f.height)}, Why: "a frame could not be asked in time what of it was not seen"}}
		} // else it is gone, or does not answer
		for _, u := range in {
			u.Box.X, u.Box.Y = u.Box.X+float64(f.x), u.Box.Y+float64(f.y)
			found = append(found, u)
		}
	}
	for _, u := range found {
		if u.Kind == page.Covered {
			s.covered = append(s.covered, u) // and will be drawn without what covers it
			continue
		}
		s.missed(u, region)
	}
	return nil
}

// missed lists a part that was not seen, if the region is where it was to be.
func (s *shot) missed(u page.Unseen, region band) {
	outside := u.Box.Bottom() <= float64(region.y) || u.Box.Y >= float64(region.y+region.height)
	if s.profile.CropTo != "" && (u.Kind == page.Beyond || outside) {
		return // the profile does not want it
	}
	if s.manifest.Truncated && u.Box.Y >= float64(region.y+region.height) || s.manifest.Truncated && u.Kind == page.Beyond {
		return // below the limit, which is said
	}
	u.Box.X, u.Box.Y = u.Box.X-float64(region.x), u.Box.Y-float64(region.y)
	u.Box = u.Box.Round()
	s.unseen(u)
}

// bareWhat is what a tile shows that is drawn without what lies over the page.
const bareWhat = "a part of the first screen, without what lies over it"

// bare plans the bands that show what is covered, below the page's end: whole
// rows of the region.
func (s *shot) bare(region band, cut cutting) []band {
	var out []band
	end := region.height
	for _, u := range s.covered {
		r := region
		r.y = max(region.y, int(u.Box.Y))
		r.height = min(region.y+region.height, int(math.Ceil(u.Box.Bottom()))) - r.y
		if r.height <= 0 { // none of its rows is drawn
			s.missed(u, region)
			continue
		}
		for _, b := range cut.bands(r) {
			b.at, b.extra = end+b.y-r.y, bareWhat
			out = append(out, b)
		}
		end += r.height
	}
	return out
}
