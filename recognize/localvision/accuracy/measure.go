package accuracy

import (
	"context"
	"fmt"
	"strings"

	vision "cloud.google.com/go/vision/v2/apiv1"
	"cloud.google.com/go/vision/v2/apiv1/visionpb"
)

// Read has the page read through a Vision client and returns the words, in CSS px.
func Read(ctx context.Context, client *vision.ImageAnnotatorClient, page Rendered, scale float64) ([]Word, error) {
	answer, err := client.BatchAnnotateImages(ctx, &visionpb.BatchAnnotateImagesRequest{Requests: []*visionpb.AnnotateImageRequest{{
		Image:    &visionpb.Image{Content: page.Picture},
		Features: []*visionpb.Feature{{Type: visionpb.Feature_DOCUMENT_TEXT_DETECTION}},
	}}})
	if err != nil {
		return nil, fmt.Errorf("have the page read: %w", err)
	}
	if e := answer.Responses[0].GetError(); e != nil {
		return nil, fmt.Errorf("have the page read: %s", e.GetMessage())
	}
	var out []Word
	for _, p := range answer.Responses[0].GetFullTextAnnotation().GetPages() {
		for _, b := range p.GetBlocks() {
			for _, paragraph := range b.GetParagraphs() {
				for _, w := range paragraph.GetWords() {
					out = append(out, wordOf(w, scale))
				}
			}
		}
	}
	return out, nil
}

func wordOf(w *visionpb.Word, scale float64) Word {
	var text strings.Builder
	for _, s := range w.GetSymbols() {
		text.WriteString(s.GetText())
	}
	corners := w.GetBoundingBox().GetVertices()
	from, to := corners[0], corners[2]
	return Word{
		Text: text.String(), X: float64(from.GetX()) / scale, Y: float64(from.GetY()) / scale,
		W: float64(to.GetX()-from.GetX()) / scale, H: float64(to.GetY()-from.GetY()) / scale,
	}
}
