package reader

import (
	"image"
	"testing"
)

// TestSyllablesThatTheDataLacks: a frequent word is told where its syllable was read as another with no confidence, and only there.
func TestSyllablesThatTheDataLacks(t *testing.T) {
	for _, c := range []struct {
		read, want string
		confidence float64
	}{
		{"바낌니다", "바뀝니다", 0},
		{"바꼽니다", "바꿉니다", 0},
		{"꼽니다", "끕니다", 0},
		{"듭니다", "둡니다", 0.2},
		{"듭니다", "듭니다", 0.8}, // read surely
		{"씀니다", "씁니다", 0},   // another word that is spelled so
		{"숨김니다", "숨깁니다", 0},
		{"시권스", "시퀀스", 0},
		{"시퀸스", "시퀀스", 0.83}, // no other word is written so, however surely it was read
		{"바낍니다", "바뀝니다", 0.89},
		{"굽은", "굽은", 0.83},
		{"굽은", "굵은", 0},
		{"콘은", "콘은", 0}, // begins with another consonant
		{"바람니다", "바랍니다", 0},
		{"바란", "바란", 0}, // looks like none
		{"좋아한니다", "좋아합니다", 0.9},
		{"언니다", "언니다", 0.9},
	} {
		if got := textOf(spell(written(c.read, c.confidence))); got != c.want {
			t.Errorf("%s, read with %v: %s, want %s", c.read, c.confidence, got, c.want)
		}
	}
}

// TestEvened: a box that swallowed its neighbour is shared with it.
func TestEvened(t *testing.T) {
	glyphs := written("것입니", 0.9)
	glyphs[0].Box.Max.X, glyphs[1].Box.Min.X, glyphs[1].Box.Max.X = 66, 70, 74
	evened(glyphs, 36)
	if a, b := glyphs[0].Box, glyphs[1].Box; a.Max.X != 37 || b.Min.X != 37 {
		t.Errorf("boxes %v and %v do not meet in the middle", a, b)
	}
	glyphs = written("것입", 0.9)
	evened(glyphs, 36)
	if glyphs[0].Box.Max.X != 36 {
		t.Error("boxes as wide as syllables were changed")
	}
}

// blank is a white line.
func blank(w int) *image.Gray {
	line := image.NewGray(image.Rect(0, 0, w, textHeight))
	for i := range line.Pix {
		line.Pix[i] = 255
	}
	return line
}

func blacken(line *image.Gray, at image.Rectangle) {
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			line.Pix[y*line.Stride+x] = 0
		}
	}
}

// TestSpaceBetween: a word is cut off in the space before it, though Tesseract's box begins a letter late.
func TestSpaceBetween(t *testing.T) {
	line := blank(200)
	for _, x := range []int{0, 60, 80, 100} { // 며 u n s
		blacken(line, image.Rect(x, 10, x+18, 40))
	}
	a, b := Glyph{Text: "며", Box: image.Rect(0, 0, 18, 40)}, Glyph{Text: "하", Box: image.Rect(79, 0, 119, 40)}
	if got := spaceBetween(line, a, b); got < 18 || got > 60 {
		t.Errorf("cut at %d, want it in the space from 18 to 60", got)
	}
}

// TestLeftOut: ink before the first glyph is read apart where a space stands behind it.
func TestLeftOut(t *testing.T) {
	line := blank(200)
	blacken(line, image.Rect(10, 5, 30, 35))
	blacken(line, image.Rect(50, 5, 85, 38))
	first := []Glyph{{Text: "축", Box: image.Rect(60, 0, 86, 40)}} // its box begins late
	if p := leftOut(line, first); p == nil || p.gray.Rect.Dx() != 20+2*10 {
		t.Errorf("%+v, want the 20 px before the syllable", p)
	}
	first[0].Box.Min.X = 10
	if leftOut(line, first) != nil {
		t.Error("what was read is left out")
	}
	for text, want := range map[string]string{"Y": "Y", "¥": "¥", "가": "", "~": ""} {
		if got := textOf(foundBefore(&part{glyphs: written(text, 0.9)})); got != want {
			t.Errorf("%s before a line: %q, want %q", text, got, want)
		}
	}
	if foundBefore(&part{glyphs: written("Y", 0.5)}) != nil {
		t.Error("what was read unsurely is text")
	}
}

// TestLowWordsAreReadSmaller, and their boxes lead back to the line.
func TestLowWordsAreReadSmaller(t *testing.T) {
	line := blank(200)
	blacken(line, image.Rect(100, 12, 160, 34))
	p := cutOut(line, image.Rect(100, 0, 160, textHeight))
	small := p.toRead(englishData)
	if small.Rect.Dx() != 64 {
		t.Errorf("%d px wide, want 64 of 80", small.Rect.Dx())
	}
	if got, want := p.inLine(image.Rect(8, 8, 56, 24)), image.Rect(100, 10, 160, 30); got != want {
		t.Errorf("%v in the line, want %v", got, want)
	}
	blacken(line, image.Rect(100, 2, 104, 38))
	if p := cutOut(line, image.Rect(100, 0, 160, textHeight)); p.toRead(englishData) != p.gray {
		t.Error("a word with a head is read smaller")
	}
}

// TestStretchesWordByWord: each word is what was read more surely of it, and a syllable among them is one.
func TestStretchesWordByWord(t *testing.T) {
	english := append(written("cleanZ!", 0.96), written("a/pha", 0.7)...)
	for i := range english {
		english[i].Box = image.Rect(40*i, 0, 40*i+36, 40)
	}
	s := stretch{from: 0, to: 11, hangul: append(written("clean2", 0.6), written("alpha", 0.95)...), english: &part{glyphs: english}, words: []int{5, 6}, cuts: []int{200, 280}, alone: make([]*part, 3)}
	if got, want := textOf(s.best()), "cleanZ!alpha"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.alone[1] = &part{glyphs: written("및", 0.9)}
	if got, want := textOf(s.best()), "clean및alpha"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCountUp(t *testing.T) {
	for text, want := range map[string]string{"Ill,": "III,", "ll": "II", "l": "l", "ill": "ill", "llll": "llll", "I'll": "I'll"} {
		glyphs := written(text, 1)
		countUp(glyphs)
		if got := textOf(glyphs); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestSlashAndZ are told from l and 7 by their ink.
func TestSlashAndZ(t *testing.T) {
	line := blank(200)
	for y := range 36 {
		blacken(line, image.Rect(52-y*12/36, 2+y, 55-y*12/36, 3+y))   // leans
		blacken(line, image.Rect(110-y*18/36, 2+y, 114-y*18/36, 3+y)) // the middle of a Z
	}
	blacken(line, image.Rect(92, 2, 114, 5))
	glyphs := written("가l", 0.9)
	if got := textOf(shaped(line, glyphs)); got != "가/" {
		t.Errorf("got %q, want a slash", got)
	}
	seven := []Glyph{{Text: "7", Confidence: 0.9, Box: image.Rect(92, 0, 114, 40)}}
	if got := textOf(shaped(line, seven)); got != "7" {
		t.Errorf("got %q of what has no foot", got)
	}
	blacken(line, image.Rect(92, 35, 114, 38))
	if got := textOf(shaped(line, seven)); got != "Z" {
		t.Errorf("got %q, want Z", got)
	}
	if got := textOf(shaped(blank(200), written("¥5", 0.9))); got != "¥5" {
		t.Errorf("got %q of a price", got)
	}
}
