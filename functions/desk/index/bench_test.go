//go:build unix

package index_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
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

// BenchmarkCatchUp indexes 2,000 results of desktest from disk: until the list has
// them, and until FTS5 has their text; beside reading and decoding the same files.
func BenchmarkCatchUp(b *testing.B) {
	const n = 2000
	dir := b.TempDir()
	var size int64
	for i := range n {
		r := desktest.Result(i, desktest.Lines)
		write(b, dir, r, desktest.Start)
		info, err := os.Stat(filepath.Join(dir, r.ID, "result.json"))
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	from := &pages.Source{Folder: os.DirFS(dir)}
	var floor, list, whole, clock time.Duration
	for b.Loop() {
		at := processor(b)
		for ref, err := range from.Refs(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			data, _, err := from.Read(b.Context(), ref.ID)
			if err == nil {
				err = index.Decode(data, ref.ID)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		floor += processor(b) - at
		x := open(b)
		at, began := processor(b), time.Now()
		err := x.CatchUp(b.Context(), from, nil, func(p index.Progress) {
			if p.Current {
				list, clock = list+processor(b)-at, clock+time.Since(began)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		whole += processor(b) - at
	}
	all := float64(b.N * n)
	b.ReportMetric(all/clock.Seconds(), "listed/s")
	b.ReportMetric(float64(list.Microseconds())/all, "cpu-µs/listed")
	b.ReportMetric(float64(list)/float64(floor), "of-floor")
	b.ReportMetric(float64((whole-list).Microseconds())/all, "cpu-µs/text")
	b.ReportMetric(float64(size)/n/1024, "KB/result")
}

// BenchmarkLists asks an index of -listed pages, each of about 850 letters.
func BenchmarkLists(b *testing.B) {
	dir := b.TempDir()
	x, err := index.Open(b.Context(), filepath.Join(dir, "index.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // it is thrown away
	if err := index.Fill(b.Context(), x, *listed, func(i int) (pages.Ref, []byte) {
		r := desktest.Result(i, desktest.Lines)
		return pages.Ref{ID: r.ID, Version: 1}, encoded(b, r)
	}); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "index.db"))
	if err != nil {
		b.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"list": func() error { _, err := x.Pages(b.Context(), index.Query{}); return err },
		"list by title": func() error {
			_, err := x.Pages(b.Context(), index.Query{Sort: "title", States: []string{"open"}})
			return err
		},
		"facets":             func() error { _, err := x.Facets(b.Context(), index.Query{Severities: []string{"high"}}); return err },
		"ids":                func() error { _, err := x.IDs(b.Context(), index.Query{}); return err },
		"search rare":        func() error { return x.Search(b.Context(), "여드름완치") },
		"search common":      func() error { return x.Search(b.Context(), "무료로보내드립니다") },
		"search two letters": func() error { return x.Search(b.Context(), "무료") },
		"search one letter":  func() error { return x.Search(b.Context(), "다") },
	} {
		b.Run(name, func(b *testing.B) {
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
			b.ReportMetric(float64(info.Size())/float64(*listed)/1024, "KB/page")
		})
	}
}
