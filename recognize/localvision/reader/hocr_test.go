package reader

import (
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const twoPages = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html><body>
<div class='ocr_page' id='page_1' title='image "stdin"; bbox 0 0 90 60; ppageno 0'>
 <span class='ocr_line' title="bbox 1 2 30 40; baseline 0 -2">
  <span class='ocrx_word' id='word_1_1' title='bbox 1 2 30 40; x_wconf 96'>
   <span class='ocrx_cinfo' title='x_bboxes 1 2 15 40; x_conf 99.5'>최</span>
   <span class='ocrx_cinfo' title='x_bboxes 16 2 30 40; x_conf 98'>고</span></span>
  <span class='ocrx_word' id='word_1_2' title='bbox 40 2 60 40; x_wconf 0'>
   <span class='ocrx_cinfo' title='x_bboxes 40 2 60 40; x_conf 12'>&amp;</span></span></span></div>
<div class='ocr_page' id='page_2' title='bbox 0 0 9 9'></div>
</body></html>`

func TestParseHOCR(t *testing.T) {
	got, err := parseHOCR(strings.NewReader(twoPages), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Glyph{{
		{"최", image.Rect(1, 2, 15, 40), 0.96}, {"고", image.Rect(16, 2, 30, 40), 0.96}, {"&", image.Rect(40, 2, 60, 40), 0},
	}, nil}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Glyph{}), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	for _, pages := range []int{1, 3} {
		if _, err := parseHOCR(strings.NewReader(twoPages), pages); err == nil {
			t.Errorf("two pages passed for %d", pages)
		}
	}
}

func FuzzParseHOCR(f *testing.F) {
	f.Add(twoPages, 2)
	f.Add(strings.Replace(twoPages, "x_bboxes 1 2", "x_bboxes -1 99999999999999999999", 1), 2)
	f.Add(strings.Replace(twoPages, "x_wconf 96", "x_wconf NaN", 1), 2)
	f.Add("<div class='ocr_page'", 1)
	f.Fuzz(func(t *testing.T, in string, pages int) {
		if pages < 0 || pages > 100 {
			return
		}
		got, err := parseHOCR(strings.NewReader(in), pages)
		if err != nil {
			return
		}
		if len(got) != pages {
			t.Fatalf("%d pages, want %d", len(got), pages)
		}
		for _, p := range got {
			for _, g := range p {
				if g.Text == "" || !(g.Confidence >= 0 && g.Confidence <= 1) {
					t.Fatalf("%+v", g)
				}
			}
		}
	})
}
