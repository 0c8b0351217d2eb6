package match

import (
	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// Of words that only sound like one of the dictionary.
const (
	shortestHeard = 2 // where a syllable is hardly ever seen in ordinary words
	surelyHeard   = 3
	longestHeard  = 8
)

func heardAs(word []rune) []rune {
	sounds := make([]rune, len(word))
	for i, r := range word {
		sounds[i] = disguise.SoundOf(r)
	}
	return sounds
}

// alike looks for the words that something in the text sounds like, spoken
// harder: in the text as it is, and in each view of it.
func (d *Dictionary) alike(t *Text, h *hits, views []disguise.View, put func(hit)) {
	strange := len(t.glyphs) + longestHeard // the next syllable that may stand for another
	near := make([]bool, len(t.glyphs))
	for i := len(t.glyphs) - 1; i >= 0; i-- {
		if disguise.Strange(t.glyphs[i].r) {
			strange = i
		}
		near[i] = strange-i < longestHeard
	}
	for i := range t.glyphs {
		if near[i] && h.begun[i] {
			d.alikeFrom(spelling{t: t}, i, put)
		}
	}
	for _, v := range views {
		for i := range v.Runes {
			if h.begun[v.From[i]] {
				d.alikeFrom(spelling{t, &v}, i, put)
			}
		}
	}
}

// spelling is a text as it is, or in a view of it.
type spelling struct {
	t *Text
	v *disguise.View
}

func (s spelling) len() int {
	if s.v == nil {
		return len(s.t.glyphs)
	}
	return len(s.v.Runes)
}

// at says what character i is, which glyphs it came of, and what was undone.
func (s spelling) at(i int) (r rune, from, to int, undone Evasion) {
	if s.v == nil {
		return s.t.glyphs[i].r, i, i + 1, 0
	}
	return s.v.Runes[i], s.v.From[i], s.v.To[i], s.v.Undone[i]
}

// alikeFrom looks from character i on.
func (d *Dictionary) alikeFrom(s spelling, i int, put func(hit)) {
	r, first, _, _ := s.at(i)
	if i+1 >= s.len() || !korean.IsSyllable(r) {
		return
	}
	if second, _, _, _ := s.at(i + 1); !d.sound.begins(disguise.SoundOf(r), disguise.SoundOf(second)) {
		return
	}
	t := s.t
	var node int32
	var spoken []rune
	var apart []bool // whether white space stands before
	undone := disguise.None
	alone := true
	for j := i; j < s.len(); j++ {
		r, from, to, k := s.at(j)
		if j > i && t.glyphs[from].before == block {
			return
		}
		next, ok := d.sound.step(node, disguise.SoundOf(r))
		if !ok {
			return
		}
		node = next
		if j == i {
			k &^= disguise.Symbols
		}
		undone |= k
		alone = alone && t.alone(from)
		spoken, apart = append(spoken, r), append(apart, j > i && !t.close(from) && k&disguise.Symbols == 0)
		for _, n := range d.heard[node] {
			w := &d.words[n]
			if undone&^w.evasion == 0 && soundsLike(spoken, apart, alone, w) && (!w.head || t.closes(to)) {
				put(hit{from: int32(first), to: int32(to), gap: t.widest(first, to), evasion: undone | disguise.Sound, word: n})
			}
		}
	}
}

// soundsLike says whether what sounds like the word is another spelling of it:
// one syllable of it is odd, or enough are hard.
func soundsLike(spoken []rune, apart []bool, alone bool, w *word) bool {
	hard, odd := 0, 0
	for i, r := range spoken {
		if apart[i] && !w.starts[i] && !alone {
			return false
		}
		if r == w.runes[i] {
			continue
		}
		switch disguise.Stands(r, w.runes[i]) {
		case disguise.Other:
			return false
		case disguise.Hard:
			hard++
		case disguise.Odd:
			odd++
		}
	}
	if odd > 0 {
		return true
	}
	long := len(spoken)
	enough := hard > 1 && long >= surelyHeard || hard == 1 && (long > surelyHeard || long == surelyHeard && w.head)
	return enough && !disguise.Ordinary(spoken)
}
