//go:build unix

package index_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/result"
)

var listed = flag.Int("listed", 100_000, "pages of the index that BenchmarkLists asks")

// processor is the time that this process had of the processors.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCatchUp indexes results of desktest from disk until each is listed and found by
// its text; beside reading the same files and seeing that they are JSON, which
// encoding/json.Valid does. Processor time is the least of the runs.
func BenchmarkCatchUp(b *testing.B) {
	for _, c := range []struct {
		name   string
		lines  int
		encode func(testing.TB, result.Result) []byte
	}{
		{"as the bucket has them", desktest.Lines, encoded},
		{"as run writes them", desktest.Lines, indented}, // with white space
		{"twice as long", 2 * desktest.Lines, encoded},
	} {
		b.Run(c.name, func(b *testing.B) { catchUp(b, c.lines, c.encode) })
	}
}

func indented(t testing.TB, r result.Result) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, encoded(t, r), "", " "); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func catchUp(b *testing.B, lines int, encode func(testing.TB, result.Result) []byte) {
	const n = 2000
	dir := b.TempDir()
	size := 0
	for i := range n {
		r := desktest.Result(i, lines)
		data := encode(b, r)
		size += len(data)
		write(b, dir, r.ID, data, desktest.Start)
	}
	from := &pages.Source{Folder: os.DirFS(dir)}
	floor, whole := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		at := processor(b)
		for ref, err := range from.Refs(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			if data, _, err := from.Read(b.Context(), ref.ID); err != nil || !json.Valid(data) {
				b.Fatal(ref.ID, err)
			}
		}
		floor = min(floor, processor(b)-at)
		x := open(b)
		at = processor(b)
		if err := x.CatchUp(b.Context(), from, nil, nil); err != nil {
			b.Fatal(err)
		}
		whole = min(whole, processor(b)-at)
	}
	b.ReportMetric(float64(whole.Microseconds())/n, "cpu-µs/result")
	b.ReportMetric(float64(runtime.NumCPU())*n/whole.Seconds(), "results/s-of-all-processors")
	b.ReportMetric(float64(whole)/float64(floor), "of-floor")
	b.ReportMetric(float64(size)/n/1024, "KB/result")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLists asks an index of -listed pages, each of about 850 letters. Searches
// are beside a scan of as many such texts in memory.
func BenchmarkLists(b *testing.B) {
	file := filepath.Join(b.TempDir(), "index.db")
	x, err := index.Open(b.Context(), file)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // it is thrown away
	before := heap()
	if err := index.Fill(b.Context(), x, *listed, func(i int) (pages.Ref, []byte) {
		r := desktest.Result(i, desktest.Lines)
		return pages.Ref{ID: r.ID, Version: 1}, encoded(b, r)
	}); err != nil {
		b.Fatal(err)
	}
	memory := float64(heap()-before) / (1 << 20)
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	const some = 1000
	texts := make([][]byte, some)
	for i := range texts {
		texts[i] = []byte(index.Plain(desktest.Result(i, desktest.Lines).Text))
	}
	for _, c := range []struct {
		name, text string
		ask        func() error
	}{
		{"list", "", func() error { _, err := x.Pages(b.Context(), index.Query{}); return err }},
		{"list by title", "", func() error {
			_, err := x.Pages(b.Context(), index.Query{Sort: "title", States: []string{"open"}})
			return err
		}},
		{"facets", "", func() error { _, err := x.Facets(b.Context(), index.Query{}); return err }},
		{"facets of a filter", "", func() error { _, err := x.Facets(b.Context(), index.Query{Severities: []string{"high"}}); return err }},
		{"ids", "", func() error { _, err := x.IDs(b.Context(), index.Query{}); return err }},
		{"search rare", "여드름완치", nil},
		{"search of one page", "호|판매자 7배송", nil},
		{"search two letters", "무료", nil},
		{"search one letter", "다", nil},
		{"search common", "무료로보내드립니다", nil},
		{"search common of two lines", "무료로 보내 드립니다 포장 정성껏", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			ask := c.ask
			if ask == nil {
				ask = func() error { return x.Search(b.Context(), c.text) }
			}
			var clock, cpu []time.Duration
			for b.Loop() {
				at, began := processor(b), time.Now()
				if err := ask(); err != nil {
					b.Fatal(err)
				}
				clock, cpu = append(clock, time.Since(began)), append(cpu, processor(b)-at)
			}
			slices.Sort(clock)
			slices.Sort(cpu)
			b.ReportMetric(clock[len(clock)/2].Seconds()*1000, "ms")
			b.ReportMetric(cpu[len(cpu)/2].Seconds()*1000, "cpu-ms")
			if c.ask == nil {
				at := processor(b)
				for range 10 {
					for _, text := range texts {
						bytes.Contains(text, []byte(index.Plain(c.text)))
					}
				}
				scan := (processor(b) - at).Seconds() / 10 / some * float64(*listed)
				b.ReportMetric(cpu[len(cpu)/2].Seconds()/scan, "of-a-scan-in-memory")
			}
			b.ReportMetric(float64(info.Size())/float64(*listed)/1024, "KB/page")
			b.ReportMetric(memory, "MiB-heap")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// heap is the memory that is in use once what is not has been given back.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
