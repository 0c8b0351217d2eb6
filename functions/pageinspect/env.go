package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/pageinspect/pageinspect/functions/pageinspect/history"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Where serve listens unless told otherwise.
const (
	defaultKafka     = "127.0.0.1:9092"
	defaultStorage   = "127.0.0.1:4443"
	defaultVision    = "127.0.0.1:4444"
	defaultCapture   = "127.0.0.1:8081"
	defaultRecognize = "127.0.0.1:8082"
)

// kafkaFromEnv is the Kafka that the environment names, else the local one.
func kafkaFromEnv() (topic.Config, error) {
	var cfg topic.Config
	if err := env.Parse(&cfg); err != nil {
		return cfg, err
	}
	if len(cfg.Brokers) == 0 {
		cfg.Brokers = []string{defaultKafka}
	}
	return cfg, cfg.Validate()
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// splitEnv is a list that the functions read from the environment too.
func splitEnv(name string) []string {
	if v := os.Getenv(name); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}

// placesHelp ends the help of the commands that look into topics and buckets.
const placesHelp = `

The broker is taken from KAFKA_BROKERS (and KAFKA_SASL_*, KAFKA_TLS), the topics
from REQUESTS_TOPIC, RESULTS_TOPIC and ERRORS_TOPIC, the buckets from PAGES_BUCKET,
SCREENSHOTS_BUCKET and RESULTS_BUCKET (STORAGE_EMULATOR_HOST for a stand-in).
Without KAFKA_BROKERS, all of them are those of "pageinspect serve" on this machine.`

// places are what the environment names, else those of the local cloud. The
// store is opened only if buckets are named: Kafka alone is enough for most.
func places(ctx context.Context, stderr io.Writer) (history.Places, func(), error) {
	p := history.Places{
		Requests:    envOr("REQUESTS_TOPIC", localcloud.RequestsTopic),
		Results:     envOr("RESULTS_TOPIC", localcloud.ResultsTopic),
		Errors:      envOr("ERRORS_TOPIC", localcloud.ErrorsTopic),
		Screenshots: envOr("SCREENSHOTS_BUCKET", localcloud.Screenshots),
		Pages:       envOr("PAGES_BUCKET", localcloud.Pages),
		Output:      envOr("RESULTS_BUCKET", localcloud.Results),
	}
	var err error
	if p.Kafka, err = kafkaFromEnv(); err != nil {
		return p, nil, err
	}
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	if os.Getenv("KAFKA_BROKERS") == "" && emulator == "" {
		emulator = defaultStorage
	}
	close := func() {}
	if emulator != "" || os.Getenv("PAGES_BUCKET") != "" {
		if p.Store, err = store.New(ctx, store.Config{EmulatorHost: emulator}); err != nil {
			return p, nil, err
		}
		close = func() { p.Store.Close() } //nolint:errcheck // nothing of it is kept
	}
	show := newMeter(stderr, -1, "reading the topics")
	p.Tick = func() { show.add(1) }
	return p, func() { show.close(); close() }, nil
}
