package logs

import (
	"bytes"
	"encoding/json"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// TestCloudLoggingFormat: the fields that Cloud Logging reads from a line of JSON.
func TestCloudLoggingFormat(t *testing.T) {
	var b bytes.Buffer
	log := New(&b, "capture", "")
	log.Debug("not shown")
	log.Warn("slow", "id", "p-1")
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, b.Bytes())
	}
	for field, want := range map[string]any{"severity": "WARNING", "message": "slow", "service": "capture", "id": "p-1"} {
		if line[field] != want {
			t.Errorf("%s is %v, want %v", field, line[field], want)
		}
	}
	if line["time"] == nil || line["level"] != nil || line["msg"] != nil {
		t.Errorf("fields %v", line)
	}
}

func TestLinesNameTheirTrace(t *testing.T) {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	for project, want := range map[string]string{"": "01000000000000000000000000000000", "p": "projects/p/traces/01000000000000000000000000000000"} {
		var b bytes.Buffer
		New(&b, "capture", project).With("id", "p-1").InfoContext(ctx, "done")
		var line map[string]any
		if err := json.Unmarshal(b.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line["logging.googleapis.com/trace"] != want || line["logging.googleapis.com/spanId"] != "0200000000000000" || line["logging.googleapis.com/trace_sampled"] != true {
			t.Errorf("line %s", b.Bytes())
		}
	}
}
