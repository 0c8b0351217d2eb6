package match

import (
	"github.com/pageinspect/pageinspect/recognize/rules/disguise"
	"github.com/pageinspect/pageinspect/recognize/rules/korean"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Evasion is the disguises that a word is looked for in.
type Evasion = disguise.Kind

// Initials is the disguise of a word's syllables by their initial consonants.
const Initials = disguise.Initials

// AllEvasion is every disguise.
const AllEvasion = disguise.All

// EvasionNames names the disguises, in the order of their bits.
var EvasionNames = disguise.Names

// disguised puts in where words stand in a disguise, and says whether any does.
func (d *Dictionary) disguised(t *Text, h *hits) (any bool) {
	chars := make([]disguise.Char, len(t.glyphs))
	loose := false
	for i, g := range t.glyphs {
		chars[i] = disguise.Char{R: g.r, Close: i > 0 && t.close(i)}
		loose = loose || isJamo(g.r)
	}
	seen := map[candidate]bool{}
	put := func(w int32, s Span) {
		c := candidate{Span{From: s.From, To: s.To}, w}
		if !seen[c] {
			seen[c], any = true, true
			h.put(&d.words[w], s)
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
	return any
}

// undisguised looks for the words in one view, wherever something was undone.
func (d *Dictionary) undisguised(t *Text, h *hits, v disguise.View, put func(int32, Span)) {
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
			to, ok := d.tight.next[edgeOf(node, v.Runes[j])]
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
				s := Span{From: v.From[i], To: v.To[j], Kind: result.Exact, Gap: gap, Evasion: undone & w.evasion, Met: [3]int32{n + 1}}
				if undone&^w.evasion == 0 && t.hides(s, w, v, i, h) {
					put(n, s)
					if w.head && h.begun[s.From] { // another may follow it unspaced
						h.begun[s.To] = true
					}
				}
			}
		}
	}
}

// hides decides whether what was undisguised from character i of the view on
// may be the word: it begins and ends where it must, no white space is in it,
// and no symbol stands where the phrase has a white space, as in a list.
func (t *Text) hides(s Span, w *word, v disguise.View, i int, h *hits) bool {
	if s.Evasion&disguise.Symbols != 0 && s.Evasion&disguise.Lookalike != 0 {
		return false // "T3L-3GR4M" is a part's number
	}
	if !t.edgedAs(s.From, s.To, w) || !h.begun[s.From] && (w.begins || s.Evasion&disguise.Symbols != 0) {
		return false
	}
	if w.ends && !t.endsWord(s.To, h.known) || s.Evasion&(disguise.Symbols|disguise.Keyboard) != 0 && !t.closes(s.To) {
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
func (d *Dictionary) initials(t *Text, h *hits, put func(int32, Span)) {
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

func (d *Dictionary) initialsFrom(t *Text, h *hits, from int, put func(int32, Span)) {
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
				put(n, Span{From: from, To: to + 1, Kind: result.Exact, Evasion: disguise.Initials, Met: [3]int32{n + 1}})
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
func (d *Dictionary) alike(t *Text, h *hits, views []disguise.View, put func(int32, Span)) {
	strange := len(t.glyphs) + longestHeard // the next syllable that may stand for another
	near := make([]bool, len(t.glyphs))
	for i := len(t.glyphs) - 1; i >= 0; i-- {
		if disguise.Strange(t.glyphs[i].r) {
			strange = i
		}
		near[i] = strange-i < longestHeard
	}
	for i := range t.glyphs {
		if h.begun[i] && near[i] && korean.IsSyllable(t.glyphs[i].r) {
			d.alikeFrom(t, i, len(t.glyphs), func(j int) (rune, int, int, Evasion) { return t.glyphs[j].r, j, j + 1, 0 }, put)
		}
	}
	for _, v := range views {
		for i := range v.Runes {
			if h.begun[v.From[i]] && korean.IsSyllable(v.Runes[i]) {
				d.alikeFrom(t, i, len(v.Runes), func(j int) (rune, int, int, Evasion) { return v.Runes[j], v.From[j], v.To[j], v.Undone[j] }, put)
			}
		}
	}
}

// alikeFrom looks from character i on; at says what a character is, and which glyphs it came of.
func (d *Dictionary) alikeFrom(t *Text, i, end int, at func(int) (rune, int, int, Evasion), put func(int32, Span)) {
	var node int32
	var spoken []rune
	var apart []bool // whether white space stands before
	undone := disguise.None
	alone := true
	for j := i; j < end; j++ {
		r, from, to, k := at(j)
		if j > i && t.glyphs[from].before == block {
			return
		}
		next, ok := d.sound.next[edgeOf(node, disguise.SoundOf(r))]
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
		_, first, _, _ := at(i)
		for _, n := range d.heard[node] {
			w := &d.words[n]
			if undone&^w.evasion == 0 && soundsLike(spoken, apart, alone, w) && (!w.head || t.closes(to)) {
				put(n, Span{From: first, To: to, Kind: result.Exact, Gap: t.widest(first, to), Evasion: undone | disguise.Sound, Met: [3]int32{n + 1}})
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
	long := len(spoken)
	return odd > 0 || !disguise.Ordinary(spoken) && (hard > 1 && long >= surelyHeard || hard == 1 && (long > surelyHeard || long == surelyHeard && w.head))
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
