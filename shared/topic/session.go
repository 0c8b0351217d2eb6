package topic

import (
	"context"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	// dialTimeout bounds one address, connectTimeout all of them and the TLS and
	// SASL exchanges after that, so that a broker that is not there is an error
	// in seconds. requestTimeout bounds one answer.
	dialTimeout    = 2 * time.Second
	connectTimeout = 5 * time.Second
	requestTimeout = 10 * time.Second

	clientID = "pageinspect"
)

// session is a pool of connections to one cluster, with an end: kafka-go's
// Transport leaves a connection that awaits an answer open when it is closed.
type session struct {
	cfg       Config
	transport *kafka.Transport
	client    *kafka.Client
	dialer    *kafka.Dialer // for kafka-go's consumer group, which has no transport
	cancel    context.CancelFunc
}

func open(cfg Config) (*session, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	tlsConfig, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	mechanism := cfg.sasl()
	ctx, cancel := context.WithCancel(context.Background())
	tcp := &net.Dialer{Timeout: dialTimeout}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		c, err := tcp.DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		return &sessionConn{Conn: c, release: context.AfterFunc(ctx, func() { c.Close() })}, nil
	}
	s := &session{
		cfg: cfg,
		transport: &kafka.Transport{
			Dial: dial, DialTimeout: connectTimeout, ClientID: clientID,
			TLS: tlsConfig, SASL: mechanism, Context: ctx,
		},
		dialer: &kafka.Dialer{
			ClientID: clientID, Timeout: connectTimeout, TLS: tlsConfig, SASLMechanism: mechanism, DialFunc: dial,
		},
		cancel: cancel,
	}
	s.client = &kafka.Client{Addr: kafka.TCP(cfg.addresses()...), Transport: s.transport, Timeout: requestTimeout}
	return s, nil
}

// forget drops what is known about the cluster, an error included, so that the
// next request asks anew. Requests under way are not disturbed.
func (s *session) forget() { s.transport.CloseIdleConnections() }

// close ends every connection at once, in use or not.
func (s *session) close() {
	s.transport.CloseIdleConnections()
	s.cancel()
}

// sessionConn is a connection that closes with its session.
type sessionConn struct {
	net.Conn
	release func() bool
}

func (c *sessionConn) Close() error {
	c.release()
	return c.Conn.Close()
}

// partitions lists the ids of a topic's partitions, in order.
func (s *session) partitions(ctx context.Context, topic string) ([]int, error) {
	r, err := s.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, t := range r.Topics {
		if t.Name != topic {
			continue
		}
		if t.Error != nil {
			return nil, t.Error
		}
		for _, p := range t.Partitions {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil, kafka.UnknownTopicOrPartition
	}
	return ids, nil
}

// pause waits for d or the end of ctx, and says whether ctx is still going.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
