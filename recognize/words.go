package recognize

import (
	"math"
	"strings"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// fragments reads a tile's annotation into lines of words, in page coordinates.
func fragments(number int, t page.Tile, a *visionpb.TextAnnotation, scale float64) []fragment {
	var out []fragment
	block := 0
	for _, p := range a.GetPages() {
		c := coordinates{tile: t, perPixel: 1 / scale, width: float64(p.GetWidth()), height: float64(p.GetHeight())}
		if p.GetWidth() > 0 {
			c.perPixel = float64(t.Width) / float64(p.GetWidth())
		}
		for _, b := range p.GetBlocks() {
			for _, para := range b.GetParagraphs() {
				f := fragment{tile: number, block: block}
				for _, vw := range para.GetWords() {
					w, ends := c.word(vw)
					if w.Text != "" && !w.Box.Empty() {
						f.words = append(f.words, word{Word: w})
					}
					if ends && len(f.words) > 0 {
						out = append(out, f)
						f = fragment{tile: number, block: block}
					}
				}
				if len(f.words) > 0 {
					out = append(out, f)
				}
			}
			block++
		}
	}
	return out
}

// coordinates turns picture pixels of a tile into CSS pixels of the page.
type coordinates struct {
	tile          page.Tile
	perPixel      float64
	width, height float64 // of the picture, for normalized vertices
}

// word reads one word and says whether its line ends with it.
func (c coordinates) word(v *visionpb.Word) (result.Word, bool) {
	var b strings.Builder
	w := result.Word{Confidence: math.Round(float64(v.GetConfidence())*1000) / 1000}
	ends := false
	for _, s := range v.GetSymbols() {
		b.WriteString(s.GetText())
		// detectedBreak says what follows the symbol; HYPHEN is a line end
		// whose hyphen is not in the text.
		switch s.GetProperty().GetDetectedBreak().GetType() {
		case visionpb.TextAnnotation_DetectedBreak_SPACE, visionpb.TextAnnotation_DetectedBreak_SURE_SPACE:
			w.Space = true
		case visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE, visionpb.TextAnnotation_DetectedBreak_LINE_BREAK:
			ends = true
		case visionpb.TextAnnotation_DetectedBreak_HYPHEN:
			b.WriteByte('-')
			ends = true
		}
	}
	w.Text = strings.TrimSpace(b.String())
	w.Box, w.Polygon = c.box(v.GetBoundingBox())
	return w, ends
}

// box is the rectangle around a polygon, and the polygon too if it does not lie level.
func (c coordinates) box(p *visionpb.BoundingPoly) (page.Box, []result.Point) {
	var corners []result.Point
	for _, v := range p.GetVertices() {
		corners = append(corners, c.point(float64(v.GetX()), float64(v.GetY())))
	}
	if len(corners) == 0 {
		for _, v := range p.GetNormalizedVertices() {
			corners = append(corners, c.point(float64(v.GetX())*c.width, float64(v.GetY())*c.height))
		}
	}
	if len(corners) == 0 {
		return page.Box{}, nil
	}
	x0, y0, x1, y1 := corners[0].X, corners[0].Y, corners[0].X, corners[0].Y
	for _, p := range corners[1:] {
		x0, y0, x1, y1 = math.Min(x0, p.X), math.Min(y0, p.Y), math.Max(x1, p.X), math.Max(y1, p.Y)
	}
	box := page.Box{X: x0, Y: y0, W: x1 - x0, H: y1 - y0}.Round()
	// Level text has its first edge along the top; five degrees are within jitter.
	if len(corners) == 4 {
		dx, dy := corners[1].X-corners[0].X, corners[1].Y-corners[0].Y
		if dx <= 0 || math.Abs(dy) > dx*0.0875 {
			return box, corners
		}
	}
	return box, nil
}

func (c coordinates) point(x, y float64) result.Point {
	return result.Point{X: float64(c.tile.X) + x*c.perPixel, Y: float64(c.tile.Y) + y*c.perPixel}
}
