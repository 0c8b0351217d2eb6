// Package topictest checks that a Kafka keeps the promises package topic makes
// on its behalf. It runs on the stand-in broker and, where one is reachable, on
// a real one; what passes on both may be relied on.
package topictest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// Conformance runs the suite against the broker of cfg. It creates topics and
// groups with names of its own and leaves them there.
func Conformance(t *testing.T, cfg topic.Config) {
	for _, c := range []struct {
		name string
		test func(*testing.T, topic.Config)
	}{
		{"a message arrives as it was published", arrives},
		{"messages of one key stay in order", keepsOrder},
		{"the uncommitted is delivered again", redelivers},
		{"a second member takes over", takesOver},
		{"a commit is never moved back", commitsForward},
		{"a message too large is refused alone", refusesTooLarge},
		{"an unknown topic is named", namesUnknownTopic},
		{"ten thousand from many goroutines", tenThousand},
		{"a scan ends at the present end", scans},
		{"following from the end sees only what comes", follows},
		{"ensuring twice changes nothing", ensures},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, cfg) })
	}
}

// patience bounds what must happen at all; nothing here is about speed.
const patience = 60 * time.Second

func ctxFor(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newTopic creates a topic of which the name is not used yet.
func newTopic(t *testing.T, cfg topic.Config, partitions int) string {
	t.Helper()
	name := fmt.Sprintf("topictest-%016x", rand.Uint64())
	if err := topic.Ensure(ctxFor(t), cfg, topic.Spec{Name: name, Partitions: partitions}); err != nil {
		t.Fatal(err)
	}
	return name
}

func newWriter(t *testing.T, cfg topic.Config) *topic.Writer {
	t.Helper()
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, w.Close()) })
	return w
}

func newGroup(t *testing.T, cfg topic.Config, group string, topics ...string) *topic.Group {
	t.Helper()
	g, err := topic.NewGroup(cfg, group, topics...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, g.Close()) })
	return g
}

func closed(t *testing.T, err error) {
	if err != nil {
		t.Errorf("close: %v", err)
	}
}

func publish(t *testing.T, w *topic.Writer, msgs ...topic.Message) {
	t.Helper()
	if err := w.Publish(ctxFor(t), msgs...); err != nil {
		t.Fatal(err)
	}
}

// fetch returns the next n messages.
func fetch(t *testing.T, g *topic.Group, n int) []topic.Message {
	t.Helper()
	ctx := ctxFor(t)
	var msgs []topic.Message
	for len(msgs) < n {
		m, err := g.Fetch(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d of %d messages within %s: %v", len(msgs), n, patience, err)
		}
		if err == nil { // other errors are of the broker, and pass
			msgs = append(msgs, m)
		}
	}
	return msgs
}

func commit(t *testing.T, g *topic.Group, msgs ...topic.Message) {
	t.Helper()
	if err := g.Commit(ctxFor(t), msgs...); err != nil {
		t.Fatal(err)
	}
}

func values(msgs []topic.Message) []string {
	var out []string
	for _, m := range msgs {
		out = append(out, string(m.Value))
	}
	return out
}

// numbered makes messages with the values from..to-1, all with one key.
func numbered(name string, from, to int) []topic.Message {
	var msgs []topic.Message
	for i := from; i < to; i++ {
		msgs = append(msgs, topic.Message{Topic: name, Key: []byte("k"), Value: fmt.Append(nil, i)})
	}
	return msgs
}

func numbers(from, to int) []string { return values(numbered("", from, to)) }

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if reflect.DeepEqual(got, want) { // cmp takes seconds over a megabyte
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
