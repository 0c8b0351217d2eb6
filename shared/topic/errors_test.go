package topic_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// nobody is an address on which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestUnreachable: whatever is asked of a broker that is not there, the answer
// is a transient error that names it, in seconds.
func TestUnreachable(t *testing.T) {
	cfg := topic.Config{Brokers: []string{nobody(t)}}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	nothing := func(topic.Message) error { return nil }
	tests := map[string]func() error{
		"ping":   func() error { return topic.Ping(ctx, cfg) },
		"ensure": func() error { return topic.Ensure(ctx, cfg, topic.Spec{Name: "t"}) },
		"scan":   func() error { return topic.Scan(ctx, cfg, "t", nothing) },
		"follow": func() error { return topic.Follow(ctx, cfg, "t", nil, nothing) },
		"end":    func() error { _, err := topic.End(ctx, cfg, "t"); return err },
		"publish": func() error {
			w, err := topic.NewWriter(cfg)
			if err != nil {
				return err
			}
			defer w.Close()
			return w.Publish(ctx, topic.Message{Topic: "t", Value: []byte("v")})
		},
		"fetch": func() error {
			g, err := topic.NewGroup(cfg, "g", "t")
			if err != nil {
				return err
			}
			defer g.Close()
			_, err = g.Fetch(ctx)
			return err
		},
	}
	for name, ask := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := ask()
			want := "no Kafka broker answers at " + cfg.Brokers[0] + "; is it running? check KAFKA_BROKERS"
			if fault.KindOf(err) != fault.Transient || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v (%s), want transient: %s", err, fault.KindOf(err), want)
			}
		})
	}
}

// TestSilentBroker: something accepts connections and never answers, or hangs up
// at once, as a broker without TLS does on a client that speaks it.
func TestSilentBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	deaf := broker(t, nil).Brokers
	for name, c := range map[string]struct {
		cfg   topic.Config
		limit time.Duration
		want  string
	}{
		"silent":      {topic.Config{Brokers: []string{l.Addr().String()}}, 200 * time.Millisecond, "no answer in time from Kafka at " + l.Addr().String()},
		"without TLS": {topic.Config{Brokers: deaf, TLS: true}, 20 * time.Second, "Kafka at " + deaf[0] + " closed the connection"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.limit)
		err = topic.Ping(ctx, c.cfg)
		cancel()
		if fault.KindOf(err) != fault.Transient || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "KAFKA_TLS") {
			t.Errorf("%s: got %v (%s)", name, err, fault.KindOf(err))
		}
	}
}

// TestLetIn goes through authentication and TLS, rightly and wrongly.
func TestLetIn(t *testing.T) {
	cert, ca := certificate(t)
	_, otherCA := certificate(t)
	secured, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.SeedTopics(1, "t"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}),
		kfake.Superuser(topic.Plain, "plain", "p1"),
		kfake.Superuser(topic.ScramSHA256, "scram256", "p2"),
		kfake.Superuser(topic.ScramSHA512, "scram512", "p3"))
	if err != nil {
		t.Fatal(err)
	}
	defer secured.Close()
	as := func(mechanism, user, password, ca string) topic.Config {
		return topic.Config{Brokers: secured.ListenAddrs(), SASLMechanism: mechanism, SASLUsername: user, SASLPassword: password, TLS: ca != "", TLSCA: ca}
	}
	tests := map[string]struct {
		cfg  topic.Config
		want string // in the error; empty: let in
	}{
		"plain":           {as(topic.Plain, "plain", "p1", ca), ""},
		"scram 256":       {as(topic.ScramSHA256, "scram256", "p2", ca), ""},
		"scram 512":       {as(topic.ScramSHA512, "scram512", "p3", ca), ""},
		"wrong password":  {as(topic.Plain, "plain", "p2", ca), `check KAFKA_SASL_`},
		"wrong scram":     {as(topic.ScramSHA256, "scram256", "p1", ca), `check KAFKA_SASL_`},
		"wrong mechanism": {as(topic.ScramSHA256, "plain", "p1", ca), `check KAFKA_SASL_`},
		"wrong authority": {as(topic.Plain, "plain", "p1", otherCA), "is not trusted; check KAFKA_TLS_CA"},
		"TLS not asked":   {as(topic.Plain, "plain", "p1", ""), "KAFKA_TLS (it is false)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := topic.Ping(ctx, test.cfg)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want it to say %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// The consumer group dials in another way than the writer.
			w, err := topic.NewWriter(test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if err := w.Publish(ctx, topic.Message{Topic: "t", Value: []byte(name)}); err != nil {
				t.Fatal(err)
			}
			g, err := topic.NewGroup(test.cfg, name, "t")
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if _, err := g.Fetch(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// certificate makes one for 127.0.0.1 and a file with its authority, itself.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kafka"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
