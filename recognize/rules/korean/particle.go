package korean

import "strings"

// particles follow a noun and begin no word of their own.
var particles = set("은", "는", "이", "가", "을", "를", "의", "에", "로", "와", "과", "도", "만", "나", "인", "등", "및", "랑", "엔", "란", "다",
	"에서", "에게", "에는", "에도", "으로", "까지", "부터", "보다", "처럼", "이나", "이랑", "이란", "이라", "라는", "이며", "이고", "하고", "마저", "조차", "입니", "이다",
	"하는", "하여", "해서", "하다", "합니", "되는", "된다", "됩니", "적인", "에선", "로는", "로서", "로써", "라고", "라면", "이면", "이었", "였던", "이에", "예요", "이에요", "으로서")

// joins are the syllables that turn a noun into a verb, by which the noun is known to have ended.
var joins = set("하", "해", "한", "할", "함", "합", "했", "되", "된", "될", "됨", "됩", "돼", "됐", "시", "적", "용", "제", "력", "률", "율", "성", "중",
	"후", "전", "시켜", "시킨", "시키")

// beginParticle and beginJoin are the syllables that they begin with.
var beginParticle, beginJoin = SyllablesOf(strings.Join(firsts(particles), "")), SyllablesOf(strings.Join(firsts(joins), ""))

func firsts(words map[string]bool) (all []string) {
	for w := range words {
		all = append(all, string([]rune(w)[:1]))
	}
	return all
}

// Particle is how many syllables of what follows a noun are a particle, the longest one; 0 if none is.
func Particle(after []rune) int {
	if len(after) == 0 || !beginParticle.Has(after[0]) {
		return 0
	}
	for n := min(3, len(after)); n > 0; n-- {
		if particles[string(after[:n])] {
			return n
		}
	}
	return 0
}

// Closes says whether a noun may have ended before these syllables: at a
// particle, or at what makes a verb or a longer noun of it.
func Closes(after []rune) bool {
	if len(after) == 0 || Particle(after) > 0 {
		return true
	}
	return beginJoin.Has(after[0]) && (joins[string(after[:1])] || len(after) > 1 && joins[string(after[:2])])
}

// closing are the ends of a word that end a clause, of a sentence or of what is
// set against the next, by their last syllable and the one before.
var closing = map[rune]*Syllables{
	'다': SyllablesOf("니한된있없았었였했됐겠는른온킨린춘진인힌긴쓴난본준룬든단선간"),
	'요': SyllablesOf("세어아해에예돼네죠군나가까줘워져려봐와여래께"),
	'오': SyllablesOf("시"),
	'까': SyllablesOf("니"),
	'만': SyllablesOf("지다"),
	'나': SyllablesOf("으"),
	'죠': nil, // whatever stands before
}

var closes = SyllablesOf("다요오까만나죠")

// ClosesClause says whether a word that ends in these two syllables ends a clause.
func ClosesClause(before, end rune) bool {
	if !closes.Has(end) {
		return false
	}
	set := closing[end]
	return set == nil || set.Has(before)
}

func set(all ...string) map[string]bool {
	m := make(map[string]bool, len(all))
	for _, s := range all {
		m[s] = true
	}
	return m
}
