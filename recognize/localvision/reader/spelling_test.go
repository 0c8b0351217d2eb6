package reader

import "testing"

// written is glyphs of a text, each of a confidence, 40 px wide.
func written(text string, confidence float64) (glyphs []Glyph) {
	for i, r := range []rune(text) {
		g := Glyph{Text: string(r), Confidence: confidence}
		g.Box.Min.X, g.Box.Max.X, g.Box.Max.Y = 40*i, 40*i+36, textHeight
		glyphs = append(glyphs, g)
	}
	return glyphs
}

func TestSpell(t *testing.T) {
	for text, want := range map[string]string{
		"나타냄니다.":     "나타냅니다.",
		"됨니까":        "됩니까",
		"어머니다":       "어머니다",
		"아름다운":       "아름다운",
		"Mano|":      "Man이",
		"0|":         "0|",
		"cD":         "CD",
		"cD를":        "CD를",
		"cDs":        "cDs",
		"iOS":        "iOS",
		"eBook":      "eBook",
		"함께합니다니까감니다": "함께합니다니까갑니다",
	} {
		if got := textOf(spell(written(text, 1))); got != want {
			t.Errorf("%s is spelled %s, want %s", text, got, want)
		}
	}
}

// TestBegun: a beginning that no word has is told, behind signs, too, and nowhere else.
func TestBegun(t *testing.T) {
	for text, want := range map[string]string{
		"을바른": "올바른", "(을바르게": "(올바르게", "을바닥": "을바닥", "글을바르게": "글을바르게", "휠씬": "훨씬", "휠이": "휠이", "었든,": "어쨌든,", "있었든": "있었든", "만는": "만든", "가만는": "가만는", "을": "을",
	} {
		word := written(text, 0.9)
		begun(word)
		if got := textOf(word); got != want {
			t.Errorf("%s is mended to %s, want %s", text, got, want)
		}
	}
}
