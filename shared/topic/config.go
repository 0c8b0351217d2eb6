package topic

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// The SASL mechanisms, as KAFKA_SASL_MECHANISM spells them.
const (
	Plain       = "PLAIN"
	ScramSHA256 = "SCRAM-SHA-256"
	ScramSHA512 = "SCRAM-SHA-512"
	Google      = "GOOGLE" // Managed Kafka: the account's own token; the user name is its email
)

// Config says where Kafka is and how to be let in. It is loaded with caarlos0/env.
type Config struct {
	// Brokers are bootstrap addresses, host:port; the others are learnt from whichever answers.
	Brokers []string `env:"KAFKA_BROKERS" envSeparator:","`

	SASLMechanism string `env:"KAFKA_SASL_MECHANISM"` // empty: no authentication
	SASLUsername  string `env:"KAFKA_SASL_USERNAME"`
	SASLPassword  string `env:"KAFKA_SASL_PASSWORD"`

	TLS   bool   `env:"KAFKA_TLS"`
	TLSCA string `env:"KAFKA_TLS_CA"` // a PEM file; empty: the system's authorities
}

// Validate reports every mistake at once, each with the variable to change.
// Its error is fault.Invalid. It reads the file of KAFKA_TLS_CA and dials nothing.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if len(c.Brokers) == 0 {
		bad("KAFKA_BROKERS: missing; want one or more host:port, separated by commas")
	}
	for _, b := range c.addresses() {
		if err := checkAddress(b); err != nil {
			bad("KAFKA_BROKERS: %q %w", b, err)
		}
	}
	switch c.SASLMechanism {
	case "":
		if c.SASLUsername != "" || c.SASLPassword != "" {
			bad("KAFKA_SASL_MECHANISM: missing, although a user name or password is set; want %s, %s, %s or %s", Plain, ScramSHA256,
				ScramSHA512, Google)
		}
	case Google:
		if c.SASLUsername == "" {
			bad("KAFKA_SASL_USERNAME: missing; KAFKA_SASL_MECHANISM=%s needs the account's email", Google)
		}
		if !c.TLS {
			bad("KAFKA_TLS: must be true with KAFKA_SASL_MECHANISM=%s", Google)
		}
	case Plain, ScramSHA256, ScramSHA512:
		if c.SASLUsername == "" {
			bad("KAFKA_SASL_USERNAME: missing; KAFKA_SASL_MECHANISM=%s needs one", c.SASLMechanism)
		}
		if c.SASLPassword == "" {
			bad("KAFKA_SASL_PASSWORD: missing; KAFKA_SASL_MECHANISM=%s needs one", c.SASLMechanism)
		}
	default:
		bad("KAFKA_SASL_MECHANISM: is %q, want %s, %s, %s or %s", c.SASLMechanism, Plain, ScramSHA256, ScramSHA512, Google)
	}
	switch {
	case c.TLSCA == "":
	case !c.TLS:
		bad("KAFKA_TLS: must be true when KAFKA_TLS_CA names a file")
	default:
		if _, err := c.authorities(); err != nil {
			bad("KAFKA_TLS_CA: %w", err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "Kafka settings: %w", errors.Join(errs...))
}

func checkAddress(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("is not host:port; the port is usually 9092")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || host == "" {
		return errors.New("is not host:port with a port from 1 to 65535")
	}
	return nil
}

// addresses are the brokers without the spaces people write after commas.
func (c Config) addresses() []string {
	out := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		out[i] = strings.TrimSpace(b)
	}
	return out
}

// where names the brokers in messages.
func (c Config) where() string { return strings.Join(c.addresses(), ", ") }

func (c Config) authorities() (*x509.CertPool, error) {
	pem, err := os.ReadFile(c.TLSCA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", c.TLSCA)
	}
	return pool, nil
}

func (c Config) tls() (*tls.Config, error) {
	if !c.TLS {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLSCA != "" {
		pool, err := c.authorities()
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "KAFKA_TLS_CA")
		}
		t.RootCAs = pool
	}
	return t, nil
}

func (c Config) sasl() sasl.Mechanism {
	auth := scram.Auth{User: c.SASLUsername, Pass: c.SASLPassword}
	switch c.SASLMechanism {
	case Plain:
		return plain.Mechanism{Username: c.SASLUsername, Password: c.SASLPassword}
	case ScramSHA256:
		return scramMechanism{auth.AsSha256Mechanism()}
	case ScramSHA512:
		return scramMechanism{auth.AsSha512Mechanism()}
	case Google:
		return newGoogleMechanism(c.SASLUsername)
	}
	return nil
}
