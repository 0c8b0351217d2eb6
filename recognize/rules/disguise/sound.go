package disguise

import "strings"

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
const usual = "까깍깎깔깜깝깡깥깨깬깻꺼꺾껌껍껏께껴꼬꼭꼴꼼꼽꽁꽂꽃꽉꽝꾸꾼꿀꿈꿍꿔끄끈끊끌끓끔끗끝끼낀낄낌따딱딴딸땀땅때땐땜떠떡떤떨떴떻떼또똑똥뚜뚝뚫뚱뛰뛴뜨뜩뜬뜯뜰뜸뜻띄띠띤" +
	"빠빡빨빵빼빽뺀뺏뺐뺨뻐뻑뻔뻗뻣뼈뼛뽀뽁뽐뽑뽕뾰뿌뿍뿐뿔뿜쁘쁨싸싹싼쌀쌈쌌쌍쌓쌔써썩썬썰썹썼쏘쏙쏜쏟쏠쏴쐬쑤쑥쓰쓱쓴쓸씀씌씨씩씬씰씸씹씻씽짜짝짠짤짧짱째짹쨍쩌쩍쩐쩔쩜쪄쪼쪽쫀쫄쫓쫙쬐쭈쭉쭌쯔쯤쯧찌찍찐찔찜찝찢찧"

// Harder says whether a syllable is the other spoken harder or with a y, as no
// one spells it who means to be understood at once; odd, that it is hardly ever seen in ordinary words.
func Harder(r, than rune) (harder, odd bool) {
	if !hangul(r) || !hangul(than) || SoundOf(r) != SoundOf(than) {
		return false, false
	}
	i, o := int(r-'가'), int(than-'가')
	palatal := strings.ContainsRune("ㅈㅉㅊ", []rune(initials)[i/588])
	y := strings.ContainsRune("ㅑㅕㅛㅠㅒㅖ", []rune(vowelOrder)[i/28%21])
	hard := i/588 != o/588 && !strings.ContainsRune("ㄱㄷㅂㅅㅈ", []rune(initials)[i/588])
	yAdded := i/28%21 != o/28%21 && y
	common := strings.ContainsRune("져쳐쪄죠졌쳤쪘", r)
	tense := strings.ContainsRune("ㄲㄸㅃㅆㅉ", []rune(initials)[i/588]) && hard
	swapped := i/28%21 != o/28%21 && strings.ContainsRune("ㅙㅞ", []rune(vowelOrder)[i/28%21]) // 췌 for 최
	seldom := strings.ContainsRune("ㅂㅃㅍㅁㄴㄷㄸㅌㅋ", []rune(initials)[i/588]) && !strings.ContainsRune("뷰뮤퓨튜큐표묘뉴", r)
	odd = swapped || yAdded && (palatal && !common || seldom) || tense && !strings.ContainsRune(usual, r)
	return hard || swapped || yAdded && !common, odd
}
