package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// untold says that the page's own text, or a part of it, is judged by nobody.
func (s *shot) untold(format string, args ...any) {
	s.unseen(page.Unseen{Kind: page.Unread, Why: fmt.Sprintf(format, args...)})
}

// shownText is what the function texts in the page returns.
type shownText struct {
	Texts []struct {
		page.DOMText
		Under bool // something lies over it
	}
	Whole bool
	Films bool // a picture that may move is written into the page
}

// text takes what the page's HTML shows, line by line, of the region that is
// photographed, and puts it beside the tiles: what the tiles say and it does
// not is said in pictures only. What something lies over stands where a tile
// shows it without that. The page is captured without its text, too, and says so.
func (s *shot) text(ctx context.Context, region band, extras []band, frames []frame) error {
	if s.halted {
		return nil
	}
	limited, cancel := share(ctx, 0.2)
	defer cancel()
	found, err := js[shownText](limited, s, "texts", page.MaxTextBytes)
	switch {
	case ctx.Err() != nil, fault.KindOf(err) == fault.Transient, errors.Is(err, browser.ErrCrashed):
		return err
	case err != nil:
		s.written = true // for all that is known
		s.untold("the page's own text could not be taken: %v", err)
		return nil
	}
	for _, f := range frames {
		if !f.apart {
			continue // the one around it has told
		}
		script := fmt.Sprintf("%s; pageinspect.texts(%d)", pageScript, page.MaxTextBytes/len(frames))
		in, err := browser.EvaluateIn[shownText](limited, s.tab, f.id, script)
		if err != nil {
			in.Whole = limited.Err() == nil // else it is gone, or does not answer, as a widget may
		}
		found.Whole, found.Films = found.Whole && in.Whole, found.Films || in.Films
		for _, t := range in.Texts {
			t.Box.X, t.Box.Y = t.Box.X+float64(f.x), t.Box.Y+float64(f.y)
			found.Texts = append(found.Texts, t)
		}
	}
	s.written = found.Films
	if !found.Whole {
		s.untold("not all of the page's own text could be taken")
	}
	d := page.DOM{Schema: page.DOMSchema, Texts: []page.DOMText{}}
	for _, t := range found.Texts {
		height := float64(region.height)
		if i := slices.IndexFunc(extras, func(b band) bool { return b.y <= int(t.Box.Y) && int(t.Box.Bottom()) <= b.y+b.height }); t.Under && i >= 0 {
			b := extras[i]
			t.Box.Y += float64(region.y + b.at - b.y)
			height = float64(b.at + b.height)
		}
		t.Box.X, t.Box.Y = t.Box.X-float64(region.x), t.Box.Y-float64(region.y)
		if t.Box = t.Box.Clip(float64(region.width), height); !t.Box.Empty() {
			d.Texts = append(d.Texts, t.DOMText)
		}
	}
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	uri := store.URI{Bucket: s.Screenshots, Object: fmt.Sprintf("%s/%s/dom.json", s.manifest.ID, s.run)}
	if _, err := s.Store.Create(ctx, uri, "application/json", b, nil); err != nil {
		return fault.Wrap(fault.Transient, err, "upload the page's text")
	}
	s.manifest.DOM = uri.String()
	return nil
}
