package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
	"github.com/segmentio/kafka-go"
)

// BenchmarkSubmit submits a file of 10,000 requests. Beside it, in turn, a bare
// program does the same with a kafka-go writer as it is: it reads the lines,
// decodes, encodes and writes them. The target is at most 1.3 times as long.
// "x-ready" compares with writing alone, of messages ready in memory.
func BenchmarkSubmit(b *testing.B) {
	const n = 10_000
	broker, err := localkafka.Start(localkafka.Config{Topics: map[string]int{"requests": 8}})
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	b.Setenv("KAFKA_BROKERS", broker.Addr())
	file := filepath.Join(b.TempDir(), "requests")
	var lines bytes.Buffer
	for i := range n {
		lines.Write(append(encode(job.Request{Schema: job.RequestSchema, ID: fmt.Sprintf("p-%d", i), URL: fmt.Sprintf("https://shop.example/products/%d", i), Category: "cosmetics"}), '\n'))
	}
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	var ours, bare, ready time.Duration
	for b.Loop() {
		began := time.Now()
		if err := submit(context.Background(), submitOptions{topic: "requests", sources: sources{file: file}}, nil, nil, io.Discard, io.Discard); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)

		began = time.Now()
		all, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		var msgs []kafka.Message
		for line := range bytes.Lines(all) {
			var r job.Request
			if err := json.Unmarshal(line, &r); err != nil {
				b.Fatal(err)
			}
			value, err := json.Marshal(r)
			if err != nil {
				b.Fatal(err)
			}
			msgs = append(msgs, kafka.Message{Key: []byte(r.ID), Value: value})
		}
		writing := time.Now()
		transport := &kafka.Transport{}
		w := &kafka.Writer{Addr: kafka.TCP(broker.Addr()), Topic: "requests", Transport: transport, RequiredAcks: kafka.RequireAll, Balancer: kafka.Murmur2Balancer{}, BatchTimeout: 5 * time.Millisecond}
		if err := w.WriteMessages(context.Background(), msgs...); err != nil {
			b.Fatal(err)
		}
		w.Close() //nolint:errcheck // everything was acknowledged
		transport.CloseIdleConnections()
		bare += time.Since(began)
		ready += time.Since(writing)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms")
	b.ReportMetric(float64(ours)/float64(bare), "x-bare")
	b.ReportMetric(float64(ours)/float64(ready), "x-ready")
}

// BenchmarkOverhead takes a sample page through the whole flow, one at a time,
// and says how much of the time from its publication to its result was spent on
// neither the browser nor Vision: Kafka, the connector, HTTP, leases, storage,
// the notification, rules and report.
func BenchmarkOverhead(b *testing.B) {
	site := httptest.NewServer(samples.Handler())
	defer site.Close()
	cloud, err := localcloud.Start(b.Context(), localcloud.Config{Dir: b.TempDir(), Programs: programs, Allow: []string{site.Listener.Addr().String()}, Log: logger(b.Context(), os.Stderr)})
	if err != nil {
		b.Fatal(err)
	}
	defer cloud.Close()
	w, err := topic.NewWriter(cloud.Kafka)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	arrived := make(chan result.Result, 1)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go topic.Follow(ctx, cloud.Kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error { //nolint:errcheck // ends with ctx
		var r result.Result
		if err := json.Unmarshal(m.Value, &r); err != nil {
			return err
		}
		arrived <- r
		return nil
	})
	var whole time.Duration
	var browser, vision int64
	for n := range b.N + 1 { // the first warms up the browser and the connections
		id := fmt.Sprintf("p-%d", n)
		began := time.Now()
		r := encode(job.Request{Schema: job.RequestSchema, ID: id, URL: site.URL + samples.Pages()[0].Path})
		if err := w.Publish(ctx, topic.Message{Topic: localcloud.RequestsTopic, Key: []byte(id), Value: r}); err != nil {
			b.Fatal(err)
		}
		var got result.Result
		select {
		case got = <-arrived:
		case <-time.After(2 * time.Minute):
			b.Fatal("no result")
		}
		if n == 0 {
			continue
		}
		whole += time.Since(began)
		data, _, err := cloud.Store.Read(ctx, store.URI{Bucket: localcloud.Pages, Object: id + ".json"}, page.MaxManifestBytes)
		if err != nil {
			b.Fatal(err)
		}
		m, err := page.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		for _, step := range []string{"tab", "navigate", "settle", "tile"} {
			browser += m.TimingsMS[step]
		}
		vision += got.TimingsMS["annotate"]
	}
	each := func(ms int64) float64 { return float64(ms) / float64(b.N) }
	overhead := each(whole.Milliseconds() - browser - vision)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(each(browser), "browser-ms")
	b.ReportMetric(each(vision), "vision-ms")
	b.ReportMetric(overhead, "overhead-ms")
	b.ReportMetric(100*overhead/each(whole.Milliseconds()), "overhead-%")
}
