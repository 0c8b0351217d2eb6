package capture

// Animated pictures: a tile shows one picture of them, and sellers claim in the next.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
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
	// mostFilmTiles bounds the tiles that the animations of one page make.
	mostFilmTiles = 200
	// mostFirst bounds a picture, as PNG, that is written into the page, in bytes.
	mostFirst = 4 << 20
)

// film is a picture on the page that may move, and where it is largest.
type film struct {
	URL string
	Box page.Box
	picture.Header
	held bool // at its first picture, wherever it stands
}

// films lists the animations on the page, from top to bottom, and holds them at
// their first picture: a tile shows one, whichever it is then, and no other.
func (s *shot) films(ctx context.Context, region band, frames []frame) ([]film, error) {
	if s.halted {
		return nil, nil
	}
	came := map[string]browser.Picture{}
	for _, p := range append(s.tab.Pictures(), s.tab.OwnPicture()...) {
		if mayMove(p) {
			came[p.URL] = p
		}
	}
	addresses := []string{}
	for address := range came {
		addresses = append(addresses, address)
	}
	if len(addresses) == 0 && !s.written {
		return nil, nil
	}
	slices.Sort(addresses)
	limited, cancel := share(ctx, 0.2)
	defer cancel()
	found, err := js[[]film](limited, s, "films", addresses)
	switch {
	case ctx.Err() != nil, fault.KindOf(err) == fault.Transient, errors.Is(err, browser.ErrCrashed):
		return nil, err
	case err != nil:
		s.unseen(page.Unseen{Kind: page.Unread, Why: fmt.Sprintf("the page could not be asked for its animations: %v", err)})
		return nil, nil
	}
	list, err := encode([]any{addresses})
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		if !f.apart {
			continue // the one around it has told
		}
		in, _ := browser.EvaluateIn[[]film](limited, s.tab, f.id, fmt.Sprintf("%s; pageinspect.films(%s)", pageScript, list)) // or it is gone; what it showed is missed, and that is said
		for _, m := range in {
			m.Box.X, m.Box.Y = m.Box.X+float64(f.x), m.Box.Y+float64(f.y)
			if !slices.ContainsFunc(found, func(o film) bool { return o.URL == m.URL }) {
				found = append(found, m)
			}
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
		b, err := s.filmBytes(limited, f.URL, came)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && limited.Err() != nil:
			s.unsure(f, region, "it could not be looked at in time whether this picture moves")
			continue
		case err != nil && (came[f.URL].MediaType == "image/gif" || strings.Contains(strings.ToLower(f.URL), ".gif")):
			s.unsure(f, region, "a GIF was not looked at: the browser no longer has its bytes")
			continue
		case err != nil:
			if start, err := s.tab.Start(limited, f.URL); err == nil && saysItMoves(start) {
				s.unsure(f, region, "an animation was not looked at: the browser no longer has its bytes")
			}
			continue
		case len(b) > 12 && string(b[4:12]) == "ftypavis":
			s.unsure(f, region, "of an animated AVIF the first picture alone was seen: its others are not read here")
			continue
		}
		f.Header, err = picture.Read(b)
		if err != nil && bytes.HasPrefix(b, []byte("GIF8")) { // which the browser draws
			s.unsure(f, region, "a GIF was not looked at: it %v", err)
		}
		if err == nil && f.Frames > 1 && f.Format != "tiff" {
			f.held = s.freeze(limited, f)
			out = append(out, f)
		}
	}
	return out, ctx.Err()
}

// mostSVGs and mostSVG bound the SVG files that are looked at for animations, and each of them in bytes.
const mostSVGs, mostSVG = 50, 1 << 20

// animatedSVG finds what moves in an SVG: SMIL, or a style.
var animatedSVG = regexp.MustCompile(`<(animate|animateTransform|animateMotion|set)[\s/>]|@keyframes`)

// movingSVGs has animated SVG files drawn as elements, at moments of their own: as
// pictures they are drawn at any, which nobody can choose. It is done once the
// page's scripts are off.
func (s *shot) movingSVGs(ctx context.Context) error {
	if s.halted {
		return nil
	}
	type file struct {
		URL  string `json:"url"`
		Text string `json:"text"`
	}
	var files []file
	look := func(address string, text []byte) {
		if len(text) <= mostSVG && len(files) < mostSVGs && animatedSVG.Match(text) {
			files = append(files, file{address, string(text)})
		}
	}
	pictures := slices.DeleteFunc(s.tab.Pictures(), func(p browser.Picture) bool { return p.MediaType != "image/svg+xml" })
	slices.SortFunc(pictures, func(a, b browser.Picture) int { return cmp.Compare(a.URL, b.URL) })
	pictures = pictures[:min(len(pictures), mostSVGs)]
	texts, asking := make([][]byte, len(pictures)), make([]func() error, len(pictures))
	for i, p := range pictures {
		asking[i] = func() error {
			texts[i], _ = s.tab.Bytes(ctx, p) // or the browser no longer has it
			return nil
		}
	}
	if err := browser.Together(asking...); err != nil {
		return err
	}
	for i, p := range pictures {
		look(p.URL, texts[i])
	}
	if len(files) == 0 {
		return ctx.Err()
	}
	_, err := js[chromedp.Void](ctx, s, "drawSVGs", files)
	return err
}

// freeze has the page show an animation's first picture, so that a tile is the
// same in each capture, and known to Vision. It says whether all of the page does:
// in frames, and where a policy of the page's may forbid it, the animation goes on.
func (s *shot) freeze(ctx context.Context, f film) bool {
	if r := s.tab.Response(); r != nil {
		for name := range r.Headers {
			if strings.EqualFold(name, "Content-Security-Policy") {
				return false // it may forbid pictures that are written into the page
			}
		}
	}
	var first bytes.Buffer
	_, err := picture.Scenes(ctx, f.Header, readable, func(img *image.RGBA, n int) error {
		return cmp.Or(png.Encode(&first, img), errEnough)
	})
	if !errors.Is(err, errEnough) || first.Len() > mostFirst {
		return false
	}
	held, err := js[bool](ctx, s, "freeze", f.URL, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(first.Bytes()))
	return err == nil && held
}

// mayMove says whether a picture can be an animation, by what its server calls it,
// or by its name: browsers believe neither, and look at the bytes.
func mayMove(p browser.Picture) bool {
	switch p.MediaType {
	case "image/jpeg", "image/jpg", "image/svg+xml", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon":
		return movingName.MatchString(p.URL)
	}
	return true
}

var movingName = regexp.MustCompile(`(?i)\.(gif|webp|a?png|avif)([?#]|$)`)

// saysItMoves says whether a picture that begins with b says that it is an
// animation: a PNG with acTL before its pixels, a WebP by a flag of VP8X (RFC 9649,
// 2.7), an AVIF by its brand.
func saysItMoves(b []byte) bool {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG")):
		head, _, _ := bytes.Cut(b, []byte("IDAT"))
		return bytes.Contains(head, []byte("acTL"))
	case len(b) > 20 && bytes.HasPrefix(b, []byte("RIFF")) && string(b[8:16]) == "WEBPVP8X":
		return b[20]&2 != 0
	}
	return len(b) > 12 && string(b[4:12]) == "ftypavis"
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

// filmTiles makes a tile of each picture of the page's animations, but for the
// first of one that is held at it, from the row end on, each as large as the
// animation stands on the page, and not more than most in all. It hands them to
// put, which says whether more are wanted.
func (s *shot) filmTiles(ctx context.Context, region band, films []film, end, most int, put func(band, []byte) bool) error {
	limited, cancel := share(ctx, 0.3)
	defer cancel()
	for i, f := range films {
		size := f.fit(rowsOf(s.profile, region.width))
		missing, err := picture.Scenes(limited, f.Header, readable, func(img *image.RGBA, n int) error {
			if n == 0 && f.held {
				return nil // which the page shows
			}
			if most--; most < 0 {
				return errEnough
			}
			b := band{x: region.x, width: size.X, height: size.Y, at: end, extra: fmt.Sprintf("picture %d of %d of the animation at %d px", n+1, f.Frames, int(f.Box.Y)-region.y)}
			var out bytes.Buffer
			if err := jpeg.Encode(&out, s.scaleFilm(img, b), &jpeg.Options{Quality: s.profile.Quality}); err != nil {
				return err
			}
			if !put(b, out.Bytes()) {
				return context.Canceled
			}
			end += b.height
			return nil
		})
		switch {
		case err != nil && (limited.Err() != nil || errors.Is(err, errEnough)):
			for _, f := range films[i:] {
				s.unsure(f, region, "an animation was not looked at to its end: the page has too many, or too long ones")
			}
			return nil
		case fault.KindOf(err) == fault.Invalid: // the browser may draw what is not read here
			s.unsure(f, region, "of an animation one picture alone was seen: it %v", err)
		case err != nil:
			return err
		}
		for _, why := range missing {
			s.unsure(f, region, "of an animation: %s", why)
		}
	}
	return nil
}

// errEnough ends the looking at pictures of an animation.
var errEnough = errors.New("enough pictures")

// fit is how large an animation's pictures are drawn, in CSS pixels: as wide as on
// the page, if a tile may be as high, and not out of shape.
func (f film) fit(rows int) image.Point {
	height := f.Box.W * float64(f.Height) / float64(f.Width)
	less := min(1, float64(rows)/height, widest/f.Box.W)
	return image.Pt(max(1, int(math.Round(f.Box.W*less))), max(1, int(math.Round(height*less))))
}

// scaleFilm draws a picture of an animation as a band shows it.
func (s *shot) scaleFilm(img *image.RGBA, b band) *image.RGBA {
	px := func(css int) int { return int(math.Round(float64(css) * s.profile.Scale)) }
	dst := image.NewRGBA(image.Rect(0, 0, px(b.width), px(b.height)))
	draw.Draw(dst, dst.Rect, image.NewUniform(picture.Ground(img)), image.Point{}, draw.Src)
	if dst.Rect.Size() == img.Rect.Size() {
		draw.Draw(dst, dst.Rect, img, img.Rect.Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(dst, dst.Rect, img, img.Rect, draw.Over, nil)
	}
	return dst
}
