package match

// trie holds the words of a dictionary by their characters. All that begin at
// one place of a text are found by walking from there, so a text costs its
// length times the few characters that any word goes on for, whatever the text
// and however many words there are. (An Aho-Corasick automaton of bytes,
// coregx/ahocorasick 0.3.1, took 1.2 s and 145 MB to make of a hundred thousand
// Korean words.)
type trie struct {
	next map[uint64]int32 // node and character -> node
	word []int32          // of each node: the first word that ends there, -1 for none
	long int              // characters of the longest word
	// first has the pairs of characters that words begin with, and the first of words that have one alone.
	first pairs
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, word: []int32{-1}} }

func edgeOf(node int32, r rune) uint64 { return uint64(node)<<32 | uint64(uint32(r)) }

// add puts the characters in and returns the node they end at.
func (t *trie) add(runes []rune) int32 {
	var node int32
	for _, r := range runes {
		to, ok := t.next[edgeOf(node, r)]
		if !ok {
			to = int32(len(t.word))
			t.next[edgeOf(node, r)] = to
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

// begins says whether a word may begin with these two characters; b is 0 at the end of a text.
func (t *trie) begins(a, b rune) bool { return t.first.has(a, b) || t.first.has(0, a) }
