// Package topic is how Pageinspect speaks to Kafka: publish and know that it is
// kept, consume as a member of a group, read a topic through, follow it.
//
// # Delivery
//
// Publish returns nil only when all in-sync replicas have every message
// (acks=all); otherwise a *PublishError says which messages are not known to be
// kept. A message may be there although it was reported as failed, or be there
// twice, when the broker's answer was lost; it is never missing when it was
// reported as kept.
//
// A Group delivers at least once: a message is delivered until its offset, or a
// later one of its partition, is committed. Commit in the order of offsets; the
// highest offset committed stands for all before it.
//
// # Ordering
//
// Messages with the same key go to the same partition, the one that Kafka's
// Java clients choose, and one goroutine's messages with the same key stay in
// the order of its Publish calls. Between partitions there is no order.
//
// # Ownership
//
// Key and Value of a published message belong to the Writer until Publish
// returns, and for good if Publish returned because its context ended. Those of
// a message received belong to the receiver. Every Writer and Group has its own
// connections and closes them in Close.
//
// # Errors
//
// A message too large is fault.Invalid. Everything that a broker or its
// configuration causes is fault.Transient, an expired context too: the work is
// not at fault and must not be acknowledged because Kafka was away.
package topic

import (
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Message is one record. Partition, Offset and Time are set on messages
// received; Publish chooses the partition by Key and uses Time if it is not zero.
// A nil Value is a tombstone and stays nil.
type Message struct {
	Topic      string
	Key, Value []byte
	// Headers of a message received keep the last of several with one name.
	Headers   map[string]string
	Partition int
	Offset    int64
	Time      time.Time
}

func (m Message) kafka() kafka.Message {
	out := kafka.Message{Topic: m.Topic, Key: m.Key, Value: m.Value, Time: m.Time}
	for k, v := range m.Headers {
		out.Headers = append(out.Headers, kafka.Header{Key: k, Value: []byte(v)})
	}
	return out
}

// received copies a record out of the connection's buffers.
func received(topic string, partition int, r *kafka.Record) (Message, error) {
	m := Message{Topic: topic, Partition: partition, Offset: r.Offset, Time: r.Time.UTC()}
	var err error
	if m.Key, err = readAll(r.Key); err != nil {
		return m, err
	}
	if m.Value, err = readAll(r.Value); err != nil {
		return m, err
	}
	if len(r.Headers) > 0 {
		m.Headers = make(map[string]string, len(r.Headers))
		for _, h := range r.Headers {
			m.Headers[h.Key] = string(h.Value)
		}
	}
	return m, nil
}

func readAll(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	return protocol.ReadAll(b)
}
