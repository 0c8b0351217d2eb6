package match

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
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
	heard  [][]int32          // of each node of sound: the words that end there
	runes  []rune             // room for the words', see spell
	starts []bool
}

// NewDictionary returns an empty dictionary.
func NewDictionary() *Dictionary {
	return &Dictionary{tight: newTrie(), known: map[string]Group{}, apart: map[string][]int32{}, sound: newTrie()}
}

// Group makes a group of words, which must not be empty; see Words for how they are written.
func (d *Dictionary) Group(sources []string, o Options) (Group, error) {
	key := fmt.Sprint(o) + strings.Join(sources, "\x00")
	if g, ok := d.known[key]; ok {
		return g, nil
	}
	g := Group(d.groups)
	d.groups++
	for _, s := range sources {
		spellings, stem := Spellings(s)
		for _, spelling := range spellings {
			if err := d.add(spelling, stem, o, g); err != nil {
				return g, err
			}
		}
	}
	d.known[key] = g
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
	w.runes, w.starts = d.spell(normal(source))
	if len(w.runes) == 0 {
		return fmt.Errorf("%q has no visible character", source)
	}
	n := syllables(w.runes)
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
			d.runes, d.starts = d.runes[:len(d.runes)-len(w.runes)], d.starts[:len(d.starts)-len(w.runes)]
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
		d.heard = append(d.heard, make([][]int32, len(d.sound.word)-len(d.heard))...)
		d.heard[node] = append(d.heard[node], int32(len(d.words)))
	}
	d.words = append(d.words, w)
	return nil
}

// spell is a text's characters without white space, and whether a word begins at
// each. They share room with those of other words: there are tens of thousands.
func (d *Dictionary) spell(text string) (runes []rune, starts []bool) {
	if most := utf8.RuneCountInString(text); cap(d.runes)-len(d.runes) < most {
		const room = 4096
		d.runes, d.starts = make([]rune, 0, max(room, most)), make([]bool, 0, max(room, most))
	}
	from := len(d.runes)
	begins := true
	for _, r := range text {
		if r == ' ' {
			begins = true
			continue
		}
		d.runes, d.starts = append(d.runes, r), append(d.starts, begins)
		begins = false
	}
	to := len(d.runes)
	return d.runes[from:to:to], d.starts[from:to:to]
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

// begun says of each glyph whether a word begins there for certain: as read,
// or unspaced behind a word that the dictionary knows, and a particle, as 최고
// in 국내최고 and 예방 in 당뇨병을예방. In 자유일정 no known word ends before 유일.
func (d *Dictionary) begun(t *Text, all []hit) (begun, known []bool) {
	both := make([]bool, 2*len(t.glyphs)+2)
	begun, known = both[:len(t.glyphs)+1], both[len(t.glyphs)+1:]
	for i := range t.glyphs {
		begun[i] = t.beginsWord(i)
	}
	for _, c := range all {
		w, from, to := &d.words[c.word], int(c.from), int(c.to)
		known[from] = known[from] || w.head
		if !w.head || !begun[from] || !t.unbroken(from, to) || to >= len(t.glyphs) || !t.close(to) {
			continue
		}
		begun[to] = true
		if n := t.particle(to); n > 0 && to+n < len(t.glyphs) && t.close(to+n) {
			begun[to+n] = true
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
func (t *Text) accept(from, to int, w *word, h *hits) (a accepted, ok bool) {
	if w.raw {
		return a, true
	}
	if !t.edgedAs(from, to, w) || w.begins && !h.begun[from] {
		return a, false
	}
	// What begins at a particle goes on over no white space: 의사 in "제품의 사본".
	reached := h.begun[from] && (t.beginsWord(from) || t.particle(from) == 0) ||
		t.glyphs[from].before != None && firstWord(w.starts) >= freeBegin
	real := false       // that white space is none between spaced letters
	last, piece := 0, 0 // characters before and since the last white space inside a word of the phrase
	for i := from; i < to; i++ {
		own, before := w.starts[i-from], t.glyphs[i].before
		reached = reached || i > from && own && h.begun[i]
		switch {
		case i == from || own && before != None:
			last, piece = 0, 0
		case own:
		case before != None:
			if !reached {
				return a, false
			}
			last, piece, real = piece, 0, !t.spaced[i]
		}
		piece++
		a.spacing = a.spacing || i > from && (before == Line || (before == Word) != own)
		if t.glyphs[i].typed {
			a.evasion = disguise.Jamo & w.evasion
		}
	}
	// One syllable cut off, as 남 is in "조건만 남겼" and 명 in "이 명령".
	broken := real && piece == 1 && (last > 1 || w.begins)
	return a, !(broken && !t.closes(to) || w.ends && !t.endsWord(to, h.known))
}

// accepted says how a word was met.
type accepted struct {
	spacing bool    // other white space is in it than in the word
	evasion Evasion // what had to be undone
}

// Between is the first place between two glyphs where the words of the pattern
// begin, if there is one. It is for words only.
func (p Pattern) Between(t *Text, from, to int) (Span, bool) {
	h := t.find(p.d)
	if i := h.after(p.group, from); i < h.count(p.group) {
		s := h.at(p.group, i)
		return s, s.From < to
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
