package topictest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/pageinspect/pageinspect/shared/topic"
)

func scans(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 3)
	scan := func(fn func(topic.Message) error) error { return topic.Scan(ctxFor(t), cfg, name, fn) }
	if err := scan(func(topic.Message) error { return errors.New("a message in an empty topic") }); err != nil {
		t.Error(err)
	}
	w := newWriter(t, cfg)
	spread := func(from, to int) []topic.Message { // over all partitions
		msgs := numbered(name, from, to)
		for i := range msgs {
			msgs[i].Key = msgs[i].Value
		}
		return msgs
	}
	publish(t, w, spread(0, 20)...)

	var got []string
	if err := scan(func(m topic.Message) error {
		publish(t, w, spread(1000, 1020)...) // after the present end
		got = append(got, string(m.Value))
		return nil
	}); err != nil {
		t.Error(err)
	}
	slices.SortFunc(got, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	equal(t, "scanned", got, numbers(0, 20))

	enough := errors.New("enough")
	if err := scan(func(topic.Message) error { return enough }); err != enough {
		t.Errorf("got %v, want the function's own error", err)
	}
}

func follows(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 3)
	w := newWriter(t, cfg)
	publish(t, w, numbered(name, 0, 5)...)
	end, err := topic.End(ctxFor(t), cfg, name)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, w, numbered(name, 5, 8)...)

	follow := func(from topic.Offsets, n int) []string {
		ctx, cancel := context.WithCancel(ctxFor(t))
		defer cancel()
		var got []topic.Message
		if err := topic.Follow(ctx, cfg, name, from, func(m topic.Message) error {
			if got = append(got, m); len(got) == n {
				cancel()
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		return values(got)
	}
	equal(t, "from the end", follow(end, 3), numbers(5, 8))
	equal(t, "from the start", follow(nil, 8), numbers(0, 8))

	enough := errors.New("enough")
	if err := topic.Follow(ctxFor(t), cfg, name, nil, func(topic.Message) error { return enough }); err != enough {
		t.Errorf("got %v, want the function's own error", err)
	}
}
