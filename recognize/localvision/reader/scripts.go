package reader

import (
	"slices"
	"strings"
	"unicode"
)

// hangul says whether a glyph is a syllable. A lone jamo is not: ㄱ is how the Hangul data sees an n.
func hangul(text string) bool {
	for _, r := range text {
		if r >= '가' && r <= '힣' {
			return true
		}
	}
	return false
}

func digit(text string) bool { return len(text) == 1 && text[0] >= '0' && text[0] <= '9' }

func readable(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
	}
	return false
}

// letter says whether a glyph is a letter and no syllable.
func letter(text string) bool { return readable(text) && !hangul(text) && !digit(text) }

// latin says whether glyphs are letters and digits of ASCII and signs, with a letter among them.
func latin(glyphs []Glyph) bool {
	letters := 0
	for _, g := range glyphs {
		for _, c := range g.Text {
			if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
				continue
			}
			if c > unicode.MaxASCII {
				return false
			}
			if unicode.IsLetter(c) {
				letters++
			}
		}
	}
	return letters > 0
}

// numeral says whether glyphs are digits and the points between them.
func numeral(glyphs []Glyph) bool {
	digits := 0
	for _, g := range glyphs {
		if digit(g.Text) {
			digits++
		} else if !strings.Contains(".,:", g.Text) {
			return false
		}
	}
	return digits > 0
}

// plausible says whether a word is letters and then syllables, or one of both: scripts do not change twice in a word, and no small letter follows
// right behind a syllable. A corner bracket has its other one in the word.
func plausible(glyphs []Glyph) bool {
	changes := 0
	var last bool
	first := true
	if lone(glyphs, "『", "』") || lone(glyphs, "「", "」") {
		return false
	}
	for i, g := range glyphs {
		if g.Text == "|" || i > 0 && small(g.Text) && hangul(glyphs[i-1].Text) {
			return false
		}
		if !readable(g.Text) || digit(g.Text) {
			continue
		}
		h := hangul(g.Text)
		if !h && !latin([]Glyph{g}) { // a lone jamo
			return false
		}
		if !first && h != last {
			changes++
		}
		last, first = h, false
	}
	return changes <= 1
}

// lone says whether one of two brackets stands without the other.
func lone(glyphs []Glyph, open, end string) bool {
	has := func(text string) bool {
		return slices.ContainsFunc(glyphs, func(g Glyph) bool { return g.Text == text })
	}
	return has(open) != has(end)
}

// garbled says whether digits stand between small letters, or a nought before one, as where Hangul guesses at letters.
func garbled(glyphs []Glyph) bool {
	small := func(i int) bool {
		return i >= 0 && i < len(glyphs) && len(glyphs[i].Text) == 1 && glyphs[i].Text[0] >= 'a' && glyphs[i].Text[0] <= 'z'
	}
	for i := 0; i < len(glyphs); i++ {
		from := i
		for i < len(glyphs) && digit(glyphs[i].Text) {
			i++
		}
		if i > from && small(i) && (small(from-1) || glyphs[from].Text == "0") {
			return true
		}
	}
	return false
}

// neat says whether glyphs are letters of ASCII, as many or more, and signs.
func neat(glyphs []Glyph, fewest int) bool {
	letters := 0
	for _, g := range glyphs {
		if !readable(g.Text) {
			continue
		}
		if !letter(g.Text) || g.Text[0] > unicode.MaxASCII {
			return false
		}
		letters++
	}
	return letters >= fewest
}

// endings are those that foreign words take most. Read alone, a syllable or two are read with little confidence.
var endings = func() map[string]bool {
	set := map[string]bool{}
	for e := range strings.FieldsSeq(`은 는 이 가 을 를 의 에 와 과 로 도 만 란 나 용 형 판 등 식 및
		에서 으로 에는 에도 에게 까지 부터 처럼 보다 이나 이란 라는 이라 와는 과는 로는 로의 에만 만을 만이 들은 들이 들을 들의 이며 이고 이다 하고
		에서는 에서의 에서도 으로는 으로의 입니다 이라는 이라고 라고 까지는 부터는 하여 하는 은(는 는(은 을(를 를(을 이(가 가(이 와(과 과(와 으로(로`) {
		set[e] = true
	}
	return set
}()

// ending says whether glyphs are a usual ending, signs at its end aside.
func ending(glyphs []Glyph) bool {
	return endings[strings.TrimRight(textOf(glyphs), ".,:;)!?\"'”’")]
}

// address says whether glyphs are that of a site, as www.example.co.kr. No scrap of a picture is read so, and Tesseract, which knows no such word, is
// never sure of one.
func address(glyphs []Glyph) bool {
	const shortest = 8 // www.a.kr
	text := textOf(glyphs)
	name, ok := strings.CutPrefix(text, "www.")
	return ok && len(text) >= shortest && strings.Contains(name, ".") && !strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_/", r)
	})
}

func textOf(glyphs []Glyph) string {
	var b strings.Builder
	for _, g := range glyphs {
		b.WriteString(g.Text)
	}
	return b.String()
}

// startsHangul says whether the first letter is a syllable.
func startsHangul(glyphs []Glyph) bool {
	for _, g := range glyphs {
		if readable(g.Text) {
			return hangul(g.Text)
		}
	}
	return false
}

// meanConfidence is 0 for none.
func meanConfidence(glyphs []Glyph) float64 {
	total := 0.0
	for _, g := range glyphs {
		total += g.Confidence
	}
	return total / float64(max(1, len(glyphs)))
}
