//go:build kafka

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/apachekafka"
)

const (
	connectors    = "../../terraform/connect/"
	authorization = "Bearer of the tests"
)

// sink is a vendor's HTTP sink: its files, and how to make it impatient.
type sink struct {
	name, class, url, delay, retries string // the last three are keys of its configuration
	suffix                           string // of the url
}

var sinks = []sink{
	{"camel", "org.apache.camel.kafkaconnector.CamelSinkConnector",
		"camel.sink.url", "camel.error.handler.redelivery.delay", "camel.error.handler.max.redeliveries", "?httpMethod=POST"},
	{"aiven", "io.aiven.kafka.connect.http.HttpSinkConnector", "http.url", "retry.backoff.ms", "max.retries", ""},
}

// TestApacheKafkaConnect takes pages from the requests topic of a real Kafka
// (signed in by SCRAM over TLS) through a real Kafka Connect to Capture, storage and
// Recognize, and from the results topic through Kafka Connect to a system that
// refuses each result twice. What a system never takes becomes a dead letter.
// Kafka and Kafka Connect are killed in the middle, and nothing is lost.
// The connectors run as terraform/connect configures them, with a shorter delay.
func TestApacheKafkaConnect(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<meta charset=utf-8><title>크림</title><body style='font:40px NanumGothic'><p>여드름 치료 크림")
	}))
	defer site.Close()
	kafka := apachekafka.Start(t)
	var logs writer
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Dir: t.TempDir(), Programs: programs, External: &kafka.Secured, Allow: []string{site.Listener.Addr().String()},
		Log: slog.New(slog.DiscardHandler), LogTo: &locked{w: &logs},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		cloud.Close()
		if t.Failed() {
			t.Logf("the functions said:\n%s", logs.String())
		}
	}()
	t.Log("Capture and Recognize are up")
	system, deaf := newSystem(t, 2), newSystem(t, 1_000_000)
	connect := apachekafka.StartConnect(t, kafka, []string{
		"CAPTURE_URL=http://" + cloud.Addresses.Capture + "/", "CAPTURE_AUTHORIZATION=Bearer none-is-asked-for-here", "DLQ_REPLICATION=1",
		"WEBHOOK_URL=" + system.URL + "/", "WEBHOOK_AUTHORIZATION=" + authorization,
	}, apachekafka.Camel)
	trip := trip{kafka, cloud.Store, connect, site.URL, system, deaf}
	for _, s := range sinks {
		if !connect.Has(t, s.class) {
			if s.name == "camel" {
				t.Fatal("the worker has no Camel sink")
			}
			t.Logf("CONNECT_PLUGINS has no %s; its files are not taken on a trip", s.class)
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			connect.Create(t, s.file(t, "requests", map[string]string{s.delay: "200"}))
			connect.Create(t, s.file(t, "results-webhook", map[string]string{s.delay: "200"}))
			trip.pages(t, s, "", nil)
			trip.pages(t, s, "killed-", func() {
				connect.Kill()
				kafka.Kill()
				kafka.Run(t)
				connect.Run(t)
			})
			trip.deadLetters(t, s)
			connect.Delete(t, "pageinspect-requests")
			connect.Delete(t, "pageinspect-results-webhook")
		})
	}
}

// file is the configuration as it is, but for the keys of change; "name" is the connector's.
func (s sink) file(t *testing.T, what string, change map[string]string) []byte {
	t.Helper()
	b, err := os.ReadFile(connectors + s.name + "-" + what + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Name   string            `json:"name"`
		Config map[string]string `json:"config"`
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	for key, value := range change {
		if key == "name" {
			d.Name = value
		} else if _, ok := d.Config[key]; !ok {
			t.Fatalf("%s-%s.json has no %s to be changed", s.name, what, key)
		} else {
			d.Config[key] = value
		}
	}
	if b, err = json.Marshal(d); err != nil {
		t.Fatal(err)
	}
	return b
}

// trip is all that stands along the way.
type trip struct {
	broker       *apachekafka.Broker
	objects      *store.Client
	connect      *apachekafka.Connect
	site         string
	system, deaf *system
}

// pages publishes requests, one of them broken, and awaits that the system has
// the others' results. While they are under way it does what is to be survived.
func (tr trip) pages(t *testing.T, s sink, called string, survive func()) {
	const pages = 3
	called = s.name + "-" + called
	w, err := topic.NewWriter(tr.broker.Plain)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	broken := called + "broken"
	values := []string{`{"id":"` + broken + `","url":"` + tr.site + `"}`} // no schema
	for i := range pages {
		values = append(values, fmt.Sprintf(`{"schema":%q,"id":"%s%d","url":"%s/%d","category":"cosmetics"}`, job.RequestSchema, called, i, tr.site, i))
	}
	for _, v := range values {
		if err := w.Publish(t.Context(), topic.Message{Topic: localcloud.RequestsTopic, Value: []byte(v)}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d requests are in the topic", len(values))
	if survive != nil {
		survive()
	}
	events := map[string][]byte{}
	tr.follow(t, localcloud.ResultsTopic, func(m topic.Message) bool {
		if id, ok := strings.CutPrefix(string(m.Key), called); ok && len(id) == 1 {
			events[string(m.Key)] = m.Value
			t.Logf("a result for %s", m.Key)
		}
		return len(events) == pages
	})
	for id, event := range events {
		posts := tr.system.awaitAccepted(t, id)
		if len(posts) != 3 && survive == nil {
			t.Errorf("%s was posted %d times, want 3: refused twice, then accepted", id, len(posts))
		}
		for _, p := range posts {
			if survive == nil && !bytes.Equal(p.body, event) || p.authorization != authorization || !strings.HasPrefix(p.contentType, "application/json") {
				t.Errorf("%s arrived as %q, %q: %s; want the event as it is: %s", id, p.authorization, p.contentType, p.body, event)
			}
		}
		var r result.Result
		if err := json.Unmarshal(event, &r); err != nil || r.Verdict != result.Reject || r.ResultObject == "" {
			t.Errorf("%s: verdict %q, result object %q, %v", id, r.Verdict, r.ResultObject, err)
		}
		uri, err := store.ParseURI(r.ResultObject)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.objects.Stat(t.Context(), uri); err != nil {
			t.Error(err)
		}
	}
	t.Logf("the system has all %d results", len(events))
	var failures []string
	tr.follow(t, localcloud.ErrorsTopic, func(m topic.Message) bool {
		var f job.Failure
		if err := json.Unmarshal(m.Value, &f); err != nil {
			t.Error(err)
		}
		failures = append(failures, f.ID)
		return f.ID == broken
	})
	for _, id := range failures {
		if !strings.HasSuffix(id, "-broken") {
			t.Errorf("%s failed", id)
		}
	}
}

// deadLetters has a connector of the same file deliver to a system that takes nothing.
func (tr trip) deadLetters(t *testing.T, s sink) {
	const name, retries = "deaf", 2
	url := tr.deaf.URL + "/" + s.name
	tr.connect.Create(t, s.file(t, "results-webhook", map[string]string{
		"name": s.name + "-" + name, s.url: url + s.suffix, s.delay: "50", s.retries: fmt.Sprint(retries),
	}))
	var events []topic.Message
	posts := map[string]int{} // that each result must have cost; one that was announced again costs again
	if err := topic.Scan(t.Context(), tr.broker.Plain, localcloud.ResultsTopic, func(m topic.Message) error {
		events = append(events, m)
		posts[string(m.Key)] += 1 + retries
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	letters := 0
	tr.follow(t, localcloud.ResultsTopic+".dlq", func(m topic.Message) bool {
		if m.Headers["__connect.errors.connector.name"] != s.name+"-"+name {
			return false
		}
		letters++
		original := slices.ContainsFunc(events, func(e topic.Message) bool {
			return bytes.Equal(m.Key, e.Key) && bytes.Equal(m.Value, e.Value) && m.Headers["__connect.errors.offset"] == fmt.Sprint(e.Offset)
		})
		reason := m.Headers["__connect.errors.exception.message"]
		if !original || m.Headers["__connect.errors.topic"] != localcloud.ResultsTopic || reason == "" {
			t.Errorf("the dead letter %s has the headers %v and the value %s", m.Key, m.Headers, m.Value)
		}
		t.Logf("a dead letter for %s: %s", m.Key, reason)
		return letters == len(events)
	})
	for id, want := range posts {
		if got := len(tr.deaf.posts("/"+s.name, id)); got != want {
			t.Errorf("%s was posted %d times before it became a dead letter, want %d", id, got, want)
		}
	}
	states, err := tr.connect.States(t.Context(), s.name+"-"+name)
	if err != nil || strings.Contains(fmt.Sprint(states), "FAILED") {
		t.Errorf("after dead letters the connector is %v, %v", states, err)
	}
	tr.connect.Delete(t, s.name+"-"+name)
}

// follow reads a topic from its start until fn has enough.
func (tr trip) follow(t *testing.T, name string, fn func(topic.Message) (enough bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := false
	err := topic.Follow(ctx, tr.broker.Plain, name, nil, func(m topic.Message) error {
		if done = done || fn(m); done {
			cancel()
		}
		return nil
	})
	if !done {
		t.Fatalf("what was awaited in %s is not there after two minutes: %v", name, err)
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
