package topic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/segmentio/kafka-go"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// explain turns what kafka-go says into what was wrong, where, and what to do.
// The cause stays reachable through errors.Is and errors.As.
func (c Config) explain(err error, topic, doing string) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e
	}
	kind, text := fault.Transient, ""
	switch {
	case errors.Is(err, kafka.MessageSizeTooLarge), errors.Is(err, kafka.RecordListTooLarge):
		kind = fault.Invalid
		text = fmt.Sprintf("topic %q takes no message of that size: raise its max.message.bytes or send less", topic)
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		text = fmt.Sprintf("topic %q does not exist at %s; correct its name, or create it: kafka-topics.sh --bootstrap-server %s --create --topic %s",
			topic, c.where(), c.addresses()[0], topic)
	case errors.Is(err, kafka.SASLAuthenticationFailed), errors.Is(err, kafka.UnsupportedSASLMechanism),
		errors.Is(err, kafka.IllegalSASLState):
		text = fmt.Sprintf("the Kafka broker at %s refuses user %q; check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD",
			c.where(), c.SASLUsername)
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.GroupAuthorizationFailed),
		errors.Is(err, kafka.ClusterAuthorizationFailed):
		text = fmt.Sprintf("user %q may not use topic %q at %s; grant it in Kafka's ACLs", c.SASLUsername, topic, c.where())
	case isType[*tls.CertificateVerificationError](err):
		text = fmt.Sprintf("the certificate of the Kafka broker at %s is not trusted; check KAFKA_TLS_CA", c.where())
	case isType[tls.RecordHeaderError](err):
		text = fmt.Sprintf("the Kafka broker at %s does not speak TLS; check KAFKA_TLS", c.where())
	case undialable(err):
		text = fmt.Sprintf("no Kafka broker answers at %s; is it running? check KAFKA_BROKERS", c.where())
	case errors.Is(err, context.Canceled):
		text = "interrupted"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		text = fmt.Sprintf("no answer in time from Kafka at %s; is it running? check KAFKA_BROKERS and KAFKA_TLS (it is %t)", c.where(), c.TLS)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		// A restart does this, and some brokers to whoever they refuse.
		text = fmt.Sprintf("Kafka at %s closed the connection; if it goes on, check "+
			"KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_TLS (it is %t)",
			c.where(), c.TLS)
	default:
		text = fmt.Sprintf("Kafka at %s", c.where())
	}
	return &fault.Error{Kind: kind, Op: doing, Err: fmt.Errorf("%s: %w", text, err)}
}

func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// undialable says that no connection was made: refused, no route, no such host.
func undialable(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op == "dial"
	}
	return isType[*net.DNSError](err)
}
