package capture

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/picture"
	"golang.org/x/image/draw"
)

const (
	// readable is how long words must stand for a shopper to read them. What an
	// animation shows for less is looked at once in such a time.
	readable = 700 * time.Millisecond
	// filmQuality is that of the pictures of an animation, if the profile has none.
	filmQuality = 90
)

// film is a picture on the page that may move, and where it is largest.
type film struct {
	URL string
	Box page.Box
	picture.Header
}

// films lists the animations on the page, from top to bottom. The browser shows
// the first picture of each (see browser's flags), and the others are in no tile.
func (s *shot) films(ctx context.Context, region band, frames []frame) ([]film, error) {
	if s.halted {
		return nil, nil
	}
	came := map[string]browser.Picture{}
	for _, p := range s.tab.Pictures() {
		switch p.MediaType {
		case "image/gif", "image/webp", "image/png", "image/apng", "image/avif":
			came[p.URL] = p
		}
	}
	addresses := []string{}
	for address := range came {
		addresses = append(addresses, address)
	}
	slices.Sort(addresses)
	found, err := js[[]film](ctx, s, "films", addresses)
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		if !f.apart {
			continue // the one around it has told
		}
		list, err := encode([]any{addresses})
		if err != nil {
			return nil, err
		}
		in, err := browser.EvaluateIn[[]film](ctx, s.tab, f.id, fmt.Sprintf("%s; pageinspect.films(%s)", pageScript, list))
		if err != nil {
			continue // it is gone
		}
		for _, m := range in {
			m.Box.X, m.Box.Y = m.Box.X+float64(f.x), m.Box.Y+float64(f.y)
			found = append(found, m)
		}
	}
	found = slices.DeleteFunc(found, func(f film) bool {
		return f.Box.Bottom() <= float64(region.y) || f.Box.Y >= float64(region.y+region.height) || f.Box.Right() <= float64(region.x) || f.Box.X >= float64(region.x+region.width)
	})
	slices.SortStableFunc(found, func(a, b film) int {
		return cmp.Or(cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.Box.X, b.Box.X), cmp.Compare(a.URL, b.URL))
	})
	var out []film
	for _, f := range found {
		b, err := s.filmBytes(ctx, f.URL, came)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && came[f.URL].MediaType == "image/gif":
			s.unsure(f, region, "a GIF was not looked at: the browser no longer has its bytes")
			continue
		case err != nil:
			continue
		case len(b) > 12 && string(b[4:12]) == "ftypavis":
			s.unsure(f, region, "of an animated AVIF the first picture alone was seen: its others are not read here")
			continue
		}
		if f.Header, err = picture.Read(b); err == nil && f.Frames > 1 && f.Format != "tiff" {
			out = append(out, f)
		}
	}
	return out, nil
}

// filmBytes are those of a picture that came, or that is written into the page.
func (s *shot) filmBytes(ctx context.Context, address string, came map[string]browser.Picture) ([]byte, error) {
	rest, written := strings.CutPrefix(address, "data:")
	if !written {
		return s.tab.Bytes(ctx, came[address])
	}
	kind, data, _ := strings.Cut(rest, ",")
	plain, err := url.PathUnescape(data)
	if err == nil && strings.HasSuffix(kind, ";base64") {
		return base64.StdEncoding.DecodeString(plain)
	}
	return []byte(plain), err
}

// unsure tells of an animation that was not wholly looked at.
func (s *shot) unsure(f film, region band, format string, args ...any) {
	s.missed(page.Unseen{Kind: page.Unread, Box: f.Box, Why: fmt.Sprintf(format, args...), Source: page.Cut(f.URL, page.MaxNoteBytes)}, region)
}

// filmTiles makes a tile of each picture of the page's animations but the first,
// below what is drawn, each as large as the animation stands on the page, and
// hands them on.
func (s *shot) filmTiles(ctx context.Context, region band, films []film, end int, put func(band, []byte) bool) error {
	limited, cancel := share(ctx, 0.3)
	defer cancel()
	for i, f := range films {
		size := f.fit(rowsOf(s.profile, region.width))
		missing, err := picture.Scenes(limited, f.Header, readable, func(img *image.RGBA, n int) error {
			if n == 0 {
				return nil
			}
			b := band{width: size.X, height: size.Y, at: end, extra: fmt.Sprintf("picture %d of %d of the animation at %d px", n+1, f.Frames, int(f.Box.Y)-region.y)}
			data, err := s.encodeFilm(img, b)
			if err != nil {
				return err
			}
			end += b.height
			if !put(b, data) {
				return context.Canceled
			}
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && limited.Err() != nil:
			for _, f := range films[i:] {
				s.unsure(f, region, "an animation was not looked at to its end: time ran out")
			}
			return nil
		case fault.KindOf(err) == fault.Invalid: // the browser may draw what is not read here
			s.unsure(f, region, "of an animation the first picture alone was seen: it %v", err)
		case err != nil:
			return err
		}
		for _, why := range missing {
			s.unsure(f, region, "of an animation: %s", why)
		}
	}
	return nil
}

// fit is how large an animation's pictures are drawn, in CSS pixels: as on the
// page, if a tile may be as high.
func (f film) fit(rows int) image.Point {
	less := min(1, float64(rows)/f.Box.H, widest/f.Box.W)
	return image.Pt(max(1, int(math.Round(f.Box.W*less))), max(1, int(math.Round(f.Box.H*less))))
}

// encodeFilm draws a picture of an animation as a band's tile.
func (s *shot) encodeFilm(img *image.RGBA, b band) ([]byte, error) {
	px := func(css int) int { return int(math.Round(float64(css) * s.profile.Scale)) }
	dst := image.NewRGBA(image.Rect(0, 0, px(b.width), px(b.height)))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	if dst.Rect.Size() == img.Rect.Size() {
		draw.Draw(dst, dst.Rect, img, img.Rect.Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(dst, dst.Rect, img, img.Rect, draw.Over, nil)
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: cmp.Or(s.profile.Quality, filmQuality)})
	return out.Bytes(), err
}
