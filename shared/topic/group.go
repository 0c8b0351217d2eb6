package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/pageinspect/pageinspect/shared/fault"
)

const (
	// A member that dies without leaving holds its partitions for sessionTimeout,
	// the shortest that a broker allows by default (group.min.session.timeout.ms).
	sessionTimeout = 6 * time.Second
	// Members learn of a rebalance at their next heartbeat.
	heartbeatInterval = 500 * time.Millisecond
	// rebalanceTimeout is how long members have to come back in a rebalance.
	rebalanceTimeout = 10 * time.Second
	// joinBackoff is the pause after a failure to join, a broker that restarts for one.
	joinBackoff = 250 * time.Millisecond
	// toleratedJoins is how many failures to join in a row Fetch keeps to itself.
	toleratedJoins = 2
	// missingTopicInterval is how often a topic that does not exist is looked for.
	missingTopicInterval = time.Second
)

// ErrRevoked is in the chain of Commit's error when the message's partition
// belongs to another member by now, which will be given the message again.
var ErrRevoked = errors.New("the partition belongs to another member of the group now; the message is delivered again")

// Group is one member of a consumer group. Fetch and Commit are safe for use by many goroutines.
type Group struct {
	cfg     Config
	name    string
	topics  []string
	session *session
	member  *kafka.ConsumerGroup

	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	running  sync.WaitGroup
	messages chan Message
	problem  chan error // holds the latest problem until Fetch takes it or it is over

	committing sync.Mutex // guards the committed offsets of the current generation

	mu      sync.Mutex
	current *generation
	changed chan struct{} // closed when current changes
}

// generation is the time between two rebalances.
type generation struct {
	gen *kafka.Generation
	// committed has the next offset, by topic and partition, for the partitions that are ours.
	committed map[string]Offsets
}

// NewGroup joins a consumer group in the background; a partition for which the
// group has committed nothing is read from its start. It dials nothing before
// it returns: an unreachable broker is Fetch's to report.
func NewGroup(cfg Config, group string, topics ...string) (*Group, error) {
	if group == "" || len(topics) == 0 {
		return nil, fault.New(fault.Invalid, "consumer group %q of topics %q: both a group name and a topic are needed", group, topics)
	}
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	member, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Topics: topics, Brokers: cfg.addresses(), Dialer: s.dialer,
		SessionTimeout: sessionTimeout, HeartbeatInterval: heartbeatInterval,
		RebalanceTimeout: rebalanceTimeout, JoinGroupBackoff: joinBackoff,
		StartOffset: kafka.FirstOffset, Timeout: connectTimeout,
	})
	if err != nil {
		s.close()
		return nil, fault.Wrap(fault.Invalid, err, "consumer group %q", group)
	}
	g := &Group{
		cfg: cfg, name: group, topics: topics, session: s, member: member,
		messages: make(chan Message), problem: make(chan error, 1), changed: make(chan struct{}),
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.running.Go(g.run)
	return g, nil
}

// run takes part in one generation after the other until Close.
func (g *Group) run() {
	failures := 0
	for {
		gen, err := g.member.Next(g.ctx)
		if g.ctx.Err() != nil {
			return
		}
		if err != nil {
			if failures++; failures > toleratedJoins {
				g.report(err)
			}
			continue
		}
		failures = 0
		g.consume(gen)
	}
}

// consume starts reading what the generation assigns to us. kafka-go begins no
// other generation before everything started here has ended.
func (g *Group) consume(gen *kafka.Generation) {
	now := &generation{gen: gen, committed: make(map[string]Offsets)}
	missing := ""
	for _, topic := range g.topics {
		now.committed[topic] = Offsets{}
		for _, a := range gen.Assignments[topic] {
			now.committed[topic][a.ID] = a.Offset
		}
		if len(gen.Assignments[topic]) == 0 && missing == "" {
			missing = topic
		}
	}
	g.set(now)
	g.settled()
	gen.Start(func(ctx context.Context) { // tells Commit that this generation is over
		<-ctx.Done()
		g.end(now)
	})
	for _, topic := range g.topics {
		for _, a := range gen.Assignments[topic] {
			gen.Start(func(ctx context.Context) {
				_ = g.session.tail(ctx, topic, a.ID, a.Offset, func(m Message) error {
					select {
					case g.messages <- m:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			})
		}
	}
	if missing != "" {
		gen.Start(func(ctx context.Context) { g.awaitTopic(ctx, missing) })
	}
}

// awaitTopic tells Fetch that a topic does not exist, and returns, which ends
// the generation and makes the group share out its partitions, once it does.
// A topic that exists simply has fewer partitions than the group has members.
func (g *Group) awaitTopic(ctx context.Context, topic string) {
	for absent := false; ; {
		_, err := g.session.partitions(ctx, topic)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafka.UnknownTopicOrPartition):
			absent = true
			g.report(err)
		case err == nil && absent:
			g.settled()
			return
		case err == nil:
			<-ctx.Done()
			return
		}
		g.session.forget()
		pause(ctx, missingTopicInterval)
	}
}

func (g *Group) set(now *generation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current = now
	close(g.changed)
	g.changed = make(chan struct{})
}

// end forgets a generation, unless the next one has begun already.
func (g *Group) end(over *generation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == over {
		g.current = nil
	}
}

// report leaves a problem for Fetch, in place of an older one.
func (g *Group) report(err error) {
	g.settled()
	select {
	case g.problem <- err:
	default:
	}
}

// settled withdraws a problem that is over.
func (g *Group) settled() {
	select {
	case <-g.problem:
	default:
	}
}

// Fetch waits for the next message. After an error other than ctx's or that of
// a closed Group, calling it again goes on where the group stands: the group
// keeps trying to join by itself.
func (g *Group) Fetch(ctx context.Context) (Message, error) {
	select {
	case m := <-g.messages:
		return m, nil
	case err := <-g.problem:
		return Message{}, g.explain(err, "fetch from")
	case <-ctx.Done():
		return Message{}, g.explain(ctx.Err(), "fetch from")
	case <-g.ctx.Done():
		return Message{}, g.explain(io.ErrClosedPipe, "fetch from")
	}
}

// Commit says that these messages, and all before them in their partitions, are
// dealt with. It returns when the broker has noted it. During a rebalance it
// waits for the outcome, as long as ctx allows and for ten seconds at most. It never moves
// a commit back: what is committed already stays so, and is no error. Messages
// of a partition that is no longer ours make the error ErrRevoked; the others are committed.
func (g *Group) Commit(ctx context.Context, msgs ...Message) error {
	const doing = "commit to"
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	now, err := g.generation(ctx)
	if err != nil {
		return g.explain(err, doing)
	}
	g.committing.Lock() // one at a time, so that none overtakes a later one
	defer g.committing.Unlock()
	offsets, revoked := g.outstanding(now, msgs)
	if err := now.gen.CommitOffsets(offsets); err != nil {
		return g.explain(err, doing)
	}
	for topic, partitions := range offsets {
		for p, next := range partitions {
			now.committed[topic][p] = next
		}
	}
	return revoked
}

// generation waits for one to be going on.
func (g *Group) generation(ctx context.Context) (*generation, error) {
	for {
		g.mu.Lock()
		now, changed := g.current, g.changed
		g.mu.Unlock()
		if now != nil {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-g.ctx.Done():
			return nil, io.ErrClosedPipe
		}
	}
}

// outstanding is what of msgs is not committed yet, as the offsets to read
// next, and an error if some are no longer ours.
func (g *Group) outstanding(now *generation, msgs []Message) (map[string]map[int]int64, error) {
	offsets := make(map[string]map[int]int64)
	var revoked error
	for _, m := range msgs {
		committed, ours := now.committed[m.Topic][m.Partition]
		next := m.Offset + 1
		switch {
		case !ours:
			revoked = &fault.Error{Kind: fault.Transient, Err: ErrRevoked,
				Op: fmt.Sprintf("commit %s/%d/%d to group %q", m.Topic, m.Partition, m.Offset, g.name)}
		case next > committed:
			if offsets[m.Topic] == nil {
				offsets[m.Topic] = make(map[int]int64)
			}
			offsets[m.Topic][m.Partition] = max(next, offsets[m.Topic][m.Partition])
		}
	}
	return offsets, revoked
}

func (g *Group) explain(err error, doing string) error {
	return g.cfg.explain(err, g.topics[0], fmt.Sprintf("%s group %q", doing, g.name))
}

// Close leaves the group, so that the other members take over at once, and ends
// the connections. What was fetched and not committed is delivered again.
func (g *Group) Close() error {
	g.cancel()
	err := g.member.Close()
	g.running.Wait()
	g.session.close()
	return err
}
