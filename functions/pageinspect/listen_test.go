package main

import (
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
)

func TestBeyondLoopback(t *testing.T) {
	for _, c := range []struct{ kafka, storage, vision, want string }{
		{defaultKafka, defaultStorage, defaultVision, ""},
		{"localhost:9092", "[::1]:4443", "127.0.0.2:4444", ""},
		{"0.0.0.0:9092", "0.0.0.0:4443", defaultVision, "Kafka at 0.0.0.0:9092, storage at 0.0.0.0:4443"},
		{defaultKafka, ":4443", "[::]:4444", "storage at :4443, Vision at [::]:4444"},
		{"192.168.0.7:9092", defaultStorage, defaultVision, "Kafka at 192.168.0.7:9092"},
	} {
		got := strings.Join(beyondLoopback(localcloud.Config{Kafka: c.kafka, Storage: c.storage, Vision: c.vision}), ", ")
		if got != c.want {
			t.Errorf("%q is said of %+v", got, c)
		}
	}
}
