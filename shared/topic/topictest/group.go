package topictest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pageinspect/pageinspect/shared/topic"
)

func redelivers(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 1)
	publish(t, newWriter(t, cfg), numbered(name, 0, 10)...)

	first := newGroup(t, cfg, name, name)
	got := fetch(t, first, 7)
	commit(t, first, got[:3]...)
	closed(t, first.Close())
	if _, err := first.Fetch(ctxFor(t)); err == nil {
		t.Error("a closed group fetches")
	}

	second := newGroup(t, cfg, name, name)
	got = fetch(t, second, 7)
	equal(t, "after a commit of three", values(got), numbers(3, 10))
	commit(t, second, got...)
	closed(t, second.Close())

	publish(t, newWriter(t, cfg), numbered(name, 10, 11)...)
	third := newGroup(t, cfg, name, name)
	equal(t, "after a commit of all", values(fetch(t, third, 1)), numbers(10, 11))
	closed(t, third.Close())

	other := newGroup(t, cfg, name+"-other", name)
	equal(t, "another group", values(fetch(t, other, 11)), numbers(0, 11))
}

// takesOver has two members share a topic's partitions, and one leave with
// messages uncommitted: the other gets them.
func takesOver(t *testing.T, cfg topic.Config) {
	const n = 40
	name := newTopic(t, cfg, 4)
	var msgs []topic.Message
	for i := range n {
		msgs = append(msgs, topic.Message{Topic: name, Key: fmt.Append(nil, i), Value: fmt.Append(nil, i)})
	}
	publish(t, newWriter(t, cfg), msgs...)

	leaving, staying := newGroup(t, cfg, name, name), newGroup(t, cfg, name, name)
	held := fetch(t, leaving, 1)
	closed(t, leaving.Close())
	if err := leaving.Commit(ctxFor(t), held...); err == nil {
		t.Error("a member that left commits")
	}
	ctx := ctxFor(t)
	seen := map[string]bool{}
	for len(seen) < n {
		m, err := staying.Fetch(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d messages reach the member that stayed: %v", len(seen), n, err)
		}
		if err == nil {
			seen[string(m.Value)] = true
		}
	}
}

func commitsForward(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 1)
	publish(t, newWriter(t, cfg), numbered(name, 0, 5)...)
	g := newGroup(t, cfg, name, name)
	got := fetch(t, g, 5)
	commit(t, g, got[3])
	commit(t, g, got[0])
	foreign := got[4]
	foreign.Partition = 1
	if err := g.Commit(ctxFor(t), foreign); !errors.Is(err, topic.ErrRevoked) {
		t.Errorf("commit in a partition that is not ours: %v, want ErrRevoked", err)
	}
	closed(t, g.Close())
	equal(t, "after committing 3 and then 0", values(fetch(t, newGroup(t, cfg, name, name), 1)), numbers(4, 5))
}
