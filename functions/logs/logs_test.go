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

// TestNothingForgesALine: what a page, an id or a record says stays within its
// own field of its own line.
func TestNothingForgesALine(t *testing.T) {
	const hostile = "x\n{\"severity\":\"EMERGENCY\",\"message\":\"forged\"}\r\n\",\"severity\":\"EMERGENCY\",\"a\":\"\x1b[2J\u2028\u0085\xff\x00"
	var b bytes.Buffer
	log := New(&b, "capture", "")
	log.Warn(hostile, "id", hostile, hostile, "value")
	log.With("url", hostile).WithGroup("page").Info("done", "error", hostile)
	lines := bytes.Split(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), b.Bytes())
	}
	for i, want := range []string{"WARNING", "INFO"} {
		var line map[string]any
		if err := json.Unmarshal(lines[i], &line); err != nil || line["severity"] != want || line["a"] != nil {
			t.Errorf("%v: %s", err, lines[i])
		}
		if bytes.ContainsAny(lines[i], "\x1b\x00\r") || bytes.Count(lines[i], []byte(`"severity":`)) != 1 {
			t.Errorf("a line that acts, or says two things: %s", lines[i])
		}
	}
}
