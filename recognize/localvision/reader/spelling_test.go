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
