package korean

// Syllables is a set of Hangul syllables, which is asked of nearly every character of a text.
type Syllables [(last-base)/64 + 1]uint64

// SyllablesOf is the syllables in a text.
func SyllablesOf(text string) *Syllables {
	s := &Syllables{}
	for _, r := range text {
		if IsSyllable(r) {
			s[(r-base)/64] |= 1 << ((r - base) % 64)
		}
	}
	return s
}

// Has says whether r is one of the syllables.
func (s *Syllables) Has(r rune) bool {
	return IsSyllable(r) && s[(r-base)/64]&(1<<((r-base)%64)) != 0
}
