package event

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// The types of CloudEvents that are more than their data.
const (
	typeMessagePublished = "google.cloud.pubsub.topic.v1.messagePublished"
	typeKafka            = "dev.knative.kafka.event"
	typeStorage          = "google.cloud.storage.object.v1."
	typeFinalized        = typeStorage + "finalized"
)

// required are the attributes that every CloudEvent has.
var required = [...]string{"specversion", "id", "source", "type"}

// cloudEvent is a CloudEvent from either mode. Attributes have lower-case
// names, extensions among them.
type cloudEvent struct {
	attributes map[string]string
	data       []byte
	raw        []byte // all that arrived of it
	err        error
}

// binaryCloudEvent reads the ce- headers. Values are percent-encoded as the
// HTTP binding has it; one that is not is taken as it stands.
func binaryCloudEvent(header http.Header, body []byte) (cloudEvent, bool) {
	for _, name := range required {
		if header.Get("ce-"+name) == "" {
			return cloudEvent{}, false
		}
	}
	ce := cloudEvent{attributes: make(map[string]string, 8), data: body, raw: body}
	for name, values := range header {
		name = strings.ToLower(name)
		if !strings.HasPrefix(name, "ce-") || len(values) == 0 {
			continue
		}
		value := values[0]
		if s, err := url.PathUnescape(value); err == nil && utf8.ValidString(s) {
			value = s
		}
		ce.attributes[strings.TrimPrefix(name, "ce-")] = value
	}
	if isNull(bytes.Trim(body, jsonSpace)) {
		ce.data = nil
	}
	ce.check()
	return ce, true
}

// structuredCloudEvent reads the JSON form, alone or an item of a batch.
func structuredCloudEvent(o object, raw []byte) (cloudEvent, bool) {
	for _, name := range required {
		if !isString(o.get(name)) {
			return cloudEvent{}, false
		}
	}
	ce := cloudEvent{attributes: make(map[string]string, len(o)), raw: raw}
	for _, m := range o {
		switch value := m.value; {
		case m.is("data") || m.is("data_base64") || isNull(value):
		case value[0] == '"':
			if s, ok := str(value); ok {
				ce.attributes[m.key()] = s
			}
		case value[0] != '{' && value[0] != '[': // an integer or a boolean
			ce.attributes[m.key()] = string(value)
		}
	}
	for _, name := range required {
		if ce.attributes[name] == "" {
			return cloudEvent{}, false
		}
	}
	ce.check()
	if err := ce.setData(o.get("data"), o.get("data_base64")); err != nil && ce.err == nil {
		ce.err = fault.Wrap(fault.Invalid, err, "CloudEvent %q of %s", ce.attributes["id"], ce.attributes["source"])
	}
	return ce, true
}

func (ce *cloudEvent) check() {
	if v := ce.attributes["specversion"]; v != "1.0" {
		ce.err = fault.New(fault.Invalid, "CloudEvent %q of %s: specversion is %q, want \"1.0\"",
			ce.attributes["id"], ce.attributes["source"], v)
	}
}

// setData takes data, where a string stands for its text, or data_base64.
func (ce *cloudEvent) setData(data, encoded []byte) (err error) {
	hasData, hasEncoded := data != nil && !isNull(data), encoded != nil && !isNull(encoded)
	switch {
	case hasData && hasEncoded:
		return fault.New(fault.Invalid, "has both data and data_base64; want one")
	case hasData:
		ce.data, err = textOrRaw(data)
		return fault.Wrap(fault.Invalid, err, "data is not UTF-8 text")
	case hasEncoded && encoded[0] != '"':
		return fault.New(fault.Invalid, "data_base64 is not a string")
	case hasEncoded:
		ce.data, err = decodeBase64(encoded)
		return fault.Wrap(fault.Invalid, err, "data_base64")
	}
	return nil
}

// record reads what the event's type says about a Kafka record.
func (ce cloudEvent) record() Record {
	a := ce.attributes
	if ce.err == nil && a["type"] == typeMessagePublished {
		p, err := ce.push()
		if err != nil {
			ce.err = err
		} else {
			r := p.record(ViaEventarc)
			if trace := a[traceparent]; trace != "" {
				r.setHeader(traceparent, trace)
			}
			return r
		}
	}
	r := newRecord(ViaCloudEvents, ce.data)
	r.Time, _ = time.Parse(time.RFC3339Nano, a["time"])
	r.Headers = ce.extensions()
	switch a["type"] {
	case typeMessagePublished:
		r.Via = ViaEventarc
	case typeKafka:
		r.kafkaSource(a)
	}
	if key := a["partitionkey"]; key != "" && r.Key == nil {
		r.Key = []byte(key)
	}
	if ce.err != nil {
		r.Value, r.Err = ce.raw, ce.err
	}
	return r
}

// push is the Pub/Sub message that a messagePublished event has as data.
func (ce cloudEvent) push() (push, error) {
	if items, ok := sequence(ce.data[skipSpace(ce.data, 0):]); ok && len(items) == 1 && items[0].raw[0] == '{' {
		if p, ok := openPush(object(nil).members(items[0].raw), ce.raw); ok {
			return p, nil
		}
	}
	return push{}, fault.New(fault.Invalid,
		"CloudEvent %q of %s: type is %s but its data is no Pub/Sub message: want subscription and message with a messageId",
		ce.attributes["id"], ce.attributes["source"], typeMessagePublished)
}

// kafkaSource reads ce-source …#TOPIC, ce-subject partition:0#42, ce-key and
// the headers, which a KafkaSource names kafkaheader and the header's name.
func (r *Record) kafkaSource(a map[string]string) {
	r.Via = ViaKnative
	if _, topic, ok := strings.Cut(a["source"], "#"); ok {
		r.Topic = topic
	}
	partition, offset, _ := strings.Cut(strings.TrimPrefix(a["subject"], "partition:"), "#")
	if n, err := strconv.ParseInt(partition, 10, 32); err == nil && n >= 0 {
		r.Partition = int(n)
	}
	if n, ok := natural(offset); ok {
		r.Offset = n
	}
	if key, ok := a["key"]; ok {
		r.Key = []byte(key)
	}
}

// extensions is the attributes that CloudEvents itself does not define, with
// Kafka's headers under their own names.
func (ce cloudEvent) extensions() map[string]string {
	var all map[string]string
	add := func(name, value string) {
		if all == nil {
			all = make(map[string]string)
		}
		all[name] = value
	}
	kafka := ce.attributes["type"] == typeKafka
	for name, value := range ce.attributes {
		switch name {
		case "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema":
			continue
		}
		if kafka && (name == "key" || strings.HasPrefix(name, "kafkaheader")) {
			continue
		}
		add(name, value)
	}
	if kafka { // a record's own header wins over an extension of the same name
		for name, value := range ce.attributes {
			if own, ok := strings.CutPrefix(name, "kafkaheader"); ok && own != "" {
				add(own, value)
			}
		}
	}
	return all
}
