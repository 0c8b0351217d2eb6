package match

import (
	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
)

// Evasion is the disguises that a word is looked for in.
type Evasion = disguise.Kind

// Initials is the disguise of a word's syllables by their initial consonants.
const Initials = disguise.Initials

// AllEvasion is every disguise.
const AllEvasion = disguise.All

// EvasionNames names the disguises, in the order of their bits.
var EvasionNames = disguise.Names

// disguised is where words stand in a disguise.
func (d *Dictionary) disguised(t *Text, h *hits) (all []hit) {
	chars := make([]disguise.Char, len(t.glyphs))
	loose := false
	for i, g := range t.glyphs {
		chars[i] = disguise.Char{R: g.r, Close: i > 0 && t.close(i)}
		loose = loose || isJamo(g.r)
	}
	seen := map[[3]int32]bool{}
	put := func(x hit) {
		if at := [3]int32{x.from, x.to, x.word}; !seen[at] {
			seen[at] = true
			all = append(all, x)
		}
	}
	views := disguise.Views(chars)
	for _, v := range views {
		d.undisguised(t, h, v, put)
	}
	if loose {
		d.initials(t, h, put)
	}
	d.alike(t, h, views, put)
	return all
}

// undisguised looks for the words in one view, wherever something was undone.
func (d *Dictionary) undisguised(t *Text, h *hits, v disguise.View, put func(hit)) {
	next := make([]int, len(v.Runes)+1) // of each character, where the next one is in which something was undone
	next[len(v.Runes)] = len(v.Runes) + d.tight.long
	for i := len(v.Runes) - 1; i >= 0; i-- {
		next[i] = next[i+1]
		if v.Undone[i] != disguise.None {
			next[i] = i
		}
	}
	for i := range v.Runes {
		if next[i]-i >= d.tight.long {
			continue
		}
		var node int32
		undone, gap := disguise.None, None
		for j := i; j < len(v.Runes); j++ {
			if j > i {
				if gap = max(gap, t.glyphs[v.From[j]].before); gap == block {
					break
				}
			}
			to, ok := d.tight.step(node, v.Runes[j])
			if !ok {
				break
			}
			node = to
			k := v.Undone[j]
			if j == i { // a symbol before the word is not in it
				k &^= disguise.Symbols
			}
			undone |= k
			if undone == disguise.None {
				continue
			}
			for n := d.tight.word[node]; n >= 0; n = d.words[n].same {
				w := &d.words[n]
				if undone&^w.evasion == 0 && t.hides(v.From[i], v.To[j], undone, w, v, i, h) {
					put(hit{from: int32(v.From[i]), to: int32(v.To[j]), gap: gap, evasion: undone, word: n})
					if w.head && h.begun[v.From[i]] { // another may follow it unspaced
						h.begun[v.To[j]] = true
					}
				}
			}
		}
	}
}

// hides decides whether what was undisguised from character i of the view on
// may be the word: it begins and ends where it must, no white space is in it,
// and no symbol stands where the phrase has a white space, as in a list.
func (t *Text) hides(from, to int, undone Evasion, w *word, v disguise.View, i int, h *hits) bool {
	if undone&disguise.Symbols != 0 && undone&disguise.Lookalike != 0 {
		return false // "T3L-3GR4M" is a part's number
	}
	if !t.edgedAs(from, to, w) || !h.begun[from] && (w.begins || undone&disguise.Symbols != 0) {
		return false
	}
	if w.ends && !t.endsWord(to, h.known) || undone&(disguise.Symbols|disguise.Keyboard) != 0 && !t.closes(to) {
		return false
	}
	for n := range w.runes {
		if n > 0 && w.starts[n] {
			if v.Undone[i+n]&disguise.Symbols != 0 {
				return false
			}
		} else if n > 0 && !t.close(v.From[i+n]) && v.Undone[i+n]&disguise.Symbols == 0 {
			return false
		}
	}
	return true
}

// initials looks for the words of which some syllables are there by their
// initial consonants only. Two such syllables are too little if nothing else is there.
func (d *Dictionary) initials(t *Text, h *hits, put func(hit)) {
	last := -1 // where was looked from already
	for i, g := range t.glyphs {
		if !isJamo(g.r) {
			continue
		}
		for from := max(last+1, i-mostInitials+1); from <= i; from++ {
			last = from
			d.initialsFrom(t, h, from, put)
		}
	}
}

// mostInitials is the longest word that is looked for by initials.
const mostInitials = 6

func (d *Dictionary) initialsFrom(t *Text, h *hits, from int, put func(hit)) {
	var key []rune
	alone := 0
	if isJamo(t.glyphs[from].r) && from > 0 && t.close(from) && isJamo(t.glyphs[from-1].r) {
		return
	}
	for to := from; to < min(from+mostInitials, len(t.glyphs)) && (to == from || t.close(to)); to++ {
		r, bare, ok := disguise.InitialOf(t.glyphs[to].r)
		if !ok {
			return
		}
		if key = append(key, r); bare {
			alone++
		}
		if alone == 0 || to == from || to+1 < len(t.glyphs) && t.close(to+1) && isJamo(t.glyphs[to+1].r) {
			continue
		}
		for _, n := range d.apart[string(key)] {
			w := &d.words[n]
			if alone == len(key) && len(key) < shortestInitials || !spells(t.glyphs[from:to+1], w.runes) {
				continue
			}
			if h.begun[from] && t.closes(to+1) {
				put(hit{from: int32(from), to: int32(to + 1), evasion: disguise.Initials, word: n})
			}
		}
	}
}

// shortestInitials is the shortest word that initials alone stand for.
const shortestInitials = 3

// spells says whether what is a whole syllable is the word's own, and a
// repeated letter is no word: ㅋㅋㅋ. Nor is a face: ㅇㅅㅇ.
func spells(glyphs []glyph, word []rune) bool {
	same := true
	if n := len(glyphs); n == 3 && isJamo(glyphs[0].r) && glyphs[0].r == glyphs[2].r {
		return false
	}
	for i, g := range glyphs {
		if !isJamo(g.r) && g.r != word[i] {
			return false
		}
		same = same && g.r == glyphs[0].r
	}
	return !same
}

// initialsOf is the key of a word in the index of initials.
func initialsOf(word []rune) (string, bool) {
	if len(word) < 2 || len(word) > mostInitials {
		return "", false
	}
	return disguise.InitialsOf(word)
}

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

// mergeEvasion is the disguises of both.
func mergeEvasion(spans ...Span) (e Evasion) {
	for _, s := range spans {
		e |= s.Evasion
	}
	return e
}

// Through says whether a span is met through these disguises only.
func (s Span) Through(e Evasion) bool { return s.Evasion&^e == 0 }
