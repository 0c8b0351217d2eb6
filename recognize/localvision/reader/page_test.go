package reader

import "testing"

// TestSettle: a syllable that was read unsurely is told by a word that stands twice on the page, and only at its beginning.
func TestSettle(t *testing.T) {
	word := func(text string, unsure int, confidence float64) Word {
		w := Word{Glyphs: written(text, 0.93)}
		if unsure >= 0 {
			w.Glyphs[unsure].Confidence = confidence
		}
		return w
	}
	for name, c := range map[string]struct {
		others []string
		word   Word
		want   string
	}{
		"a stem":                        {[]string{"오른쪽", "오른쪽을"}, word("오븐쪽으로", 1, 0.6), "오른쪽으로"},
		"the first syllable":            {[]string{"텍스트를", "텍스트의"}, word("테스트를", 0, 0.7), "텍스트를"},
		"in brackets":                   {[]string{"텍스트를", "텍스트의"}, word("(테스트", 1, 0.7), "(텍스트"},
		"read surely":                   {[]string{"텍스트를", "텍스트의"}, word("테스트를", 0, 0.85), "테스트를"},
		"a word that stands there once": {[]string{"텍스트를"}, word("테스트를", 0, 0.7), "테스트를"},
		"it stands there, too":          {[]string{"텍스트를", "텍스트의", "테스트를"}, word("테스트를", 0, 0.7), "테스트를"},
		"an ending":                     {[]string{"목록은", "목록은"}, word("목록을", 2, 0.6), "목록을"},
		"no like syllable":              {[]string{"오른쪽", "오른쪽을"}, word("오자쪽으로", 1, 0.6), "오자쪽으로"},
		"two that are like it":          {[]string{"오른쪽", "오른쪽", "오근쪽", "오근쪽"}, word("오는쪽", 1, 0.6), "오는쪽"},
		"a twin":                        {[]string{"모든"}, word("모는", -1, 0), "모든"},
		"a twin that is not there":      {[]string{"모두"}, word("모는", -1, 0), "모는"},
		"a short word":                  {[]string{"수정", "수정"}, word("수점", 1, 0.6), "수점"},
	} {
		lines := []Line{{}}
		for _, o := range c.others {
			lines[0].Words = append(lines[0].Words, word(o, -1, 0))
		}
		lines = append(lines, Line{Words: []Word{c.word}})
		settle(lines)
		if got := textOf(lines[1].Words[0].Glyphs); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		for i, o := range c.others {
			if got := textOf(lines[0].Words[i].Glyphs); got != o {
				t.Errorf("%s: %s became %s", name, o, got)
			}
		}
	}
}
