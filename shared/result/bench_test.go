package result

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// BenchmarkDecode decodes the result of a page with 200 lines of four words, beside
// encoding/json in the same run.
func BenchmarkDecode(b *testing.B) {
	r := Result{Schema: Schema, ID: "p-1", Findings: []Finding{}}
	for i := range 200 {
		l := Line{Text: "수분 크림 무료 배송", Box: page.Box{X: 100, Y: float64(i) * 40, W: 400, H: 30}, Confidence: 0.9, Block: i / 4}
		for j := range 4 {
			l.Words = append(l.Words, Word{Text: "효과가", Box: page.Box{X: 100 + float64(j)*100, Y: l.Box.Y, W: 90.5, H: 30}, Confidence: 0.9, Space: true})
		}
		r.Lines = append(r.Lines, l)
	}
	data, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	timed := func(decode func() error) time.Duration {
		began := time.Now()
		if err := decode(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var ours, floor []time.Duration
	for b.Loop() {
		ours = append(ours, timed(func() error { _, err := Decode(data); return err }))
		floor = append(floor, timed(func() error { return json.Unmarshal(data, new(Result)) }))
	}
	slices.Sort(ours)
	slices.Sort(floor)
	b.ReportMetric(ours[len(ours)/2].Seconds()*1000, "ms")
	b.ReportMetric(float64(ours[len(ours)/2])/float64(floor[len(floor)/2]), "of-encoding/json")
	b.ReportMetric(float64(len(data))/1024, "KB")
}
