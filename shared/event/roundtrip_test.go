package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"pgregory.net/rapid"
)

// original is a Kafka record before a carrier wraps it.
type original struct {
	offset     int64
	key, value []byte
}

// carriers wrap records as each carrier does; those that carry one record a
// request are given one.
var carriers = map[string]func(t *rapid.T, all []original) (http.Header, []byte){
	"array": func(_ *rapid.T, all []original) (http.Header, []byte) {
		return nil, joined("[", ",", "]", all)
	},
	"ndjson": func(_ *rapid.T, all []original) (http.Header, []byte) {
		return nil, joined("", "\n", "\n", all)
	},
	"confluent": func(t *rapid.T, all []original) (http.Header, []byte) {
		form := rapid.SampledFrom([]string{"object", "string", "base64"}).Draw(t, "form")
		var items []map[string]any
		for _, o := range all {
			value := any(json.RawMessage(o.value))
			switch form {
			case "string":
				value = string(o.value)
			case "base64":
				value = base64.StdEncoding.EncodeToString(o.value)
			}
			items = append(items, map[string]any{"key": string(o.key), "value": value, "topic": "t", "partition": 1, "offset": o.offset, "timestamp": 1})
		}
		return nil, marshal(t, items)
	},
	"pubsub": func(t *rapid.T, all []original) (http.Header, []byte) {
		return nil, marshal(t, pubsubMessage(all[0]))
	},
	"eventarc": func(t *rapid.T, all []original) (http.Header, []byte) {
		e := newCloudEvent(t, typeMessagePublished, all[0].offset)
		setData(t, &e, marshal(t, pubsubMessage(all[0])))
		return written(t, e, rapid.Bool().Draw(t, "structured"))
	},
	"cloudevent": func(t *rapid.T, all []original) (http.Header, []byte) {
		e := newCloudEvent(t, "x", all[0].offset)
		setData(t, &e, all[0].value)
		return written(t, e, rapid.Bool().Draw(t, "structured"))
	},
	"cloudevents": func(t *rapid.T, all []original) (http.Header, []byte) {
		var events []cloudevents.Event
		for _, o := range all {
			e := newCloudEvent(t, "x", o.offset)
			if rapid.Bool().Draw(t, "base64") {
				if err := e.SetData("application/octet-stream", o.value); err != nil {
					t.Fatal(err)
				}
			} else {
				setData(t, &e, o.value)
			}
			events = append(events, e)
		}
		return nil, marshal(t, events)
	},
	"knative": func(t *rapid.T, all []original) (http.Header, []byte) {
		e := newCloudEvent(t, typeKafka, all[0].offset)
		e.SetSource("/apis/v1/namespaces/n/kafkasources/s#t")
		e.SetSubject(fmt.Sprintf("partition:1#%d", all[0].offset))
		e.SetExtension("key", string(all[0].key))
		setData(t, &e, all[0].value)
		return written(t, e, rapid.Bool().Draw(t, "structured"))
	},
}

func joined(open, between, end string, all []original) []byte {
	var values [][]byte
	for _, o := range all {
		values = append(values, o.value)
	}
	return []byte(open + string(bytes.Join(values, []byte(between))) + end)
}

func marshal(t *rapid.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pubsubMessage(o original) map[string]any {
	return map[string]any{"subscription": "s", "message": map[string]any{"data": o.value, "messageId": "1",
		"attributes": map[string]string{"key": string(o.key), "kafka.topic": "t", "kafka.partition": "1", "kafka.offset": strconv.FormatInt(o.offset, 10)}}}
}

func newCloudEvent(t *rapid.T, typ string, n int64) cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID(strconv.FormatInt(n, 10))
	e.SetSource("/s")
	e.SetType(typ)
	return e
}

func setData(t *rapid.T, e *cloudevents.Event, data []byte) {
	if err := e.SetData("application/json", json.RawMessage(data)); err != nil {
		t.Fatal(err)
	}
}

// written is the event as the CloudEvents SDK sends it.
func written(t *rapid.T, e cloudevents.Event, structured bool) (http.Header, []byte) {
	ctx := binding.WithForceBinary(t.Context())
	if structured {
		ctx = binding.WithForceStructured(t.Context())
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), r); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.Header, body
}

// Whatever the carrier, the records come out as they went in: the same values,
// in order, none twice and none missing.
func TestRoundTrip(t *testing.T) {
	label := rapid.StringMatching(`[ -~한글\n"\\{}\[\],:]{0,12}`)
	one := rapid.Custom(func(t *rapid.T) original {
		fields := map[string]any{"schema": "pageinspect.request/v1", "url": label.Draw(t, "url"),
			"labels": rapid.MapOfN(label, label, 0, 3).Draw(t, "labels")}
		if rapid.Bool().Draw(t, "anonymous") {
			delete(fields, "schema") // then it must not look like an envelope, and does not
		}
		return original{rapid.Int64Range(0, 1<<62).Draw(t, "offset"),
			[]byte(rapid.StringMatching(`[a-z]{1,4}-[0-9]{1,6}`).Draw(t, "key")), marshal(t, fields)}
	})
	for name, wrap := range carriers {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			all := rapid.SliceOfN(one, 1, 5).Draw(t, "records")
			known := name == "confluent" || name == "pubsub" || name == "eventarc" || name == "knative"
			if name == "pubsub" || name == "eventarc" || name == "cloudevent" || name == "knative" {
				all = all[:1]
			}
			header, body := wrap(t, all)
			records, err := Records(header, body)
			if err != nil || len(records) != len(all) {
				t.Fatalf("%d records, error %v, want %d from %q", len(records), err, len(all), body)
			}
			for i, r := range records {
				if r.Err != nil || !bytes.Equal(compact(t, r.Value), compact(t, all[i].value)) {
					t.Fatalf("record %d: %q, error %v, want %q", i, r.Value, r.Err, all[i].value)
				}
				if known && (r.Topic != "t" || r.Partition != 1 || r.Offset != all[i].offset || !bytes.Equal(r.Key, all[i].key)) {
					t.Fatalf("record %d: %s/%d/%d key %q, want t/1/%d key %q", i, r.Topic, r.Partition, r.Offset, r.Key, all[i].offset, all[i].key)
				}
			}
		}))
	}
}

// compact undoes the white space that a writer may put into JSON.
func compact(t *rapid.T, b []byte) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return out.Bytes()
}
