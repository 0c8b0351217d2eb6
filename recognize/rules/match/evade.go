package match

import "github.com/pageinspect/pageinspect/recognize/rules/disguise"

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

// mergeEvasion is the disguises of both.
func mergeEvasion(spans ...Span) (e Evasion) {
	for _, s := range spans {
		e |= s.Evasion
	}
	return e
}

// Through says whether a span is met through these disguises only.
func (s Span) Through(e Evasion) bool { return s.Evasion&^e == 0 }
