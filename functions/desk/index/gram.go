package index

import (
	"encoding/binary"
	"errors"
	"slices"
)

// gram is two letters that follow each other in a block, or one letter with nothing
// behind it, which stands for the letter wherever it is. No text has a letter 0.
type gram uint64

func gramOf(a, b rune) gram { return gram(a)<<21 | gram(b) }

func (g gram) letter() bool { return g&(1<<21-1) == 0 }

// A list is where a gram is: for each text, in their order, how far its number is from
// the one before (of the first: from the one before the part's first), and the places of
// the gram in it. A place is how many letters further it is than the one before, doubled;
// and one more if another follows. A letter's list has no places. All are varints.

// gatherer makes the lists of texts.
type gatherer struct {
	at          map[gram]int32 // where in lists; a letter of the BMP is in letters instead
	letters     []int32        // where in lists, and one more; 0: it has none
	lists       []list
	used        int
	first, last int64 // the numbers of its texts
	texts       int
}

type list struct {
	gram  gram
	bytes []byte
	n     int64 // the text that it was last found in
	place int   // in it
	end   int   // where its last place begins in bytes
}

// add takes a text. Numbers only grow.
func (g *gatherer) add(n int64, text []byte) {
	if g.at == nil {
		g.at, g.letters = map[gram]int32{}, make([]int32, 1<<16)
	}
	if g.texts == 0 {
		g.first = n
	}
	g.last, g.texts = n, g.texts+1
	place, before := 0, between
	for _, c := range string(text) {
		if c != between {
			if l := g.letter(c); l.n != n {
				l.another(n)
			}
			if before != between {
				g.list(gramOf(before, c)).found(n, place-1)
			}
		}
		before = c
		place++
	}
}

func (g *gatherer) letter(c rune) *list {
	if c >= 1<<16 {
		return g.list(gramOf(c, 0))
	}
	if i := g.letters[c]; i > 0 {
		return &g.lists[i-1]
	}
	l := g.fresh(gramOf(c, 0))
	g.letters[c] = int32(g.used)
	return l
}

func (g *gatherer) list(k gram) *list {
	if i, ok := g.at[k]; ok {
		return &g.lists[i]
	}
	g.at[k] = int32(g.used)
	return g.fresh(k)
}

// fresh is an empty list, with the memory of one that is done with.
func (g *gatherer) fresh(k gram) *list {
	if g.used == len(g.lists) {
		g.lists = append(g.lists, list{})
	}
	l := &g.lists[g.used]
	*l = list{gram: k, bytes: l.bytes[:0], n: g.first - 1}
	g.used++
	return l
}

// another says that the gram is in text n.
func (l *list) another(n int64) {
	l.bytes = binary.AppendUvarint(l.bytes, uint64(n-l.n))
	l.n, l.place, l.end = n, 0, -1
}

func (l *list) found(n int64, place int) {
	if l.n != n {
		l.another(n)
	}
	if l.end >= 0 {
		l.bytes[l.end] |= 1
	}
	l.end = len(l.bytes)
	l.bytes = binary.AppendUvarint(l.bytes, uint64(place-l.place)<<1)
	l.place = place
}

// all are the lists in the order of their grams.
func (g *gatherer) all() []list {
	all := g.lists[:g.used]
	slices.SortFunc(all, func(a, b list) int { return compareGrams(a.gram, b.gram) })
	return all
}

// reset forgets all texts.
func (g *gatherer) reset() {
	if g.texts > 0 {
		clear(g.at)
		clear(g.letters)
		g.used, g.texts = 0, 0
	}
}

func compareGrams(a, b gram) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

var errList = errors.New("a list of letters is broken")

// walk goes through a list.
type walk struct {
	rest   []byte
	letter bool
	n, max int64 // the text where it is, and the last that there can be
	offset int   // of the gram in the phrase
	at     []byte
	err    error
}

func newWalk(k gram, l []byte, first, last int64) walk {
	return walk{rest: l, letter: k.letter(), n: first - 1, max: last}
}

// next goes to the next text: false at the end, and if the list is broken.
func (c *walk) next() bool {
	if len(c.rest) == 0 {
		return false
	}
	d, size := uint64(c.rest[0]), 1
	if d >= 0x80 {
		d, size = binary.Uvarint(c.rest)
	}
	if size <= 0 || d == 0 || d > uint64(c.max-c.n) {
		return c.broke()
	}
	c.rest, c.n = c.rest[size:], c.n+int64(d)
	if c.letter {
		return true
	}
	for i := 0; i < len(c.rest); {
		more := c.rest[i]&1 != 0
		for c.rest[i] >= 0x80 {
			if i++; i == len(c.rest) {
				return c.broke()
			}
		}
		if i++; !more {
			c.at, c.rest = c.rest[:i], c.rest[i:]
			return true
		}
	}
	return c.broke()
}

func (c *walk) broke() bool {
	c.rest, c.err = nil, errList
	return false
}

// seek goes to the first text that is n or later.
func (c *walk) seek(n int64) bool {
	for c.n < n {
		if !c.next() {
			return false
		}
	}
	return true
}

// begins adds the places where the phrase would begin by this gram's.
func (c *walk) begins(places []int32) []int32 {
	for at, place := 0, int32(-c.offset); at < len(c.at); {
		place += c.step(&at)
		places = append(places, place)
	}
	return places
}

// keep leaves of the places where the phrase would begin those that this gram is right for.
func (c *walk) keep(places []int32) []int32 {
	kept := places[:0]
	for at, place, i := 0, int32(-c.offset), 0; at < len(c.at); {
		place += c.step(&at)
		for i < len(places) && places[i] < place {
			i++
		}
		if i == len(places) {
			break
		}
		if places[i] == place {
			kept = append(kept, place)
		}
	}
	return kept
}

// step reads how much further the next place is; next has seen that each is whole.
func (c *walk) step(at *int) int32 {
	b := c.at[*at]
	*at++
	if b < 0x80 {
		return int32(b >> 1)
	}
	d, shift := uint64(b&0x7f), 7
	for b >= 0x80 {
		b = c.at[*at]
		*at++
		d |= uint64(b&0x7f) << (shift & 63)
		shift += 7
	}
	return int32(d >> 1)
}

func uvarint(b []byte) (uint64, int) {
	if b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}
