package match

// pairs is a set of pairs of characters by hash: to look at one bit tells most
// of the places of a text where nothing can begin.
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

// has says whether the pair may be in.
func (s *pairs) has(a, b rune) bool {
	word, bit := s.at(a, b)
	return *word&bit != 0
}
