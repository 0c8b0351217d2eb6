// Package korean knows what Korean does to the ends of words: how the stem of a
// verb or adjective is spelled before any ending, which particles follow a noun,
// and which endings close a clause. It works on syllables and has no dictionary.
package korean

import "strings"

const (
	vowels = 21
	finals = 28
	base   = '가'
	last   = '힣'
)

// Parts of a syllable, by their place in the Unicode Standard, section 3.12.
const (
	vA, vAE, vYA, vEO, vE, vYEO, vO, vWA, vWAE, vOE, vU, vWO, vEU, vI = 0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 13, 14, 18, 20
	fNone, fN, fD, fL, fM, fB, fSS, fS                                = 0, 4, 7, 8, 16, 17, 20, 19
	iR, iH                                                            = 5, 18
)

// IsSyllable says whether r is a Hangul syllable.
func IsSyllable(r rune) bool { return base <= r && r <= last }

func split(r rune) (initial, vowel, final int) {
	i := int(r - base)
	return i / (vowels * finals), i / finals % vowels, i % finals
}

func join(initial, vowel, final int) string {
	return string(rune(base + (initial*vowels+vowel)*finals + final))
}

// Stems that bend before a vowel, by their last syllable; others of the same final do not.
var (
	bendsS = "낫붓짓잇긋젓"
	bendsD = "걷듣닫싣붇"
	keepsB = "잡뽑입씹집좁업접꼽뵙굽"
	// keepsR bend as any stem in ㅡ does, and not by doubling the ㄹ.
	keepsR = []string{"따르", "치르", "들르", "다다르"}
)

// Forms spells the beginnings that a stem has before all its endings: of 가라앉히,
// which is the stem of 가라앉히다, they are 가라앉히 (-는, -고), 가라앉힌, 가라앉힐,
// 가라앉힙, 가라앉힘, 가라앉혀 and 가라앉혔. The stem itself comes first.
func Forms(stem string) []string {
	runes := []rune(stem)
	if len(runes) == 0 || !IsSyllable(runes[len(runes)-1]) {
		return []string{stem}
	}
	head, end := string(runes[:len(runes)-1]), runes[len(runes)-1]
	i, v, f := split(end)
	forms := []string{stem}
	add := func(tails ...string) {
		for _, t := range tails {
			forms = append(forms, head+t)
		}
	}
	switch f {
	case fNone:
		add(join(i, v, fN), join(i, v, fL), join(i, v, fB), join(i, v, fM))
		for _, past := range contracted(stem, runes, i, v) {
			forms = append(forms, past...)
		}
	case fL:
		add(join(i, v, fNone)+"는", join(i, v, fNone)+"니", join(i, v, fB)+"니")
		if head != "" { // 줄다 has 준, which is 주다's too
			add(join(i, v, fM), join(i, v, fN))
		}
	case fS:
		if strings.ContainsRune(bendsS, end) {
			open := join(i, v, fNone)
			add(open+"아", open+"어", open+"은", open+"을", open+"으", open+"았", open+"었")
		}
	case fB:
		if !strings.ContainsRune(keepsB, end) {
			open := join(i, v, fNone)
			add(open+"우", open+"워", open+"운", open+"울", open+"웠", open+"와")
		}
	case fD:
		if strings.ContainsRune(bendsD, end) {
			l := join(i, v, fL)
			add(l+"아", l+"어", l+"은", l+"을", l+"으", l+"았", l+"었")
		}
	}
	return forms
}

// contracted spells a stem that ends in a vowel grown together with -어/-아, and its past.
func contracted(stem string, runes []rune, i, v int) (all [][]string) {
	head := string(runes[:len(runes)-1])
	pair := func(head string, i, v int) []string {
		return []string{head + join(i, v, fNone), head + join(i, v, fSS)}
	}
	switch v {
	case vA:
		if i == iH { // 하: 해, 했, 하여
			return [][]string{pair(head, i, vAE)}
		}
		return [][]string{{head + join(i, v, fSS)}}
	case vEO, vYEO, vAE, vE:
		return [][]string{{head + join(i, v, fSS)}}
	case vO:
		return [][]string{pair(head, i, vWA)}
	case vU:
		return [][]string{pair(head, i, vWO)}
	case vI:
		return [][]string{pair(head, i, vYEO)}
	case vOE:
		return [][]string{pair(head, i, vWAE)}
	case vEU:
		return bentEU(stem, runes, i)
	}
	return nil
}

// bentEU spells a stem in ㅡ before -어/-아: 모으, 모아; 쓰, 써; 흐르, 흘러.
func bentEU(stem string, runes []rune, i int) [][]string {
	bright := false
	var before rune
	if n := len(runes); n > 1 && IsSyllable(runes[n-2]) {
		before = runes[n-2]
		_, bv, _ := split(before)
		bright = bv == vA || bv == vO || bv == vYA
	}
	v := vEO
	if bright {
		v = vA
	}
	doubles := i == iR && before != 0
	for _, k := range keepsR {
		doubles = doubles && !strings.HasSuffix(stem, k)
	}
	head := string(runes[:len(runes)-1])
	if !doubles {
		return [][]string{{head + join(i, v, fNone), head + join(i, v, fSS)}}
	}
	bi, bv, _ := split(before)
	head = string(runes[:len(runes)-2]) + join(bi, bv, fL)
	return [][]string{{head + join(iR, v, fNone), head + join(iR, v, fSS)}}
}
