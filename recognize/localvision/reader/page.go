package reader

// What is read surely on a page tells a syllable that was read unsurely in the same word elsewhere on it.

const (
	sureOnPage   = 0.9 // what each syllable has in a word by which others are told
	unsureOnPage = 0.8 // that below which a syllable may be another
	leastOnPage  = 2   // how often such a word stands on the page
	fewestOnPage = 3   // syllables that it has, at least
	mostInStem   = 2   // syllables at the beginning of a word that are no part of its ending
)

// settle puts, in place, the syllable of a word that was read surely and more than once in the place of one of nearly the same shape that was read
// unsurely, where the word is the same but for it. The beginnings of words count as words: most have an ending. A word of two syllables that is known to be
// taken for its twin is that where the page has it, as 모든 for 모는.
func settle(lines []Line) {
	known := map[string]int{}
	each := func(do func(word []Glyph)) {
		for _, l := range lines {
			for _, w := range l.Words {
				for from := 0; from < len(w.Glyphs); from++ {
					to := from
					for to < len(w.Glyphs) && oneSyllable(w.Glyphs[to].Text) {
						to++
					}
					if to > from {
						do(w.Glyphs[from:to])
					}
					from = max(from, to)
				}
			}
		}
	}
	var twinned [][]Glyph
	each(func(word []Glyph) {
		if text := []rune(textOf(word)); len(text) == 2 && twinAt(text, 1) != 0 {
			twinned = append(twinned, word)
		}
		text := ""
		for i, g := range word {
			if g.Confidence < sureOnPage {
				return
			}
			if text += g.Text; i+1 >= fewestOnPage || len(word) == 2 && i == 1 {
				known[text]++
			}
		}
	})
	for _, w := range twinned {
		if text := []rune(textOf(w)); known[string([]rune{text[0], twinAt(text, 1)})] > 0 {
			w[1].Text = string(twinAt(text, 1))
		}
	}
	often := map[int][]string{} // by their bytes
	for k, n := range known {
		if n >= leastOnPage {
			often[len(k)] = append(often[len(k)], k)
		}
	}
	each(func(word []Glyph) {
		for i, g := range word[:min(mostInStem, len(word))] {
			if g.Confidence >= unsureOnPage || len(word) < fewestOnPage {
				continue
			}
			if other := told(known, often, word, i); other != "" {
				word[i].Text = other
			}
		}
	})
}

// told is the syllable that stands in the place of another in a word that the page has often, "" for none, where several do, and where the word is
// known as it is.
func told(known map[string]int, often map[int][]string, word []Glyph, at int) (other string) {
	for to := len(word); to >= max(fewestOnPage, at+1); to-- {
		text := textOf(word[:to])
		if known[text] > 0 {
			return ""
		}
		before, behind := textOf(word[:at]), textOf(word[at+1:to])
		for _, k := range often[len(text)] {
			if k[:len(before)] != before || k[len(k)-len(behind):] != behind {
				continue
			}
			s := k[len(before) : len(k)-len(behind)]
			if s == other || alikeIn(word[at].Text, s, false) < 2 {
				continue
			}
			if other != "" {
				return ""
			}
			other = s
		}
		if other != "" {
			return other
		}
	}
	return ""
}

func oneSyllable(text string) bool { return len(text) == len("가") && hangul(text) }
