package event

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// confluentRecord reads one record of the Confluent Functions sink:
// {"key","value","topic","partition","offset","timestamp"}.
func confluentRecord(o object, raw []byte) (Record, bool) {
	value := o.get("value")
	if value == nil {
		return Record{}, false
	}
	r := newRecord(ViaConfluent, nil)
	r.whereabouts(o)
	if r.Topic == "" || r.Partition < 0 || r.Offset < 0 {
		return Record{}, false
	}
	if ms, ok := o.integer("timestamp"); ok {
		r.Time = time.UnixMilli(ms).UTC()
	}
	r.Key = confluentKey(o.get("key"))
	if headers, ok := o.object("headers"); ok {
		r.Headers = headers.strings()
	}
	if r.Value, r.Err = textOrRaw(value); r.Err != nil {
		r.Value = raw
		r.Err = fault.Wrap(fault.Invalid, r.Err, "value of %s/%d/%d is not UTF-8 text", r.Topic, r.Partition, r.Offset)
	}
	return r, true
}

// whereabouts takes over the topic, partition and offset as far as they are there.
func (r *Record) whereabouts(o object) {
	r.Topic, _ = o.str("topic")
	if n, ok := o.integer("partition"); ok && n == int64(int32(n)) {
		r.Partition = int(n)
	}
	if n, ok := o.integer("offset"); ok {
		r.Offset = n
	}
}

// textOrRaw is the value that a JSON value stands for: nothing for null, for a
// string its text, or the JSON object of which the text is the base64, and
// otherwise the JSON itself.
func textOrRaw(raw []byte) ([]byte, error) {
	switch {
	case isNull(raw):
		return nil, nil
	case raw[0] != '"':
		return raw, nil
	}
	text, err := plain(raw)
	if err != nil {
		return nil, err
	}
	if value, ok := objectIn(text); ok {
		return value, nil
	}
	return text, nil
}

// objectIn returns the JSON object that a text is, or is the base64 of. A text
// that merely begins like an object counts as one: what is wrong with it is
// better said by whoever reads the request.
func objectIn(text []byte) ([]byte, bool) {
	b := bytes.Trim(text, jsonSpace)
	if len(b) == 0 {
		return nil, false
	}
	if b[0] == '{' {
		return text, true
	}
	if b[0] == '"' && json.Valid(b) { // it was encoded twice
		if inner, err := plain(b); err == nil && bytes.HasPrefix(bytes.Trim(inner, jsonSpace), []byte("{")) {
			return inner, true
		}
	}
	if b[0] != 'e' { // the base64 of "{" begins with e
		return nil, false
	}
	out := make([]byte, strictBase64.DecodedLen(len(b)))
	n, err := strictBase64.Decode(out, b)
	if err != nil || n == 0 || out[0] != '{' || !json.Valid(out[:n]) {
		return nil, false
	}
	return out[:n], true
}

// confluentKey undoes the base64 of a byte-array converter. The envelope does
// not say whether a key is base64, so only what can hardly be anything else is
// decoded: eight characters or more, not digits alone (product numbers), that
// decode to printable text. A key decides nothing but the partition of what is
// published about its record.
func confluentKey(raw []byte) []byte {
	switch {
	case len(raw) == 0 || isNull(raw):
		return nil
	case raw[0] != '"':
		return raw
	}
	key, err := plain(raw)
	if err != nil {
		return raw
	}
	if len(key) < 8 || len(bytes.Trim(key, "0123456789")) == 0 {
		return key
	}
	out := make([]byte, strictBase64.DecodedLen(len(key)))
	n, err := strictBase64.Decode(out, key)
	if err != nil || !utf8.Valid(out[:n]) || bytes.ContainsFunc(out[:n], func(c rune) bool { return !unicode.IsPrint(c) }) {
		return key
	}
	return out[:n]
}
