package localvision_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"

	"github.com/pageinspect/pageinspect/recognize/localvision"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// read is one line of the answer as a caller puts it together from words and breaks.
type read struct {
	text               string
	x0, y0, x1, y1     float64 // CSS px
	words              int
	endsWith           visionpb.TextAnnotation_DetectedBreak_BreakType
	leastWordConfident float32
}

func readLines(t *testing.T, a *visionpb.TextAnnotation) []read {
	t.Helper()
	var out []read
	for _, b := range a.Pages[0].Blocks {
		for _, p := range b.Paragraphs {
			l := read{x0: math.Inf(1), y0: math.Inf(1), leastWordConfident: 1}
			for _, w := range p.Words {
				v := w.BoundingBox.Vertices
				if len(v) != 4 || v[0].X >= v[1].X || v[0].Y != v[1].Y || v[1].X != v[2].X || v[1].Y >= v[2].Y || v[3].X != v[0].X || v[3].Y != v[2].Y {
					t.Fatalf("the box of a word is not clockwise from its top left: %v", v)
				}
				l.x0, l.y0 = min(l.x0, float64(v[0].X)/scale), min(l.y0, float64(v[0].Y)/scale)
				l.x1, l.y1 = max(l.x1, float64(v[2].X)/scale), max(l.y1, float64(v[2].Y)/scale)
				l.words++
				l.leastWordConfident = min(l.leastWordConfident, w.Confidence)
				for i, s := range w.Symbols {
					l.text += s.Text
					end := s.GetProperty().GetDetectedBreak().GetType()
					if last := i == len(w.Symbols)-1; last != (end != visionpb.TextAnnotation_DetectedBreak_UNKNOWN) {
						t.Fatalf("symbol %d of %d of a word has the break %v", i+1, len(w.Symbols), end)
					}
					switch end {
					case visionpb.TextAnnotation_DetectedBreak_SPACE:
						l.text += " "
					case visionpb.TextAnnotation_DetectedBreak_LINE_BREAK, visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE:
						l.endsWith = end
						out = append(out, l)
						l = read{x0: math.Inf(1), y0: math.Inf(1), leastWordConfident: 1}
					}
				}
			}
			if l.text != "" {
				t.Fatalf("the paragraph ends without a line break, in %q", l.text)
			}
		}
	}
	return out
}

func TestReadsWhatStandsThereAndWhere(t *testing.T) {
	png, want := fixture(t)
	_, client := start(t, localvision.Config{})
	answer, err := client.BatchAnnotateImages(t.Context(), batch(content(png)))
	if err != nil {
		t.Fatal(err)
	}
	r := answer.Responses[0]
	if r.Error != nil {
		t.Fatal(r.Error)
	}
	if p := r.FullTextAnnotation.Pages[0]; p.Width != 1280*scale || p.Height < 400*scale {
		t.Errorf("the page is %d by %d px", p.Width, p.Height)
	}
	got := readLines(t, r.FullTextAnnotation)
	if len(got) != len(want) {
		t.Errorf("%d lines read, want %d: %v", len(got), len(want), got)
	}
	for _, w := range want {
		w.Text = strings.TrimSpace(w.Text)
		found := false
		for _, g := range got {
			if g.text != w.Text {
				continue
			}
			found = true
			// The box of a line in the browser has room above and below; its ink begins within half an em of its sides.
			off := w.Size / 2
			if g.x0 < w.X-off || g.x0 > w.X+off || g.x1 < w.X+w.W-off || g.x1 > w.X+w.W+off || g.y0 < w.Y-2 || g.y1 > w.Y+w.H+2 {
				t.Errorf("%q read at x %.0f..%.0f y %.0f..%.0f, want x %.0f..%.0f within y %.0f..%.0f", w.Text, g.x0, g.x1, g.y0, g.y1, w.X, w.X+w.W, w.Y, w.Y+w.H)
			}
			if fields := len(strings.Fields(w.Text)); g.words != fields {
				t.Errorf("%q has %d words, want %d", w.Text, g.words, fields)
			}
			if g.leastWordConfident <= 0.3 || g.leastWordConfident > 1 {
				t.Errorf("%q has a word with the confidence %v", w.Text, g.leastWordConfident)
			}
		}
		if !found {
			t.Errorf("%q was not read", w.Text)
		}
		if !strings.Contains(r.FullTextAnnotation.Text, w.Text) {
			t.Errorf("%q is not in the text", w.Text)
		}
	}
	// The first of two lines of a paragraph ends with EOL_SURE_SPACE, the last with LINE_BREAK.
	for _, g := range got {
		wrapped := strings.HasPrefix(g.text, "자연에서")
		if wrapped != (g.endsWith == visionpb.TextAnnotation_DetectedBreak_EOL_SURE_SPACE) && !strings.HasPrefix(g.text, "제조국") && !strings.HasPrefix(g.text, "대한민국") {
			t.Errorf("%q ends with %v", g.text, g.endsWith)
		}
	}
	if flat := r.TextAnnotations; len(flat) < 2 || flat[0].Description != r.FullTextAnnotation.Text || len(flat[0].BoundingPoly.Vertices) != 4 {
		t.Error("text_annotations does not begin with the whole text and its box")
	}
}

func TestCheckNamesThePackages(t *testing.T) {
	if err := localvision.Check(t.Context()); err != nil {
		t.Fatal(err) // the tests need it
	}
	t.Setenv("PATH", t.TempDir())
	without := localvision.Check(t.Context())
	noHangul := t.TempDir() + "/tesseract"
	if err := os.WriteFile(noHangul, []byte("#!/bin/sh\necho eng\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, withoutData := localvision.Start(localvision.Config{Tesseract: noHangul})
	for what, err := range map[string]error{"no Tesseract": without, "no Hangul data": withoutData} {
		if err == nil || !strings.Contains(err.Error(), "sudo apt-get install tesseract-ocr tesseract-ocr-script-hang") || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestStartRefusesABadConfig(t *testing.T) {
	for _, cfg := range []localvision.Config{{Workers: -1}, {Addr: "127.0.0.1:99999"}} {
		if s, err := localvision.Start(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
			s.Close()
		}
	}
}
