// Package event decodes every way in which an event reaches a function over
// HTTP into two types: Record, a Kafka record whoever carried it, and
// Finalized, an object that a bucket has just completed.
//
// # What it promises
//
// Nothing that arrived is lost. Whatever the body, Records returns a Record
// for each event in it, in the body's order, and each either has the event's
// value or has Err and, as Value, the original bytes, so that bad input can be
// written to the errors topic, whole, while its neighbours are worked on.
// Values share memory with the body and must not be changed.
//
// # An envelope or a value?
//
// The bytes decide, never Content-Type, which connectors leave out or get wrong.
//
//  1. With all of the headers ce-id, ce-source, ce-specversion and ce-type the
//     body is the data of one CloudEvent in binary mode, whatever it looks like.
//  2. An object whose "schema" is a string that begins with "pageinspect." names
//     itself: it is a value, whatever else it contains.
//  3. An object is an envelope only if it has every member that its kind always
//     has, each with its proper JSON type:
//     a Confluent sink record: topic (string), partition and offset (integers),
//     value (anything);
//     a CloudEvent: specversion, id, source, type (strings, none empty);
//     a Pub/Sub push: subscription (string), message (object) with messageId or
//     message_id (string).
//  4. Anything else is a bare value. So {"message":{"data":"…"}}, {"data":{…}}
//     and {"topic":"x","value":{}} are values.
//  5. An array is a batch, and so are objects that follow one another (NDJSON).
//     Each item is judged by itself. Where at least one is an envelope, an item
//     that is neither an envelope nor names itself is a bad item, not a value.
//  6. An envelope is opened once; what lies in it is a value, even if it looks like
//     another envelope. The one exception is the CloudEvent
//     google.cloud.pubsub.topic.v1.messagePublished, whose data is a Pub/Sub push.
//
// A value that is a JSON string stands for its text in a Confluent record, and
// for the object in it where the text, or the base64 that it is, is a JSON
// object. A null or missing value is a tombstone: a Record with an empty Value
// and no Err.
//
// CloudEvents are read here and not with the CloudEvents SDK, which tells the
// modes apart by Content-Type, copies the data, and fails a whole batch for one
// bad item. The tests write their events with the SDK.
package event

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// MaxBody is the largest body that is decoded, in bytes: Cloud Run's own limit
// for a request. A Pub/Sub message of 10 MB has 13.3 MB here, as base64.
const MaxBody = 32 << 20

// MaxRecords is the most records in one body. Connectors batch some thousands at
// most; without a limit 32 MB of "{}" would take a gigabyte of memory.
const MaxRecords = 100_000

// Who carried an event: the values of Via.
const (
	ViaHTTP        = "http"        // a bare value, from the Aiven or Camel HTTP sink or by hand
	ViaConfluent   = "confluent"   // the Confluent Functions sink
	ViaPubSub      = "pubsub"      // a Pub/Sub push subscription
	ViaEventarc    = "eventarc"    // an Eventarc trigger
	ViaKnative     = "knative"     // a Knative KafkaSource
	ViaCloudEvents = "cloudevents" // any other CloudEvent
)

// traceparent names the W3C trace context in HTTP headers, attributes and extensions.
const traceparent = "traceparent"

// Record is a Kafka record as far as its carrier tells about it.
type Record struct {
	Topic     string
	Partition int   // -1 where the carrier does not tell
	Offset    int64 // -1 where the carrier does not tell
	Key       []byte
	Value     []byte            // empty for a tombstone; with Err, the original bytes, whole
	Headers   map[string]string // Kafka headers, attributes or extensions; "traceparent" where there is one
	Time      time.Time         // zero where the carrier does not tell
	Via       string
	Attempt   int   // how often Pub/Sub has delivered it, from 1; 0 where it does not tell
	Err       error // fault.Invalid: the event could not be decoded
}

// Source says where the record came from, for its identity and its error record.
func (r Record) Source() job.Source {
	return job.Source{Via: r.Via, Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
}

// newRecord makes a record of which only the carrier and the value are known.
func newRecord(via string, value []byte) Record {
	return Record{Partition: -1, Offset: -1, Via: via, Value: value}
}

// Records decodes the records in the body of a request, in the body's order.
//
// An event that cannot be decoded is a Record with Err and its original bytes as
// Value. The error is not nil where that is true of the whole body: it is larger
// than MaxBody, has more than MaxRecords records, is not JSON, or is a single
// envelope that is broken. There is then exactly one Record, with the same Err
// and the whole body as Value, so a caller that looks at each Record's Err need
// not look at the error. Both are fault.Invalid. Only an empty JSON array has no
// Records; an empty body is one tombstone.
func Records(header http.Header, body []byte) ([]Record, error) {
	records := decode(header, body)
	if trace := header.Get(traceparent); trace != "" {
		for i := range records {
			records[i].setHeader(traceparent, trace)
		}
	}
	if len(records) == 1 && records[0].Err != nil && len(records[0].Value) == len(body) {
		return records, records[0].Err
	}
	return records, nil
}

// setHeader adds a header that is not there yet.
func (r *Record) setHeader(name, value string) {
	if _, ok := r.Headers[name]; ok {
		return
	}
	if r.Headers == nil {
		r.Headers = make(map[string]string, 1)
	}
	r.Headers[name] = value
}

func decode(header http.Header, body []byte) []Record {
	if len(body) > MaxBody {
		return []Record{undecodable(body, fault.New(fault.Invalid,
			"body has %d bytes, more than %d; send smaller batches", len(body), MaxBody))}
	}
	if ce, ok := binaryCloudEvent(header, body); ok {
		return []Record{whole(ce.record(), body)}
	}
	b := bytes.Trim(bytes.TrimPrefix(body, bom), jsonSpace)
	if len(b) == 0 || isNull(b) {
		return []Record{newRecord(ViaHTTP, nil)}
	}
	items, ok := split(b)
	switch {
	case !ok:
		err := job.Misencoded(b)
		if err == nil {
			err = fault.New(fault.Invalid, "body is not JSON: want a request, an array or lines of them, or an envelope that carries one; it begins with %q", beginning(b))
		}
		return []Record{undecodable(body, err)}
	case len(items) > MaxRecords:
		return []Record{undecodable(body, fault.New(fault.Invalid,
			"body has more than %d records; send smaller batches", MaxRecords))}
	case len(items) == 1 && len(items[0].raw) == len(b): // not a batch
		if b[0] != '{' {
			return []Record{bareValue(b)}
		}
		r, _ := open(object(nil).members(b), b)
		return []Record{whole(r, body)}
	}
	return batch(items)
}

// split finds the values in a body: the elements of an array, the values that
// follow one another, or the one that it is. It reports false if there are none.
func split(b []byte) ([]item, bool) {
	if b[0] == '[' {
		items, ok := elements(b)
		return items, ok && (len(items) == 0 || anyValid(items))
	}
	if items, ok := sequence(b); ok {
		return items, true
	}
	if json.Valid(b) { // a string, a number, a boolean
		return []item{{b, true}}, true
	}
	return lines(b)
}

// bom is what Windows editors put before UTF-8.
var bom = []byte("\xef\xbb\xbf")

// undecodable is the record of a body or an item that cannot be decoded.
func undecodable(original []byte, err error) Record {
	r := newRecord(ViaHTTP, original)
	r.Err = err
	return r
}

// whole makes the only record of a body keep all of the body if it is bad.
func whole(r Record, body []byte) Record {
	if r.Err != nil {
		r.Value = body
	}
	return r
}

// beginning is as much of b as an error message bears. The name and password of
// an address are no part of it: they are left out before it is cut, or what is
// left of them could not be told any more.
func beginning(b []byte) string {
	bare := job.Bare(string(b[:min(len(b), 2*job.MaxURLBytes)]))
	return bare[:min(len(bare), 40)]
}

func anyValid(items []item) bool {
	for _, it := range items {
		if it.valid {
			return true
		}
	}
	return false
}

// carried says what an item of a batch turned out to be.
type carried int

const (
	bare      carried = iota // a value that does not name itself
	named                    // a value that names itself by its schema
	enveloped                // an envelope, opened
)

// batch decodes each item by itself, and then turns items that look like
// nothing among envelopes into bad ones.
func batch(items []item) []Record {
	records := make([]Record, len(items))
	kinds := make([]carried, len(items))
	envelopes := false
	var o object
	for i, it := range items {
		switch {
		case !it.valid:
			records[i] = undecodable(it.raw, fault.New(fault.Invalid,
				"item %d of the batch is not JSON; it begins with %q", i, beginning(it.raw)))
		case it.raw[0] == '{':
			o = o.members(it.raw)
			records[i], kinds[i] = open(o, it.raw)
			envelopes = envelopes || kinds[i] == enveloped
		default:
			records[i] = bareValue(it.raw)
		}
	}
	if !envelopes {
		return records
	}
	for i, it := range items {
		if kinds[i] != bare || !it.valid {
			continue
		}
		r := undecodable(it.raw, fault.New(fault.Invalid,
			"item %d of the batch is not an envelope like its neighbours: "+
				"want topic, partition, offset and value, or a whole CloudEvent or Pub/Sub push", i))
		if it.raw[0] == '{' {
			r.whereabouts(o.members(it.raw))
		}
		records[i] = r
	}
	return records
}

// ownSchemas begins the name of every contract of Pageinspect.
var ownSchemas = []byte("pageinspect.")

// open decodes one JSON object, an envelope or a value. Its record's Err, if
// any, comes with the object whole.
func open(o object, raw []byte) (Record, carried) {
	if schema := o.get("schema"); isString(schema) {
		if name, err := plain(schema); err == nil && bytes.HasPrefix(name, ownSchemas) {
			return newRecord(ViaHTTP, raw), named
		}
	}
	if r, ok := confluentRecord(o, raw); ok {
		return r, enveloped
	}
	if ce, ok := structuredCloudEvent(o, raw); ok {
		return ce.record(), enveloped
	}
	if p, ok := openPush(o, raw); ok {
		return p.record(ViaPubSub), enveloped
	}
	return newRecord(ViaHTTP, raw), bare
}

// bareValue is a value without an envelope that is not an object.
func bareValue(raw []byte) Record {
	switch {
	case isNull(raw):
		return newRecord(ViaHTTP, nil)
	case raw[0] == '"':
		if text, err := plain(raw); err == nil {
			if value, ok := objectIn(text); ok {
				return newRecord(ViaHTTP, value)
			}
		}
	}
	return newRecord(ViaHTTP, raw)
}
