package topic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Spec is a topic that should exist. Partitions 0 leaves the number to the broker.
type Spec struct {
	Name       string
	Partitions int
}

// Ensure creates the topics that are missing, with the broker's own replication
// factor, and returns when all of them can be written to. A topic that exists
// is left as it is, whatever its number of partitions, and needs no right to create.
func Ensure(ctx context.Context, cfg Config, specs ...Spec) error {
	s, err := open(cfg)
	if err != nil {
		return err
	}
	defer s.close()

	var names, absent []string
	req := &kafka.CreateTopicsRequest{}
	for _, spec := range specs {
		names = append(names, spec.Name)
		_, err := s.partitions(ctx, spec.Name)
		switch {
		case err == nil:
			continue
		case !errors.Is(err, kafka.UnknownTopicOrPartition):
			return cfg.explain(err, spec.Name, fmt.Sprintf("look up topic %q", spec.Name))
		}
		n := spec.Partitions
		if n == 0 {
			n = -1
		}
		absent = append(absent, spec.Name)
		req.Topics = append(req.Topics, kafka.TopicConfig{Topic: spec.Name, NumPartitions: n, ReplicationFactor: -1})
	}
	if absent == nil {
		return nil
	}
	r, err := s.client.CreateTopics(ctx, req)
	if err != nil {
		return cfg.explain(err, absent[0], "create topics "+strings.Join(absent, ", "))
	}
	for _, name := range absent {
		if err := r.Errors[name]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return cfg.explain(err, name, fmt.Sprintf("create topic %q", name))
		}
	}
	if err := s.awaitLeaders(ctx, names); err != nil {
		return err
	}
	// The leaders that the metadata names may not know of it yet.
	for _, name := range absent {
		ids, err := s.partitions(ctx, name)
		if err == nil {
			_, _, err = s.bounds(ctx, name, ids)
		}
		if err != nil {
			return cfg.explain(err, name, fmt.Sprintf("create topic %q", name))
		}
	}
	return nil
}

// awaitLeaders returns when every partition of the topics has a leader.
func (s *session) awaitLeaders(ctx context.Context, topics []string) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for {
		missing := ""
		r, err := s.client.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
		if err != nil {
			return s.cfg.explain(err, strings.Join(topics, ", "), "look up topics")
		}
		for _, t := range r.Topics {
			ready := t.Error == nil && len(t.Partitions) > 0
			for _, p := range t.Partitions {
				ready = ready && p.Error == nil
			}
			if !ready {
				missing = t.Name
			}
		}
		if missing == "" {
			return nil
		}
		s.forget()
		if !pause(ctx, 50*time.Millisecond) {
			return fault.New(fault.Transient, "topic %q at %s has partitions without a leader; look at the brokers' logs", missing, s.cfg.where())
		}
	}
}

// Ping says whether a broker answers and lets us in, and if not, what to check.
func Ping(ctx context.Context, cfg Config) error {
	s, err := open(cfg)
	if err != nil {
		return err
	}
	defer s.close()
	_, err = s.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{}})
	if err == nil {
		return nil
	}
	return cfg.explain(err, "", "connect to Kafka")
}
