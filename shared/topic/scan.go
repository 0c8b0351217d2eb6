package topic

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Scan calls fn for every message that the topic holds now, one partition after
// the other, and returns. Messages published while it runs are left out.
// An error of fn ends it and is returned as it is.
func Scan(ctx context.Context, cfg Config, topic string, fn func(Message) error) error {
	s, err := open(cfg)
	if err != nil {
		return err
	}
	defer s.close()
	doing := fmt.Sprintf("read topic %q", topic)
	partitions, err := s.partitions(ctx, topic)
	if err != nil {
		return cfg.explain(err, topic, doing)
	}
	first, end, err := s.bounds(ctx, topic, partitions)
	if err != nil {
		return cfg.explain(err, topic, doing)
	}
	for _, p := range partitions {
		for offset := first[p]; offset < end[p]; {
			var msgs []Message
			next := offset
			if err := s.settled(ctx, func() (err error) {
				msgs, next, err = s.fetch(ctx, topic, p, offset)
				return err
			}); err != nil {
				return cfg.explain(err, topic, doing)
			}
			for _, m := range msgs {
				if m.Offset >= end[p] {
					break
				}
				if err := fn(m); err != nil {
					return err
				}
			}
			offset = next
		}
	}
	return nil
}

// End returns the topic's present end, from which Follow sees all that is published after.
func End(ctx context.Context, cfg Config, topic string) (Offsets, error) {
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	defer s.close()
	partitions, err := s.partitions(ctx, topic)
	if err != nil {
		return nil, cfg.explain(err, topic, fmt.Sprintf("find the end of topic %q", topic))
	}
	_, end, err := s.bounds(ctx, topic, partitions)
	return end, cfg.explain(err, topic, fmt.Sprintf("find the end of topic %q", topic))
}

// Follow calls fn for every message of the topic from an offset on, as they
// come, until ctx ends, and then returns nil. From nil, and a partition that is
// not in it, means from the start. The calls come one at a time, in order
// within a partition. An error of fn ends it and is returned as it is. A broker
// that goes away is waited for; only the first look-up of the topic can fail.
func Follow(ctx context.Context, cfg Config, topic string, from Offsets, fn func(Message) error) error {
	s, err := open(cfg)
	if err != nil {
		return err
	}
	defer s.close()
	partitions, err := s.partitions(ctx, topic)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return cfg.explain(err, topic, fmt.Sprintf("follow topic %q", topic))
	}
	var one sync.Mutex
	all, tailing := errgroup.WithContext(ctx)
	for _, p := range partitions {
		offset, ok := from[p]
		if !ok {
			offset = -1
		}
		all.Go(func() error {
			return s.tail(tailing, topic, p, offset, func(m Message) error {
				one.Lock()
				defer one.Unlock()
				if err := tailing.Err(); err != nil {
					return err
				}
				return fn(m)
			})
		})
	}
	if err := all.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
		return err
	}
	return nil
}
