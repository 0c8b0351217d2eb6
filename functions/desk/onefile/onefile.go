// Package onefile makes the report of a page one HTML file that can be mailed and
// printed: pictures, findings and decisions are in it, and it loads nothing.
//
// # Its size
//
// A file is never larger than what it may be. Where the page's pictures would not
// fit, they are made smaller, all by the same factor; the crops of the findings stay
// as sharp as they were seen. The file says so.
package onefile

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/recognize/report"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Most is how many bytes a file has at most if nothing else is asked for. Attached
// to a mail it grows by a third, and most servers take 25 MB.
const Most = 18 << 20

const (
	cropWidth   = 760
	cropQuality = 82
	tileQuality = 72
	maxCrops    = 300
	// ofCrops is the part of the room that crops may take.
	ofCrops = 0.4
	// ownWords is left to the notes and to what stands around each picture.
	ownWords = 4 << 10
)

// Page is what a file is made of.
type Page struct {
	Result    result.Result
	Standing  decision.Standing
	Decisions []decision.Decision // all on the page, in order
	// Tile reads the picture of a tile.
	Tile func(ctx context.Context, tile int) (data []byte, mediaType string, err error)
}

// Write writes the file, of at most most bytes. Its errors are fault.Invalid where
// the text alone does not fit, and those of Tile; nothing was written then.
func Write(ctx context.Context, w io.Writer, p Page, most int) error {
	whole := report.Whole{Standing: p.Standing, Decisions: p.Decisions, Crops: make([]string, len(p.Result.Findings)), Tiles: make([]string, len(p.Result.Tiles))}
	var bare counter
	if err := report.RenderWhole(&bare, p.Result, whole); err != nil {
		return err
	}
	room := most - int(bare) - ownWords
	if room <= 0 {
		return fault.New(fault.Invalid, "the text of %s alone has %d bytes, and the file may have %d; allow more", p.Result.ID, int(bare), most)
	}
	used, err := p.crops(ctx, &whole, int(float64(room)*ofCrops))
	if err != nil {
		return err
	}
	if err := p.pictures(ctx, &whole, room-used, most); err != nil {
		return err
	}
	return report.RenderWhole(w, p.Result, whole)
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// uri is a picture as a part of a document.
func uri(mediaType string, data []byte) string {
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(data)
}

// sizeOf is what a picture takes in the file: a template spells each + as &#43;.
func sizeOf(uri string) int { return len(uri) + 4*strings.Count(uri, "+") }

// crops cuts the findings out of the pictures, the worst first, as far as the room
// goes. It returns how much they take.
func (p Page) crops(ctx context.Context, whole *report.Whole, room int) (used int, err error) {
	all := p.worst()
	on := map[int][]int{} // findings by tile
	for _, i := range all[:min(len(all), maxCrops)] {
		tile := crop.Tile(p.Result, p.Result.Findings[i].Box)
		on[tile] = append(on[tile], i)
	}
	for tile, findings := range on {
		img, err := p.decode(ctx, tile)
		if err != nil {
			return 0, err
		}
		for _, i := range findings {
			b, err := crop.JPEG(crop.Around(img, p.Result.Tiles[tile], p.Result.Findings[i].Box, cropWidth), cropQuality)
			if err != nil {
				return 0, err
			}
			whole.Crops[i] = uri("image/jpeg", b)
		}
	}
	shown := 0
	for _, i := range all {
		if n := sizeOf(whole.Crops[i]); n > 0 && used+n <= room {
			used += n
			shown++
		} else {
			whole.Crops[i] = ""
		}
	}
	if shown < len(all) {
		whole.Notes = append(whole.Notes, fmt.Sprintf("The worst %d of %d findings are shown with a crop of the page; there is no room for more.", shown, len(all)))
	}
	return used, nil
}

// worst are the indexes of the findings that stand on a picture, the worst first.
func (p Page) worst() []int {
	var all []int
	for i, f := range p.Result.Findings {
		if crop.Tile(p.Result, f.Box) >= 0 {
			all = append(all, i)
		}
	}
	rank := func(i int) int {
		f := p.Result.Findings[i]
		n := slices.Index([]result.Severity{result.High, result.ReviewSeverity, result.Info}, f.Severity)
		if f.Mode != result.Enforce {
			n += 3
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

func (p Page) decode(ctx context.Context, tile int) (image.Image, error) {
	b, _, err := p.Tile(ctx, tile)
	if err != nil {
		return nil, fmt.Errorf("picture %d of %d: %w", tile+1, len(p.Result.Tiles), err)
	}
	img, err := crop.Decode(b)
	return img, fault.Wrap(fault.Invalid, err, "picture %d of %d", tile+1, len(p.Result.Tiles))
}

// pictures embeds the page's pictures: as they are, if they fit, or smaller.
func (p Page) pictures(ctx context.Context, whole *report.Whole, room, most int) error {
	total, pixels := 0, 0
	for _, t := range p.Result.Tiles {
		total += base64.StdEncoding.EncodedLen(t.Bytes) + 32
		pixels += int(float64(t.Width*t.Height) * p.Result.Page.Scale * p.Result.Page.Scale)
	}
	if len(p.Result.Tiles) == 0 {
		return nil
	}
	if total <= room {
		fits, err := p.asTheyAre(ctx, whole, room)
		if fits || err != nil {
			return err
		}
	}
	// A picture with text takes some 0.3 bytes a pixel at this quality, in base64.
	by := math.Min(1, math.Sqrt(float64(room)/(0.3*float64(max(pixels, 1)))))
	for range 12 {
		size, err := p.smaller(ctx, whole, by, room)
		if err != nil {
			return err
		}
		if size <= room {
			whole.Notes = append(whole.Notes, fmt.Sprintf("The page's pictures do not fit into %.1f MB: the page is shown at %.0f%% of the size at which it was seen, in JPEG. The crops beside the findings are as sharp as it was seen.",
				float64(most)/1e6, by*100))
			return nil
		}
		by *= math.Min(0.9, math.Sqrt(float64(room)/float64(size)))
	}
	clear(whole.Tiles)
	whole.Notes = append(whole.Notes, fmt.Sprintf("The page's pictures do not fit into %.1f MB, however small, and are left out.", float64(most)/1e6))
	return nil
}

// asTheyAre embeds the pictures to the byte; false if they are larger than the result says.
func (p Page) asTheyAre(ctx context.Context, whole *report.Whole, room int) (bool, error) {
	size := 0
	for i := range p.Result.Tiles {
		b, mediaType, err := p.Tile(ctx, i)
		if err != nil {
			return false, fmt.Errorf("picture %d of %d: %w", i+1, len(p.Result.Tiles), err)
		}
		whole.Tiles[i] = uri(mediaType, b)
		if size += sizeOf(whole.Tiles[i]); size > room {
			return false, nil
		}
	}
	return true, nil
}

// smaller embeds the pictures scaled. It gives up, with a guess of the size, once
// they do not fit.
func (p Page) smaller(ctx context.Context, whole *report.Whole, by float64, room int) (size int, err error) {
	for i := range p.Result.Tiles {
		img, err := p.decode(ctx, i)
		if err != nil {
			return 0, err
		}
		small := crop.Scaled(img, img.Bounds(), by)
		if whole.Tiles[i] = ""; small.Rect.Empty() {
			continue
		}
		b, err := crop.JPEG(small, tileQuality)
		if err != nil {
			return 0, err
		}
		whole.Tiles[i] = uri("image/jpeg", b)
		if size += sizeOf(whole.Tiles[i]); size > room {
			return size * len(p.Result.Tiles) / (i + 1), nil
		}
	}
	return size, nil
}
