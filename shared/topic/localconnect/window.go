package localconnect

import (
	"cmp"
	"slices"
	"sync"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// window knows which records are under way, and so how far each partition may
// be committed: up to the first record that is not settled.
type window struct {
	mu         sync.Mutex
	partitions map[int][]entry // by offset; the first is never settled
}

type entry struct {
	message topic.Message // without its value, which may be large
	settled bool
}

func newWindow() *window { return &window{partitions: make(map[int][]entry)} }

func (w *window) find(m topic.Message) (int, bool) {
	return slices.BinarySearchFunc(w.partitions[m.Partition], m.Offset, func(e entry, offset int64) int {
		return cmp.Compare(e.message.Offset, offset)
	})
}

// begin takes up a record; false if it is under way already, or settled behind
// one that is, which happens when a rebalance makes the broker deliver again.
func (w *window) begin(m topic.Message) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, known := w.find(m)
	if known {
		return false
	}
	m.Key, m.Value, m.Headers = nil, nil, nil
	w.partitions[m.Partition] = slices.Insert(w.partitions[m.Partition], i, entry{message: m})
	return true
}

// settle notes that a record is dealt with, and returns the record to commit
// if that moves its partition on.
func (w *window) settle(m topic.Message) (commit topic.Message, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, known := w.find(m)
	if !known {
		return topic.Message{}, false
	}
	all := w.partitions[m.Partition]
	all[i].settled = true
	n := 0
	for n < len(all) && all[n].settled {
		n++
	}
	if n == 0 {
		return topic.Message{}, false
	}
	commit = all[n-1].message
	w.partitions[m.Partition] = slices.Delete(all, 0, n)
	return commit, true
}
