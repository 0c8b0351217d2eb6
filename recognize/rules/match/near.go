package match

import (
	"slices"
	"sort"
)

// Near is words of some groups that stand near each other, in one clause.
type Near struct {
	Parts  []Group
	Within int  // most characters between two of them that follow each other
	Any    bool // in any order; two parts
}

// find returns the shortest ways to meet the parts, one for each place of the first.
func (n Near) find(t *Text, h *hits, may func(Span) bool) []Span {
	for _, g := range n.Parts {
		if len(h.of[g]) == 0 {
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
	whole := h.of[parts[0]]
	for i, g := range parts[1:] {
		last := i+2 == len(parts)
		next := h.of[g]
		var longer []Span
		for _, s := range whole {
			i := sort.Search(len(next), func(i int) bool { return next[i].From >= s.To })
			for ; i < len(next) && next[i].From-s.To <= n.Within && next[i].From < ends[s.To-1]; i++ {
				gap := max(s.Gap, next[i].Gap)
				for k := s.To; k <= next[i].From; k++ {
					gap = max(gap, t.glyphs[k].before)
				}
				both := Span{From: s.From, To: next[i].To, Kind: s.Kind, Gap: gap, Evasion: mergeEvasion(s, next[i]), Met: s.Met}
				for k := range both.Met {
					if both.Met[k] == 0 {
						both.Met[k] = next[i].Met[0]
						break
					}
				}
				if strict(next[i].Kind) > strict(both.Kind) {
					both.Kind = next[i].Kind
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
