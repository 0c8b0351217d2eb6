package topictest

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// Transactions checks, on a broker without TLS and SASL, that messages of a
// transaction are read once it is committed, and never if it is aborted. It
// writes with another client, for a topic.Writer has no transactions.
func Transactions(t *testing.T, cfg topic.Config) {
	name := newTopic(t, cfg, 1)
	producer := func(id string) *kgo.Client {
		c, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.TransactionalID(name+id), kgo.DefaultProduceTopic(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	begin := func(c *kgo.Client) {
		t.Helper()
		if err := c.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
	}
	write := func(c *kgo.Client, values ...string) {
		t.Helper()
		for _, v := range values {
			if err := c.ProduceSync(ctxFor(t), kgo.StringRecord(v)).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := func(c *kgo.Client, commit kgo.TransactionEndTry) {
		t.Helper()
		if err := c.EndTransaction(ctxFor(t), commit); err != nil {
			t.Fatal(err)
		}
	}
	w := newWriter(t, cfg)
	plain := func(v string) { publish(t, w, topic.Message{Topic: name, Value: []byte(v)}) }
	one, other := producer("-1"), producer("-2")

	plain("0")
	begin(one)
	write(one, "aborted 1", "aborted 2")
	plain("1") // amidst, by somebody without a transaction
	begin(other)
	write(other, "2")
	write(one, "aborted 3")
	end(one, kgo.TryAbort)
	begin(one) // the same producer, whose next is committed
	write(one, "3")
	end(one, kgo.TryCommit)
	write(other, "4")
	end(other, kgo.TryCommit)
	begin(other)
	write(other, "aborted 4")
	end(other, kgo.TryAbort)
	plain("5")

	scanned := func() (got []string) {
		if err := topic.Scan(ctxFor(t), cfg, name, func(m topic.Message) error { got = append(got, string(m.Value)); return nil }); err != nil {
			t.Error(err)
		}
		return got
	}
	equal(t, "scanned", scanned(), numbers(0, 6))
	g := newGroup(t, cfg, name, name)
	equal(t, "fetched", values(fetch(t, g, 6)), numbers(0, 6))
	for from := range int64(12) { // a reader that begins anywhere, in a transaction too
		ctx := ctxFor(t)
		stop := fmt.Errorf("enough")
		err := topic.Follow(ctx, cfg, name, topic.Offsets{0: from}, func(m topic.Message) error {
			if got := string(m.Value); len(got) > 1 {
				t.Errorf("from %d: %q", from, got)
			}
			if string(m.Value) == "5" {
				return stop
			}
			return nil
		})
		if err != stop {
			t.Errorf("from %d: %v", from, err)
		}
	}

	begin(one)
	write(one, "6")
	equal(t, "while one is open", scanned(), numbers(0, 6))
	end(one, kgo.TryCommit)
	equal(t, "when it is committed", values(fetch(t, g, 1)), numbers(6, 7))
	equal(t, "scanned at the end", scanned(), numbers(0, 7))
}
