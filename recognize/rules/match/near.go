package match

import "slices"

// Near is words of some groups that stand near each other, in one clause.
type Near struct {
	Parts  []Group
	Within int  // most characters between two of them that follow each other
	Any    bool // in any order; two parts
}

// find returns the shortest ways to meet the parts, one for each place of the first.
func (n Near) find(t *Text, h *hits, may func(Span) bool) []Span {
	for _, g := range n.Parts {
		if h.count(g) == 0 {
			return nil
		}
	}
	found := n.follow(t, h, n.Parts, may)
	if n.Any {
		turned := slices.Clone(n.Parts)
		slices.Reverse(turned)
		found = append(found, n.follow(t, h, turned, may)...)
	}
	return found
}

// follow joins each place of the first part with the nearest of the second behind it, and so on.
func (n Near) follow(t *Text, h *hits, parts []Group, may func(Span) bool) (found []Span) {
	ends := t.sentences()
	var whole []Span
	for k, g := range parts[1:] {
		count, last := len(whole), k+2 == len(parts)
		if k == 0 {
			count = h.count(parts[0])
		}
		longer := whole[:0]
		for at := range count {
			var s Span
			if k == 0 {
				s = h.at(parts[0], at)
			} else {
				s = whole[at]
			}
			for i := h.after(g, s.To); i < h.count(g); i++ {
				next := h.at(g, i)
				if next.From-s.To > n.Within || next.From >= int(ends[s.To-1]) {
					break
				}
				gap := max(s.Gap, next.Gap)
				for k := s.To; k <= next.From; k++ {
					gap = max(gap, t.glyphs[k].before)
				}
				both := Span{From: s.From, To: next.To, Kind: s.Kind, Gap: gap, Evasion: mergeEvasion(s, next), Met: s.Met}
				for k := range both.Met {
					if both.Met[k] == 0 {
						both.Met[k] = next.Met[0]
						break
					}
				}
				if strict(next.Kind) > strict(both.Kind) {
					both.Kind = next.Kind
				}
				if !last || may(both) {
					longer = append(longer, both)
					break
				}
			}
		}
		whole = longer
	}
	return whole
}
