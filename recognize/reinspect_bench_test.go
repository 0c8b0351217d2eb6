package recognize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"golang.org/x/sync/errgroup"
)

// BenchmarkReinspect applies the bundled rules to stored results of a page with
// 200 lines of four words, as many at a time as the command has, beside reading
// them alone: from the local store, which takes a request a read as Cloud
// Storage does and is nearer than any. Its own work is in the processor time.
func BenchmarkReinspect(b *testing.B) {
	set, err := rules.Bundled()
	if err != nil {
		b.Fatal(err)
	}
	server, err := localgcs.Start(localgcs.Config{Dir: b.TempDir(), Buckets: []string{"results"}})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close(b.Context()) //nolint:errcheck // nothing of it is kept
	objects, err := store.New(b.Context(), store.Config{EmulatorHost: server.Endpoint()})
	if err != nil {
		b.Fatal(err)
	}
	defer objects.Close()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	stored := result.Result{Schema: result.Schema, Category: "cosmetics", Page: result.Page{Width: 1280, Height: 8000, Scale: 1}, CapturedAt: now, Findings: []result.Finding{}}
	words := strings.Fields("피부 진정 효과가 오래 가는 수분 크림 자연에서 온 성분 무료 배송 오늘 출발 상품 정보 제공 고시 사용 방법 주의 사항 여드름 없는 아침")
	for i := range 200 {
		l := result.Line{Box: page.Box{X: 100, Y: float64(i) * 40, W: 400, H: 30}, Confidence: 0.9, Block: i / 4}
		for j := range 4 {
			l.Words = append(l.Words, result.Word{Text: words[(i*3+j)%len(words)], Box: page.Box{X: 100 + float64(j)*100, Y: l.Box.Y, W: 90.5, H: 30}, Confidence: 0.9, Space: true})
			l.Text += words[(i*3+j)%len(words)] + " "
		}
		stored.Lines = append(stored.Lines, l)
	}
	const results, atOnce = 256, 64
	bytes := 0
	for i := range results {
		stored.ID = fmt.Sprint("p-", i)
		if err := judge(&stored, set, now); err != nil {
			b.Fatal(err)
		}
		data, err := json.Marshal(stored)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(data)
		if _, err := objects.Put(b.Context(), resultOf(stored.ID), resultType, data, nil); err != nil {
			b.Fatal(err)
		}
	}
	r := &Reinspector{Store: objects, Rules: set, Results: "results", Now: func() time.Time { return now }}
	each := func(do func(id string) error) time.Duration {
		began := time.Now()
		var g errgroup.Group
		g.SetLimit(atOnce)
		for i := range results {
			g.Go(func() error { return do(fmt.Sprint("p-", i)) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var whole, floor []time.Duration
	var cpu, reading time.Duration
	for b.Loop() {
		began := processorTime()
		floor = append(floor, each(func(id string) error {
			_, _, err := objects.Read(b.Context(), resultOf(id), maxResultBytes)
			return err
		}))
		reading += processorTime() - began
		began = processorTime()
		whole = append(whole, each(func(id string) error {
			c, err := r.Result(b.Context(), id)
			if c.Any() {
				return fmt.Errorf("%+v", c)
			}
			return err
		}))
		cpu += processorTime() - began
	}
	slices.Sort(whole)
	slices.Sort(floor)
	perSecond := func(d []time.Duration) float64 { return results / d[len(d)/2].Seconds() }
	b.ReportMetric(perSecond(whole), "results/s")
	b.ReportMetric(perSecond(floor), "read/s")
	b.ReportMetric(perSecond(whole)/perSecond(floor), "of-reading")
	b.ReportMetric(cpu.Seconds()*1000/float64(len(whole)*results), "cpu-ms/result")
	b.ReportMetric(reading.Seconds()*1000/float64(len(whole)*results), "reading-cpu-ms/result")
	b.ReportMetric(float64(bytes)/results/1024, "KB/result")
}

// processorTime is what this process has used of the processors, which on a
// shared machine says more than the clock.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
