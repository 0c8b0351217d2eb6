package job

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// bom is the byte order mark that Windows editors put before UTF-8.
var bom = []byte("\xef\xbb\xbf")

// Misencoded recognizes bytes that are no request because of how they were
// encoded on their way, and says which setting to change. It returns nil for
// what may well be JSON.
func Misencoded(b []byte) error {
	switch {
	case len(b) == 0:
		return fault.New(fault.Invalid, "the value is empty, a tombstone; have the connector leave them out: "+
			"behavior.on.null.values=ignore, or a Filter transform with the predicate RecordIsTombstone")
	case schemaRegistry(b):
		return fault.New(fault.Invalid, "the value begins with the magic byte 0 of Schema Registry: its producer uses Avro, Protobuf or JSON Schema; "+
			"set the connector's value.converter to match, such as io.confluent.connect.json.JsonSchemaConverter or io.confluent.connect.avro.AvroConverter, "+
			"with value.converter.schema.registry.url")
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}), bytes.HasPrefix(b, []byte{'{', 0}), bytes.HasPrefix(b, []byte{0, '{'}):
		return fault.New(fault.Invalid, "the value is UTF-16; send UTF-8, such as with value.converter=org.apache.kafka.connect.storage.StringConverter and its encoding=UTF-8")
	case !utf8.Valid(b):
		at := 0
		for r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(b[at:]) {
			at += n
		}
		return fault.New(fault.Invalid, "the value is not UTF-8: byte 0x%02x at %d; text from a Korean Windows is often CP949 (EUC-KR), so convert it, or set the converter's encoding", b[at], at)
	}
	return nil
}

// schemaRegistry says whether b is in Schema Registry's wire format: a zero, four
// bytes of the schema's number, and the value; or is the base64 of that, as a
// byte-array converter writes it into JSON.
// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
func schemaRegistry(b []byte) bool {
	if b[0] == 0 && len(b) > 5 {
		return b[1] != '{' // which would be UTF-16
	}
	if b[0] != 'A' || len(b) < 8 || len(b)%4 != 0 {
		return false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(string(b))
	return err == nil && len(raw) > 5 && raw[0] == 0
}

// connectEnvelope says whether b is what Connect's JsonConverter writes by
// default: the value with its schema around it.
func connectEnvelope(b []byte) bool {
	var envelope struct {
		Schema  json.RawMessage
		Payload json.RawMessage
	}
	return json.Unmarshal(b, &envelope) == nil && envelope.Payload != nil && len(envelope.Schema) > 0 && (envelope.Schema[0] == '{' || string(envelope.Schema) == "null")
}
