package index

import (
	"cmp"
	"slices"
)

// piece is a gram of a phrase, and where in it.
type piece struct {
	gram   gram
	offset int
}

// pieces are grams that together are the phrase: every second pair of its letters, and the
// last one. What has them at their places says the phrase, and in one block, for
// between blocks there is a place without a letter.
func pieces(phrase string) (all []piece) {
	letters := []rune(phrase)
	if len(letters) == 1 {
		return []piece{{gramOf(letters[0], 0), 0}}
	}
	for i := 0; i < len(letters)-1; i += 2 {
		all = append(all, piece{gramOf(letters[i], letters[i+1]), i})
	}
	if i := len(letters) - 2; i%2 == 1 {
		all = append(all, piece{gramOf(letters[i], letters[i+1]), i})
	}
	return all
}

// meet adds the texts in which all of the walks' grams are at their places.
func meet(all []walk, found *set) error {
	slices.SortFunc(all, func(a, b walk) int { return cmp.Compare(len(a.rest), len(b.rest)) })
	var begins []int32
	first, rest := &all[0], all[1:]
	more := first.next()
	for more {
		n := first.n
		for i := range rest {
			if more = rest[i].seek(n) && more; !more || rest[i].n > n {
				n = max(n, rest[i].n)
				break
			}
		}
		switch {
		case !more:
		case n > first.n:
			more = first.seek(n)
		default:
			if len(rest) > 0 {
				begins = first.begins(begins[:0])
			}
			for i := 0; i < len(rest) && len(begins) > 0; i++ {
				begins = rest[i].keep(begins)
			}
			if len(rest) == 0 || len(begins) > 0 {
				found.add(n)
			}
			more = first.next()
		}
	}
	for i := range all {
		if all[i].err != nil {
			return all[i].err
		}
	}
	return nil
}
