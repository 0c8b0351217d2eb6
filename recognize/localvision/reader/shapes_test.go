package reader

import (
	"image"
	"testing"
)

// TestShaped: the ink of a glyph tells apart what is of nearly the same shape.
func TestShaped(t *testing.T) {
	type boxes []image.Rectangle
	stem, foot := image.Rect(6, 4, 11, 34), image.Rect(6, 30, 24, 34)
	for name, c := range map[string]struct {
		text string
		ink  map[int]boxes // of a glyph, in its cell of 40 px; of others all of theirs
		want string
	}{
		"X":                            {"×축", map[int]boxes{0: {image.Rect(6, 4, 30, 34)}}, "X축"},
		"a multiplication sign":        {"가×세", map[int]boxes{1: {image.Rect(6, 10, 26, 28)}}, "가×세"},
		"that between numbers":         {"2×3", map[int]boxes{1: {image.Rect(6, 4, 30, 34)}}, "2×3"},
		"l":                            {"Lenny", map[int]boxes{0: {stem}}, "lenny"},
		"l with serifs":                {"Lenny", map[int]boxes{0: {stem, foot, image.Rect(1, 4, 11, 8)}}, "lenny"},
		"l with a serif, read as I":    {"In", map[int]boxes{0: {stem, foot, image.Rect(1, 4, 11, 8)}}, "ln"},
		"I with serifs":                {"In", map[int]boxes{0: {stem, image.Rect(1, 30, 16, 34), image.Rect(1, 4, 16, 8)}}, "In"},
		"I":                            {"In", map[int]boxes{0: {stem}}, "In"},
		"L":                            {"Linux", map[int]boxes{0: {stem, foot}}, "Linux"},
		"L with serifs":                {"Linux", map[int]boxes{0: {stem, foot, image.Rect(1, 4, 16, 8), image.Rect(1, 30, 16, 34)}}, "Linux"},
		"L nearer to the glyph before": {"List", map[int]boxes{0: {stem.Add(image.Pt(-4, 0)), foot.Add(image.Pt(-4, 0))}}, "List"},
		"s as high as e":               {"Stable", map[int]boxes{0: {image.Rect(2, 14, 34, 40)}, 2: {image.Rect(2, 14, 34, 40)}, 5: {image.Rect(2, 14, 34, 40)}}, "stable"},
		"S higher than e":              {"Stable", map[int]boxes{2: {image.Rect(2, 14, 34, 40)}, 5: {image.Rect(2, 14, 34, 40)}}, "Stable"},
		"S lower than digits":          {"r4S", map[int]boxes{0: {image.Rect(2, 14, 34, 40)}, 2: {image.Rect(2, 14, 34, 40)}}, "r4s"},
		"a word without a large one":   {"soon", nil, "soon"},
		"a bar for I":                  {"and|am", map[int]boxes{3: {image.Rect(16, 4, 20, 34)}}, "andIam"},
		"a bar that parts words":       {"and|am", map[int]boxes{3: {image.Rect(16, 0, 20, 40)}}, "and|am"},
		"a bar in a word":              {"and|am", map[int]boxes{3: {image.Rect(3, 4, 7, 34)}}, "and|am"},
		"a bracket that none opened":   {"가》", map[int]boxes{1: {image.Rect(6, 4, 26, 38)}}, "가y"},
		"특 read as a section sign":     {"§수", nil, "특수"},
		"특 read as an equals sign":     {"=수", map[int]boxes{0: {image.Rect(2, 2, 34, 6), image.Rect(2, 32, 34, 36)}}, "특수"},
		"축 read as an equals sign":     {"Y=에", map[int]boxes{1: {image.Rect(12, 0, 22, 3), image.Rect(4, 7, 32, 11), image.Rect(2, 18, 36, 38)}}, "Y축에"},
		"another syllable":             {"Y=에", map[int]boxes{1: {image.Rect(2, 2, 34, 6), image.Rect(2, 32, 34, 36)}}, "Y=에"},
		"an equals sign":               {"=수", map[int]boxes{0: {image.Rect(6, 14, 28, 17), image.Rect(6, 24, 28, 27)}}, "=수"},
		"a section":                    {"§3", nil, "§3"},
		"6 read as a letter":           {"é4", nil, "64"},
		"a letter with an accent":      {"éa", nil, "éa"},
		"ㅊ read as ㅈ":                  {"주", map[int]boxes{0: {image.Rect(10, 0, 20, 3), image.Rect(4, 7, 32, 11), image.Rect(2, 20, 36, 36)}}, "추"},
		"ㅊ beside its vowel":           {"지", map[int]boxes{0: {image.Rect(8, 1, 16, 4), image.Rect(2, 8, 22, 12), image.Rect(4, 12, 20, 36), image.Rect(30, 0, 34, 40)}}, "치"},
		"ㅈ whose legs stand apart":     {"지", map[int]boxes{0: {image.Rect(2, 2, 20, 5), image.Rect(10, 7, 14, 20), image.Rect(6, 20, 10, 36), image.Rect(16, 10, 22, 36), image.Rect(30, 0, 34, 40)}}, "지"},
		"a nought with a dot":          {"r®", map[int]boxes{1: {image.Rect(8, 4, 26, 34)}}, "r0"},
		"a sign in a circle":           {"r®", map[int]boxes{1: {image.Rect(4, 4, 34, 34)}}, "r®"},
		"ㅈ":                            {"주", map[int]boxes{0: {image.Rect(4, 0, 32, 4), image.Rect(2, 8, 36, 36)}}, "주"},
		"ㅈ below the tail of a letter": {"주", map[int]boxes{0: {image.Rect(10, 0, 20, 2), image.Rect(4, 12, 32, 16), image.Rect(2, 20, 36, 36)}}, "주"},
		"a bracket that closes a name": {"《가》", map[int]boxes{2: {image.Rect(6, 4, 26, 38)}}, "《가》"},
	} {
		glyphs := written(c.text, 0.9)
		line := image.NewGray(image.Rect(0, 0, 40*len(glyphs), textHeight))
		for i := range line.Pix {
			line.Pix[i] = 255
		}
		for i := range glyphs {
			ink := c.ink[i]
			if ink == nil {
				ink = boxes{image.Rect(2, 0, 34, textHeight)}
			}
			for _, b := range ink {
				for y := b.Min.Y; y < b.Max.Y; y++ {
					for x := b.Min.X; x < b.Max.X; x++ {
						line.Pix[y*line.Stride+40*i+x] = 0
					}
				}
			}
		}
		if got := textOf(shaped(line, glyphs)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestOneOfTwo: a letter that was read large and small is one where its ink is.
func TestOneOfTwo(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ink  []image.Rectangle
		want string
	}{
		"an l read twice":    {"lLo", []image.Rectangle{image.Rect(26, 4, 52, 34), image.Rect(84, 4, 114, 34)}, "lo"},
		"the small one last": {"Llo", []image.Rectangle{image.Rect(26, 4, 52, 34), image.Rect(84, 4, 114, 34)}, "lo"},
		"an S read twice":    {"rsS", []image.Rectangle{image.Rect(2, 14, 34, 34), image.Rect(66, 4, 90, 34)}, "rS"},
		"two letters":        {"lLo", []image.Rectangle{image.Rect(16, 4, 20, 34), image.Rect(46, 4, 70, 34), image.Rect(84, 4, 114, 34)}, "lLo"},
		"two that touch":     {"oOo", []image.Rectangle{image.Rect(4, 4, 74, 34), image.Rect(84, 4, 114, 34)}, "oOo"},
		"N behind n":         {"nNo", []image.Rectangle{image.Rect(26, 4, 52, 34), image.Rect(84, 4, 114, 34)}, "nNo"},
		"another letter":     {"ILo", []image.Rectangle{image.Rect(26, 4, 52, 34), image.Rect(84, 4, 114, 34)}, "ILo"},
	} {
		line := blank(120)
		for _, at := range c.ink {
			blacken(line, at)
		}
		if got := textOf(oneOfTwo(line, written(c.text, 0.9))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
