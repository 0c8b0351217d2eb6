package job

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"pgregory.net/rapid"
)

// TestFailureKeepsTheOriginal: whatever bytes arrived, the record holds them,
// through JSON and back.
func TestFailureKeepsTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.SliceOf(rapid.Byte()),
			rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
			rapid.SampledFrom([][]byte{[]byte(`{"a":1}`), []byte(`"text"`), []byte(`[1,2]`), []byte("null"), []byte("7"), {0xff}}),
		).Draw(t, "value")
		f := NewFailure(StageCapture, fault.New(fault.Invalid, "no"), Request{ID: "x"}, value, Source{}, time.Now())
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back Failure
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if got := string(back.Original()); got != string(value) && !sameJSON(got, string(value)) {
			t.Fatalf("%q came back as %q", value, got)
		}
		if back.Attempt != 1 || back.Kind != fault.Invalid {
			t.Fatalf("attempt %d, kind %s", back.Attempt, back.Kind)
		}
	})
}

// sameJSON: a JSON original may lose the white space between its tokens.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && string(mustJSON(x)) == string(mustJSON(y))
}

func mustJSON(v any) []byte { b, _ := json.Marshal(v); return b }
