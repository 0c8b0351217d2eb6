package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Edge says where a word may begin or end.
type Edge uint8

// The edges. Auto is AtWord for what is too short to be told from a piece of
// another word: two syllables at the beginning, one at the end.
const (
	Auto Edge = iota
	Anywhere
	AtWord
	Inside // anywhere, but numbers and Latin words whole
)

// Options say how a word is looked for.
type Options struct {
	Begins, Ends Edge
	Evasion      Evasion // the disguises it is also looked for in
	Fuzzy        bool    // one jamo may be amiss
	raw          bool    // wherever its characters stand: for what is only a hint
}

// shortest words that may begin and end anywhere, in syllables.
const (
	freeBegin = 3
	freeEnd   = 2
)

// word is what a dictionary knows of one word or phrase.
type word struct {
	runes        []rune  // without white space
	starts       []bool  // whether a word of the phrase begins at each; the first always does
	begins, ends bool    // whether it must do so at a word's
	free         [2]bool // whether a Latin word or a number may go on before and behind it
	raw          bool
	head         bool // whether another word may follow it unspaced
	evasion      Evasion
	same         int32 // another word of the same characters, -1 for none
	groups       []Group
}

// Group numbers words that are looked for together.
type Group int32

// Dictionary is all the words of some rules, which a text is searched for at
// once. It is filled by one goroutine; then it does not change and may be shared.
type Dictionary struct {
	words  []word
	tight  *trie
	groups int
	known  map[string]Group   // groups by their words, since many rules name the same sets
	apart  map[string][]int32 // words by their initial consonants
	sound  *trie              // words by what they sound like
	heard  map[int32][]int32  // of each node of sound: the words that end there
}

// NewDictionary returns an empty dictionary.
func NewDictionary() *Dictionary {
	return &Dictionary{tight: newTrie(), known: map[string]Group{}, apart: map[string][]int32{}, sound: newTrie(),
		heard: map[int32][]int32{}}
}

// Group makes a group of words, which must not be empty; see Words for how they are written.
func (d *Dictionary) Group(sources []string, o Options) (Group, error) {
	key := fmt.Sprint(o) + strings.Join(sources, "\x00")
	if g, ok := d.known[key]; ok {
		return g, nil
	}
	g := Group(d.groups)
	d.groups++
	d.known[key] = g
	for _, s := range sources {
		spellings, stem := Spellings(s)
		for _, spelling := range spellings {
			if err := d.add(spelling, stem, o, g); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

// Spellings lists what a word of a pack stands for: itself, or, where ~ stands
// at its end, a stem before all its endings.
func Spellings(source string) (all []string, stem bool) {
	if n := len(source) - 1; n > 0 && source[n] == '~' {
		return korean.Forms(normal(source[:n])), true
	}
	return []string{source}, false
}

func (d *Dictionary) add(source string, stem bool, o Options, g Group) error {
	w := word{raw: o.raw, evasion: o.Evasion, groups: []Group{g}}
	begins := true
	for _, r := range normal(source) {
		if r == ' ' {
			begins = true
			continue
		}
		w.runes, w.starts = append(w.runes, r), append(w.starts, begins)
		begins = false
	}
	if len(w.runes) == 0 {
		return fmt.Errorf("%q has no visible character", source)
	}
	n := syllables(string(w.runes))
	all := n == len(w.runes)
	w.begins = o.Begins == AtWord || o.Begins == Auto && all && firstWord(w.starts) < freeBegin
	w.ends = o.Ends == AtWord || o.Ends == Auto && all && n < freeEnd && !stem
	w.free = [2]bool{o.Begins == Anywhere, o.Ends == Anywhere}
	w.head = !w.raw && all && n >= freeEnd && !stem
	if len(w.runes) < 2 || w.raw {
		w.evasion = 0
	}
	node := d.tight.add(w.runes)
	for i := d.tight.word[node]; i >= 0; i = d.words[i].same {
		if same := &d.words[i]; w.alike(same) {
			if !slices.Contains(same.groups, g) {
				same.groups = append(same.groups, g)
			}
			return nil
		}
	}
	w.same = d.tight.word[node]
	d.tight.word[node] = int32(len(d.words))
	if key, ok := initialsOf(w.runes); ok && w.evasion&Initials != 0 {
		d.apart[key] = append(d.apart[key], int32(len(d.words)))
	}
	if all && n >= shortestHeard && w.evasion&disguise.Sound != 0 {
		node := d.sound.add(heardAs(w.runes))
		d.heard[node] = append(d.heard[node], int32(len(d.words)))
	}
	d.words = append(d.words, w)
	return nil
}

// firstWord is how many characters the first word of a phrase has.
func firstWord(starts []bool) int {
	for i, s := range starts {
		if s && i > 0 {
			return i
		}
	}
	return len(starts)
}

func (w *word) alike(o *word) bool {
	return w.begins == o.begins && w.ends == o.ends && w.raw == o.raw && w.free == o.free && w.evasion == o.evasion &&
		slices.Equal(w.starts, o.starts)
}

// hits is where the words of a dictionary stand in a text.
type hits struct {
	of    [][]Span // by group, in order of position
	begun []bool   // of each glyph: a word begins there for certain
	known []bool   // of each glyph: a word of the dictionary may begin there
}

// find is what the dictionary's words are met by in the text. It is kept for
// the next pattern of the same dictionary.
func (t *Text) find(d *Dictionary) *hits {
	if t.dictionary == d {
		return t.hits
	}
	h := &hits{of: make([][]Span, d.groups)}
	cands := d.candidates(t)
	h.begun, h.known = d.begun(t, cands)
	counts, total := make([]int, d.groups), 0
	met := cands[:0]
	for _, c := range cands {
		w := &d.words[c.word]
		s, ok := t.accept(c.Span, w, h)
		if !ok {
			continue
		}
		met = append(met, candidate{s, c.word})
		for _, g := range w.groups {
			counts[g]++
			total++
		}
	}
	room := make([]Span, total) // for all groups: most have a span or two
	for g, n := range counts {
		h.of[g], room = room[:0:n], room[n:]
	}
	for _, c := range met {
		h.put(&d.words[c.word], c.Span)
	}
	if d.disguised(t, h) {
		for g := range h.of {
			slices.SortStableFunc(h.of[g], func(x, y Span) int { return x.From - y.From })
		}
	}
	t.dictionary, t.hits = d, h
	return h
}

func (h *hits) put(w *word, s Span) {
	for _, g := range w.groups {
		h.of[g] = append(h.of[g], s)
	}
}

// candidate is where a word's characters stand, whatever is around them.
type candidate struct {
	Span
	word int32
}

// candidates are in order of position.
func (d *Dictionary) candidates(t *Text) []candidate {
	g := t.glyphs
	all := make([]candidate, 0, len(g)/8)
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
			to, ok := d.tight.next[edgeOf(node, g[j].r)]
			if !ok {
				break
			}
			node = to
			for w := d.tight.word[node]; w >= 0; w = d.words[w].same {
				all = append(all, candidate{Span{From: i, To: j + 1, Gap: gap, Met: [3]int32{w + 1}}, w})
			}
		}
	}
	return all
}

// begun says of each glyph whether a word begins there for certain: as read,
// or unspaced behind a word that the dictionary knows, and a particle, as 최고
// in 국내최고 and 예방 in 당뇨병을예방. In 자유일정 no known word ends before 유일.
func (d *Dictionary) begun(t *Text, cands []candidate) (begun, known []bool) {
	begun, known = make([]bool, len(t.glyphs)+1), make([]bool, len(t.glyphs)+1)
	for i := range t.glyphs {
		begun[i] = t.beginsWord(i)
	}
	for _, c := range cands {
		w := &d.words[c.word]
		known[c.From] = known[c.From] || w.head
		if !w.head || !begun[c.From] || !t.unbroken(c.From, c.To) || c.To >= len(t.glyphs) || !t.close(c.To) {
			continue
		}
		begun[c.To] = true
		if n := korean.Particle(t.ahead(c.To, 3)); n > 0 && c.To+n < len(t.glyphs) && t.close(c.To+n) {
			begun[c.To+n] = true
		}
	}
	return begun, known
}

// accept decides whether a word's characters may be the word: no white space
// was removed where none could have been put in by mistake, and it begins and
// ends where it must.
//
// A word that is broken by white space must begin where a word begins, or an
// earlier word of the phrase must: that keeps 최고 out of "주최 고객". And it must
// end where a word may end, which keeps 조건만남 out of "조건만 남겼".
func (t *Text) accept(s Span, w *word, h *hits) (Span, bool) {
	s.Kind = result.Exact
	if w.raw {
		return s, true
	}
	if !t.edgedAs(s.From, s.To, w) || w.begins && !h.begun[s.From] {
		return s, false
	}
	// What begins at a particle goes on over no white space: 의사 in "제품의 사본".
	reached := h.begun[s.From] && (t.beginsWord(s.From) || korean.Particle(t.ahead(s.From, 3)) == 0) ||
		t.glyphs[s.From].before != None && firstWord(w.starts) >= freeBegin
	real := false       // that white space is none between spaced letters
	last, piece := 0, 0 // characters before and since the last white space inside a word of the phrase
	verbatim := true
	for i := s.From; i < s.To; i++ {
		own, before := w.starts[i-s.From], t.glyphs[i].before
		reached = reached || i > s.From && own && h.begun[i]
		switch {
		case i == s.From || own && before != None:
			last, piece = 0, 0
		case own:
		case before != None:
			if !reached {
				return s, false
			}
			last, piece, real = piece, 0, !t.spaced[i]
		}
		piece++
		verbatim = verbatim && (i == s.From || before != Line && (before == Word) == own)
	}
	// One syllable cut off, as 남 is in "조건만 남겼" and 명 in "이 명령".
	broken := real && piece == 1 && (last > 1 || w.begins)
	if broken && !t.closes(s.To) || w.ends && !t.endsWord(s.To, h.known) {
		return s, false
	}
	for _, g := range t.glyphs[s.From:s.To] {
		if g.typed {
			s.Evasion |= disguise.Jamo & w.evasion
		}
	}
	if !verbatim {
		s.Kind = result.Spacing
	}
	return s, true
}

// Between is the first place between two glyphs where the words of the pattern
// begin, if there is one. It is for words only.
func (p Pattern) Between(t *Text, from, to int) (Span, bool) {
	all := t.find(p.d).of[p.group]
	i, _ := slices.BinarySearchFunc(all, from, func(s Span, from int) int { return s.From - from })
	if i < len(all) && all[i].From < to {
		return all[i], true
	}
	return Span{}, false
}

// Inside says whether a span stands between an opening and a closing character
// of its block, as in the title of a book.
func (t *Text) Inside(s Span, opening, closing rune) bool {
	const farthest = 60
	for i := s.From - 1; i >= max(0, s.From-farthest) && t.glyphs[i+1].before != block; i-- {
		switch t.glyphs[i].r {
		case closing:
			return false
		case opening:
			for j := s.To; j < min(len(t.glyphs), s.To+farthest) && t.glyphs[j].before != block; j++ {
				if t.glyphs[j].r == closing {
					return true
				}
			}
			return false
		}
	}
	return false
}
