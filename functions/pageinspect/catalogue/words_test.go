package catalogue

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/googleapis/gax-go/v2"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// A word is a bar of cells, which a program reads: red, 22 bits, blue, each cell
// wordCell px wide and wordHeight px high.
const (
	wordBits, wordCell, wordHeight = 22, 8, 20
	wordWidth                      = (wordBits + 2) * wordCell
)

var red, blue = color.RGBA{230, 0, 0, 255}, color.RGBA{0, 0, 230, 255}

func cells(word int) []color.RGBA {
	out := []color.RGBA{red}
	for bit := range wordBits {
		c := color.RGBA{255, 255, 255, 255}
		if word>>bit&1 == 1 {
			c = color.RGBA{0, 0, 0, 255}
		}
		out = append(out, c)
	}
	return append(out, blue)
}

// picture is a design with a word every so often, some of them right at its edges.
func picture(seed, height int) ([]byte, []int) {
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	img := image.NewRGBA(image.Rect(0, 0, 860, height))
	ground := color.RGBA{uint8(200 + rng.IntN(50)), uint8(200 + rng.IntN(50)), uint8(200 + rng.IntN(50)), 255}
	for i := range 860 * height {
		img.SetRGBA(i%860, i/860, ground)
	}
	var words []int
	for y := 40; y+wordHeight <= height-30; y += 30 + rng.IntN(200) {
		word := seed*64 + len(words)
		x := 20 + rng.IntN(600)
		for n, c := range cells(word) {
			for i := range wordCell * wordHeight {
				img.SetRGBA(x+n*wordCell+i%wordCell, y+i/wordCell, c)
			}
		}
		words = append(words, word)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		panic(err)
	}
	return b.Bytes(), words
}

// markup is a word as the page's own text.
func markup(word int) string {
	var stops []string
	for n, c := range cells(word) {
		stops = append(stops, fmt.Sprintf("rgb(%d,%d,%d) %dpx %dpx", c.R, c.G, c.B, n*wordCell, (n+1)*wordCell))
	}
	return fmt.Sprintf(`<p style="width:%dpx;height:%dpx;font:16px/20px monospace;color:transparent;overflow:hidden;background:linear-gradient(90deg,%s)">word %d</p>`,
		wordWidth, wordHeight, strings.Join(stops, ","), word)
}

// reader is a Vision that reads those words, and counts what it is paid for.
type reader struct {
	store *memstore.Store
	mu    sync.Mutex
	units int
}

func (r *reader) BatchAnnotateImages(ctx context.Context, req *visionpb.BatchAnnotateImagesRequest, _ ...gax.CallOption) (*visionpb.BatchAnnotateImagesResponse, error) {
	res := &visionpb.BatchAnnotateImagesResponse{}
	for _, q := range req.Requests {
		uri, err := store.ParseURI(q.Image.Source.ImageUri)
		if err != nil {
			return nil, err
		}
		b, _, err := r.store.Read(ctx, uri, 20<<20)
		if err != nil {
			return nil, err
		}
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		r.units++
		r.mu.Unlock()
		res.Responses = append(res.Responses, &visionpb.AnnotateImageResponse{FullTextAnnotation: read(planes(img))})
	}
	return res, nil
}

// planes is a picture as a JPEG has it: tiles are JPEGs, sheets are not.
func planes(img image.Image) *image.YCbCr {
	if img, ok := img.(*image.YCbCr); ok {
		return img
	}
	out := image.NewYCbCr(img.Bounds(), image.YCbCrSubsampleRatio444)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			i := out.YOffset(x, y)
			out.Y[i], out.Cb[i], out.Cr[i] = color.RGBToYCbCr(uint8(r>>8), uint8(g>>8), uint8(b>>8))
		}
	}
	return out
}

// read finds the words of a picture; one that an edge cuts is read as "cut".
func read(img *image.YCbCr) *visionpb.TextAnnotation {
	para := &visionpb.Paragraph{}
	size := img.Rect.Size()
	isRed := func(x, y int) bool { return y >= 0 && y < size.Y && img.Cr[img.COffset(x, y)] > 200 }
	isBlue := func(x, y int) bool { return img.Cb[img.COffset(x, min(y, size.Y-1))] > 200 }
	var found []image.Rectangle
	for y := range size.Y {
		for x := 2; x+wordWidth-2 < size.X; x += 4 {
			if !isRed(x, y) || isRed(x, y-1) || slices.ContainsFunc(found, func(r image.Rectangle) bool { return image.Pt(x, y).In(r) }) ||
				!isBlue(x+wordWidth-7, y+2) && !isBlue(x+wordWidth-3, y+2) {
				continue
			}
			left, bottom := x, y
			for left > 0 && isRed(left-1, min(y+2, size.Y-1)) {
				left--
			}
			for bottom < size.Y && isRed(x, bottom) {
				bottom++
			}
			text := "cut"
			if bottom-y < wordHeight-6 && y > 0 && bottom < size.Y {
				continue // a word's colour that a JPEG's blocks spread into a row beside it: no edge cuts it
			}
			if bottom-y >= wordHeight-6 {
				word := 0
				for bit := range wordBits {
					if img.Y[img.YOffset(left+(bit+1)*wordCell+wordCell/2, y+wordHeight/2)] < 128 {
						word |= 1 << bit
					}
				}
				text = fmt.Sprintf("w%d", word)
			}
			at := image.Rect(left, y, left+wordWidth, bottom)
			found = append(found, at)
			para.Words = append(para.Words, spoken(text, at))
		}
	}
	return &visionpb.TextAnnotation{Pages: []*visionpb.Page{{Width: int32(size.X), Height: int32(size.Y), Blocks: []*visionpb.Block{{Paragraphs: []*visionpb.Paragraph{para}}}}}}
}

func spoken(text string, at image.Rectangle) *visionpb.Word {
	x0, y0, x1, y1 := int32(at.Min.X), int32(at.Min.Y), int32(at.Max.X), int32(at.Max.Y)
	return &visionpb.Word{
		Confidence:  .95,
		BoundingBox: &visionpb.BoundingPoly{Vertices: []*visionpb.Vertex{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}},
		Symbols: []*visionpb.Symbol{{Text: text, Property: &visionpb.TextAnnotation_TextProperty{
			DetectedBreak: &visionpb.TextAnnotation_DetectedBreak{Type: visionpb.TextAnnotation_DetectedBreak_LINE_BREAK}}}},
	}
}
