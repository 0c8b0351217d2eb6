package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// ErrIgnored happens if an event is about storage but not about an object that
// was completed: deleted, archived, or only its metadata changed. The caller
// answers 2xx and does nothing.
var ErrIgnored = errors.New("storage event that is not a finalize")

// Finalized is an object that was completed: created or replaced.
type Finalized struct {
	Bucket      string
	Object      string
	Generation  int64
	ContentType string            // empty where the notification has no payload
	Size        int64             // bytes; -1 where the notification has no payload
	CRC32C      string            // base64 of the big-endian sum, as Cloud Storage spells it; may be empty
	Via         string            // ViaEventarc or ViaPubSub; ViaCloudEvents where Eventarc is not the carrier
	Attempt     int               // how often Pub/Sub has delivered it, from 1; 0 where it does not tell
	Headers     map[string]string // "traceparent" where there is one, and what else came along
}

// Finalization decodes an object finalize: a CloudEvent
// google.cloud.storage.object.v1.finalized in binary or structured mode, or a
// bucket notification that Pub/Sub pushes or Eventarc wraps. Delivery is at
// least once and in no order, so the same one may come again.
//
// For other storage events the error is ErrIgnored. Anything else is
// fault.Invalid and says what was missing or contradictory.
func Finalization(header http.Header, body []byte) (Finalized, error) {
	f, err := finalization(header, body)
	if err != nil {
		return Finalized{}, err
	}
	if trace := header.Get(traceparent); trace != "" && f.Headers[traceparent] == "" {
		if f.Headers == nil {
			f.Headers = make(map[string]string, 1)
		}
		f.Headers[traceparent] = trace
	}
	return f, nil
}

func finalization(header http.Header, body []byte) (Finalized, error) {
	if len(body) > MaxBody {
		return Finalized{}, fault.New(fault.Invalid, "body has %d bytes, more than %d", len(body), MaxBody)
	}
	if ce, ok := binaryCloudEvent(header, body); ok {
		return ce.finalized()
	}
	b := bytes.Trim(body, jsonSpace)
	if len(b) == 0 || b[0] != '{' || !json.Valid(b) {
		return Finalized{}, fault.New(fault.Invalid,
			"not a storage event: body is not a JSON object and the headers are not those of a CloudEvent (ce-id, ce-source, ce-specversion, ce-type); it begins with %q", beginning(b))
	}
	o := object(nil).members(b)
	if ce, ok := structuredCloudEvent(o, b); ok {
		return ce.finalized()
	}
	if p, ok := openPush(o, b); ok {
		return p.finalized(ViaPubSub)
	}
	return Finalized{}, fault.New(fault.Invalid,
		"not a storage event: body is neither a CloudEvent (specversion, id, source, type) nor a Pub/Sub push (subscription, message with a messageId)")
}

// finalized reads the CloudEvent that Eventarc sends for Cloud Storage.
func (ce cloudEvent) finalized() (Finalized, error) {
	if ce.err != nil {
		return Finalized{}, ce.err
	}
	typ := ce.attributes["type"]
	switch {
	case typ == typeMessagePublished:
		p, err := ce.push()
		if err != nil {
			return Finalized{}, err
		}
		f, err := p.finalized(ViaEventarc)
		if trace := ce.attributes[traceparent]; err == nil && trace != "" && f.Headers[traceparent] == "" {
			f.Headers[traceparent] = trace
		}
		return f, err
	case typ == typeFinalized:
	case strings.HasPrefix(typ, typeStorage):
		return Finalized{}, fmt.Errorf("%w: %s", ErrIgnored, typ)
	default:
		return Finalized{}, fault.New(fault.Invalid, "not a storage event: type is %q, want %q", typ, typeFinalized)
	}
	o, err := readResource(ce.data)
	if err != nil {
		return Finalized{}, fault.Wrap(fault.Invalid, err, "%s: data", typ)
	}
	f := o.finalized()
	f.Via, f.Headers = ViaEventarc, o.traced(ce.extensions())
	if !strings.HasPrefix(ce.attributes["source"], "//storage.googleapis.com/") {
		f.Via = ViaCloudEvents
	}
	return f, fault.Wrap(fault.Invalid, f.check(), "%s: data", typ)
}

// finalized reads a bucket notification. The attributes say what happened to
// which object; the payload, if there is one, must agree and tells the rest.
func (p push) finalized(via string) (Finalized, error) {
	switch kind := p.attributes["eventType"]; kind {
	case "OBJECT_FINALIZE":
	case "OBJECT_DELETE", "OBJECT_ARCHIVE", "OBJECT_METADATA_UPDATE":
		return Finalized{}, fmt.Errorf("%w: %s", ErrIgnored, kind)
	case "":
		return Finalized{}, fault.New(fault.Invalid,
			"not a storage event: message from %s has no attribute eventType; is the subscription on the bucket's notification topic?", p.subscription)
	default:
		return Finalized{}, fault.New(fault.Invalid,
			"message from %s: attribute eventType is %q, want OBJECT_FINALIZE", p.subscription, kind)
	}
	if p.err != nil {
		return Finalized{}, p.err
	}
	f, o := Finalized{Size: -1}, resource{}
	if len(p.data) > 0 {
		var err error
		if o, err = readResource(p.data); err != nil {
			return Finalized{}, fault.Wrap(fault.Invalid, err, "message.data from %s", p.subscription)
		}
		f = o.finalized()
	}
	f.Via, f.Attempt, f.Headers = via, p.attempt, o.traced(p.headers())
	for _, field := range []struct {
		attribute string
		payload   *string
	}{{"bucketId", &f.Bucket}, {"objectId", &f.Object}} {
		told := p.attributes[field.attribute]
		if told != "" && *field.payload != "" && told != *field.payload {
			return Finalized{}, fault.New(fault.Invalid,
				"message from %s: attribute %s is %q but its payload says %q", p.subscription, field.attribute, told, *field.payload)
		}
		if told != "" {
			*field.payload = told
		}
	}
	if told := p.attributes["objectGeneration"]; told != "" {
		n, ok := natural(told)
		if !ok || f.Generation != 0 && f.Generation != n {
			return Finalized{}, fault.New(fault.Invalid,
				"message from %s: attribute objectGeneration is %q but its payload says %d", p.subscription, told, f.Generation)
		}
		f.Generation = n
	}
	return f, fault.Wrap(fault.Invalid, f.check(), "message from %s", p.subscription)
}

// resource is the part of the Cloud Storage object resource that matters here.
type resource struct {
	Bucket      string `json:"bucket"`
	Name        string `json:"name"`
	Generation  digits `json:"generation"`
	ContentType string `json:"contentType"`
	Size        digits `json:"size"`
	CRC32C      string `json:"crc32c"`
	Metadata    struct {
		Trace string `json:"traceparent"`
	} `json:"metadata"`
}

// digits is a 64-bit number, which Cloud Storage writes as a JSON string; a
// JSON number will do, too. What is in it is checked where it is used.
type digits string

func (d *digits) UnmarshalJSON(b []byte) error {
	*d = digits(bytes.Trim(b, `"`))
	return nil
}

func readResource(data []byte) (resource, error) {
	var o resource
	err := json.Unmarshal(data, &o)
	return o, fault.Wrap(fault.Invalid, err, "not the JSON of an object")
}

// finalized leaves a number that is missing or out of range 0 or -1, for check to name.
func (o resource) finalized() Finalized {
	f := Finalized{Bucket: o.Bucket, Object: o.Name, ContentType: o.ContentType, CRC32C: o.CRC32C, Size: -1}
	if n, ok := natural(string(o.Generation)); ok {
		f.Generation = n
	}
	if n, ok := natural(string(o.Size)); ok {
		f.Size = n
	}
	return f
}

// traced puts the trace of whoever wrote the object before that of its delivery.
func (o resource) traced(headers map[string]string) map[string]string {
	if o.Metadata.Trace == "" {
		return headers
	}
	if headers == nil {
		headers = make(map[string]string, 1)
	}
	headers[traceparent] = o.Metadata.Trace
	return headers
}

// check names the first field without which the object cannot be read.
func (f Finalized) check() error {
	switch {
	case f.Bucket == "":
		return fault.New(fault.Invalid, "bucket: missing")
	case f.Object == "":
		return fault.New(fault.Invalid, "name of the object: missing")
	case f.Generation <= 0:
		return fault.New(fault.Invalid, "generation: missing or not a positive integer")
	}
	return nil
}
