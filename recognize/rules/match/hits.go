package match

import (
	"slices"
	"sort"

	"github.com/pageinspect/pageinspect/shared/result"
)

// hit is where a word stands. A page has thousands, and most are of many groups, so
// that it is small and groups number theirs.
type hit struct {
	from, to, word int32
	evasion        Evasion // what had to be undone
	gap            Gap     // the widest inside
	spacing        bool    // as accepted has it
}

func (x hit) span() Span {
	s := Span{From: int(x.from), To: int(x.to), Kind: result.Exact, Gap: x.gap, Evasion: x.evasion, Met: [3]int32{x.word + 1}}
	if x.spacing {
		s.Kind = result.Spacing
	}
	return s
}

// hits is where the words of a dictionary stand in a text.
type hits struct {
	all   []hit   // in order of position
	of    []int32 // the places in all of each group's, one group behind the other
	first []int32 // of each group, where its own begin in of; and the length
	begun []bool  // of each glyph: a word begins there for certain
	known []bool  // of each glyph: a word of the dictionary may begin there
}

// group lists the places in h.all of a group's hits.
func (h *hits) group(g Group) []int32 { return h.of[h.first[g]:h.first[g+1]] }

func (h *hits) count(g Group) int { return int(h.first[g+1] - h.first[g]) }

// at is hit i of a group.
func (h *hits) at(g Group, i int) Span { return h.all[h.group(g)[i]].span() }

// after is the first of a group's hits that begins at glyph from or later; as many as there are if none does.
func (h *hits) after(g Group, from int) int {
	of := h.group(g)
	return sort.Search(len(of), func(i int) bool { return int(h.all[of[i]].from) >= from })
}

// find is what the dictionary's words are met by in the text. It is kept for
// the next pattern of the same dictionary.
func (t *Text) find(d *Dictionary) *hits {
	if t.dictionary == d {
		return t.hits
	}
	all := d.candidates(t)
	h := &hits{first: make([]int32, d.groups+1)}
	h.begun, h.known = d.begun(t, all)
	h.all = all[:0]
	for _, x := range all {
		a, ok := t.accept(int(x.from), int(x.to), &d.words[x.word], h)
		if ok {
			x.spacing, x.evasion = a.spacing, a.evasion
			h.all = append(h.all, x)
		}
	}
	h.all = merged(h.all, d.disguised(t, h))
	h.sort(d)
	t.dictionary, t.hits = d, h
	return h
}

// sort puts the hits down by group.
func (h *hits) sort(d *Dictionary) {
	for _, x := range h.all {
		for _, g := range d.words[x.word].groups {
			h.first[g]++
		}
	}
	total := int32(0)
	for g, n := range h.first { // from how many there are to where they end
		total += n
		h.first[g] = total
	}
	h.of = make([]int32, total)
	for i := len(h.all) - 1; i >= 0; i-- { // and, filled from behind, to where they begin
		for _, g := range d.words[h.all[i].word].groups {
			h.first[g]--
			h.of[h.first[g]] = int32(i)
		}
	}
}

// merged is both lists in order of position; all is so already, and comes first where both are.
func merged(all, more []hit) []hit {
	slices.SortStableFunc(more, func(x, y hit) int { return int(x.from - y.from) })
	i, j := len(all), len(more)
	all = append(all, more...)
	for k := len(all) - 1; j > 0; k-- {
		if i > 0 && all[i-1].from > more[j-1].from {
			i--
			all[k] = all[i]
			continue
		}
		j--
		all[k] = more[j]
	}
	return all
}

// candidates are where the words' characters stand, whatever is around them, in
// order of position.
func (d *Dictionary) candidates(t *Text) []hit {
	g := t.glyphs
	all := make([]hit, 0, 3*len(g)/2)
	for i := range g {
		second := rune(0)
		if i+1 < len(g) {
			second = g[i+1].r
		}
		if !d.tight.begins(g[i].r, second) {
			continue
		}
		var node int32
		var gap Gap
		for j := i; j < len(g); j++ {
			if j > i {
				if gap = max(gap, g[j].before); gap == block {
					break
				}
			}
			to, ok := d.tight.step(node, g[j].r)
			if !ok {
				break
			}
			node = to
			for w := d.tight.word[node]; w >= 0; w = d.words[w].same {
				all = append(all, hit{from: int32(i), to: int32(j + 1), gap: gap, word: w})
			}
		}
	}
	return all
}
