package reader

import (
	"encoding/xml"
	"errors"
	"image"
	"io"
	"strconv"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Glyph is one character as Tesseract read it, with its box in the picture it was
// given. Its confidence is that of Tesseract's word: the confidences of single
// characters lie above 0.9 even where there is no text.
type Glyph struct {
	Text       string
	Box        image.Rectangle
	Confidence float64 // 0..1
}

// parseHOCR reads Tesseract's hOCR with hocr_char_boxes on: for each page its
// glyphs in reading order. The words that Tesseract makes of them are passed
// over, as it takes Korean apart into syllables.
func parseHOCR(r io.Reader, pages int) ([][]Glyph, error) {
	out := make([][]Glyph, pages)
	d := xml.NewDecoder(r)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	page, confidence := -1, 0.0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if page != pages-1 {
				return nil, fault.New(fault.Internal, "read Tesseract's answer: %d pages of %d in it", page+1, pages)
			}
			return out, nil
		}
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "read Tesseract's answer")
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		class, title := attributes(start)
		switch class {
		case "ocr_page":
			if page++; page >= pages {
				return nil, fault.New(fault.Internal, "read Tesseract's answer: more pages than the %d it was given", pages)
			}
		case "ocrx_word":
			if confidence, ok = number(title, "x_wconf"); !ok {
				return nil, fault.New(fault.Internal, "read Tesseract's answer: a word with the title %q on page %d", title, page+1)
			}
		case "ocrx_cinfo":
			box, ok := parseBox(title)
			if !ok || page < 0 {
				return nil, fault.New(fault.Internal, "read Tesseract's answer: a character with the title %q on page %d", title, page+1)
			}
			text, err := d.Token()
			if err != nil {
				return nil, fault.Wrap(fault.Internal, err, "read Tesseract's answer")
			}
			g := Glyph{Box: box, Confidence: confidence}
			if data, ok := text.(xml.CharData); ok {
				g.Text = strings.TrimSpace(string(data))
			}
			if g.Text != "" {
				out[page] = append(out[page], g)
			}
		}
	}
}

func attributes(e xml.StartElement) (class, title string) {
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "class":
			class = a.Value
		case "title":
			title = a.Value
		}
	}
	return class, title
}

// number finds a property of a title such as "bbox 1 2 3 4; x_wconf 96" that has one
// value, a percentage, and returns it as 0..1.
func number(title, name string) (float64, bool) {
	for property := range strings.SplitSeq(title, ";") {
		if key, value, ok := strings.Cut(strings.TrimSpace(property), " "); ok && key == name {
			v, err := strconv.ParseFloat(value, 64)
			return min(1, max(0, v/100)), err == nil && v >= -1 && v <= 101
		}
	}
	return 0, false
}

// parseBox reads the box from "x_bboxes 1 2 3 4; x_conf 99.5".
func parseBox(title string) (image.Rectangle, bool) {
	boxes, _, _ := strings.Cut(title, ";")
	numbers := strings.Fields(boxes)
	if len(numbers) != 5 || numbers[0] != "x_bboxes" {
		return image.Rectangle{}, false
	}
	var v [4]int
	for i := range v {
		n, err := strconv.Atoi(numbers[i+1])
		if err != nil {
			return image.Rectangle{}, false
		}
		v[i] = n
	}
	return image.Rect(v[0], v[1], v[2], v[3]), true
}
