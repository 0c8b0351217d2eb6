package reader

import (
	"image"
	"image/color"
	"testing"
)

// column draws n boxes below each other and returns the box around them.
func column(pic *image.RGBA, at image.Point, n, size, gap int) (all image.Rectangle) {
	for i := range n {
		r := image.Rect(0, 0, size, size).Add(at).Add(image.Pt(0, i*(size+gap)))
		fill(pic, r, color.Black)
		all = all.Union(r)
	}
	return all
}

func TestColumnsAndSpacedLines(t *testing.T) {
	for _, c := range []struct {
		name            string
		draw            func(pic *image.RGBA)
		spaced, columns int
	}{
		{"a line", func(pic *image.RGBA) { glyphs(pic, image.Pt(50, 50), 8, 20, 4, color.Black) }, 0, 0},
		{"a spaced line", func(pic *image.RGBA) { glyphs(pic, image.Pt(50, 50), 8, 20, 24, color.Black) }, 1, 0},
		{"two glyphs far apart", func(pic *image.RGBA) { glyphs(pic, image.Pt(50, 50), 2, 20, 24, color.Black) }, 0, 0},
		{"a column", func(pic *image.RGBA) { column(pic, image.Pt(50, 20), 6, 20, 4) }, 0, 1},
		{"a column of numbers", func(pic *image.RGBA) { column(pic, image.Pt(50, 20), 6, 20, 14) }, 0, 0},
		{"words below each other", func(pic *image.RGBA) {
			for i := range 4 {
				glyphs(pic, image.Pt(50, 20+i*21), 2, 13, 1, color.Black)
			}
		}, 0, 0},
		{"two columns", func(pic *image.RGBA) {
			column(pic, image.Pt(50, 20), 6, 20, 4)
			column(pic, image.Pt(200, 20), 6, 20, 4)
		}, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			pic := canvas(600, 300)
			c.draw(pic)
			spaced, rest := takeSpaced(findLines(edges(pic), edgeStep))
			columns, _ := takeColumns(rest)
			if len(spaced) != c.spaced || len(columns) != c.columns {
				t.Errorf("%d spaced lines and %d columns, want %d and %d", len(spaced), len(columns), c.spaced, c.columns)
			}
		})
	}
}

// TestCloseUp: glyphs that stand apart are found one by one, and are set as near as those of a line.
func TestCloseUp(t *testing.T) {
	pic := canvas(600, 300)
	all := column(pic, image.Pt(50, 20), 6, 24, 4)
	text := spread{glyphs: glyphsAlong(edges(pic), all, true), upright: true}
	if len(text.glyphs) != 6 {
		t.Fatalf("%d glyphs, want 6: %v", len(text.glyphs), text.glyphs)
	}
	s, ends := text.closeUp(pic)
	if len(ends) != 6 {
		t.Fatalf("%d ends, want 6", len(ends))
	}
	for i, end := range ends {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		if v := inkAt(s, (from+end)/2, s.line.Min.Y+s.line.Dy()/2); v < 255-inkBelow {
			t.Errorf("glyph %d has ink of %d", i, v)
		}
	}
}

// TestTwoLinesBesideALogo: something high does not make one line of two that stand beside it.
func TestTwoLinesBesideALogo(t *testing.T) {
	for _, last := range []int{10, 2} { // glyphs of the second line
		pic := canvas(600, 200)
		outline(pic, image.Rect(20, 40, 70, 100))
		upper := glyphs(pic, image.Pt(78, 42), 10, 18, 4, color.Black)
		lower := glyphs(pic, image.Pt(78, 80), last, 18, 4, color.Black)
		got := findLines(edges(pic), edgeStep)
		for _, want := range []image.Rectangle{upper, lower} {
			found := false
			for _, g := range got {
				found = found || near(g, want)
			}
			if !found {
				t.Errorf("found %v, want %v among them", got, want)
			}
		}
	}
}

// TestIconBesideAWord: an icon higher than the word that stands apart to its right is no part of it, a large syllable near the next is.
func TestIconBesideAWord(t *testing.T) {
	for name, c := range map[string]struct{ gap, height, lines int }{"an icon": {20, 34, 2}, "as high as the word": {20, 20, 1}, "near": {4, 34, 1}} {
		pic := canvas(400, 120)
		outline(pic, image.Rect(40, 60-c.height/2, 40+26, 60+c.height/2))
		glyphs(pic, image.Pt(66+c.gap, 51), 3, 18, 4, color.Black)
		if got := findLines(edges(pic), edgeStep); len(got) != c.lines {
			t.Errorf("%s: found %v, want %d lines", name, got, c.lines)
		}
	}
}

func TestLargeTypeIsFoundSmaller(t *testing.T) {
	pic := canvas(1280, 700)
	drawn := glyphs(pic, image.Pt(80, 80), 2, 500, 60, color.Black)
	small := findLines(edges(shrink(pic)), edgeStep)
	if len(small) != 1 {
		t.Fatalf("found %v, want one line", small)
	}
	if full := (image.Rectangle{small[0].Min.Mul(smaller), small[0].Max.Mul(smaller)}); !drawn.In(full.Inset(-8)) || !full.In(drawn.Inset(-12)) {
		t.Errorf("found %v, want %v", full, drawn)
	}
}

// TestGapsOf: a gap is found though Tesseract's boxes are off by half a glyph.
func TestGapsOf(t *testing.T) {
	for _, off := range []int{-12, 0, 12} {
		line := image.NewGray(image.Rect(0, 0, 400, 60))
		for i := range line.Pix {
			line.Pix[i] = 255
		}
		var read []Glyph
		x := 20
		for i := range 8 {
			for y := 10; y < 50; y++ {
				for k := x; k < x+28; k++ {
					line.Pix[y*line.Stride+k] = 0
				}
			}
			read = append(read, Glyph{Text: "가", Box: image.Rect(x+off, 0, x+off+28, 60)})
			x += 32
			if i == 3 {
				x += 16 // a space
			}
		}
		for i, gap := range gapsOf(line, read, inkBelow) {
			if space := gap >= leastSpace(read[i], read[i+1]); space != (i == 3) {
				t.Errorf("boxes off by %d: after glyph %d a gap of %.2f", off, i, gap)
			}
		}
	}
}

// TestGapsOfSmallType: the white between two words is grey where small type was enlarged.
func TestGapsOfSmallType(t *testing.T) {
	line := image.NewGray(image.Rect(0, 0, 200, textHeight))
	for i := range line.Pix {
		if x := i % line.Stride; x < 90 || x >= 102 {
			line.Pix[i] = 20
		} else {
			line.Pix[i] = 140
		}
	}
	read := []Glyph{{Text: "가", Box: image.Rect(0, 0, 90, textHeight)}, {Text: "나", Box: image.Rect(102, 0, 200, textHeight)}}
	for height, want := range map[int]bool{10: true, 30: false} {
		gap := gapsOf(line, read, inkOfGaps(textHeight/float64(height)))[0]
		if got := gap >= leastSpace(read[0], read[1]); got != want {
			t.Errorf("type of %d px: a gap of %.2f", height, gap)
		}
	}
}
