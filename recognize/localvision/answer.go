package localvision

import (
	"cmp"
	"image"
	"slices"
	"strings"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"

	"github.com/pageinspect/pageinspect/recognize/localvision/reader"
)

// answer puts lines into Vision's form: the text with its pages, blocks and so
// on, and the older flat form, the whole text first and then its words. Both are nil for no text.
func answer(picture image.Rectangle, lines []reader.Line) (*visionpb.TextAnnotation, []*visionpb.EntityAnnotation) {
	if len(lines) == 0 {
		return nil, nil
	}
	var text strings.Builder
	var words []*visionpb.EntityAnnotation
	page := &visionpb.Page{Width: int32(picture.Dx()), Height: int32(picture.Dy())}
	var all image.Rectangle
	var mean average
	for _, block := range paragraphs(lines) {
		var box image.Rectangle
		var blockMean average
		paragraph := &visionpb.Paragraph{}
		for i, l := range block {
			end := visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE
			if i == len(block)-1 {
				end = visionpb.TextAnnotation_DetectedBreak_LINE_BREAK
			}
			box = box.Union(l.Box)
			for k, w := range l.Words {
				after, sign := visionpb.TextAnnotation_DetectedBreak_SPACE, byte(' ')
				if k == len(l.Words)-1 {
					after, sign = end, '\n'
				}
				word, spelled := answerWord(picture, w, after)
				paragraph.Words = append(paragraph.Words, word)
				words = append(words, &visionpb.EntityAnnotation{Description: spelled, BoundingPoly: polygon(picture, w.Box)})
				text.WriteString(spelled)
				text.WriteByte(sign)
				blockMean.add(w.Confidence)
				mean.add(w.Confidence)
			}
		}
		all = all.Union(box)
		paragraph.BoundingBox, paragraph.Confidence = polygon(picture, box), blockMean.value()
		page.Blocks = append(page.Blocks, &visionpb.Block{
			BoundingBox: polygon(picture, box), Paragraphs: []*visionpb.Paragraph{paragraph},
			BlockType: visionpb.Block_TEXT, Confidence: blockMean.value(),
		})
	}
	page.Confidence = mean.value()
	whole := strings.TrimSuffix(text.String(), "\n")
	flat := append([]*visionpb.EntityAnnotation{{Description: whole, BoundingPoly: polygon(picture, all)}}, words...)
	return &visionpb.TextAnnotation{Pages: []*visionpb.Page{page}, Text: whole}, flat
}

// answerWord returns the word and its text; its last symbol says what follows it.
func answerWord(picture image.Rectangle, w reader.Word, after visionpb.TextAnnotation_DetectedBreak_BreakType) (*visionpb.Word, string) {
	out := &visionpb.Word{BoundingBox: polygon(picture, w.Box), Confidence: float32(w.Confidence)}
	var text strings.Builder
	for _, g := range w.Glyphs {
		out.Symbols = append(out.Symbols, &visionpb.Symbol{Text: g.Text, BoundingBox: polygon(picture, g.Box), Confidence: float32(g.Confidence)})
		text.WriteString(g.Text)
	}
	out.Symbols[len(out.Symbols)-1].Property = &visionpb.TextAnnotation_TextProperty{DetectedBreak: &visionpb.TextAnnotation_DetectedBreak{Type: after}}
	return out, text.String()
}

// polygon returns the corners of a box, clockwise from the top left, no corner outside of the picture.
func polygon(picture, box image.Rectangle) *visionpb.BoundingPoly {
	box = box.Intersect(picture)
	at := func(x, y int) *visionpb.Vertex { return &visionpb.Vertex{X: int32(x), Y: int32(y)} }
	return &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{
		at(box.Min.X, box.Min.Y), at(box.Max.X, box.Min.Y), at(box.Max.X, box.Max.Y), at(box.Min.X, box.Max.Y),
	}}
}

// paragraphs puts lines that continue each other together: one below the other,
// near, and of about one size. Each paragraph runs from top to bottom, and they come in the
// order of their tops.
func paragraphs(lines []reader.Line) [][]reader.Line {
	sorted := slices.SortedStableFunc(slices.Values(lines), func(a, b reader.Line) int {
		return cmp.Or(cmp.Compare(a.Box.Min.Y, b.Box.Min.Y), cmp.Compare(a.Box.Min.X, b.Box.Min.X))
	})
	var out [][]reader.Line
	for _, l := range sorted {
		k := -1
		for i, p := range out {
			if continues(p[len(p)-1], l) && (k < 0 || p[len(p)-1].Box.Max.Y > out[k][len(out[k])-1].Box.Max.Y) {
				k = i
			}
		}
		if k < 0 {
			out = append(out, []reader.Line{l})
		} else {
			out[k] = append(out[k], l)
		}
	}
	return out
}

func continues(above, below reader.Line) bool {
	a, b := above.Box, below.Box
	gap := b.Min.Y - a.Max.Y
	across := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	low, high := min(a.Dy(), b.Dy()), max(a.Dy(), b.Dy())
	return gap >= -low/3 && gap <= low && 2*high <= 3*low && 2*across >= min(a.Dx(), b.Dx())
}

// average is a running mean of confidences.
type average struct {
	total float64
	n     int
}

func (a *average) add(v float64) { a.total += v; a.n++ }

func (a *average) value() float32 { return float32(a.total / float64(max(1, a.n))) }
