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
	// MaxMessageBytes bounds key, value and headers of one message together.
	// Kafka's own default (message.max.bytes) is 1,048,588 with the framing.
	MaxMessageBytes = 1_048_000

	// batchBytes leaves room for a batch's header under the same limit.
	batchBytes = 1_048_500
	// headerOverhead is at least what a header's two lengths take.
	headerOverhead = 10

	// batchTimeout is what a lone message waits for company. kafka-go's own
	// default, a second, would be added to every page.
	batchTimeout = 5 * time.Millisecond
	batchSize    = 500

	// Four attempts with these pauses bridge the election of a partition's
	// leader and say within seconds that a broker is gone.
	writeAttempts   = 4
	writeBackoffMin = 100 * time.Millisecond
	writeBackoffMax = time.Second

	// publishTimeout bounds a Publish whose context has no earlier end: a broker
	// that accepts connections and answers nothing would hold it for a minute.
	publishTimeout = 30 * time.Second
)

// Writer publishes messages. It is safe for use by many goroutines.
type Writer struct {
	cfg     Config
	session *session
	writer  *kafka.Writer
	closed  sync.Once
}

// NewWriter makes a Writer. It dials nothing until the first Publish; see Ping.
func NewWriter(cfg Config) (*Writer, error) {
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	return &Writer{cfg: cfg, session: s, writer: &kafka.Writer{
		Addr: s.client.Addr, Transport: s.transport,
		RequiredAcks: kafka.RequireAll, Balancer: kafka.Murmur2Balancer{},
		BatchTimeout: batchTimeout, BatchSize: batchSize, BatchBytes: batchBytes,
		MaxAttempts: writeAttempts, WriteBackoffMin: writeBackoffMin, WriteBackoffMax: writeBackoffMax,
		ReadTimeout: requestTimeout, WriteTimeout: requestTimeout,
	}}, nil
}

// PublishError lists the messages of one Publish that are not known to be kept;
// all others are. It is fault.Transient if publishing any of them again may help,
// and otherwise fault.Invalid.
type PublishError struct {
	Total  int // how many messages Publish was given
	Failed []FailedMessage
}

// FailedMessage is one message not known to be kept, and why.
type FailedMessage struct {
	Index int // in the arguments of Publish
	Err   error
}

func (e *PublishError) Error() string {
	if e.Total == 1 {
		return e.Unwrap().Error()
	}
	return fmt.Sprintf("%d of %d messages not published: %v", len(e.Failed), e.Total, e.Unwrap())
}

// Unwrap returns the failure that decides the kind: the first that is
// transient, or else the first.
func (e *PublishError) Unwrap() error {
	for _, f := range e.Failed {
		if fault.KindOf(f.Err).Retryable() {
			return f.Err
		}
	}
	return e.Failed[0].Err
}

// Publish writes messages and returns when every one is kept by all in-sync
// replicas or has failed. Its error is a *PublishError. When ctx ends first,
// the messages that had no answer yet are reported as failed, and may be written all the same.
func (w *Writer) Publish(ctx context.Context, msgs ...Message) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()

	errs := make([]error, len(msgs))
	var topics []string // in order of appearance
	byTopic := make(map[string][]int)
	for i, m := range msgs {
		if errs[i] = check(m); errs[i] != nil {
			continue
		}
		if _, ok := byTopic[m.Topic]; !ok {
			topics = append(topics, m.Topic)
		}
		byTopic[m.Topic] = append(byTopic[m.Topic], i)
	}
	for _, topic := range topics {
		w.publish(ctx, topic, byTopic[topic], msgs, errs)
	}

	var failed []FailedMessage
	for i, err := range errs {
		if err != nil {
			failed = append(failed, FailedMessage{Index: i, Err: err})
		}
	}
	if failed == nil {
		return nil
	}
	return &PublishError{Total: len(msgs), Failed: failed}
}

// check finds what is wrong with a message before anything is sent.
func check(m Message) error {
	if m.Topic == "" {
		return fault.New(fault.Invalid, "publish message with key %q: it names no topic", m.Key)
	}
	size := len(m.Key) + len(m.Value)
	for k, v := range m.Headers {
		size += len(k) + len(v) + headerOverhead
	}
	if size > MaxMessageBytes {
		return fault.New(fault.Invalid, "publish message with key %q to topic %q: it has %d bytes, %d of them the value; at most %d are allowed",
			m.Key, m.Topic, size, len(m.Value), MaxMessageBytes)
	}
	return nil
}

// publish writes the messages at indexes, all of one topic, and notes what failed in errs.
func (w *Writer) publish(ctx context.Context, topic string, indexes []int, msgs []Message, errs []error) {
	out := make([]kafka.Message, len(indexes))
	for i, at := range indexes {
		out[i] = msgs[at].kafka()
	}
	fail := func(i int, err error) {
		m := msgs[indexes[i]]
		doing := fmt.Sprintf("publish message with key %q (%d bytes) to topic %q", m.Key, len(m.Key)+len(m.Value), topic)
		errs[indexes[i]] = w.cfg.explain(err, topic, doing)
	}

	err := w.write(ctx, out)
	each, perMessage := errors.AsType[kafka.WriteErrors](err)
	switch {
	case err == nil:
	case !perMessage:
		for i := range out {
			fail(i, err)
		}
	default:
		tooLarge := func(err error) bool { return errors.Is(err, kafka.MessageSizeTooLarge) }
		for i, err := range each {
			// The topic may allow less than a batch has: only a message
			// that is refused by itself is too large.
			if tooLarge(err) && len(out) > 1 {
				err = single(w.write(ctx, out[i:i+1]))
			}
			if err != nil {
				fail(i, err)
			}
		}
	}
}

// single is the error of the one message that was written.
func single(err error) error {
	if each, ok := errors.AsType[kafka.WriteErrors](err); ok {
		return each[0]
	}
	return err
}

// write is kafka-go's WriteMessages with a second look when the topic could not
// be looked up: the answer may be some seconds old, and nothing was written yet.
func (w *Writer) write(ctx context.Context, out []kafka.Message) error {
	err := w.writer.WriteMessages(ctx, out...)
	if err == nil || isType[kafka.WriteErrors](err) || errors.Is(err, io.ErrClosedPipe) || ctx.Err() != nil {
		return err
	}
	w.session.forget()
	return w.writer.WriteMessages(ctx, out...)
}

// Close waits for the messages being written and ends the connections.
// Publish fails after it.
func (w *Writer) Close() error {
	var err error
	w.closed.Do(func() {
		err = w.writer.Close()
		w.session.close()
	})
	return err
}
