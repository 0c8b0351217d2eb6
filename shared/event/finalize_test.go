package event

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

const stored = `{"kind":"storage#object","bucket":"b","name":"상품/1.json","generation":"17","contentType":"application/json","size":"35","crc32c":"mnG7TA=="}`

// notification is a bucket notification with extra attributes and the payload given.
func notification(kind, more, payload string) string {
	return pubsub(`,"data":"` + b64(payload) + `","attributes":{"eventType":"` + kind + `"` + more + `}`)
}

const told = `,"bucketId":"b","objectId":"상품/1.json","objectGeneration":"17"`

func TestFinalization(t *testing.T) {
	full := Finalized{Bucket: "b", Object: "상품/1.json", Generation: 17, ContentType: "application/json", Size: 35, CRC32C: "mnG7TA=="}
	as := func(f Finalized, via string, attempt int) Finalized {
		f.Via, f.Attempt = via, attempt
		return f
	}
	bare := Finalized{Bucket: "b", Object: "상품/1.json", Generation: 17, Size: -1}
	source := "//storage.googleapis.com/projects/_/buckets/b"
	structured := `{"specversion":"1.0","id":"1","source":"` + source + `","type":"` + typeFinalized + `","data":` + stored + `}`
	pushed := notification("OBJECT_FINALIZE", told, stored)
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   Finalized
	}{
		"binary":                     {ceHeader(typeFinalized, "source", source), stored, as(full, ViaEventarc, 0)},
		"binary from elsewhere":      {ceHeader(typeFinalized), stored, as(full, ViaCloudEvents, 0)},
		"structured":                 {nil, structured, as(full, ViaEventarc, 0)},
		"structured, data_base64":    {nil, strings.Replace(structured, `"data":`+stored, `"data_base64":"`+b64(stored)+`"`, 1), as(full, ViaEventarc, 0)},
		"numbers instead of strings": {ceHeader(typeFinalized, "source", source), strings.NewReplacer(`"17"`, "17", `"35"`, "35").Replace(stored), as(full, ViaEventarc, 0)},
		"size unknown":               {ceHeader(typeFinalized, "source", source), `{"bucket":"b","name":"상품/1.json","generation":"17"}`, as(bare, ViaEventarc, 0)},
		"push":                       {nil, pushed, as(full, ViaPubSub, 0)},
		"push, third attempt":        {nil, strings.TrimSuffix(pushed, "}") + `,"deliveryAttempt":3}`, as(full, ViaPubSub, 3)},
		"push through eventarc":      {ceHeader(typeMessagePublished), pushed, as(full, ViaEventarc, 0)},
		"push without payload":       {nil, notification("OBJECT_FINALIZE", told, ""), as(bare, ViaPubSub, 0)},
		"push, payload alone":        {nil, notification("OBJECT_FINALIZE", "", stored), as(full, ViaPubSub, 0)},
	} {
		for _, trace := range []string{"", trace} {
			h := c.header.Clone()
			if h == nil {
				h = http.Header{}
			}
			if trace != "" {
				h.Set("traceparent", trace)
			}
			got, err := Finalization(h, []byte(c.body))
			if got.Headers["traceparent"] != trace {
				t.Errorf("%s: traceparent %q, want %q", name, got.Headers["traceparent"], trace)
			}
			got.Headers = nil
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%s: error %v (-want +got)\n%s", name, err, diff)
			}
		}
	}
	own := strings.Replace(trace, "b7", "c8", 1)
	h := ceHeader(typeMessagePublished, "traceparent", own)
	h.Set("traceparent", trace)
	if f, err := Finalization(h, []byte(pushed)); err != nil || f.Headers["traceparent"] != own {
		t.Errorf("the event's own traceparent is %q, error %v, want %q", f.Headers["traceparent"], err, own)
	}
}

// The trace of whoever wrote the object goes before that of its delivery.
func TestFinalizationOfATracedObject(t *testing.T) {
	traced := strings.TrimSuffix(stored, "}") + `,"metadata":{"id":"1","traceparent":"written"}}`
	source := "//storage.googleapis.com/projects/_/buckets/b"
	for name, c := range map[string]struct {
		header http.Header
		body   string
	}{
		"binary": {ceHeader(typeFinalized, "source", source, "traceparent", "delivered"), traced},
		"push":   {http.Header{"Traceparent": {"delivered"}}, notification("OBJECT_FINALIZE", told+`,"traceparent":"delivered"`, traced)},
	} {
		f, err := Finalization(c.header, []byte(c.body))
		if err != nil || f.Headers["traceparent"] != "written" {
			t.Errorf("%s: %v, %v", name, f.Headers, err)
		}
	}
}

func TestFinalizationIgnores(t *testing.T) {
	for _, kind := range []string{"deleted", "archived", "metadataUpdated"} {
		if _, err := Finalization(ceHeader(typeStorage+kind), []byte(stored)); !errors.Is(err, ErrIgnored) {
			t.Errorf("%s: %v, want ErrIgnored", kind, err)
		}
	}
	for _, kind := range []string{"OBJECT_DELETE", "OBJECT_ARCHIVE", "OBJECT_METADATA_UPDATE"} {
		for name, h := range map[string]http.Header{"push": nil, "eventarc": ceHeader(typeMessagePublished)} {
			if _, err := Finalization(h, []byte(notification(kind, told, stored))); !errors.Is(err, ErrIgnored) {
				t.Errorf("%s by %s: %v, want ErrIgnored", kind, name, err)
			}
		}
	}
}

func TestFinalizationInvalid(t *testing.T) {
	without := func(field string) string { return strings.Replace(stored, `"`+field+`"`, `"x"`, 1) }
	for name, c := range map[string]struct {
		header http.Header
		body   string
		names  string // what the error must name
	}{
		"empty":                      {nil, "", "not a storage event"},
		"text":                       {nil, "hello", "hello"},
		"array":                      {nil, "[" + stored + "]", "not a JSON object"},
		"object without an envelope": {nil, stored, "neither a CloudEvent"},
		"request":                    {nil, req, "neither a CloudEvent"},
		"other type":                 {ceHeader("a.b.c"), stored, "a.b.c"},
		"unknown version":            {ceHeader(typeFinalized, "specversion", "2.0"), stored, "specversion"},
		"data is text":               {ceHeader(typeFinalized), "hello", "not the JSON of an object"},
		"no data":                    {ceHeader(typeFinalized), "", "not the JSON of an object"},
		"data is null":               {ceHeader(typeFinalized), "null", "not the JSON of an object"},
		"no bucket":                  {ceHeader(typeFinalized), without("bucket"), "bucket: missing"},
		"no name":                    {ceHeader(typeFinalized), without("name"), "name of the object: missing"},
		"no generation":              {ceHeader(typeFinalized), without("generation"), "generation"},
		"generation is a word":       {ceHeader(typeFinalized), strings.Replace(stored, `"17"`, `"latest"`, 1), "generation"},
		"generation is too large":    {ceHeader(typeFinalized), strings.Replace(stored, `"17"`, `"99999999999999999999"`, 1), "generation"},
		"wrong type of field":        {ceHeader(typeFinalized), strings.Replace(stored, `"b"`, `7`, 1), "bucket"},
		"no eventType":               {nil, pubsub(`,"data":"` + b64(stored) + `"`), "eventType"},
		"unknown eventType":          {nil, notification("OBJECT_EXPLODE", told, stored), "OBJECT_EXPLODE"},
		"other bucket":               {nil, notification("OBJECT_FINALIZE", strings.Replace(told, `"b"`, `"c"`, 1), stored), "bucketId"},
		"other stored":               {nil, notification("OBJECT_FINALIZE", strings.Replace(told, "1.json", "2.json", 1), stored), "objectId"},
		"other generation":           {nil, notification("OBJECT_FINALIZE", strings.Replace(told, "17", "18", 1), stored), "objectGeneration"},
		"attribute is no number":     {nil, notification("OBJECT_FINALIZE", strings.Replace(told, "17", "x", 1), ""), "objectGeneration"},
		"nothing told":               {nil, notification("OBJECT_FINALIZE", "", ""), "bucket: missing"},
		"payload is text":            {nil, notification("OBJECT_FINALIZE", told, "hello"), "message.data"},
		"payload is not base64":      {nil, pubsub(`,"data":"%","attributes":{"eventType":"OBJECT_FINALIZE"` + told + `}`), "message.data"},
		"no message in eventarc":     {ceHeader(typeMessagePublished), stored, "no Pub/Sub message"},
		"oversized":                  {nil, strings.Repeat(" ", MaxBody+1), "more than"},
	} {
		f, err := Finalization(c.header, []byte(c.body))
		if fault.KindOf(err) != fault.Invalid || errors.Is(err, ErrIgnored) || !strings.Contains(text(err), c.names) {
			t.Errorf("%s: error %v, want invalid, naming %q", name, err, c.names)
		}
		if diff := cmp.Diff(Finalized{}, f); err != nil && diff != "" {
			t.Errorf("%s: not empty beside the error:\n%s", name, diff)
		}
	}
}
