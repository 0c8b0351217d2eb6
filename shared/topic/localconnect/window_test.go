package localconnect

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestWindow begins and settles records of two partitions in any order,
// redeliveries among them, and compares with the plain definition: what may be
// committed is everything before the first record that is not settled.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWindow()
		next := map[int]int64{}                // the next offset that the broker delivers
		flying := map[int]map[int64]bool{}     // begun and not settled
		committed := map[int]int64{0: 0, 1: 0} // the next offset to read
		for p := range committed {
			flying[p] = map[int64]bool{}
		}
		at := func(p int, offset int64) topic.Message { return topic.Message{Partition: p, Offset: offset} }
		p := func(t *rapid.T) int { return rapid.IntRange(0, 1).Draw(t, "partition") }
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) {
				p := p(t)
				if !w.begin(at(p, next[p])) {
					t.Fatalf("%d/%d is new and is refused", p, next[p])
				}
				flying[p][next[p]] = true
				next[p]++
			},
			"settle": func(t *rapid.T) {
				p := p(t)
				var offsets []int64
				for o := committed[p]; o < next[p]; o++ {
					if flying[p][o] {
						offsets = append(offsets, o)
					}
				}
				if len(offsets) == 0 {
					return
				}
				offset := rapid.SampledFrom(offsets).Draw(t, "offset")
				delete(flying[p], offset)
				want := committed[p]
				for want < next[p] && !flying[p][want] {
					want++
				}
				got, ok := w.settle(at(p, offset))
				switch {
				case ok != (want > committed[p]):
					t.Fatalf("settling %d/%d with %v under way: commit %t", p, offset, flying[p], ok)
				case ok && (got.Partition != p || got.Offset+1 != want):
					t.Fatalf("settling %d/%d with %v under way commits up to %d/%d, want %d", p, offset, flying[p], got.Partition, got.Offset+1, want)
				}
				committed[p] = want
			},
			"rebalance": func(t *rapid.T) { // the broker delivers from the commit on
				p := p(t)
				for o := committed[p]; o < next[p]; o++ {
					if w.begin(at(p, o)) {
						t.Fatalf("%d/%d is begun twice", p, o)
					}
				}
			},
		})
	})
}

// TestWindowEarlierAgain: a record delivered again after its commit failed comes
// before what is under way, and holds up the commits behind it.
func TestWindowEarlierAgain(t *testing.T) {
	w := newWindow()
	at := func(offset int64) topic.Message { return topic.Message{Offset: offset} }
	for _, offset := range []int64{5, 3} {
		if !w.begin(at(offset)) {
			t.Fatalf("%d is refused", offset)
		}
	}
	if m, ok := w.settle(at(5)); ok {
		t.Errorf("settling 5 commits %d although 3 is under way", m.Offset)
	}
	if m, ok := w.settle(at(3)); !ok || m.Offset != 5 {
		t.Errorf("settling 3 commits %d (%t), want 5", m.Offset, ok)
	}
	if _, ok := w.settle(at(3)); ok {
		t.Error("a record is settled twice")
	}
}
