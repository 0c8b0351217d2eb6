package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// batches are bodies of 500 requests as the carriers of batches send them.
func batches() map[string][]byte {
	const request = `{"schema":"pageinspect.request/v1","id":"p-%[1]d","url":"https://shop.example/products/%[1]d?utm_source=feed","category":"cosmetics","labels":{"seller":"s-%[1]d","campaign":"가을 세일"}}`
	items := map[string][]string{}
	for i := range 500 {
		r := fmt.Sprintf(request, i)
		text, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		envelope := `{"key":"p-%d","value":%s,"topic":"pageinspect.requests","partition":3,"offset":%d,"timestamp":1790000000000}`
		items["confluent"] = append(items["confluent"], fmt.Sprintf(envelope, i, r, i))
		items["confluent-string"] = append(items["confluent-string"], fmt.Sprintf(envelope, i, text, i))
		items["array"] = append(items["array"], r)
		items["cloudevents"] = append(items["cloudevents"], fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/producer","type":"pageinspect.request.v1","data":%s}`, i, r))
	}
	bodies := map[string][]byte{}
	for name, all := range items {
		bodies[name] = []byte("[" + strings.Join(all, ",") + "]")
	}
	return bodies
}

// plainItem is all that the envelopes have, for json.Unmarshal to fill.
type plainItem struct {
	Key, Topic                    string
	Partition                     int
	Offset, Timestamp             int64
	Value, Data                   json.RawMessage
	SpecVersion, ID, Source, Type string
	Schema, URL, Category         string
	Labels                        json.RawMessage
}

// plainText is plainItem with a value that is text, and costs its unquoting.
type plainText struct {
	plainItem
	Value string
}

// BenchmarkRecords decodes and, in turn, unmarshals the same body once, so that
// what else the machine does falls on both. "x-typed" is the cost in units of
// json.Unmarshal into structs (the cheapest that a decoder could do), "x-any"
// into any. The target is at most 1.5.
func BenchmarkRecords(b *testing.B) {
	for name, body := range batches() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var ours, typed, loose time.Duration
			for b.Loop() {
				start := time.Now()
				if records, err := Records(nil, body); err != nil || len(records) != 500 {
					b.Fatal(len(records), err)
				}
				ours += time.Since(start)
				b.StopTimer()
				start = time.Now()
				var items any = new([]plainItem)
				if name == "confluent-string" {
					items = new([]plainText)
				}
				if err := json.Unmarshal(body, items); err != nil {
					b.Fatal(err)
				}
				typed += time.Since(start)
				start = time.Now()
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
				loose += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(ours)/float64(typed), "x-typed")
			b.ReportMetric(float64(ours)/float64(loose), "x-any")
		})
	}
}

// Timings depend on the machine, memory does not: a batch is decoded with a
// few small allocations a record, and without one for each value. (The race
// detector makes encoding/json's pool forget, which costs 0.8 of a record.)
func TestAllocations(t *testing.T) {
	most := map[string]float64{"array": 0.95, "confluent": 2.1, "confluent-string": 3.1, "cloudevents": 12.1}
	for name, body := range batches() {
		perRecord := testing.AllocsPerRun(5, func() { _, _ = Records(nil, body) }) / 500
		if perRecord > most[name] {
			t.Errorf("%s: %.2f allocations a record, want at most %.1f", name, perRecord, most[name])
		}
	}
}
