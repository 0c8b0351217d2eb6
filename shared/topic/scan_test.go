package topic_test

import (
	"sync/atomic"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestScanAwaitsTheLeader: for a moment after a topic was created, or when a
// leader moves, Kafka refuses to read from the partition. That is no end.
func TestScanAwaitsTheLeader(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cfg := topic.Config{Brokers: cluster.ListenAddrs()}
	if err := newWriter(t, cfg).Publish(soon(t), topic.Message{Topic: "t", Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	var offsets, fetches atomic.Int32
	cluster.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if offsets.Add(1) > 2 {
			return nil, nil, false
		}
		resp := r.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, topic := range r.(*kmsg.ListOffsetsRequest).Topics {
			out := kmsg.ListOffsetsResponseTopic{Topic: topic.Topic}
			for _, p := range topic.Partitions {
				out.Partitions = append(out.Partitions, kmsg.ListOffsetsResponseTopicPartition{
					Partition: p.Partition, ErrorCode: int16(kafka.NotLeaderForPartition),
				})
			}
			resp.Topics = append(resp.Topics, out)
		}
		return resp, nil, true
	})
	cluster.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if fetches.Add(1) > 2 {
			return nil, nil, false
		}
		resp := r.ResponseKind().(*kmsg.FetchResponse)
		for _, topic := range r.(*kmsg.FetchRequest).Topics {
			out := kmsg.FetchResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
			for _, p := range topic.Partitions {
				out.Partitions = append(out.Partitions, kmsg.FetchResponseTopicPartition{
					Partition: p.Partition, ErrorCode: int16(kafka.LeaderNotAvailable),
				})
			}
			resp.Topics = append(resp.Topics, out)
		}
		return resp, nil, true
	})
	n := 0
	if err := topic.Scan(soon(t), cfg, "t", func(topic.Message) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("%d messages, %v", n, err)
	}
	if offsets.Load() < 3 || fetches.Load() < 3 {
		t.Errorf("asked %d times for offsets and %d times for messages; nothing was refused", offsets.Load(), fetches.Load())
	}
}
