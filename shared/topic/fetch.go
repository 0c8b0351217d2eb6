package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	// fetchWait is how long the broker holds a fetch that has nothing to return.
	fetchWait = 500 * time.Millisecond
	// fetchBytes bounds one answer; a single larger message still comes through.
	fetchBytes = 1 << 20
	// fetchBackoff is the pause after a fetch that failed.
	fetchBackoff = 200 * time.Millisecond
	// settleAttempts with that pause outlast the choice of a partition's leader.
	settleAttempts = 25
)

// Offsets is a position in a topic: the next offset to read, by partition.
type Offsets map[int]int64

// settled asks again while the answer is that a partition's leader is another
// or none: for a moment after a topic was created the brokers' answers to who
// leads run ahead of who does, and leaders move when a broker goes.
func (s *session) settled(ctx context.Context, ask func() error) error {
	for attempt := 1; ; attempt++ {
		err := ask()
		moving := errors.Is(err, kafka.NotLeaderForPartition) || errors.Is(err, kafka.LeaderNotAvailable) ||
			errors.Is(err, kafka.ReplicaNotAvailable) || errors.Is(err, kafka.UnknownTopicOrPartition)
		if !moving || attempt == settleAttempts {
			return err
		}
		s.forget()
		if !pause(ctx, fetchBackoff) {
			return err
		}
	}
}

// bounds returns the first offset that is kept and the one after the last, by partition.
func (s *session) bounds(ctx context.Context, topic string, partitions []int) (first, end Offsets, err error) {
	err = s.settled(ctx, func() error {
		first, end, err = s.listOffsets(ctx, topic, partitions)
		return err
	})
	return first, end, err
}

func (s *session) listOffsets(ctx context.Context, topic string, partitions []int) (first, end Offsets, err error) {
	var reqs []kafka.OffsetRequest
	for _, p := range partitions {
		reqs = append(reqs, kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
	}
	r, err := s.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: reqs}})
	if err != nil {
		return nil, nil, err
	}
	first, end = Offsets{}, Offsets{}
	for _, p := range r.Topics[topic] {
		if p.Error != nil {
			return nil, nil, p.Error
		}
		first[p.Partition], end[p.Partition] = p.FirstOffset, p.LastOffset
	}
	for _, p := range partitions {
		if _, ok := end[p]; !ok {
			return nil, nil, fmt.Errorf("the broker gave no offsets for partition %d of %q", p, topic)
		}
	}
	return first, end, nil
}

// fetch reads what one answer holds of a partition from offset on, and returns
// the offset to read next. No messages and no error means there is nothing yet.
func (s *session) fetch(ctx context.Context, topic string, partition int, offset int64) ([]Message, int64, error) {
	r, err := s.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
	})
	if err != nil {
		return nil, offset, err
	}
	if r.Error != nil {
		return nil, offset, r.Error
	}
	var msgs []Message
	next := offset
	for {
		record, err := r.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return msgs, next, err
		}
		m, err := received(topic, partition, record)
		if err != nil {
			return msgs, next, err
		}
		if m.Offset < next { // a batch may begin before the offset asked for
			continue
		}
		msgs, next = append(msgs, m), m.Offset+1
	}
	if next == offset && hasBatches(r.Records) {
		next++ // a transaction's marker or a compacted batch: it has offsets and no messages
	}
	return msgs, next, nil
}

func hasBatches(r kafka.RecordReader) bool {
	s, ok := r.(*protocol.RecordStream)
	return ok && len(s.Records) > 0
}

// tail hands every message of a partition from offset on to emit, until ctx
// ends or emit fails. Errors of the broker are retried. A negative offset, and
// one that is no longer kept, stands for the first that is.
func (s *session) tail(ctx context.Context, topic string, partition int, offset int64, emit func(Message) error) error {
	for ctx.Err() == nil {
		if offset < 0 {
			first, _, err := s.bounds(ctx, topic, []int{partition})
			if err != nil {
				pause(ctx, fetchBackoff)
				continue
			}
			offset = first[partition]
		}
		msgs, next, err := s.fetch(ctx, topic, partition, offset)
		for _, m := range msgs {
			if err := emit(m); err != nil {
				return err
			}
		}
		offset = next
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange):
			offset = kafka.FirstOffset
		case err != nil:
			pause(ctx, fetchBackoff)
		}
	}
	return ctx.Err()
}
