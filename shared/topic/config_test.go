package topic_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
)

func TestConfigFromEnvironment(t *testing.T) {
	got, err := env.ParseAsWithOptions[topic.Config](env.Options{Environment: map[string]string{
		"KAFKA_BROKERS":        "a:9092,b:9093",
		"KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
		"KAFKA_SASL_USERNAME":  "u",
		"KAFKA_SASL_PASSWORD":  "p",
		"KAFKA_TLS":            "true",
		"KAFKA_TLS_CA":         "/ca.pem",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := topic.Config{
		Brokers: []string{"a:9092", "b:9093"}, SASLMechanism: topic.ScramSHA512,
		SASLUsername: "u", SASLPassword: "p", TLS: true, TLSCA: "/ca.pem",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestConfigValidate(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	ok := []string{"localhost:9092"}
	tests := map[string]struct {
		cfg  topic.Config
		want []string // what each line of the error begins with; none: valid
	}{
		"one broker":              {topic.Config{Brokers: ok}, nil},
		"spaces after the comma":  {topic.Config{Brokers: []string{"a:1", " b:2"}}, nil},
		"PLAIN over TLS":          {topic.Config{Brokers: ok, SASLMechanism: "PLAIN", SASLUsername: "u", SASLPassword: "p", TLS: true}, nil},
		"nothing":                 {topic.Config{}, []string{"KAFKA_BROKERS: missing"}},
		"no port":                 {topic.Config{Brokers: []string{"kafka"}}, []string{`KAFKA_BROKERS: "kafka"`}},
		"port out of range":       {topic.Config{Brokers: []string{"a:1", "b:70000"}}, []string{`KAFKA_BROKERS: "b:70000"`}},
		"a trailing comma":        {topic.Config{Brokers: []string{"a:1", ""}}, []string{`KAFKA_BROKERS: ""`}},
		"an unknown mechanism":    {topic.Config{Brokers: ok, SASLMechanism: "plain"}, []string{`KAFKA_SASL_MECHANISM: is "plain"`}},
		"a user and no mechanism": {topic.Config{Brokers: ok, SASLUsername: "u"}, []string{"KAFKA_SASL_MECHANISM: missing"}},
		"GOOGLE":                  {topic.Config{Brokers: ok, SASLMechanism: "GOOGLE", SASLUsername: "a@p", TLS: true}, nil},
		"GOOGLE and nothing else": {topic.Config{Brokers: ok, SASLMechanism: "GOOGLE"}, []string{"KAFKA_SASL_USERNAME: missing", "KAFKA_TLS: must be true"}},
		"CA without TLS":          {topic.Config{Brokers: ok, TLSCA: notPEM}, []string{"KAFKA_TLS: must be true"}},
		"CA is not PEM":           {topic.Config{Brokers: ok, TLS: true, TLSCA: notPEM}, []string{"KAFKA_TLS_CA: "}},
		"CA is not there":         {topic.Config{Brokers: ok, TLS: true, TLSCA: notPEM + ".no"}, []string{"KAFKA_TLS_CA: "}},
		"everything at once": {
			topic.Config{Brokers: []string{"x"}, SASLMechanism: "SCRAM-SHA-256", TLSCA: "ca"},
			[]string{"KAFKA_BROKERS: ", "KAFKA_SASL_USERNAME: missing", "KAFKA_SASL_PASSWORD: missing", "KAFKA_TLS: must be true"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.cfg.Validate()
			if test.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v, want an invalid", err)
			}
			lines := strings.Split(strings.TrimPrefix(err.Error(), "Kafka settings: "), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("got %d mistakes, want %d:\n%v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("got %q, want it to begin %q", lines[i], want)
				}
			}
		})
	}
}
