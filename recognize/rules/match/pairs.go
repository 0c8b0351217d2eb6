package match

import "unicode"

// pairs is the set of a text's characters, each as a pair with a 0, and of its
// neighbouring characters, by hash. A text without a phrase's pairs does not
// have the phrase, and to know that takes a look at a few bits instead of a
// search, which in Korean stops at every byte: the syllables share their first.
// Some 250 phrases are looked for in a page, and most are not there.
type pairs [1 << 16 / 64]uint64

func (s *pairs) at(a, b rune) (word *uint64, bit uint64) {
	h := (uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA6B) >> 16
	return &s[h/64], 1 << (h % 64)
}

// add puts the pair in.
func (s *pairs) add(a, b rune) {
	word, bit := s.at(a, b)
	*word |= bit
}

// may says whether the text may have the phrase; white space does not count.
func (s *pairs) may(phrase string) bool {
	last := rune(0)
	for _, r := range phrase {
		if unicode.IsSpace(r) {
			continue
		}
		if word, bit := s.at(last, r); *word&bit == 0 {
			return false
		}
		last = r
	}
	return true
}
