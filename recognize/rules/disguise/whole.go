package disguise

import (
	"unicode"

	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// mostSymbols is how many symbols may stand between two letters of a word.
const mostSymbols = 6

// whole puts words together that are in pieces: their jamo composed, the
// symbols between their letters and the vowels that only draw them out left out.
func whole(text []Char, undone []Kind) (View, bool) {
	n, first := len(text), 0 // the first that is not taken as it is
	for first < n && undone[first] == None && same(text, first) {
		first++
	}
	if first == n {
		return View{}, false
	}
	v := View{Runes: make([]rune, 0, n), From: make([]int, 0, n), To: make([]int, 0, n), Undone: make([]Kind, 0, n)}
	for i, c := range text[:first] {
		v.put(c.R, i, i+1, None)
	}
	changed := false
	pending := None
	for i := first; i < len(text); {
		c := text[i]
		k := undone[i] | pending
		pending = None
		switch {
		case jamoAt(text, i):
			n := composed(text, i, &v, k)
			changed = changed || v.Undone[len(v.Undone)-1] != None
			i += n
			continue
		case i > 0 && !letterOrDigit(c.R):
			if n := between(text, i); n > 0 {
				i, pending, changed = i+n, Symbols, true
				continue
			}
		case slipped(text, i):
			i, pending, changed = i+1, Symbols, true
			continue
		case len(v.Runes) > 0 && drawnOut(v.Runes[len(v.Runes)-1], text, i):
			v.To[len(v.To)-1] = i + 1
			v.Undone[len(v.Undone)-1] |= Stretched
			i, changed = i+1, true
			continue
		}
		v.put(c.R, i, i+1, k)
		changed = changed || k != None
		i++
	}
	return v, changed
}

// same says whether character i, of a text that is as it was up to there, stays so.
func same(text []Char, i int) bool {
	switch {
	case jamoAt(text, i):
		return false
	case i == 0:
		return true
	case !letterOrDigit(text[i].R):
		return between(text, i) == 0
	}
	return !slipped(text, i) && !drawnOut(text[i-1].R, text, i)
}

// jamoAt says whether jamo stand at character i, or behind the syllable there.
func jamoAt(text []Char, i int) bool {
	r := text[i].R
	return jamoOf(r) != 0 || hangul(r) && i+1 < len(text) && text[i+1].Close && jamoOf(text[i+1].R) != 0
}

func letterOrDigit(r rune) bool {
	return hangul(r) || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// between is how many symbols from i on stand between two letters of one script
// that are parts of a word, 0 if they do not. White space may stand around them
// where every letter is alone, as in 튼 / 살 / 제 / 거.
func between(text []Char, i int) int {
	n := 0
	for i+n < len(text) && (n == 0 || text[i+n].Close) && !letterOrDigit(text[i+n].R) {
		n++
	}
	if n == 0 || n > mostSymbols || i+n >= len(text) {
		return 0
	}
	spaced := !text[i].Close || !text[i+n].Close
	if spaced && (i > 1 && text[i-1].Close && letterOrDigit(text[i-2].R) || i+n+1 < len(text) && text[i+n+1].Close &&
		letterOrDigit(text[i+n+1].R)) {
		return 0
	}
	if n == 1 && !spaced && (text[i].R == '\'' || text[i].R == '’') && i+2 <= len(text) && (i+2 == len(text) || !text[i+2].Close || !letterOrDigit(text[i+2].R)) {
		return 0 // alzheimer's
	}
	korean := func(r rune) bool { return hangul(r) || jamoOf(r) != 0 }
	before, after := text[i-1].R, text[i+n].R
	if korean(before) && korean(after) || latin(before) && latin(after) {
		return n
	}
	return 0
}

// slipped says whether a stroke that is no letter here was slipped in between two syllables: 카l톡.
func slipped(text []Char, i int) bool {
	c := text[i]
	if i == 0 || !c.Close || i+1 >= len(text) || !text[i+1].Close || !hangul(text[i-1].R) || !hangul(text[i+1].R) {
		return false
	}
	return c.R == 'l' || c.R == 'i' || c.R == 'x' || c.R == 'v' || c.R == 'z'
}

// composed puts the syllables that a run of jamo from i on makes, a syllable
// before it included, and returns how many characters it took.
func composed(text []Char, i int, v *View, k Kind) int {
	var jamo []rune
	var at []int // which character each jamo is of
	j := i
	for ; j < len(text) && (j == i || text[j].Close); j++ {
		if c := jamoOf(text[j].R); c != 0 {
			jamo, at = append(jamo, c), append(at, j)
			continue
		}
		if j > i || !hangul(text[j].R) {
			break
		}
		for _, part := range apart(text[j].R) {
			jamo, at = append(jamo, part), append(at, j)
		}
	}
	syllables, parts := Compose(jamo)
	if syllables == nil {
		for n := i; n < j; n++ {
			v.put(text[n].R, n, n+1, k)
			k = None
		}
		return j - i
	}
	for n, s := range syllables {
		from, to := at[parts[n][0]], at[parts[n][1]-1]+1
		undone := k
		if s != text[from].R {
			undone |= Jamo
		}
		v.put(s, from, to, undone)
		k = None
	}
	return j - i
}

// apart is a syllable's jamo, in their compatibility forms.
func apart(r rune) []rune {
	i := int(r - '가')
	parts := []rune{[]rune(initials)[i/588], []rune(vowelOrder)[i/28%21]}
	if f := i % 28; f > 0 {
		parts = append(parts, []rune(finalOrder)[f])
	}
	return parts
}

// Vowels that draw another out: 이 after 치, 오 after 료.
var (
	drawing = korean.SyllablesOf("아어오우으이애에")
	draws   = map[rune][]bool{
		'아': among(vowelOrder, "ㅏㅑㅘ"), '어': among(vowelOrder, "ㅓㅕㅝ"), '오': among(vowelOrder, "ㅗㅛ"), '우': among(vowelOrder, "ㅜㅠ"),
		'으': among(vowelOrder, "ㅡ"), '이': among(vowelOrder, "ㅣㅟㅢ"), '애': among(vowelOrder, "ㅐㅒㅙ"), '에': among(vowelOrder, "ㅔㅖㅞ"),
	}
)

// drawnOut says whether character i only draws the last one before it out: a vowel
// without a consonant of its own, a Latin letter for the third time.
func drawnOut(last rune, text []Char, i int) bool {
	c := text[i]
	if !c.Close {
		return false
	}
	if drawing.Has(c.R) && hangul(last) && (last-'가')%28 == 0 && draws[c.R][(last-'가')/28%21] {
		return true
	}
	return c.R == last && latin(c.R) && i > 1 && text[i-2].R == c.R && text[i-2].Close
}

// InitialsOf spells the initial consonants of Hangul, and ok if that is all there is.
func InitialsOf(word []rune) (string, bool) {
	var out []rune
	for _, r := range word {
		if !hangul(r) {
			return "", false
		}
		out = append(out, []rune(initials)[(r-'가')/588])
	}
	return string(out), len(out) > 0
}

// InitialOf is the initial consonant of a syllable, or the consonant that stands
// alone; alone says which, and ok whether it is either.
func InitialOf(r rune) (initial rune, alone, ok bool) {
	if hangul(r) {
		return []rune(initials)[(r-'가')/588], false, true
	}
	j := jamoOf(r)
	if j == 0 {
		return 0, false, false
	}
	_, ok = initialAt[j]
	return j, true, ok
}
