package annotate

import (
	"context"
	"image"
	"slices"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
)

// Sheets has small pictures read together, several on one: Vision is paid by
// the picture, whatever its size. What was read is taken apart again, so that
// each picture has a reading of its own, which is kept under its own hash.
type Sheets struct {
	// Rows and Pixels are how large a sheet may be, in pixels.
	Rows, Pixels int
	// Make puts the parts on a white picture of that size and says where it is.
	// A sheet that cannot be made is none: its parts are sent one by one.
	Make func(ctx context.Context, size image.Point, parts []Part) (Picture, error)
}

// Part is a picture on a sheet.
type Part struct {
	Picture
	At image.Rectangle
}

// sheetGap is how far the parts of a sheet stand apart, in pixels, so that no
// line of text goes from one to the next.
const sheetGap = 32

// sheet is one on its way.
type sheet struct {
	parts []Part
	of    []int // their indexes
	size  image.Point
}

// plan puts the pictures of these indexes on as few sheets as may be: the
// highest first, each on the first that has room (first fit decreasing). It
// returns those that are to be sent alone, too.
func (s *Sheets) plan(pictures []Picture, todo []int) (sheets []sheet, alone []int) {
	var open []sheet
	for _, i := range slices.SortedStableFunc(slices.Values(todo), func(a, b int) int { return pictures[b].Height - pictures[a].Height }) {
		p := pictures[i]
		if p.Width <= 0 || p.Height <= 0 {
			alone = append(alone, i)
			continue
		}
		n := slices.IndexFunc(open, func(o sheet) bool {
			w, h := max(o.size.X, p.Width), o.size.Y+sheetGap+p.Height
			return h <= s.Rows && w*h <= s.Pixels && len(o.of) < imagesPerCall
		})
		if n < 0 {
			n, open = len(open), append(open, sheet{size: image.Pt(0, -sheetGap)})
		}
		o := &open[n]
		top := o.size.Y + sheetGap
		o.parts = append(o.parts, Part{p, image.Rect(0, top, p.Width, top+p.Height)})
		o.of = append(o.of, i)
		o.size = image.Pt(max(o.size.X, p.Width), top+p.Height)
	}
	for _, o := range open {
		if len(o.of) == 1 {
			alone = append(alone, o.of[0])
		} else {
			sheets = append(sheets, o)
		}
	}
	slices.Sort(alone)
	return sheets, alone
}

// fill makes sheets of what is to be sent, and returns what is sent instead:
// the sheets as pictures of their own, and what goes alone.
func (w *work) fill(ctx context.Context, send []int) []int {
	if w.Sheets == nil {
		return send
	}
	var small, out []int
	for _, i := range send {
		if slices.Equal(w.missing[i], []visionpb.Feature_Type{Text}) {
			small = append(small, i)
		} else {
			out = append(out, i) // whether a picture is indecent is said of it alone
		}
	}
	sheets, alone := w.Sheets.plan(w.pictures, small)
	out = append(out, alone...)
	for _, s := range sheets {
		p, err := w.Sheets.Make(ctx, s.size, s.parts)
		if err != nil {
			out = append(out, s.of...)
			continue
		}
		i := len(w.pictures)
		w.pictures, w.readings = append(w.pictures, p), append(w.readings, Reading{})
		w.missing = append(w.missing, []visionpb.Feature_Type{Text})
		w.sheets[i] = s
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// apart gives the parts of the sheets among what was answered their readings.
// The parts of a sheet that could not be read are asked for one by one.
func (w *work) apart(ctx context.Context, answered []int) error {
	for _, i := range answered {
		s, yes := w.sheets[i]
		if !yes {
			continue
		}
		if w.readings[i].Err != nil {
			if err := w.call(ctx, s.of); err != nil {
				return err
			}
			continue
		}
		w.mu.Lock()
		for n, text := range s.apart(w.readings[i].Text) {
			w.readings[s.of[n]].Text = text // beside a judgement that the cache had
		}
		w.done += len(s.of)
		w.progress(w.done)
		w.mu.Unlock()
	}
	return nil
}

// apart takes what was read of a sheet apart: each word is its part's in whose
// rows its middle lies. The whole text and the boxes of blocks and paragraphs,
// which nobody here reads, are left out.
func (s sheet) apart(read *visionpb.TextAnnotation) []*visionpb.TextAnnotation {
	out := make([]*visionpb.TextAnnotation, len(s.parts))
	for n := range out {
		out[n] = &visionpb.TextAnnotation{}
	}
	size := s.size
	for _, p := range read.GetPages() {
		pages := make([]*visionpb.Page, len(s.parts))
		// Boxes are in pixels of the picture as the engine saw it.
		sx, sy := ratio(size.X, p.GetWidth()), ratio(size.Y, p.GetHeight())
		for _, b := range p.GetBlocks() {
			blocks := make([]*visionpb.Block, len(s.parts))
			for _, para := range b.GetParagraphs() {
				paras := make([]*visionpb.Paragraph, len(s.parts))
				for _, word := range para.GetWords() {
					n := s.at(middle(word.GetBoundingBox(), size, sy))
					if paras[n] == nil {
						paras[n] = &visionpb.Paragraph{Property: para.Property, Confidence: para.Confidence}
					}
					at := s.parts[n].At
					move(word.GetBoundingBox(), at, size, sx, sy)
					for _, symbol := range word.GetSymbols() {
						move(symbol.GetBoundingBox(), at, size, sx, sy)
					}
					paras[n].Words = append(paras[n].Words, word)
				}
				for n, p := range paras {
					if p == nil {
						continue
					}
					if blocks[n] == nil {
						blocks[n] = &visionpb.Block{Property: b.Property, BlockType: b.BlockType, Confidence: b.Confidence}
					}
					blocks[n].Paragraphs = append(blocks[n].Paragraphs, p)
				}
			}
			for n, b := range blocks {
				if b == nil {
					continue
				}
				if pages[n] == nil {
					pages[n] = &visionpb.Page{Property: p.Property, Width: int32(s.parts[n].At.Dx()), Height: int32(s.parts[n].At.Dy()), Confidence: p.Confidence}
				}
				pages[n].Blocks = append(pages[n].Blocks, b)
			}
		}
		for n, p := range pages {
			if p != nil {
				out[n].Pages = append(out[n].Pages, p)
			}
		}
	}
	return out
}

func ratio(want int, have int32) float64 {
	if have <= 0 {
		return 1
	}
	return float64(want) / float64(have)
}

// at is the part that shows row y of the sheet, or is nearest to it.
func (s sheet) at(y float64) int {
	for n, p := range s.parts {
		if y < float64(p.At.Max.Y)+sheetGap/2 {
			return n
		}
	}
	return len(s.parts) - 1
}

// middle is the row of a box's middle, in pixels of the sheet.
func middle(p *visionpb.BoundingPoly, size image.Point, sy float64) float64 {
	sum, n := 0.0, 0
	for _, v := range p.GetVertices() {
		sum, n = sum+float64(v.GetY())*sy, n+1
	}
	if n == 0 {
		for _, v := range p.GetNormalizedVertices() {
			sum, n = sum+float64(v.GetY())*float64(size.Y), n+1
		}
	}
	return sum / float64(max(n, 1))
}

// move brings a box from the sheet onto its part.
func move(p *visionpb.BoundingPoly, at image.Rectangle, size image.Point, sx, sy float64) {
	for _, v := range p.GetVertices() {
		v.X = int32(float64(v.X)*sx+0.5) - int32(at.Min.X)
		v.Y = int32(float64(v.Y)*sy+0.5) - int32(at.Min.Y)
	}
	for _, v := range p.GetNormalizedVertices() {
		v.X = (v.X*float32(size.X) - float32(at.Min.X)) / float32(at.Dx())
		v.Y = (v.Y*float32(size.Y) - float32(at.Min.Y)) / float32(at.Dy())
	}
}
