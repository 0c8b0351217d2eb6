package disguise

// Where a two-set (두벌식) keyboard has its jamo; a shifted key that has none of
// its own types what it types unshifted.
var keys = map[rune]rune{
	'q': 'ㅂ', 'w': 'ㅈ', 'e': 'ㄷ', 'r': 'ㄱ', 't': 'ㅅ', 'y': 'ㅛ', 'u': 'ㅕ', 'i': 'ㅑ', 'o': 'ㅐ', 'p': 'ㅔ',
	'a': 'ㅁ', 's': 'ㄴ', 'd': 'ㅇ', 'f': 'ㄹ', 'g': 'ㅎ', 'h': 'ㅗ', 'j': 'ㅓ', 'k': 'ㅏ', 'l': 'ㅣ',
	'z': 'ㅋ', 'x': 'ㅌ', 'c': 'ㅊ', 'v': 'ㅍ', 'b': 'ㅠ', 'n': 'ㅜ', 'm': 'ㅡ',
}

const (
	vowelOrder = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
	finalOrder = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
)

// Two vowels or two finals that are typed one after the other and make one.
var doubled = map[string]rune{
	"ㅗㅏ": 'ㅘ', "ㅗㅐ": 'ㅙ', "ㅗㅣ": 'ㅚ', "ㅜㅓ": 'ㅝ', "ㅜㅔ": 'ㅞ', "ㅜㅣ": 'ㅟ', "ㅡㅣ": 'ㅢ',
	"ㄱㅅ": 'ㄳ', "ㄴㅈ": 'ㄵ', "ㄴㅎ": 'ㄶ', "ㄹㄱ": 'ㄺ', "ㄹㅁ": 'ㄻ', "ㄹㅂ": 'ㄼ', "ㄹㅅ": 'ㄽ', "ㄹㅌ": 'ㄾ', "ㄹㅍ": 'ㄿ', "ㄹㅎ": 'ㅀ', "ㅂㅅ": 'ㅄ',
}

var initialAt, vowelAt, finalAt = places(initials), places(vowelOrder), places(finalOrder)

func places(order string) map[rune]int {
	m := map[rune]int{}
	for i, r := range []rune(order) {
		m[r] = i
	}
	return m
}

// Typed is what a Latin word, in small letters, says on a Korean keyboard, and
// which letters each syllable comes of; nil if that is not all whole syllables.
func Typed(word []rune) (syllables []rune, at [][2]int) {
	jamo := make([]rune, len(word))
	for i, r := range word {
		j, ok := keys[r]
		if !ok {
			return nil, nil
		}
		jamo[i] = j
	}
	return Compose(jamo)
}

// Compose makes syllables of jamo, and says which of the jamo each is of; nil
// if one is left over. A consonant before a vowel begins a syllable.
func Compose(jamo []rune) (syllables []rune, at [][2]int) {
	vowel := func(i int) bool { return i < len(jamo) && hasVowel(jamo[i]) }
	for i := 0; i < len(jamo); {
		from := i
		initial, ok := initialAt[jamo[i]]
		if !ok || !vowel(i+1) {
			return nil, nil
		}
		v := jamo[i+1]
		i += 2
		if vowel(i) {
			both, ok := doubled[string([]rune{v, jamo[i]})]
			if !ok {
				return nil, nil
			}
			v = both
			i++
		}
		final := 0
		if i < len(jamo) && !vowel(i+1) {
			f := jamo[i]
			i++
			if i < len(jamo) && !vowel(i+1) {
				if both, ok := doubled[string([]rune{f, jamo[i]})]; ok {
					f = both
					i++
				}
			}
			if final, ok = finalAt[f]; !ok {
				return nil, nil
			}
		}
		syllables = append(syllables, rune('가'+(initial*21+vowelAt[v])*28+final))
		at = append(at, [2]int{from, i})
	}
	return syllables, at
}

func hasVowel(r rune) bool { _, ok := vowelAt[r]; return ok }
