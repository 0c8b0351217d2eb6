//go:build kafka

package topic_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/apachekafka"
	"github.com/pageinspect/pageinspect/shared/topic/topictest"
)

// TestApacheKafka holds a real Kafka to what the stand-in is held to: the one
// that KAFKA_BROKERS names, else one of its own, without and with security.
func TestApacheKafka(t *testing.T) {
	named, err := env.ParseAs[topic.Config]()
	if err != nil {
		t.Fatal(err)
	}
	if len(named.Brokers) > 0 {
		topictest.Conformance(t, named)
		return
	}
	kafka := apachekafka.Start(t)
	t.Run("plain", func(t *testing.T) { topictest.Conformance(t, kafka.Plain) })
	t.Run("transactions", func(t *testing.T) { topictest.Transactions(t, kafka.Plain) })
	t.Run("secured", func(t *testing.T) { topictest.Conformance(t, kafka.Secured) })
	t.Run("refuses", func(t *testing.T) { refused(t, kafka) })
}

// refused is let in nowhere, and is told what to correct.
func refused(t *testing.T, kafka *apachekafka.Broker) {
	but := func(change func(*topic.Config)) topic.Config {
		c := kafka.Secured
		change(&c)
		return c
	}
	_, otherCA := certificate(t)
	for name, c := range map[string]struct {
		cfg  topic.Config
		want string
	}{
		"wrong password":      {but(func(c *topic.Config) { c.SASLPassword = "wrong" }), refusesUser(kafka.Secured, "pageinspect")},
		"unknown user":        {but(func(c *topic.Config) { c.SASLUsername = "nobody" }), refusesUser(kafka.Secured, "nobody")},
		"mechanism not there": {but(func(c *topic.Config) { c.SASLMechanism = topic.Plain }), refusesUser(kafka.Secured, "pageinspect")},
		"untrusted authority": {but(func(c *topic.Config) { c.TLSCA = otherCA }), "is not trusted; check KAFKA_TLS_CA"},
		"system authorities":  {but(func(c *topic.Config) { c.TLSCA = "" }), "is not trusted; check KAFKA_TLS_CA"},
		"TLS not asked":       {but(func(c *topic.Config) { c.TLS, c.TLSCA = false, "" }), "KAFKA_TLS (it is false)"},
		"TLS not spoken":      {topic.Config{Brokers: kafka.Plain.Brokers, TLS: true}, "KAFKA_TLS (it is true)"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			refusedAs(t, "ping", topic.Ping(ctx, c.cfg), c.want)
			w, err := topic.NewWriter(c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			refusedAs(t, "publish", w.Publish(ctx, topic.Message{Topic: "t", Value: []byte("v")}), c.want)
			g, err := topic.NewGroup(c.cfg, "refused", "t")
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			_, err = g.Fetch(ctx)
			refusedAs(t, "fetch", err, c.want)
		})
	}
}

func refusesUser(c topic.Config, user string) string {
	return fmt.Sprintf("the Kafka broker at %s refuses user %q; check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD", c.Brokers[0], user)
}

func refusedAs(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != fault.Transient || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want it transient and to say %q", what, err, want)
	}
}
