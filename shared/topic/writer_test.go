package topic_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

func newWriter(t testing.TB, cfg topic.Config) *topic.Writer {
	t.Helper()
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestPublishBrokersLimit: the broker allows less than we do, and only the
// message that is itself too large fails, though its batch is refused whole.
func TestPublishBrokersLimit(t *testing.T) {
	small, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": "1000"}))
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	cfg := topic.Config{Brokers: small.ListenAddrs()}
	var msgs []topic.Message
	for range 5 {
		msgs = append(msgs, topic.Message{Topic: "t", Value: bytes.Repeat([]byte("x"), 400)})
	}
	msgs[2].Value = bytes.Repeat([]byte("x"), 1200)
	err = newWriter(t, cfg).Publish(soon(t), msgs...)
	e, ok := errors.AsType[*topic.PublishError](err)
	if !ok || len(e.Failed) != 1 || e.Failed[0].Index != 2 || fault.KindOf(err) != fault.Invalid {
		t.Fatalf("got %v (%s), want message 2 alone to be invalid", err, fault.KindOf(err))
	}
	n := 0
	if err := topic.Scan(soon(t), cfg, "t", func(topic.Message) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	if n != 4 {
		t.Errorf("the topic has %d messages, want 4", n)
	}
}

func TestPublishError(t *testing.T) {
	transient, invalid := fault.New(fault.Transient, "away"), fault.New(fault.Invalid, "too large")
	failed := func(errs ...error) []topic.FailedMessage {
		var out []topic.FailedMessage
		for i, err := range errs {
			out = append(out, topic.FailedMessage{Index: i, Err: err})
		}
		return out
	}
	tests := []struct {
		err  topic.PublishError
		kind fault.Kind
		text string
	}{
		{topic.PublishError{Total: 1, Failed: failed(invalid)}, fault.Invalid, "too large"},
		{topic.PublishError{Total: 9, Failed: failed(invalid, transient)}, fault.Transient, "2 of 9 messages not published: away"},
		{topic.PublishError{Total: 2, Failed: failed(invalid, invalid)}, fault.Invalid, "2 of 2 messages not published: too large"},
	}
	for _, test := range tests {
		if got := fault.KindOf(&test.err); got != test.kind || test.err.Error() != test.text {
			t.Errorf("got %s %q, want %s %q", got, test.err.Error(), test.kind, test.text)
		}
	}
}

func TestPublishRefusals(t *testing.T) {
	cfg := broker(t, map[string]int{"t": 1})
	w := newWriter(t, cfg)
	if err := w.Publish(soon(t)); err != nil {
		t.Errorf("nothing to publish: %v", err)
	}
	if err := w.Publish(soon(t), topic.Message{Value: []byte("v")}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no topic: got %v, want an invalid", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	m := topic.Message{Topic: "t", Value: []byte("v")}
	if err := w.Publish(ended, m); fault.KindOf(err) != fault.Transient || !errors.Is(err, context.Canceled) {
		t.Errorf("context ended: got %v, want a transient context.Canceled", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Publish(soon(t), m); err == nil {
		t.Error("a closed writer publishes")
	}
	if err := w.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// TestBrokerRestart: the same writer, group and follower go on after the broker
// was away, without the group's session having to expire first.
func TestBrokerRestart(t *testing.T) {
	dir := t.TempDir()
	b, err := localkafka.Start(localkafka.Config{Dir: dir, Topics: map[string]int{"t": 2}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := topic.Config{Brokers: []string{b.Addr()}}
	ctx := soon(t)
	w := newWriter(t, cfg)
	g, err := topic.NewGroup(cfg, "g", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	followed := make(chan string, 10)
	following, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- topic.Follow(following, cfg, "t", nil, func(m topic.Message) error { followed <- string(m.Value); return nil })
	}()

	round := func(value string) {
		t.Helper()
		// A connection that the broker closed may cost one attempt.
		for {
			if err = w.Publish(ctx, topic.Message{Topic: "t", Value: []byte(value)}); err == nil {
				break
			}
			if fault.KindOf(err) != fault.Transient || ctx.Err() != nil {
				t.Fatal(err)
			}
		}
		for got := ""; got != value; {
			m, err := g.Fetch(ctx)
			if ctx.Err() != nil {
				t.Fatal(err)
			}
			if err != nil {
				continue
			}
			got = string(m.Value)
			if err := g.Commit(ctx, m); err != nil && fault.KindOf(err) != fault.Transient {
				t.Fatal(err)
			}
		}
		for got := ""; got != value; {
			select {
			case got = <-followed:
			case <-ctx.Done():
				t.Fatalf("%s is not followed", value)
			}
		}
	}
	round("before")
	addr := b.Addr()
	b.Close()
	if err := w.Publish(ctx, topic.Message{Topic: "t", Value: []byte("lost")}); fault.KindOf(err) != fault.Transient {
		t.Errorf("publish to a broker that is gone: %v, want a transient error", err)
	}
	if b, err = localkafka.Start(localkafka.Config{Dir: dir, Addr: addr}); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	start := time.Now()
	round("after")
	t.Logf("publishing, consuming and following again took %s", time.Since(start))
	stop()
	if err := <-done; err != nil {
		t.Errorf("follow: %v", err)
	}
}

// BenchmarkPublish compares publishing 10,000 messages with kafka-go's writer as it is.
func BenchmarkPublish(b *testing.B) {
	const n = 10_000
	value := bytes.Repeat([]byte("x"), 200)
	b.Run("topic", func(b *testing.B) {
		w := newWriter(b, broker(b, map[string]int{"t": 6}))
		msgs := make([]topic.Message, n)
		for i := range msgs {
			msgs[i] = topic.Message{Topic: "t", Key: fmt.Append(nil, i), Value: value}
		}
		for b.Loop() {
			if err := w.Publish(context.Background(), msgs...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("kafka-go", func(b *testing.B) {
		transport := &kafka.Transport{}
		w := &kafka.Writer{
			Addr: kafka.TCP(broker(b, map[string]int{"t": 6}).Brokers...), Transport: transport,
			RequiredAcks: kafka.RequireAll, Balancer: &kafka.Hash{}, BatchTimeout: 5 * time.Millisecond,
		}
		b.Cleanup(func() { w.Close(); transport.CloseIdleConnections() })
		msgs := make([]kafka.Message, n)
		for i := range msgs {
			msgs[i] = kafka.Message{Topic: "t", Key: fmt.Append(nil, i), Value: value}
		}
		for b.Loop() {
			if err := w.WriteMessages(context.Background(), msgs...); err != nil {
				b.Fatal(err)
			}
		}
	})
}
