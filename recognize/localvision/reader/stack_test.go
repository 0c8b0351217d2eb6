package reader

import (
	"image"
	"image/color"
	"testing"
)

// TestLinesThatReachIntoEachOtherAreCutApart: a glyph belongs to the line in which its middle lies, and no other line has a part of it.
func TestLinesThatReachIntoEachOtherAreCutApart(t *testing.T) {
	for name, c := range map[string]struct {
		lines int
		want  bool
		read  *Line
		bars  int // as high as all, as of ㅣ
	}{
		"two lines":                   {lines: 2, want: true},
		"three lines":                 {lines: 3, want: true},
		"two, read badly":             {lines: 2, want: true, read: readAs("오", 0.4, image.Rectangle{})},
		"what is read well":           {lines: 2, read: readAs("가나다", 0.9, image.Rectangle{})},
		"one line with upright bars":  {lines: 2, bars: 20},
		"bars that touch those below": {lines: 2, bars: 1, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			const size, pitch, every = 22, 19, 50
			pic := canvas(1200, 200)
			var rows []image.Rectangle
			var all image.Rectangle
			for i := range c.lines { // glyphs of two lines stand beside each other where they reach into one another
				var row image.Rectangle
				for k := range 20 {
					at := image.Pt(40+i%2*every/2+k*every, 50+i*pitch)
					for _, stroke := range []image.Rectangle{ // few at its head and its foot, as most glyphs have
						image.Rect(8, 0, 11, size), image.Rect(0, 4, 2, 18), image.Rect(4, 4, 6, 18), image.Rect(13, 4, 15, 18), image.Rect(17, 4, 19, 18),
					} {
						fill(pic, stroke.Add(at), color.Black)
						row = row.Union(stroke.Add(at))
					}
				}
				rows = append(rows, row)
				all = all.Union(row)
			}
			for i := range c.bars {
				fill(pic, image.Rect(61+i*every, all.Min.Y, 63+i*every, all.Max.Y), color.Black)
			}
			s, ok := stackOf(edges(pic), all, c.read)
			if ok != c.want {
				t.Fatalf("may be several: %v, want %v", ok, c.want)
			}
			if !ok || c.bars > 0 {
				return
			}
			cuts := s.candidates(pic)
			if len(cuts) != c.lines {
				t.Fatalf("%d lines, want %d", len(cuts), c.lines)
			}
			for i, cut := range cuts {
				if got := cut.cut().line; !near(got, rows[i]) {
					t.Errorf("line %d is cut to %v, want %v", i, got, rows[i])
				}
			}
		})
	}
}

// TestStrokesOfOneLine: strokes that are more than half as high as a line say nothing of where two lines would meet in it.
func TestStrokesOfOneLine(t *testing.T) {
	pic := canvas(900, 120)
	var all image.Rectangle
	for k := range 30 {
		for _, stroke := range []image.Rectangle{image.Rect(0, 4, 3, 21), image.Rect(8, 13, 11, 30)} {
			stroke = stroke.Add(image.Pt(30+k*25, 40))
			fill(pic, stroke, color.Black)
			all = all.Union(stroke)
		}
	}
	if s, ok := stackOf(edges(pic), all, nil); !ok || s.reach != 0 {
		t.Errorf("%+v: a line of 26 px with strokes of 17 is held for two that overlap", s)
	}
}

// TestStrokesThatTouchTheNextLine: the bar at the foot of a glyph is a part of its own line, though a stroke of the next begins in it.
func TestStrokesThatTouchTheNextLine(t *testing.T) {
	const size, pitch, every, left, top = 36, 29, 50, 40, 50
	pic := canvas(1200, 200)
	var all image.Rectangle
	draw := func(x, y int, strokes ...image.Rectangle) {
		for _, stroke := range strokes {
			stroke = stroke.Add(image.Pt(x, y))
			fill(pic, stroke, color.Black)
			all = all.Union(stroke)
		}
	}
	for k := range 20 {
		x := left + k*every
		draw(x, top, image.Rect(20, 0, 25, size), image.Rect(0, 18, 5, size), image.Rect(0, size-5, 16, size), image.Rect(2, 4, 14, 8))
		draw(x, top+pitch, image.Rect(7, 0, 12, size), image.Rect(30, 0, 35, size))
	}
	s, ok := stackOf(edges(pic), all, nil)
	if !ok || len(s.at) != 1 {
		t.Fatalf("cut at %v, want two lines", s.at)
	}
	upper, lower := s.cut(pic, 0), s.cut(pic, 1)
	if want := image.Rect(left, top, all.Max.X-10, top+size); !near(upper.line, want) {
		t.Errorf("the upper line is %v, want %v", upper.line, want)
	}
	if want := image.Rect(left, top+pitch, all.Max.X, all.Max.Y); upper.line.Max.Y >= lower.line.Max.Y || lower.line.Min.Y < want.Min.Y-3 || lower.line.Max.Y < want.Max.Y-1 {
		t.Errorf("the lower line is %v, want %v", lower.line, want)
	}
	at := func(s strip, x, y int) uint8 {
		return s.gray.GrayAt(int((float64(x-s.at.X)+0.5)*s.per), int((float64(y-s.at.Y)+0.5)*s.per)).Y
	}
	if v := at(upper, left+every+3, top+size-3); v > inkBelow {
		t.Errorf("the bar at a foot is %d in its line, want it black", v)
	}
	if v := at(lower, left+every+9, top+size+4); v > inkBelow {
		t.Errorf("the stroke below is %d in its line, want it black", v)
	}
	if v := at(lower, left+every+22, top+size-2); v < inkBelow {
		t.Errorf("the end of an upper stroke is %d in the lower line, want it white", v)
	}
}

// TestSurerLinesStay: several lines stay where they are surer than the one, and small lines where they say much more than the large one they are in.
func TestSurerLinesStay(t *testing.T) {
	unsure := readAs("오아소", 0.3, image.Rect(0, 0, 400, 44))
	upper, lower := readAs("첫 줄", 0.8, image.Rect(0, 0, 400, 22)), readAs("둘째 줄", 0.7, image.Rect(0, 20, 400, 44))
	if got := (stack{one: unsure}).best([]*Line{upper, lower}, nil); len(got) != 2 {
		t.Errorf("%d lines, want two surer ones", len(got))
	}
	if got := (stack{one: upper}).best([]*Line{unsure, nil}, nil); len(got) != 1 || got[0].Box != upper.Box {
		t.Errorf("%v stays, want the one", got)
	}
	if got := (stack{}).best([]*Line{nil, nil}, nil); len(got) != 0 {
		t.Errorf("%v is read of nothing", got)
	}
	address := image.Rect(0, 0, 400, 44)
	halves := []*Line{readAs("VVVVVV,OIN", 0.9, image.Rect(0, 0, 400, 22)), readAs("1°1111", 0.9, image.Rect(0, 22, 400, 44))}
	strong := []Line{*readAs("www.skin", 0.93, image.Rect(0, 0, 180, 44)), *readAs("-lab.co.kr", 0.89, image.Rect(185, 0, 400, 44))}
	if got := (stack{box: address}).best(halves, strong); len(got) != 0 {
		t.Errorf("%d halves of letters stay that strong edges show whole", len(got))
	}

	page := image.Rect(0, 0, 800, 260)
	var paragraph []*Line
	for y := range 8 {
		paragraph = append(paragraph, readAs("문단의 한 줄이다", 0.9, image.Rect(0, 30*y, 800, 30*y+20)))
	}
	if got := notOverruled([]*Line{readAs("meee", 0.41, page)}, paragraph); got[0] != nil {
		t.Error("a paragraph is given up for scraps of large type")
	}
	pieces := []*Line{nil, readAs("ㅇ", 0.86, image.Rect(0, 0, 60, 60))}
	if got := notOverruled([]*Line{readAs("특가", 0.9, page)}, pieces); got[0] == nil {
		t.Error("large type is given up for pieces of it")
	}
}

// readAs is a line of one word, read with a confidence.
func readAs(text string, confidence float64, box image.Rectangle) *Line {
	return &Line{Words: []Word{{Glyphs: written(text, confidence), Box: box, Confidence: confidence}}, Box: box}
}
