package codes

import (
	"flag"
	"fmt"
	"image/color"
	"os"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"

	"github.com/pageinspect/pageinspect/shared/result"
)

var update = flag.Bool("update", false, "rewrite ACCURACY.md from what is found now")

var angles = []float64{0, 7, 15, 25, 45, 70, 90, 180, 200}

// kinds are the rows of the tables: a standard code, varied.
var kinds = []struct {
	name   string
	ground color.Color
	vary   func(*drawn)
}{
	{"black on white", white, func(*drawn) {}},
	{"white on black", black, func(d *drawn) { d.dark, d.light = white, black }},
	{"black on yellow", color.Gray{235}, func(d *drawn) { d.light = color.RGBA{250, 225, 0, 255} }},
	{"red on white", white, func(d *drawn) { d.dark = color.RGBA{200, 0, 0, 255} }},
	{"pale blue on white", white, func(d *drawn) { d.dark = color.RGBA{120, 160, 230, 255} }},
	{"grey on grey (110, 170)", color.Gray{235}, func(d *drawn) { d.dark, d.light = color.Gray{110}, color.Gray{170} }},
	{"round modules", white, func(d *drawn) { d.round, d.level = true, decoder.ErrorCorrectionLevel_H }},
	{"a logo in the middle", white, func(d *drawn) { d.logo, d.level = true, decoder.ErrorCorrectionLevel_H }},
	{"quiet zone of 1 module", black, func(d *drawn) { d.quiet = 1 }},
	{"none, on the same white", white, func(d *drawn) { d.quiet = 0 }},
	{"120 characters", white, func(d *drawn) { d.text = openChat + "?" + strings.Repeat("x", 86) }},
	{"Hangul", white, func(d *drawn) { d.text = "카카오톡 아이디 bagstory77 으로 연락 주세요" }},
}

var sizes = []float64{40, 50, 60, 80, 120, 200, 400, 800}

// bars are the one-dimensional codes, by their width.
var (
	barKinds = []drawn{
		{format: result.EAN13, text: "8801234567893"},
		{format: result.EAN8, text: "96385074"},
		{format: result.Code128, text: "PAGE-1234"},
	}
	widths = []float64{80, 100, 120, 150, 200, 300, 400}
	tilts  = []float64{0, 1, 2, 5, 10, 90, 180, 270}
)

// TestFinds: what is neither tiny nor nearly invisible is found, as it stands.
func TestFinds(t *testing.T) {
	for _, k := range kinds {
		for _, angle := range []float64{0, 25} {
			d := standard()
			k.vary(&d)
			d.size, d.angle = 160, angle
			if d.found(t, k.ground) != 1 {
				t.Errorf("%s at %g° is not found", k.name, angle)
			}
		}
	}
	for _, d := range barKinds {
		for _, tilt := range []float64{0, 1, 180, 270} {
			d.dark, d.light, d.quiet, d.size, d.angle = black, white, 10, 200, tilt
			if d.found(t, white) != 1 {
				t.Errorf("%s at %g° is not found", d.format, tilt)
			}
		}
	}
}

// TestAccuracy measures the generated set, which takes some minutes, and writes ACCURACY.md.
func TestAccuracy(t *testing.T) {
	if !*update {
		t.Log("measured with -update only")
		return
	}
	var b strings.Builder
	head := func(first string, columns []float64) {
		fmt.Fprintf(&b, "| %s |", first)
		for _, c := range columns {
			fmt.Fprintf(&b, " %g |", c)
		}
		fmt.Fprintf(&b, "\n| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	}
	head("QR code, px", sizes)
	for _, k := range kinds {
		fmt.Fprintf(&b, "| %s |", k.name)
		for _, size := range sizes {
			n := 0
			for _, angle := range angles {
				d := standard()
				k.vary(&d)
				d.size, d.angle = size, angle
				n += d.found(t, k.ground)
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	head("barcode, px wide", widths)
	for _, d := range barKinds {
		d.dark, d.light, d.quiet = black, white, 10
		fmt.Fprintf(&b, "| %s |", d.format)
		for _, width := range widths {
			n := 0
			for _, tilt := range tilts {
				d.size, d.angle = width, tilt
				n += d.found(t, white)
			}
			fmt.Fprintf(&b, " %d |", n)
		}
		b.WriteString("\n")
	}
	const begin, end = "<!-- tables -->\n", "<!-- end -->\n"
	page, err := os.ReadFile("ACCURACY.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), begin)
	_, after, _ := strings.Cut(rest, end)
	if err := os.WriteFile("ACCURACY.md", []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// found is 1 if the code, and no other, is found where it stands.
func (d drawn) found(t *testing.T, ground color.Color) int {
	t.Helper()
	img := d.picture(t, ground)
	f, err := Find(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	codes := f.Codes
	for _, c := range codes {
		if c.Text != d.text || c.Format != d.format {
			t.Errorf("%s, %g px, %g°: read %q (%s), want %q", d.format, d.size, d.angle, c.Text, c.Format, d.text)
			return 0
		}
	}
	if len(codes) != 1 {
		return 0
	}
	side, box := img.Bounds().Dx(), codes[0].Box
	if middle := box.Min.Add(box.Max).Div(2); max(middle.X, middle.Y) > side/2+int(d.size/5)+8 || min(middle.X, middle.Y) < side/2-int(d.size/5)-8 {
		t.Errorf("%s, %g px, %g°: box %v in a picture of %d px", d.format, d.size, d.angle, box, side)
	}
	if len(f.Unread) > 0 || len(f.Corners) > 0 {
		t.Errorf("%s, %g px, %g°: read, and yet unread at %v, corners %v", d.format, d.size, d.angle, f.Unread, f.Corners)
	}
	return 1
}
