package reader

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"pgregory.net/rapid"
)

// canvas is a white picture to put boxes on, for glyphs.
func canvas(w, h int) *image.RGBA {
	pic := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(pic, pic.Rect, image.White, image.Point{}, draw.Src)
	return pic
}

func fill(pic *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(pic, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// outline draws a hollow box with sides of 2 px.
func outline(pic *image.RGBA, r image.Rectangle) {
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+2)}, {image.Pt(r.Min.X, r.Max.Y-2), r.Max},
		{r.Min, image.Pt(r.Min.X+2, r.Max.Y)}, {image.Pt(r.Max.X-2, r.Min.Y), r.Max},
	} {
		fill(pic, side, color.Black)
	}
}

// glyphs draws n boxes of size px with gaps between and returns the box around them.
func glyphs(pic *image.RGBA, at image.Point, n, size, gap int, c color.Color) image.Rectangle {
	var all image.Rectangle
	for i := range n {
		r := image.Rect(0, 0, size, size).Add(at).Add(image.Pt(i*(size+gap), 0))
		fill(pic, r, c)
		all = all.Union(r)
	}
	return all
}

// near says whether a found box is the drawn one, give or take the width of an edge.
func near(found, drawn image.Rectangle) bool {
	return drawn.In(found.Inset(-2)) && found.In(drawn.Inset(-3))
}

func TestFindLines(t *testing.T) {
	black, gray := color.Black, color.Gray{150}
	cases := map[string]func(pic *image.RGBA) []image.Rectangle{
		"nothing": func(*image.RGBA) []image.Rectangle { return nil },
		"a line": func(pic *image.RGBA) []image.Rectangle {
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 6, 20, 5, black)}
		},
		"light on dark": func(pic *image.RGBA) []image.Rectangle {
			fill(pic, image.Rect(0, 30, 600, 120), color.RGBA{30, 58, 138, 255})
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 6, 40, 8, color.RGBA{253, 224, 71, 255})}
		},
		"two lines, tightly set": func(pic *image.RGBA) []image.Rectangle {
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 8, 20, 4, black), glyphs(pic, image.Pt(50, 77), 8, 20, 4, black)}
		},
		"two lines that touch": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(50, 50), 12, 20, 4, black)
			lower := glyphs(pic, image.Pt(50, 75), 12, 20, 4, black)
			fill(pic, image.Rect(100, 60, 104, 90), black) // a tail that reaches down
			lower.Min.Y = 73                               // the tail's end counts as the lower line's
			return []image.Rectangle{upper, lower}
		},
		"a line above the few glyphs of its last": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(50, 50), 14, 20, 8, black)
			lower := glyphs(pic, image.Pt(50, 74), 3, 20, 8, black)
			fill(pic, image.Rect(60, 60, 90, 64), black) // syllables that touch, as wide as two lines are high
			fill(pic, image.Rect(60, 80, 90, 84), black)
			return []image.Rectangle{upper, lower}
		},
		"the few glyphs of a line above the next": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(330, 50), 4, 20, 8, black)
			lower := glyphs(pic, image.Pt(50, 74), 14, 20, 8, black)
			fill(pic, image.Rect(340, 60, 370, 64), black)
			fill(pic, image.Rect(340, 80, 370, 84), black)
			return []image.Rectangle{upper, lower}
		},
		"halves of a line that is struck through": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(50, 50), 8, 20, 4, black)
			lower := glyphs(pic, image.Pt(50, 74), 8, 20, 4, black)
			fill(pic, image.Rect(46, 71, 242, 73), red)
			return []image.Rectangle{upper.Union(lower)}
		},
		"two lines, the first underlined": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(50, 50), 8, 20, 4, black)
			lower := glyphs(pic, image.Pt(50, 83), 8, 20, 4, black)
			fill(pic, image.Rect(46, 73, 242, 75), black)
			return []image.Rectangle{upper, lower}
		},
		"two lines, each on a ground of its own": func(pic *image.RGBA) []image.Rectangle {
			fill(pic, image.Rect(46, 48, 242, 72), red)
			fill(pic, image.Rect(46, 80, 242, 104), red)
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 8, 20, 4, color.White), glyphs(pic, image.Pt(50, 82), 8, 20, 4, color.White)}
		},
		"two columns": func(pic *image.RGBA) []image.Rectangle {
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 6, 20, 5, black), glyphs(pic, image.Pt(300, 50), 6, 20, 5, gray)}
		},
		"in a frame": func(pic *image.RGBA) []image.Rectangle {
			outline(pic, image.Rect(30, 40, 220, 80))
			return []image.Rectangle{glyphs(pic, image.Pt(50, 50), 6, 20, 5, black)}
		},
		"in a frame that the first glyph touches": func(pic *image.RGBA) []image.Rectangle {
			outline(pic, image.Rect(30, 43, 220, 77))
			glyphs(pic, image.Pt(32, 50), 1, 20, 0, black)
			text := glyphs(pic, image.Pt(57, 50), 6, 20, 5, black)
			return []image.Rectangle{image.Rect(33, text.Min.Y, text.Max.X, text.Max.Y)}
		},
		"in a small table": func(pic *image.RGBA) []image.Rectangle {
			outline(pic, image.Rect(30, 40, 401, 81))
			outline(pic, image.Rect(30, 79, 401, 120))
			fill(pic, image.Rect(200, 40, 202, 120), black)
			var want []image.Rectangle
			for _, at := range []image.Point{{60, 50}, {230, 50}, {60, 90}, {230, 90}} {
				want = append(want, glyphs(pic, at, 4, 20, 5, black))
			}
			return want
		},
		"syllables whose level strokes touch": func(pic *image.RGBA) []image.Rectangle {
			upper := glyphs(pic, image.Pt(54, 50), 4, 18, 8, black)
			glyphs(pic, image.Pt(54, 76), 4, 18, 8, black)
			fill(pic, image.Rect(50, 71, 156, 73), black)
			fill(pic, image.Rect(152, 50, 154, 94), black) // upright, as of a vowel
			return []image.Rectangle{image.Rect(50, upper.Min.Y, 156, 94)}
		},
		"a syllable whose level stroke stands apart between its halves": func(pic *image.RGBA) []image.Rectangle {
			before := glyphs(pic, image.Pt(50, 50), 4, 37, 4, black)
			fill(pic, image.Rect(238, 53, 256, 63), black) // 응, behind a space
			fill(pic, image.Rect(230, 67, 263, 72), black)
			fill(pic, image.Rect(238, 75, 256, 85), black)
			return []image.Rectangle{before.Union(glyphs(pic, image.Pt(273, 50), 5, 37, 4, black))}
		},
		"a rule": func(pic *image.RGBA) []image.Rectangle {
			fill(pic, image.Rect(20, 100, 500, 102), black)
			fill(pic, image.Rect(20, 120, 22, 300), black)
			return nil
		},
	}
	for name, draw := range cases {
		t.Run(name, func(t *testing.T) {
			pic := canvas(600, 400)
			want := draw(pic)
			got := findLines(edges(pic), edgeStep)
			if len(got) != len(want) {
				t.Fatalf("found %v, want %v", got, want)
			}
			for i := range want {
				if !near(got[i], want[i]) {
					t.Errorf("found %v, want %v", got[i], want[i])
				}
			}
		})
	}
}

// TestFindLinesOfAnySize: a line is found whole whatever its size, place and colours.
func TestFindLinesOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pic := canvas(900, 200)
		size := rapid.IntRange(10, 108).Draw(t, "size")
		ground := rapid.Byte().Draw(t, "ground")
		ink := byte(int(ground) + rapid.IntRange(60, 196).Draw(t, "contrast")) // at least 60 apart, round the clock
		fill(pic, pic.Rect, color.Gray{ground})
		at := image.Pt(rapid.IntRange(3, 200).Draw(t, "x"), rapid.IntRange(3, 80).Draw(t, "y"))
		gap := max(3, size*rapid.IntRange(5, 35).Draw(t, "gap")/100)
		drawn := glyphs(pic, at, rapid.IntRange(2, 5).Draw(t, "n"), size, gap, color.Gray{ink})
		got := findLines(edges(pic), edgeStep)
		if len(got) != 1 || !near(got[0], drawn) {
			t.Fatalf("found %v, want %v", got, drawn)
		}
	})
}
