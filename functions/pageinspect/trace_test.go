package main

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/topic"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// TestOneTrace sends a request with a trace into Kafka and finds that trace in
// both functions' spans and logs and on the record of the result.
func TestOneTrace(t *testing.T) {
	wholeProgram(t)
	sent := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sent.url)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "p")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<!doctype html><title>t</title><h1>Hello</h1>") //nolint:errcheck
	}))
	defer site.Close()

	var mu sync.Mutex
	logged := map[string]string{} // service -> the trace of its line "done"
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Dir: t.TempDir(), Programs: programs, Allow: []string{"127.0.0.1"}, Log: slog.New(slog.DiscardHandler),
		Hear: func(line map[string]any) {
			if line["message"] == "done" {
				mu.Lock()
				defer mu.Unlock()
				logged[line["service"].(string)], _ = line["logging.googleapis.com/trace"].(string)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	w, err := topic.NewWriter(cloud.Kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Publish(t.Context(), topic.Message{
		Topic: localcloud.RequestsTopic, Headers: map[string]string{"traceparent": "00-" + trace + "-" + span + "-00"},
		Value: []byte(`{"schema":"pageinspect.request/v1","id":"traced","url":"` + site.URL + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var result topic.Message
	topic.Follow(ctx, cloud.Kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error { //nolint:errcheck // ends with ctx
		result = m
		cancel()
		return nil
	})
	// The result is announced before Recognize's span ends, which an instance that
	// is stopped in between does not send.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		if _, ended := sent.named()["recognize"]; ended {
			break
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("no span of Recognize within a minute of its result")
		}
	}
	cloud.Close() // the functions send what is left
	if !strings.HasPrefix(result.Headers["traceparent"], "00-"+trace+"-") {
		t.Errorf("the result's record has the trace %q", result.Headers["traceparent"])
	}

	spans := sent.named()
	for _, name := range []string{"capture", "capture navigate", "capture manifest", "recognize", "recognize annotate", "recognize announce"} {
		if _, ok := spans[name]; !ok {
			t.Fatalf("no span %q among %v", name, slices.Sorted(maps.Keys(spans)))
		}
	}
	for name, s := range spans {
		if strings.HasSuffix(name, "ObjectsListCall") {
			continue // the buckets are looked at when a function starts, for no page
		}
		if s.trace != trace {
			t.Errorf("%s is of the trace %s", name, s.trace)
		}
		service, _, _ := strings.Cut(name, " ") // other names are the Google clients' own spans
		if (service == "capture" || service == "recognize") && s.service != service {
			t.Errorf("%s is from the service %s", name, s.service)
		}
	}
	for child, parent := range map[string]string{"capture navigate": spans["capture"].id, "capture": span, "recognize": spans["capture manifest"].id, "recognize annotate": spans["recognize"].id} {
		if spans[child].parent != parent {
			t.Errorf("%s comes after %s, want %s", child, spans[child].parent, parent)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, service := range []string{"capture", "recognize"} {
		if logged[service] != "projects/p/traces/"+trace {
			t.Errorf("%s logs the trace %q", service, logged[service])
		}
	}
	for name, labels := range map[string][]string{
		"pageinspect.pages": {"outcome", "stage"}, "pageinspect.page.duration": {"outcome", "stage"}, "pageinspect.step.duration": {"stage", "step"},
		"pageinspect.tiles": nil, "pageinspect.vision.units": nil,
	} {
		if got, ok := sent.labels[name]; !ok || !slices.Equal(got, labels) {
			t.Errorf("%s has the labels %q, want %q", name, got, labels)
		}
	}
}

type seen struct{ trace, id, parent, service string }

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	url    string
	mu     sync.Mutex
	spans  map[string]seen // the last of each name
	all    map[string]int  // how many, by service and name
	took   map[string]time.Duration
	labels map[string][]string // of each metric, in order
}

func startCollector(t *testing.T) *collector {
	c := &collector{spans: map[string]seen{}, all: map[string]int{}, took: map[string]time.Duration{}, labels: map[string][]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(_ http.ResponseWriter, r *http.Request) {
		var req coltrace.ExportTraceServiceRequest
		decode(t, r, &req)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, rs := range req.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					service := attribute(rs.Resource.Attributes, "service.name")
					c.spans[s.Name] = seen{
						hex.EncodeToString(s.TraceId), hex.EncodeToString(s.SpanId), hex.EncodeToString(s.ParentSpanId), service,
					}
					c.all[service+" "+s.Name]++
					c.took[service+" "+s.Name] += time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano)
				}
			}
		}
	})
	mux.HandleFunc("POST /v1/metrics", func(_ http.ResponseWriter, r *http.Request) {
		var req colmetrics.ExportMetricsServiceRequest
		decode(t, r, &req)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, rm := range req.ResourceMetrics {
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					var attrs []*common.KeyValue
					for _, p := range m.GetSum().GetDataPoints() {
						attrs = p.Attributes
					}
					for _, p := range m.GetHistogram().GetDataPoints() {
						attrs = p.Attributes
					}
					var names []string
					for _, a := range attrs {
						names = append(names, a.Key)
					}
					slices.Sort(names)
					c.labels[m.Name] = names
				}
			}
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// named returns the spans by name.
func (c *collector) named() map[string]seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.spans)
}

func decode(t *testing.T, r *http.Request, m proto.Message) {
	b, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(b, m)
	}
	if err != nil {
		t.Error(err)
	}
}

func attribute(attrs []*common.KeyValue, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}
