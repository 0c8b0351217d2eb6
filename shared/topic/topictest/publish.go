package topictest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
)

func arrives(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 1)
	at := time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)
	large := bytes.Repeat([]byte("0123456789abcdef"), (topic.MaxMessageBytes-1)/16)
	sent := []topic.Message{
		{Key: []byte("p-1"), Value: []byte(`{"url":"https://shop.example/1"}`), Headers: map[string]string{"traceparent": "00-0af7", "빈": ""}},
		{Key: nil, Value: []byte("no key")},
		{Key: []byte("tombstone"), Value: nil},
		{Key: []byte("empty"), Value: []byte{}},
		{Key: []byte{0xff, 0}, Value: []byte{0xff, 0xfe, 0, '\n'}},
		{Key: []byte("l"), Value: large},
	}
	for i := range sent {
		sent[i].Topic, sent[i].Time = name, at
	}
	publish(t, newWriter(t, cfg), sent...)
	for i := range sent {
		sent[i].Offset = int64(i)
	}
	g := newGroup(t, cfg, name, name)
	got := fetch(t, g, len(sent))
	equal(t, "fetched", got, sent)
	commit(t, g, got...)

	var scanned []topic.Message
	if err := topic.Scan(ctxFor(t), cfg, name, func(m topic.Message) error {
		scanned = append(scanned, m)
		return nil
	}); err != nil {
		t.Error(err)
	}
	equal(t, "scanned", scanned, sent)
}

func keepsOrder(t *testing.T, cfg topic.Config) {
	const keys, each = 7, 30
	name := newTopic(t, cfg, 4)
	w := newWriter(t, cfg)
	for i := range each {
		var batch []topic.Message
		for k := range keys {
			batch = append(batch, topic.Message{Topic: name, Key: fmt.Append(nil, "key", k), Value: fmt.Append(nil, i)})
		}
		publish(t, w, batch...)
	}
	byKey := map[string][]string{}
	partition := map[string]int{}
	for _, m := range fetch(t, newGroup(t, cfg, name, name), keys*each) {
		k := string(m.Key)
		byKey[k] = append(byKey[k], string(m.Value))
		if p, ok := partition[k]; ok && p != m.Partition {
			t.Errorf("key %s is in partitions %d and %d", k, p, m.Partition)
		}
		partition[k] = m.Partition
	}
	for k, got := range byKey {
		equal(t, "key "+k, got, numbers(0, each))
	}
}

func refusesTooLarge(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 1)
	msgs := numbered(name, 0, 3)
	msgs[1].Value = make([]byte, topic.MaxMessageBytes)
	err := newWriter(t, cfg).Publish(ctxFor(t), msgs...)
	e, ok := errors.AsType[*topic.PublishError](err)
	if !ok || len(e.Failed) != 1 || e.Failed[0].Index != 1 || e.Total != 3 {
		t.Fatalf("got %v, want a PublishError of message 1 of 3", err)
	}
	if got := fault.KindOf(err); got != fault.Invalid {
		t.Errorf("kind %s, want invalid", got)
	}
	equal(t, "the others", values(fetch(t, newGroup(t, cfg, name, name), 2)), []string{"0", "2"})
}

func namesUnknownTopic(t *testing.T, cfg topic.Config) {
	known := newTopic(t, cfg, 1)
	unknown := known + "-unknown"
	w := newWriter(t, cfg)
	err := w.Publish(ctxFor(t), topic.Message{Topic: unknown, Value: []byte("1")}, topic.Message{Topic: known, Value: []byte("2")})
	e, ok := errors.AsType[*topic.PublishError](err)
	if !ok || len(e.Failed) != 1 || e.Failed[0].Index != 0 {
		t.Fatalf("got %v, want a PublishError of message 0 alone", err)
	}
	noScan := topic.Scan(ctxFor(t), cfg, unknown, func(topic.Message) error { return nil })
	g := newGroup(t, cfg, known, unknown)
	_, noFetch := g.Fetch(ctxFor(t))
	for what, err := range map[string]error{"publish": err, "scan": noScan, "fetch": noFetch} {
		if fault.KindOf(err) != fault.Transient || !bytes.Contains(fmt.Append(nil, err), fmt.Appendf(nil, "topic %q does not exist", unknown)) {
			t.Errorf("%s: %v; want a transient error that names %s", what, err, unknown)
		}
	}

	// Both the writer and the group go on by themselves once it exists.
	if err := topic.Ensure(ctxFor(t), cfg, topic.Spec{Name: unknown, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	publish(t, w, topic.Message{Topic: unknown, Value: []byte("3")})
	equal(t, "after it was created", values(fetch(t, g, 1)), []string{"3"})
}

func tenThousand(t *testing.T, cfg topic.Config) {
	const goroutines, batches, batch = 10, 20, 50
	name := newTopic(t, cfg, 6)
	w := newWriter(t, cfg)
	var all sync.WaitGroup
	errs := make(chan error, goroutines*batches)
	for i := range goroutines {
		all.Go(func() {
			for j := range batches {
				var msgs []topic.Message
				for k := range batch {
					id := fmt.Append(nil, (i*batches+j)*batch+k)
					msgs = append(msgs, topic.Message{Topic: name, Key: id, Value: id})
				}
				errs <- w.Publish(ctxFor(t), msgs...)
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	if err := topic.Scan(ctxFor(t), cfg, name, func(m topic.Message) error {
		seen[string(m.Value)]++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range goroutines * batches * batch {
		if seen[fmt.Sprint(i)] == 0 {
			t.Fatalf("message %d was acknowledged and is missing", i)
		}
	}
}

func ensures(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 2)
	publish(t, newWriter(t, cfg), numbered(name, 0, 1)...)
	if err := topic.Ensure(ctxFor(t), cfg, topic.Spec{Name: name, Partitions: 5}, topic.Spec{Name: name + "-new"}); err != nil {
		t.Fatal(err)
	}
	end, err := topic.End(ctxFor(t), cfg, name)
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, n := range end {
		total += n
	}
	if len(end) != 2 || total != 1 {
		t.Errorf("after Ensure the topic has ends %v, want two partitions and one message", end)
	}
}
