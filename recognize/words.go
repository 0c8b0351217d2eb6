package recognize

import (
	"math"
	"strings"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// tileLines reads a tile's annotation into lines of words, in page coordinates.
func tileLines(t page.Tile, a *visionpb.TextAnnotation, scale float64) []*line {
	var out []*line
	for _, p := range a.GetPages() {
		c := newCoordinates(t, p, scale)
		for _, b := range p.GetBlocks() {
			for _, para := range b.GetParagraphs() {
				out = append(out, c.lines(para.GetWords())...)
			}
		}
	}
	return out
}

// coordinates turns picture pixels of a tile into CSS pixels of the page.
type coordinates struct {
	tile          page.Tile
	perX, perY    float64 // CSS px per picture px
	width, height float64 // of the picture, for normalized vertices
}

func newCoordinates(t page.Tile, p *visionpb.Page, scale float64) coordinates {
	c := coordinates{tile: t, width: float64(p.GetWidth()), height: float64(p.GetHeight())}
	c.perX, c.perY = perPixel(t.Width, c.width, scale), perPixel(t.Height, c.height, scale)
	return c
}

// perPixel is the page's scale, turned round, unless the picture has another size:
// one that is only rounded to whole pixels has not.
func perPixel(css int, picture, scale float64) float64 {
	if picture <= 0 || math.Abs(float64(css)*scale-picture) <= 1 {
		return 1 / scale
	}
	return float64(css) / picture
}

// lines reads the words of a paragraph. A line ends where the engine says so,
// and at a gap that no line of text has: the gutter between the columns of a
// page or a table.
func (c coordinates) lines(words []*visionpb.Word) []*line {
	var out []*line
	current := &line{words: make([]result.Word, 0, len(words))}
	end := func() {
		if len(current.words) > 0 {
			out = append(out, current)
			current = &line{words: current.words[len(current.words):]}
		}
	}
	wide := 0.0 // how many line heights a gutter is wide at least
	for _, v := range words {
		w, breaks := c.word(v)
		if n := len(current.words); n > 0 && breaks.spaced {
			current.words[n-1].Space = true
		}
		if breaks.before {
			end()
		}
		if w.Text != "" && !w.Box.Empty() {
			if n := len(current.words); n > 0 && gutter(current.words[n-1], w, wide) {
				end()
			}
			current.words = append(current.words, w)
			wide = breaks.wide
		}
		if breaks.after {
			end()
		}
	}
	end()
	return out
}

// gutter says whether the space between two level words of a line is wider than text has.
func gutter(a, b result.Word, wide float64) bool {
	return a.Polygon == nil && b.Polygon == nil && b.Box.X-a.Box.Right() > wide*math.Max(a.Box.H, b.Box.H)
}

// lineBreaks says what stands around a word.
type lineBreaks struct {
	spaced        bool    // a space before it
	before, after bool    // its line begins or ends with it
	wide          float64 // how many line heights a gutter after it is wide at least
}

// word reads one word and where its line ends, as detectedBreak says.
// HYPHEN is a line end whose hyphen is not in the text; a break that
// is_prefix stands before its symbol. A SURE_SPACE is "very wide", so that
// less of a gap beside it makes a gutter.
func (c coordinates) word(v *visionpb.Word) (result.Word, lineBreaks) {
	var buf [64]byte
	text := buf[:0]
	w := result.Word{Confidence: math.Round(float64(v.GetConfidence())*1000) / 1000}
	breaks := lineBreaks{wide: 2}
	for _, s := range v.GetSymbols() {
		b := s.GetProperty().GetDetectedBreak()
		text = append(text, s.GetText()...)
		switch b.GetType() {
		case visionpb.TextAnnotation_DetectedBreak_SPACE, visionpb.TextAnnotation_DetectedBreak_SURE_SPACE:
			if b.GetType() == visionpb.TextAnnotation_DetectedBreak_SURE_SPACE {
				breaks.wide = 1.2
			}
			breaks.spaced, w.Space = breaks.spaced || b.GetIsPrefix(), w.Space || !b.GetIsPrefix()
		case visionpb.TextAnnotation_DetectedBreak_HYPHEN:
			text = append(text, '-')
			breaks.after = true
		case visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE, visionpb.TextAnnotation_DetectedBreak_LINE_BREAK:
			breaks.before, breaks.after = breaks.before || b.GetIsPrefix(), breaks.after || !b.GetIsPrefix()
		}
	}
	w.Text = strings.TrimSpace(string(text))
	w.Box, w.Polygon = c.box(v.GetBoundingBox())
	return w, breaks
}

// box is the rectangle around a polygon, and the polygon too if it does not lie level.
func (c coordinates) box(p *visionpb.BoundingPoly) (page.Box, []result.Point) {
	var few [4]result.Point
	corners := few[:0]
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
	// A stroke may be so thin that both of its edges are on one pixel: it has that.
	box := page.Box{X: x0, Y: y0, W: math.Max(x1-x0, c.perX), H: math.Max(y1-y0, c.perY)}.Round()
	// Level text has its first edge along the top; five degrees are within jitter.
	if len(corners) == 4 {
		dx, dy := corners[1].X-corners[0].X, corners[1].Y-corners[0].Y
		if dx <= 0 || math.Abs(dy) > dx*0.0875 {
			return box, append([]result.Point(nil), corners...)
		}
	}
	return box, nil
}

func (c coordinates) point(x, y float64) result.Point {
	return result.Point{X: float64(c.tile.X) + x*c.perX, Y: float64(c.tile.Y) + y*c.perY}
}
