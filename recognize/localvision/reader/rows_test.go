package reader

import (
	"image"
	"image/color"
	"testing"
)

// TestLinesThatHangTogether: Latin words above each other that are as wide as the halves of a syllable, and two lines
// that reach into each other's rows, are two lines each.
func TestLinesThatHangTogether(t *testing.T) {
	box := func(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }
	apart := []image.Rectangle{box(0, 0, 10, 14), box(12, 0, 10, 14), box(24, 0, 52, 17), box(0, 21, 10, 14), box(12, 21, 10, 14), box(24, 21, 54, 14)}
	if got := splitRows(apart); len(got) != 2 || got[0].Max.Y != 17 || got[1].Min.Y != 21 {
		t.Errorf("words above each other: %v", got)
	}
	halves := []image.Rectangle{box(0, 0, 14, 8), box(0, 10, 14, 7), box(20, 0, 14, 8), box(20, 10, 14, 7), box(40, 0, 14, 8), box(40, 10, 14, 7)}
	if got := splitRows(halves); len(got) != 1 {
		t.Errorf("the halves of syllables: %v", got)
	}
	var overlapping []image.Rectangle
	for x := range 20 {
		overlapping = append(overlapping, box(30*x, 0, 24, 26))
	}
	for x := range 8 {
		overlapping = append(overlapping, box(30*x+4, 20, 20, 26))
	}
	if got := splitRows(overlapping); len(got) != 2 || got[0].Max.Y > 30 || got[1].Min.Y < 16 {
		t.Errorf("lines that reach into each other: %v", got)
	}
}

// TestDotBelowATail: what lies below its neighbour is a dot of the next line; a comma, which begins beside it, is of its own.
func TestDotBelowATail(t *testing.T) {
	tail := blob{Rectangle: image.Rect(0, 15, 14, 36)}
	if dot := (blob{Rectangle: image.Rect(2, 39, 7, 45)}); inRow(tail, dot) {
		t.Error("the dot of an i below a g is of its line")
	}
	if comma := (blob{Rectangle: image.Rect(16, 32, 20, 38)}); !inRow(tail, comma) {
		t.Error("a comma is of no line")
	}
}

// TestIconBesideALine: an icon higher than the line beside it is no part of it, a glyph in its midst is.
func TestIconBesideALine(t *testing.T) {
	var set []image.Rectangle
	for x := range 12 {
		set = append(set, image.Rect(60+30*x, 14, 84+30*x, 42))
	}
	icon := image.Rect(0, 0, 38, 56)
	if got := splitSizes(append([]image.Rectangle{icon}, set...)); len(got) != 2 || got[0].Dy() != 28 || got[1] != icon {
		t.Errorf("an icon: %v", got)
	}
	if got := splitSizes(append([]image.Rectangle{image.Rect(160, 0, 180, 56)}, set...)); len(got) != 1 {
		t.Errorf("in its midst: %v", got)
	}
}

// TestBulletIsTakenOff: the dot before an item of a list is no part of its text; a point and a syllable are.
func TestBulletIsTakenOff(t *testing.T) {
	for name, c := range map[string]struct {
		dot  image.Rectangle
		gone bool
	}{
		"a dot":                {image.Rect(50, 57, 57, 64), true},
		"a point on the line":  {image.Rect(50, 67, 53, 70), false},
		"as high as the text":  {image.Rect(44, 50, 64, 70), false},
		"a dash":               {image.Rect(44, 59, 60, 62), false},
		"near what follows it": {image.Rect(65, 57, 72, 64), false},
	} {
		pic := canvas(400, 120)
		text := glyphs(pic, image.Pt(74, 50), 8, 20, 4, color.Black)
		fill(pic, c.dot, color.Black)
		s := cutStrip(pic, text.Union(c.dot))
		if gone := s.line.Min.X > c.dot.Min.X+3; gone != c.gone {
			t.Errorf("%s: the text begins at %d", name, s.line.Min.X)
		}
	}
}
