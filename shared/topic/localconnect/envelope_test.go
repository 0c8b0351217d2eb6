package localconnect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/topic"
)

func TestEnvelope(t *testing.T) {
	at := time.UnixMilli(1790000000000)
	tests := map[string]struct {
		key, value []byte
		want       string
	}{
		"object":        {[]byte("p-1001"), []byte(`{"url": "https://shop.example/?a=1&b=<2>", "n": 12345678901234567890}`), `"key":"p-1001","value":{"url": "https://shop.example/?a=1&b=<2>", "n": 12345678901234567890}`},
		"text":          {[]byte("키"), []byte(`{"broken": `), `"key":"키","value":"{\"broken\": "`},
		"array is text": {nil, []byte(`[1]`), `"key":null,"value":"[1]"`},
		"JSON string":   {nil, []byte(`"s"`), `"key":null,"value":"\"s\""`},
		"null":          {[]byte{}, nil, `"key":"","value":null`},
		"empty":         {nil, []byte{}, `"key":null,"value":""`},
		"bytes":         {[]byte{0xff}, []byte{0xfe, 0}, `"key":"/w==","value":"/gA="`},
		"object of bad UTF-8": {nil, []byte("{\"a\":\"\xff\"}"),
			`"key":null,"value":"` + base64.StdEncoding.EncodeToString([]byte("{\"a\":\"\xff\"}")) + `"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := envelope(topic.Message{Topic: "pageinspect.requests", Key: test.key, Value: test.value, Partition: 3, Offset: 42, Time: at})
			want := `[{` + test.want + `,"topic":"pageinspect.requests","partition":3,"offset":42,"timestamp":1790000000000}]`
			if d := cmp.Diff(want, string(got)); d != "" {
				t.Error(d)
			}
			if !json.Valid(got) {
				t.Error("not JSON")
			}
		})
	}
}

// FuzzEnvelope: whatever the bytes are, the envelope is JSON and holds them.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"", "{}", ` {"a":1} `, "plain", "\xff", `"s"`, "{\"a\":\"\xff\"}", "\u2028", "{"} {
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		var got []struct {
			Key   string
			Value json.RawMessage
		}
		b := envelope(topic.Message{Topic: "t", Key: key, Value: value})
		if err := json.Unmarshal(b, &got); err != nil || len(got) != 1 {
			t.Fatalf("%s: %v", b, err)
		}
		unwrap := func(s string, original []byte) []byte {
			if utf8.Valid(original) {
				return []byte(s)
			}
			out, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if k := unwrap(got[0].Key, key); !bytes.Equal(k, key) {
			t.Errorf("key %q became %q", key, k)
		}
		if got[0].Value[0] == '{' {
			if !bytes.Equal(got[0].Value, bytes.TrimSpace(value)) {
				t.Errorf("value %q became the object %q", value, got[0].Value)
			}
			return
		}
		var s string
		if err := json.Unmarshal(got[0].Value, &s); err != nil {
			t.Fatal(err)
		}
		if v := unwrap(s, value); !bytes.Equal(v, value) {
			t.Errorf("value %q became %q", value, v)
		}
	})
}

func TestSetHeaders(t *testing.T) {
	h := http.Header{}
	setHeaders(h, topic.Message{Headers: map[string]string{
		"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"tracestate":  "a=\r\nHost: evil",
		"baggage":     "",
		"ce-type":     "another",
	}})
	want := http.Header{
		"Content-Type": {"application/json"},
		"Traceparent":  {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	if d := cmp.Diff(want, h); d != "" {
		t.Error(d)
	}
}
