// Package disguise undoes the spellings by which sellers hide words from a
// search: symbols inside them, letters of other scripts, jamo apart, vowels
// drawn out, hanja, Latin typed for Hangul, what an engine misreads, and what
// only sounds like the word.
//
// A View is a text spelled without some of these disguises. It says of each
// character what was undone and which characters of the text it came from, so
// that what is found in it can be shown as it stands on the page.
package disguise

import (
	"slices"
	"unicode"

	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// Kind is one or more disguises.
type Kind uint16

// The disguises.
const (
	Symbols   Kind = 1 << iota // 필_로_폰
	Jamo                       // 카ㅌㅗㄱ
	Initials                   // ㅌㄹㄱㄹ, 필ㄹ폰
	Lookalike                  // сure, k@kao
	Keyboard                   // zkxhr
	Stretched                  // 치이이료
	Hanja                      // 最高
	OCR                        // 1OO%
	Sound                      // 뗄레그람

	None Kind = 0
	All  Kind = 1<<iota - 1
)

// Names are those that packs and findings use, in the order of the kinds.
var Names = []string{"symbols", "jamo", "initials", "lookalike", "keyboard", "stretched", "hanja", "ocr", "sound"}

// String names the first of the disguises.
func (k Kind) String() string {
	for i, n := range Names {
		if k&(1<<i) != 0 {
			return n
		}
	}
	return ""
}

// Char is one character of a text.
type Char struct {
	R     rune
	Close bool // no white space stands before it
}

// View is a text undisguised.
type View struct {
	Runes    []rune
	From, To []int  // of each, the characters of the text it came from, half open
	Undone   []Kind // of each, what was undone in it or between it and the one before
}

func (v *View) put(r rune, from, to int, k Kind) {
	v.Runes, v.From, v.To, v.Undone = append(v.Runes, r), append(v.From, from), append(v.To, to), append(v.Undone, k)
}

// Views are the text's spellings without its disguises, none if it has none.
func Views(text []Char) []View {
	var views []View
	changed := make([]Kind, len(text))
	if v, ok := whole(substitute(text, changed, false), changed); ok {
		views = append(views, v)
	}
	if slices.ContainsFunc(text, misreadable) {
		misread := make([]Kind, len(text))
		numbers := substitute(text, misread, true)
		if slices.Contains(misread, OCR) {
			if v, ok := whole(numbers, misread); ok {
				views = append(views, v)
			}
		}
	}
	if v, ok := typed(text); ok {
		views = append(views, v)
	}
	return views
}

// misreadable says whether a character may be a digit that was misread.
func misreadable(c Char) bool {
	if c.R >= 0x80 || isDigit(c.R) {
		return false
	}
	_, ok := digitOf[c.R]
	return ok
}

func latin(r rune) bool  { return unicode.Is(unicode.Latin, r) }
func hangul(r rune) bool { return '가' <= r && r <= '힣' }

// jamoOf is the compatibility form of a jamo that stands alone, 0 of another character.
func jamoOf(r rune) rune {
	switch {
	case 0x1100 <= r && r < 0x1113:
		return []rune(initials)[r-0x1100]
	case 0x1161 <= r && r < 0x1176:
		return []rune(vowelOrder)[r-0x1161]
	case 0x11A8 <= r && r < 0x11C3:
		return []rune(finalOrder)[r-0x11A7]
	}
	return 0
}

// tokens calls f with each run of characters without white space.
func tokens(text []Char, f func(from, to int)) {
	from := 0
	for i := 1; i <= len(text); i++ {
		if i == len(text) || !text[i].Close {
			f(from, i)
			from = i
		}
	}
}

// substitute spells letters of other scripts, hanja and, in words of letters
// and digits, leet; or, for numbers, the letters that are misread digits.
func substitute(text []Char, undone []Kind, numbers bool) []Char {
	out := append([]Char(nil), text...)
	set := func(i int, r rune, k Kind) { out[i].R, undone[i] = r, k }
	for i, c := range text {
		if hangul(c.R) {
			continue
		}
		if c.R < 0x80 {
			if s, ok := syllableOf[c.R]; ok && !numbers && c.Close && i+1 < len(text) && text[i+1].Close && hangul(text[i-1].R) && hangul(text[i+1].R) {
				set(i, s, Lookalike)
			}
			continue
		}
		if r := signLetter(c.R); r != 0 {
			set(i, r, Lookalike)
		} else if r, ok := latinOf[c.R]; ok {
			set(i, r, Lookalike)
		} else if r, ok := readingOf[c.R]; ok {
			set(i, r, Hanja)
		}
	}
	tokens(text, func(from, to int) {
		for i := from; i < to; {
			j := i
			for j < to && mixes(out[j].R) {
				j++
			}
			if j > i {
				mixed(out, i, j, numbers, set)
			}
			i = max(j, i+1)
		}
	})
	return out
}

// mixes says whether a character may be part of a word of letters, digits and what stands for them.
func mixes(r rune) bool {
	if hangul(r) {
		return false
	}
	_, l := letterOf[r]
	return l || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '°' || r == '/' || r == '.'
}

// mixed spells one run of Latin letters, digits and symbols.
func mixed(out []Char, from, to int, numbers bool, set func(int, rune, Kind)) {
	word, foreign := leetWord(out, from, to), foreignTo(out, from, to)
	for i := from; i < to; i++ {
		r := out[i].R
		left, right := rune(0), rune(0)
		if i > from {
			left = out[i-1].R
		}
		if i+1 < len(out) && out[i+1].Close {
			right = out[i+1].R
		}
		if numbers {
			if d, ok := digitOf[r]; ok && r < 0x80 && !isDigit(r) && (isDigit(left) || isDigit(right) || counts(right)) && !foreign[i-from] {
				set(i, d, OCR)
			}
			continue
		}
		if l, ok := letterOf[r]; ok && (latin(left) || latin(right)) && (!isDigit(r) || word) {
			set(i, l, Lookalike)
		}
	}
}

// foreignTo says of each character of a run whether it stands in a Latin word
// with letters that no digit was misread as.
func foreignTo(out []Char, from, to int) []bool {
	foreign := make([]bool, to-from)
	for i := from; i < to; {
		j, others := i, 0
		for j < to && latin(out[j].R) {
			if _, ok := digitOf[out[j].R]; !ok {
				others++
			}
			j++
		}
		for k := i; k < j; k++ {
			foreign[k-from] = others > 0
		}
		i = max(j, i+1)
	}
	return foreign
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// counts says whether a character follows a number: of a rank, a share.
func counts(r rune) bool { return r == '위' || r == '등' || r == '%' || r == '퍼' || r == '프' }

// leetWord says whether a run has more letters than digits: "t3legram" and not "10mg".
func leetWord(out []Char, from, to int) bool {
	letters, digits := 0, 0
	for _, c := range out[from:to] {
		if latin(c.R) {
			letters++
		} else if isDigit(c.R) {
			digits++
		}
	}
	return letters > digits && letters >= 2
}

// typed is the text with the Latin words that are Hangul typed on a Latin keyboard.
func typed(text []Char) (View, bool) {
	var v View
	done := 0 // characters that are in v
	plain := func(to int) {
		for ; done < to; done++ {
			v.put(text[done].R, done, done+1, None)
		}
	}
	for i := 0; i < len(text); {
		j := i
		var word []rune
		for j < len(text) && 'a' <= text[j].R && text[j].R <= 'z' && (j == i || text[j].Close) {
			word = append(word, text[j].R)
			j++
		}
		const shortest = 4
		if j-i >= shortest {
			if syllables, at := Typed(word); syllables != nil {
				plain(i)
				for k, s := range syllables {
					v.put(s, i+at[k][0], i+at[k][1], Keyboard)
				}
				done = j
			}
		}
		i = max(j, i+1)
	}
	if done == 0 || len(v.Runes) == 0 {
		return v, false
	}
	plain(len(text))
	return v, true
}

// numerals are the Hangul ones.
var numerals = korean.SyllablesOf(digits)

// Digit is the digit that a letter, a Hangul numeral or a hanja stands for.
func Digit(r rune) (byte, bool) {
	if hangul(r) && !numerals.Has(r) {
		return 0, false
	}
	d, ok := digitOf[r]
	return byte(d), ok && d != 0
}
