package topic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"
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

// bounds returns the first offset that is kept and the one after the last that
// can be read, which is before the first transaction that is open, by partition.
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
	r, err := s.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{topic: reqs}, IsolationLevel: kafka.ReadCommitted,
	})
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
// What belongs to a transaction is read once that is committed, and never if it
// is aborted.
func (s *session) fetch(ctx context.Context, topic string, partition int, offset int64) ([]Message, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	// Not by kafka-go's Client, which leaves out which transactions were aborted.
	r, err := s.transport.RoundTrip(ctx, s.client.Addr, &fetchapi.Request{
		ReplicaID: -1, MaxWaitTime: int32(fetchWait.Milliseconds()), MinBytes: 1, MaxBytes: fetchBytes,
		IsolationLevel: int8(kafka.ReadCommitted), SessionID: -1, SessionEpoch: -1,
		Topics: []fetchapi.RequestTopic{{Topic: topic, Partitions: []fetchapi.RequestPartition{{
			Partition: int32(partition), CurrentLeaderEpoch: -1, FetchOffset: offset, LogStartOffset: -1, PartitionMaxBytes: fetchBytes,
		}}}},
	})
	if err != nil {
		return nil, offset, err
	}
	answer := r.(*fetchapi.Response)
	if len(answer.Topics) == 0 || len(answer.Topics[0].Partitions) == 0 {
		return nil, offset, fmt.Errorf("the broker answered without partition %d of %q", partition, topic)
	}
	got := answer.Topics[0].Partitions[0]
	if code := cmp.Or(answer.ErrorCode, got.ErrorCode); code != 0 {
		return nil, offset, kafka.Error(code)
	}
	return committed(topic, partition, offset, got)
}

// committed takes from an answer the messages from offset on whose transactions
// were not aborted, in the way that Kafka's own consumer does: the answer lists
// where aborted transactions begin, and the log has a marker where each ends.
func committed(topic string, partition int, offset int64, got fetchapi.ResponsePartition) (msgs []Message, next int64, err error) {
	stream, ok := got.RecordSet.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) == 0 {
		return nil, offset, nil
	}
	begin := got.AbortedTransactions
	slices.SortFunc(begin, func(a, b fetchapi.ResponseTransaction) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
	aborting := map[int64]bool{} // producers in a transaction that is aborted
	next = offset
	for _, batch := range stream.Records {
		if marker, ok := batch.(*protocol.ControlBatch); ok {
			// Whether it aborts or commits, a transaction of its producer ends here.
			delete(aborting, marker.ProducerID)
			next = max(next, marker.BaseOffset+1)
			continue
		}
		read, err := messages(topic, partition, batch)
		if err != nil {
			return msgs, next, err
		}
		if len(read) == 0 {
			continue
		}
		for last := read[len(read)-1].Offset; len(begin) > 0 && begin[0].FirstOffset <= last; begin = begin[1:] {
			aborting[begin[0].ProducerID] = true
		}
		b, transactional := batch.(*protocol.RecordBatch)
		drop := transactional && b.Attributes.Transactional() && aborting[b.ProducerID]
		for _, m := range read {
			if m.Offset < next { // a batch may begin before the offset asked for
				continue
			}
			if next = m.Offset + 1; !drop {
				msgs = append(msgs, m)
			}
		}
	}
	if next == offset {
		next++ // a compacted batch: it has offsets and no messages
	}
	return msgs, next, nil
}

func messages(topic string, partition int, batch protocol.RecordReader) (all []Message, err error) {
	for {
		record, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		m, err := received(topic, partition, record)
		if err != nil {
			return all, err
		}
		all = append(all, m)
	}
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
