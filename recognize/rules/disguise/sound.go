package disguise

import (
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// Initials and finals that sound alike but for how hard they are spoken, and vowels that differ by a y or not at
// all to the ear; the first of each stands for all.
var (
	soundOfInitial = sounds(initials, "ㄱㄲㅋ", "ㄷㄸㅌ", "ㅂㅃㅍ", "ㅅㅆ", "ㅈㅉㅊ")
	soundOfVowel   = sounds(vowelOrder, "ㅏㅑ", "ㅓㅕ", "ㅗㅛ", "ㅜㅠ", "ㅐㅔㅒㅖ", "ㅙㅚㅞ")
	soundOfFinal   = sounds(finalOrder, "ㄱㄲㅋ", "ㄷㅅㅆㅈㅊㅌ", "ㅂㅍ")
)

func sounds(order string, alike ...string) []int {
	of := make([]int, len([]rune(order)))
	for i, r := range []rune(order) {
		of[i] = i
		for _, a := range alike {
			if strings.ContainsRune(a, r) {
				of[i] = strings.Index(order, string([]rune(a)[0])) / len("ㄱ")
				if order == finalOrder { // which begins with a space, of one byte
					of[i] = (strings.Index(order, string([]rune(a)[0]))-1)/len("ㄱ") + 1
				}
			}
		}
	}
	return of
}

// SoundOf is the syllable that stands for all that sound like r; r itself if it is no syllable.
func SoundOf(r rune) rune {
	if !hangul(r) {
		return r
	}
	i := int(r - '가')
	return rune('가' + (soundOfInitial[i/588]*21+soundOfVowel[i/28%21])*28 + soundOfFinal[i%28])
}

// usual are the syllables of hard consonants that ordinary words have.
var usual = korean.SyllablesOf("까깍깎깔깜깝깡깥깨깬깻꺼꺾껌껍껏께껴꼬꼭꼴꼼꼽꽁꽂꽃꽉꽝꾸꾼꿀꿈꿍꿔끄끈끊끌끓끔끗끝끼낀낄낌따딱딴딸땀땅때땐땜떠떡떤떨떴떻떼또똑똥뚜뚝뚫뚱뛰뛴뜨뜩뜬뜯뜰뜸뜻띄띠띤" +
	"빠빡빨빵빼빽뺀뺏뺐뺨뻐뻑뻔뻗뻣뼈뼛뽀뽁뽐뽑뽕뾰뿌뿍뿐뿔뿜쁘쁨싸싹싼쌀쌈쌌쌍쌓쌔써썩썬썰썹썼쏘쏙쏜쏟쏠쏴쐬쑤쑥쓰쓱쓴쓸씀씌씨씩씬씰씸씹씻씽짜짝짠짤짧짱째짹쨍쩌쩍쩐쩔쩜쪄쪼쪽쫀쫄쫓쫙쬐쭈쭉쭌쯔쯤쯧찌찍찐찔찜찝찢찧")

// ordinary are beginnings of words that are spelled with a hard consonant and sound like another: 빠르고 is no 바르고.
var ordinary = []string{"빠르", "빨라", "빨리", "뿌리", "깨우", "꾸미", "쓰리", "까지", "따라", "띄우", "쌓이", "끼우", "꺼내", "떼어", "쪼개", "찌르", "씻어", "싸고", "짜고", "꽂아"}

// Ordinary says whether an ordinary word is spelled so, and no other is meant.
func Ordinary(spoken []rune) bool {
	return slices.ContainsFunc(ordinary, func(o string) bool { return strings.HasPrefix(string(spoken), o) })
}

// Unlike is how a syllable stands for another that it sounds like.
type Unlike uint8

// The ways, the surest last.
const (
	Other  Unlike = iota // it does not sound like it, or not as one hides a word
	Softly               // ㅋ for ㄱ, as in other words
	Hard                 // ㄲ for ㄱ or ㅋ, 먀 for 마
	Odd                  // the same, and the syllable is hardly ever seen in ordinary words
)

// Stands says how a syllable stands for another: spoken harder or with a y, as
// no one spells it who means to be understood at once.
func Stands(r, as rune) Unlike {
	if !hangul(r) || !hangul(as) || SoundOf(r) != SoundOf(as) {
		return Other
	}
	i, o := int(r-'가'), int(as-'가')
	initial, vowel := i/588, i/28%21
	revowelled := vowel != o/28%21
	y := revowelled && withY[vowel] && !spokenSo.Has(r)
	swapped := revowelled && asOE[vowel] // 췌 for 최
	changed := initial != o/588
	tense := changed && tensed[initial]
	switch {
	case swapped, y && seldomY[initial] && !loans.Has(r), tense && !usual.Has(r):
		return Odd
	case tense, y:
		return Hard
	case changed && aspirate[initial]:
		return Softly
	}
	return Other
}

// What syllables are told by.
var (
	withY    = among(vowelOrder, "ㅑㅕㅛㅠㅒㅖ")
	asOE     = among(vowelOrder, "ㅙㅞ")
	tensed   = among(initials, "ㄲㄸㅃㅆㅉ")
	aspirate = among(initials, "ㅋㅌㅍㅊ")
	seldomY  = among(initials, "ㅂㅃㅍㅁㄴㄷㄸㅌㅋㅈㅉㅊ") // hardly ever before a y
	spokenSo = korean.SyllablesOf("져쳐쪄죠졌쳤쪘")   // as without the y
	loans    = korean.SyllablesOf("뷰뮤퓨튜큐표묘뉴")
)

// among says of each letter of an order whether it is one of some.
func among(order, some string) (is []bool) {
	for _, r := range order {
		is = append(is, strings.ContainsRune(some, r))
	}
	return is
}

// Strange says whether a syllable may stand for another as Hard or Odd.
func Strange(r rune) bool {
	if !hangul(r) {
		return false
	}
	i := int(r - '가')
	return tensed[i/588] || withY[i/28%21] || asOE[i/28%21]
}
