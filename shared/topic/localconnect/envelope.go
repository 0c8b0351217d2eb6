package localconnect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// envelope is the body for one record, in the format of the Confluent Functions
// sink: an array of {"key","value","topic","partition","offset","timestamp"}.
//
// A value that is a JSON object is there as that object, byte for byte; other
// text as a string; null as null. Bytes that are not UTF-8 are there as their
// base64 (RFC 4648 with padding), as Connect's byte-array converter writes them.
// The key likewise, except that it is never an object.
func envelope(m topic.Message) []byte {
	var b bytes.Buffer
	b.WriteString(`[{"key":`)
	b.Write(text(m.Key))
	b.WriteString(`,"value":`)
	if v := bytes.TrimSpace(m.Value); len(v) > 0 && v[0] == '{' && utf8.Valid(v) && json.Valid(v) {
		b.Write(v)
	} else {
		b.Write(text(m.Value))
	}
	b.WriteString(`,"topic":`)
	b.Write(text([]byte(m.Topic)))
	b.WriteString(`,"partition":`)
	b.WriteString(strconv.Itoa(m.Partition))
	b.WriteString(`,"offset":`)
	b.WriteString(strconv.FormatInt(m.Offset, 10))
	b.WriteString(`,"timestamp":`)
	b.WriteString(strconv.FormatInt(m.Time.UnixMilli(), 10))
	b.WriteString(`}]`)
	return b.Bytes()
}

// text is the JSON for a string or, if s is not UTF-8, for its base64.
func text(s []byte) []byte {
	if s == nil {
		return []byte("null")
	}
	str := string(s)
	if !utf8.Valid(s) {
		str = base64.StdEncoding.EncodeToString(s)
	}
	b, _ := json.Marshal(str) // no string fails
	return b
}

// passed are the record headers that become HTTP headers: the trace that the
// record belongs to. Others could change what the request means.
var passed = []string{"traceparent", "tracestate", "baggage"}

func setHeaders(h http.Header, m topic.Message) {
	h.Set("Content-Type", "application/json")
	for _, name := range passed {
		if v := m.Headers[name]; validHeader(v) {
			h.Set(name, v)
		}
	}
}

// validHeader says that a value can be sent: visible ASCII, spaces and tabs.
func validHeader(v string) bool {
	for i := range len(v) {
		if c := v[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return v != ""
}
