package event

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// want is the part of a Record that a case is about.
type want struct {
	Via, Source, Key, Value string
	Bad                     bool
}

func summary(records []Record) []want {
	var all []want
	for _, r := range records {
		w := want{Via: r.Via, Key: string(r.Key), Value: string(r.Value), Bad: r.Err != nil}
		if r.Topic != "" || r.Partition != -1 || r.Offset != -1 {
			w.Source = fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)
		}
		all = append(all, w)
	}
	return all
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// ceHeader is that of a binary CloudEvent of a type, with further attributes in pairs.
func ceHeader(typ string, more ...string) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{"id": "1", "source": "/s", "specversion": "1.0", "type": typ} {
		h.Set("ce-"+name, value)
	}
	for i := 0; i < len(more); i += 2 {
		h.Set("ce-"+more[i], more[i+1])
	}
	return h
}

const req = `{"schema":"pageinspect.request/v1","url":"https://a.example/"}`

func confluent(offset int, value string) string {
	return fmt.Sprintf(`{"key":"k","value":%s,"topic":"t","partition":0,"offset":%d}`, value, offset)
}

func pubsub(message string) string {
	return `{"subscription":"projects/p/subscriptions/s","message":{"messageId":"7"` + message + `}}`
}

func TestRecords(t *testing.T) {
	bare := func(v string) want { return want{Via: ViaHTTP, Value: v} }
	bad := func(v string) want { return want{Via: ViaHTTP, Value: v, Bad: true} }
	conf := func(offset int, v string) want {
		return want{Via: ViaConfluent, Source: fmt.Sprintf("t/0/%d", offset), Key: "k", Value: v}
	}
	ce := func(members string) string {
		return `{"specversion":"1.0","id":"1","source":"/s","type":"x"` + members + `}`
	}
	published := func(data string) string {
		return `{"specversion":"1.0","id":"1","source":"/s","type":"` + typeMessagePublished + `","data":` + pubsub(`,"data":`+data) + `}`
	}
	ceWant := func(v string) want { return want{Via: ViaCloudEvents, Value: v} }
	cases := []struct {
		name   string
		header http.Header
		body   string
		want   []want
	}{
		// Tombstones and empty values.
		{"empty body", nil, "", []want{bare("")}},
		{"blank body", nil, " \r\n", []want{bare("")}},
		{"null body", nil, "null\n", []want{bare("")}},
		{"empty array", nil, "[ ]", nil},
		{"null in an array", nil, "[" + req + ",null]", []want{bare(req), bare("")}},
		{"null line", nil, req + "\nnull\n", []want{bare(req), bare("")}},
		{"confluent tombstone", nil, "[" + confluent(1, "null") + "," + confluent(2, `""`) + "]", []want{conf(1, ""), conf(2, "")}},
		{"pubsub without data", nil, pubsub(""), []want{{Via: ViaPubSub}}},
		{"pubsub with empty data", nil, pubsub(`,"data":""`), []want{{Via: ViaPubSub}}},
		{"pubsub with null data", nil, pubsub(`,"data":null`), []want{{Via: ViaPubSub}}},
		{"cloudevent without data", nil, ce(""), []want{ceWant("")}},
		{"cloudevent with null data", nil, ce(`,"data":null`), []want{ceWant("")}},
		{"binary without body", ceHeader("x"), "", []want{ceWant("")}},
		{"binary null", ceHeader(typeKafka, "source", "/x#t", "subject", "partition:0#5"), "null", []want{{Via: ViaKnative, Source: "t/0/5"}}},

		// What a JSON string stands for.
		{"confluent text", nil, "[" + confluent(1, `"plain text"`) + "]", []want{conf(1, "plain text")}},
		{"confluent escapes", nil, "[" + confluent(1, `"{\"url\":\"\uD55C\n\"}"`) + "]", []want{conf(1, "{\"url\":\"한\n\"}")}},
		{"confluent base64", nil, "[" + confluent(1, `"`+b64(req)+`"`) + "]", []want{conf(1, req)}},
		{"confluent base64 with slashes escaped", nil, "[" + confluent(1, `"`+strings.ReplaceAll(b64(`{"a":"???>>>"}`), "/", `\/`)+`"`) + "]", []want{conf(1, `{"a":"???>>>"}`)}},
		{"confluent base64 of something else", nil, "[" + confluent(1, `"`+b64("hello")+`"`) + "]", []want{conf(1, b64("hello"))}},
		{"confluent number", nil, "[" + confluent(1, `17`) + "]", []want{conf(1, "17")}},
		{"the last of duplicates", nil, `{"offset":8,"topic":"x","key":"k","value":0,"partition":0,` + confluent(1, req)[1:], []want{conf(1, req)}},
		{"confluent alone", nil, confluent(1, req), []want{conf(1, req)}},
		{"bare string with an object", nil, `"{\"a\":1}"`, []want{bare(`{"a":1}`)}},
		{"bare string with base64", nil, `"` + b64(req) + `"`, []want{bare(req)}},
		{"bare string", nil, `"hello"`, []want{bare(`"hello"`)}},
		{"bare number", nil, `42`, []want{bare(`42`)}},
		{"cloudevent text", nil, ce(`,"datacontenttype":"text/plain","data":"{\"a\":1}"`), []want{ceWant(`{"a":1}`)}},
		{"cloudevent base64", nil, ce(`,"data_base64":"` + b64("\x00\xff") + `"`), []want{ceWant("\x00\xff")}},
		{"pubsub bytes", nil, pubsub(`,"data":"` + b64("\x00\xff") + `"`), []want{{Via: ViaPubSub, Value: "\x00\xff"}}},

		// Values that follow one another.
		{"ndjson with CRLF and blank lines", nil, req + "\r\n\r\n" + req + "\r\n", []want{bare(req), bare(req)}},
		{"pretty values", nil, "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n", []want{bare("{\n \"a\": 1\n}"), bare("{\n \"b\": 2\n}")}},
		{"no newline between", nil, `{"a":1}{"b":"}{"}`, []want{bare(`{"a":1}`), bare(`{"b":"}{"}`)}},
		{"ndjson of envelopes", nil, confluent(1, req) + "\n" + confluent(2, req), []want{conf(1, req), conf(2, req)}},

		// Good and bad in one batch.
		{"bad line", nil, req + "\nnonsense\n{\"cut\":\n" + req, []want{bare(req), bad("nonsense"), bad(`{"cut":`), bare(req)}},
		{"bad first line", nil, "nonsense\n" + req, []want{bad("nonsense"), bare(req)}},
		{"bad item in an array", nil, `[` + req + `, {"a":} , nonsense here,` + req + "]", []want{bare(req), bad(`{"a":}`), bad("nonsense here"), bare(req)}},
		{"confluent batch with strangers", nil, "[" + confluent(1, req) + `,{"key":"k","topic":"t","partition":0,"offset":2},7,` + req + "]",
			[]want{conf(1, req), {Via: ViaHTTP, Source: "t/0/2", Value: `{"key":"k","topic":"t","partition":0,"offset":2}`, Bad: true}, bad("7"), bare(req)}},
		{"half a surrogate pair", nil, "[" + confluent(1, `"\ud800"`) + "," + confluent(2, req) + "]",
			[]want{{Via: ViaConfluent, Source: "t/0/1", Key: "k", Value: confluent(1, `"\ud800"`), Bad: true}, conf(2, req)}},
		{"not UTF-8", nil, "[" + confluent(1, "\"\xff\"") + "," + confluent(2, "{\"a\":\"\xff\"}") + "]",
			[]want{{Via: ViaConfluent, Source: "t/0/1", Key: "k", Value: confluent(1, "\"\xff\""), Bad: true}, conf(2, "{\"a\":\"\xff\"}")}},
		{"cloudevent batch with a bad one", nil, "[" + ce(`,"data_base64":"%"`) + "," + ce(`,"data":1,"data_base64":"MQ=="`) + "," + ce(`,"data":`+req) + "]",
			[]want{{ViaCloudEvents, "", "", ce(`,"data_base64":"%"`), true}, {ViaCloudEvents, "", "", ce(`,"data":1,"data_base64":"MQ=="`), true}, ceWant(req)}},
		{"unknown version in a batch", nil, `[{"specversion":"9","id":"1","source":"/s","type":"x"},` + ce("") + "]",
			[]want{{ViaCloudEvents, "", "", `{"specversion":"9","id":"1","source":"/s","type":"x"}`, true}, ceWant("")}},

		// Attributes.
		{"ordering key", nil, pubsub(`,"orderingKey":"o"`), []want{{Via: ViaPubSub, Key: "o"}}},
		{"pubsub numbers that are none", nil, pubsub(`,"attributes":{"kafka.topic":"t","kafka.partition":"x","kafka.offset":"-4"}`), []want{{Via: ViaPubSub, Source: "t/-1/-1"}}},
		{"pubsub partition too large", nil, pubsub(`,"attributes":{"kafka.topic":"t","kafka.partition":"4294967296","kafka.offset":"4294967296"}`), []want{{Via: ViaPubSub, Source: "t/-1/4294967296"}}},
		{"bad messagePublished in a batch", nil, "[" + ce(`,"data":1`) + "," + published(`"%"`) + "]",
			[]want{ceWant("1"), {Via: ViaEventarc, Value: published(`"%"`), Bad: true}}},
		{"old spelling of messageId", nil, `{"subscription":"s","message":{"message_id":"1","data":"` + b64("v") + `"}}`, []want{{Via: ViaPubSub, Value: "v"}}},
		{"structured messagePublished", nil, published(`"` + b64(req) + `"`),
			[]want{{Via: ViaEventarc, Value: req}}},
		{"knative structured", nil, `{"specversion":"1.0","id":"1","source":"/s#t","subject":"partition:1#9","type":"` + typeKafka + `","key":"k","data":` + req + `}`,
			[]want{{Via: ViaKnative, Source: "t/1/9", Key: "k", Value: req}}},
		{"knative percent-encoded key", ceHeader(typeKafka, "key", "%ED%95%9C%20%25"), req, []want{{Via: ViaKnative, Key: "한 %", Value: req}}},
		{"knative key with a bare percent", ceHeader(typeKafka, "key", "100%"), req, []want{{Via: ViaKnative, Key: "100%", Value: req}}},
		{"partition key", ceHeader("x", "partitionkey", "p"), req, []want{{Via: ViaCloudEvents, Key: "p", Value: req}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			records, err := Records(c.header, []byte(c.body))
			if diff := cmp.Diff(c.want, summary(records)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if err != nil {
				t.Errorf("error %v for a body that could be decoded", err)
			}
			for _, r := range records {
				if r.Err != nil && fault.KindOf(r.Err) != fault.Invalid {
					t.Errorf("error of kind %s, want invalid: %v", fault.KindOf(r.Err), r.Err)
				}
			}
		})
	}
}

// Values that contain what envelopes contain are values, whole.
func TestLookAlikes(t *testing.T) {
	for _, body := range []string{
		`{"message":{"data":"aGVsbG8="}}`,
		`{"message":"hello","data":"x"}`,
		`{"data":{"url":"https://a.example/"}}`,
		`{"subscription":"gold","message":"thanks"}`,
		`{"subscription":"gold","message":{"data":"aGVsbG8="}}`,
		`{"subscription":7,"message":{"messageId":"1","data":"aGVsbG8="}}`,
		`{"subscription":"","message":{"messageId":"1","data":"aGVsbG8="}}`,
		`{"subscription":"s","message":{"messageId":1,"data":"aGVsbG8="}}`,
		`{"subscription":"s","message":[{"messageId":"1"}]}`,
		`{"specversion":"1.0","type":"x","data":1}`,
		`{"specversion":1.0,"id":"1","source":"/s","type":"x","data":1}`,
		`{"specversion":"1.0","id":"","source":"/s","type":"x","data":1}`,
		`{"topic":"t","value":{"a":1}}`,
		`{"topic":"t","partition":0,"offset":1}`,
		`{"topic":"","partition":0,"offset":1,"value":{}}`,
		`{"topic":"t","partition":"0","offset":1,"value":{}}`,
		`{"topic":"t","partition":0.5,"offset":1,"value":{}}`,
		`{"topic":"t","partition":-1,"offset":1,"value":{}}`,
		`{"topic":"t","partition":4294967296,"offset":1,"value":{}}`,
		`{"Topic":"t","Partition":0,"Offset":1,"Value":{}}`,
		`{"inner":` + confluent(1, "1") + `}`,
		// They name themselves, so not even a complete envelope counts.
		`{"schema":"pageinspect.request/v1","subscription":"s","message":{"messageId":"1","data":"aGVsbG8="}}`,
		`{"schema":"pageinspect.request/v1","specversion":"1.0","id":"1","source":"/s","type":"x","data":1}`,
		`{"topic":"t","partition":0,"offset":1,"value":{},"schema":"pageinspect.request/v1"}`,
		`{"\u0073chema":"pageinspect.request/v1","topic":"t","partition":0,"offset":1,"value":{}}`,
	} {
		wantOne := []want{{Via: ViaHTTP, Value: body}}
		records, err := Records(nil, []byte(body))
		if diff := cmp.Diff(wantOne, summary(records)); diff != "" || err != nil {
			t.Errorf("alone: error %v (-want +got)\n%s", err, diff)
		}
		records, err = Records(nil, []byte("["+body+"]"))
		if diff := cmp.Diff(wantOne, summary(records)); diff != "" || err != nil {
			t.Errorf("in an array: error %v (-want +got)\n%s", err, diff)
		}
	}
}

// What lies in an envelope is a value, even if it looks like another envelope.
func TestEnvelopesAreOpenedOnce(t *testing.T) {
	inner := confluent(9, req)
	for name, r := range map[string]struct {
		header http.Header
		body   string
	}{
		"binary":     {ceHeader("x"), inner},
		"confluent":  {nil, "[" + confluent(1, inner) + "]"},
		"pubsub":     {nil, pubsub(`,"data":"` + b64(inner) + `"`)},
		"structured": {nil, `{"specversion":"1.0","id":"1","source":"/s","type":"x","data":` + inner + `}`},
	} {
		records, err := Records(r.header, []byte(r.body))
		if err != nil || len(records) != 1 || string(records[0].Value) != inner {
			t.Errorf("%s: %+v, error %v", name, records, err)
		}
	}
	array := "[" + req + "]"
	if records, _ := Records(ceHeader("x"), []byte(array)); len(records) != 1 || string(records[0].Value) != array {
		t.Errorf("binary CloudEvent with an array: %+v, want the array as its value", records)
	}
}

// A body of which nothing can be decoded is one record, whole, and an error.
func TestUndecodable(t *testing.T) {
	for name, r := range map[string]struct {
		header http.Header
		body   string
	}{
		"text":                              {nil, "hello world\n"},
		"lone quote":                        {nil, `"`},
		"open string":                       {nil, `"abc`},
		"lone backslash":                    {nil, `"\"`},
		"open array":                        {nil, `[{"a":1},{"b":2}` + "\n"},
		"open array over lines":             {nil, "[\n{\"a\":1},\n{\"b\":2}\n"},
		"array of nonsense":                 {nil, `[nonsense]`},
		"empty item":                        {nil, `[{"a":1},,{"b":2}]`},
		"something after the array":         {nil, `[{"a":1}] x`},
		"cut off, pretty-printed":           {nil, "{\n \"a\": [\n  {}\n ],\n \"b\":"},
		"cut off, opened in the first line": {nil, "{\"a\": [\n  {}\n ],\n \"b\":"},
		"cut off, at the margin":            {nil, "{\n\"a\":\n{}\n"},
		"binary bytes":                      {nil, "\x1f\x8b\x08\x00\x00"},
		"too deep":                          {nil, strings.Repeat("[", 20000) + strings.Repeat("]", 20000)},
		"pubsub, bad base64":                {nil, pubsub(`,"data":"%%%"`)},
		"pubsub, data an object":            {nil, " " + pubsub(`,"data":{"a":1}`) + "\n"},
		"cloudevent, bad base64":            {nil, ` {"specversion":"1.0","id":"1","source":"/s","type":"x","data_base64":"%"} `},
		"messagePublished, no message":      {ceHeader(typeMessagePublished), req},
		"messagePublished, empty":           {ceHeader(typeMessagePublished), "  "},
		"messagePublished, bad data":        {ceHeader(typeMessagePublished), pubsub(`,"data":"%"`) + "\n"},
		"unknown specversion":               {ceHeader("x", "specversion", "2.0"), req},
		"oversized":                         {nil, `{"a":"` + strings.Repeat("x", MaxBody) + `"}`},
		"oversized binary":                  {ceHeader("x"), strings.Repeat(" ", MaxBody+1)},
	} {
		records, err := Records(r.header, []byte(r.body))
		if len(records) != 1 || string(records[0].Value) != r.body {
			t.Errorf("%s: %d records; want one with the body whole", name, len(records))
			continue
		}
		if records[0].Err == nil || err != records[0].Err || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: Err %v, error %v; want the same, invalid", name, records[0].Err, err)
		}
		if strings.Contains(name, "oversized") && !strings.Contains(err.Error(), fmt.Sprint(MaxBody)) {
			t.Errorf("%s: error %q does not tell the limit", name, err)
		}
		if len(text(err)) > 400 {
			t.Errorf("%s: error has %d bytes", name, len(text(err)))
		}
	}
	most := strings.Repeat(`{}`+"\n", MaxRecords)
	if records, err := Records(nil, []byte(most)); err != nil || len(records) != MaxRecords {
		t.Errorf("MaxRecords records: %d, error %v", len(records), err)
	}
	for name, body := range map[string]string{"sequence": most + `{}`, "array": "[" + strings.Repeat("1,", MaxRecords) + "1]", "lines": most + "x"} {
		records, err := Records(nil, []byte(body))
		if len(records) != 1 || string(records[0].Value) != body || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), fmt.Sprint(MaxRecords)) {
			t.Errorf("%s of more than MaxRecords: %d records, error %v; want one with the body whole", name, len(records), err)
		}
	}
	exactly := `{"a":"` + strings.Repeat("x", MaxBody-8) + `"}`
	if records, err := Records(nil, []byte(exactly)); err != nil || len(records) != 1 || len(records[0].Value) != MaxBody {
		t.Errorf("a body of MaxBody bytes: %d records, error %v", len(records), err)
	}
}

func TestTraceparent(t *testing.T) {
	other := strings.Replace(trace, "b7", "c8", 1)
	http1 := http.Header{"Traceparent": {other}}
	withHTTP := func(h http.Header) http.Header {
		h = h.Clone()
		maps.Copy(h, http1)
		return h
	}
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"none":                         {nil, req, ""},
		"http":                         {http1, req, other},
		"http, each of a batch":        {http1, "[" + req + "," + req + "]", other},
		"kafka header through knative": {withHTTP(ceHeader(typeKafka, "kafkaheadertraceparent", trace, "traceparent", other)), req, trace},
		"cloudevent extension":         {withHTTP(ceHeader("x", "traceparent", trace)), req, trace},
		"structured extension":         {http1, `{"specversion":"1.0","id":"1","source":"/s","type":"x","traceparent":"` + trace + `"}`, trace},
		"pubsub attribute":             {http1, pubsub(`,"attributes":{"traceparent":"` + trace + `"}`), trace},
		"pubsub client's attribute":    {http1, pubsub(`,"attributes":{"googclient_traceparent":"` + trace + `"}`), trace},
		"eventarc extension":           {withHTTP(ceHeader(typeMessagePublished, "traceparent", trace)), pubsub(""), trace},
		"confluent headers":            {http1, `[{"topic":"t","partition":0,"offset":1,"value":1,"headers":{"traceparent":"` + trace + `"}}]`, trace},
		"a bad body, too":              {http1, "nonsense", other},
	} {
		records, _ := Records(c.header, []byte(c.body))
		for i, r := range records {
			if got := r.Headers["traceparent"]; got != c.want {
				t.Errorf("%s, record %d: %q, want %q", name, i, got, c.want)
			}
		}
	}
}

func TestConfluentKeys(t *testing.T) {
	for key, want := range map[string]string{
		`"cC0xMDAx"`:             "p-1001",
		`"p-1001"`:               "p-1001",
		`"` + b64("상품-17") + `"`: "상품-17",
		`"14000000"`:             "14000000", // a product number, and base64 of "×M4ÓM4"
		`"abcd"`:                 "abcd",
		`"` + b64("\x00\x01\x02\x03\x04\x05") + `"`: "AAECAwQF",
		`"YWJj"`:  "YWJj", // too short to be told from a word
		`17`:      "17",
		`{"a":1}`: `{"a":1}`,
		`null`:    "",
	} {
		body := `[{"key":` + key + `,"value":1,"topic":"t","partition":0,"offset":1}]`
		records, err := Records(nil, []byte(body))
		if err != nil || string(records[0].Key) != want {
			t.Errorf("key %s: %q, error %v; want %q", key, records[0].Key, err, want)
		}
	}
}

func TestAttempts(t *testing.T) {
	push := strings.TrimSuffix(pubsub(""), "}")
	for members, want := range map[string]int{
		"": 0, `,"deliveryAttempt":5`: 5, `,"deliveryAttempt":null`: 0, `,"deliveryAttempt":"5"`: 0, `,"deliveryAttempt":-1`: 0, `,"deliveryAttempt":99999999999`: 0,
	} {
		records, err := Records(nil, []byte(push+members+"}"))
		if err != nil || len(records) != 1 || records[0].Attempt != want {
			t.Errorf("%s: %+v, error %v, want attempt %d", members, records, err, want)
		}
	}
}

// Values share the body's memory: a batch is not copied.
func TestValuesAreNotCopied(t *testing.T) {
	body := []byte("[" + confluent(1, req) + "," + confluent(2, `"`+strings.Repeat("x", 99)+`"`) + "]")
	records, _ := Records(nil, body)
	before := [][]byte{bytes.Clone(records[0].Value), bytes.Clone(records[1].Value)}
	clear(body)
	for i, r := range records {
		if bytes.Equal(r.Value, before[i]) {
			t.Errorf("record %d: its value did not change with the body", i)
		}
	}
}
