package logs

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestCloudLoggingFormat: the fields that Cloud Logging reads from a line of JSON.
func TestCloudLoggingFormat(t *testing.T) {
	var b bytes.Buffer
	log := New(&b, "capture")
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
