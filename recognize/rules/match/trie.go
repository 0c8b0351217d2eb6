package match

import "math/bits"

// trie holds the words of a dictionary by their characters. All that begin at
// one place of a text are found by walking from there, so a text costs its
// length times the few characters that any word goes on for, whatever the text
// and however many words there are. (An Aho-Corasick automaton of bytes,
// coregx/ahocorasick 0.3.1, took 1.2 s and 145 MB to make of a hundred thousand
// Korean words.)
type trie struct {
	next edges
	word []int32 // of each node: the first word that ends there, -1 for none
	long int     // characters of the longest word
	// first has the pairs of characters that words begin with, and the first of words that have one alone.
	first pairs
}

func newTrie() *trie { return &trie{next: newEdges(64), word: []int32{-1}} }

// add puts the characters in and returns the node they end at.
func (t *trie) add(runes []rune) int32 {
	var node int32
	for _, r := range runes {
		to, ok := t.step(node, r)
		if !ok {
			to = int32(len(t.word))
			t.next.add(node, r, to)
			t.word = append(t.word, -1)
		}
		node = to
	}
	if len(runes) == 1 {
		t.first.add(0, runes[0])
	} else {
		t.first.add(runes[0], runes[1])
	}
	t.long = max(t.long, len(runes))
	return node
}

// step is the node behind a character of a word, if one goes on so.
func (t *trie) step(node int32, r rune) (to int32, ok bool) {
	e := t.next.find(node, r)
	return e.to, e.to != 0
}

// begins says whether a word may begin with these two characters; b is 0 at the end of a text.
func (t *trie) begins(a, b rune) bool { return t.first.has(a, b) || t.first.has(0, a) }

// edges are those of a trie by where they begin and their character: a hash table
// of its own, since a text asks it more than anything and Go's map takes twice as long.
type edges struct {
	at    []edge // of 2^n, at most half of them used
	shift uint
	used  int
}

// edge leads from a node by a character to another, never the first; to is 0 where there is none.
type edge struct {
	from int32
	r    rune
	to   int32
}

func newEdges(room int) edges {
	return edges{at: make([]edge, room), shift: uint(64 - bits.TrailingZeros(uint(room)))}
}

// find is the edge, or the place for it.
func (e *edges) find(from int32, r rune) *edge {
	i := int((uint64(from)<<32 | uint64(uint32(r))) * 0x9E3779B97F4A7C15 >> e.shift)
	for {
		x := &e.at[i]
		if x.from == from && x.r == r || x.to == 0 {
			return x
		}
		i = (i + 1) & (len(e.at) - 1)
	}
}

func (e *edges) add(from int32, r rune, to int32) {
	if e.used++; 2*e.used > len(e.at) {
		more := newEdges(2 * len(e.at))
		for _, x := range e.at {
			if x.to != 0 {
				*more.find(x.from, x.r) = x
			}
		}
		e.at, e.shift = more.at, more.shift
	}
	*e.find(from, r) = edge{from, r, to}
}
