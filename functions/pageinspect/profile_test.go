//go:build profile

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

var (
	measureTo = flag.String("measure", "", "write a profile for `pageinspect plan` to this file")
	measured  = flag.String("measure-urls", "", "pages to measure, separated by spaces; empty: the bundled samples")
)

// TestMeasureProfile takes pages through the local cloud, one after the other,
// and writes down what each took: `make profile`. It measures and checks nothing,
// so it is built for that alone.
func TestMeasureProfile(t *testing.T) {
	if *measureTo == "" {
		t.Fatal("say where to with -measure FILE, as make profile does")
	}
	sent := startCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sent.url)
	site := httptest.NewServer(samples.Handler())
	defer site.Close()
	urls := strings.Fields(*measured)
	if len(urls) == 0 { // each once: what was read before is not read again
		for _, p := range samples.Pages() {
			urls = append(urls, site.URL+p.Path)
		}
	}
	var logged counter
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Dir: t.TempDir(), Programs: programs, Allow: []string{"127.0.0.1"}, Log: slog.New(slog.DiscardHandler), LogTo: &logged,
	})
	if err != nil {
		t.Fatal(err)
	}
	closed := sync.OnceFunc(cloud.Close)
	defer closed()
	w, err := topic.NewWriter(cloud.Kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()

	trees := map[string]*tree{"capture": newTree(t, "capture"), "recognize": newTree(t, "recognize")}
	stop := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				for _, tr := range trees {
					tr.samplePeak()
				}
			}
		}
	})
	before := map[string]float64{"capture": trees["capture"].cpu(), "recognize": trees["recognize"].cpu()}
	n := float64(len(urls))
	p := plan.Profile{Schema: plan.ProfileSchema, MeasuredAt: time.Now().Format(time.DateOnly), Machine: machine(), Pages: len(urls),
		How: "make profile: pages through the local cloud, one after the other; CPU from /proc, time and storage operations from the functions' own spans"}
	results := make(chan result.Result)
	follow, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	go topic.Follow(follow, cloud.Kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error { //nolint:errcheck // ends with the test
		var r result.Result
		if err := json.Unmarshal(m.Value, &r); err != nil {
			return err
		}
		results <- r
		return nil
	})
	for i, url := range urls {
		id := fmt.Sprintf("page-%03d", i)
		value := fmt.Sprintf(`{"schema":"pageinspect.request/v1","id":%q,"url":%q}`, id, url)
		if err := w.Publish(follow, topic.Message{Topic: localcloud.RequestsTopic, Key: []byte(id), Value: []byte(value)}); err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-results:
			p.Height += float64(r.Page.Height) / n
			p.Tiles += float64(len(r.Tiles)) / n
			p.Units += float64(r.Vision.Units) / n
			p.Recognize.Seconds -= float64(r.TimingsMS["annotate"]) / 1000 / n
			kept := size(t, cloud, id)
			p.StoredKiB, p.KeptKiB = p.StoredKiB+kept[0]/n, p.KeptKiB+kept[1]/n
		case <-follow.Done():
			t.Fatalf("no result of %s; only pages that can be inspected can be measured", url)
		}
	}
	close(stop)
	sampling.Wait()
	for name, work := range map[string]*plan.Work{"capture": &p.Capture, "recognize": &p.Recognize} {
		work.CPUSeconds = (trees[name].cpu() - before[name]) / n
		work.PeakMiB = trees[name].peak
	}
	closed() // the functions send what is left
	p.LogKiB = float64(logged.n.Len()) / 1024 / n
	for name, count := range sent.all {
		switch {
		case strings.HasSuffix(name, " HTTP GET"):
			p.Reads += float64(count) / n
		case strings.HasSuffix(name, " HTTP POST"), strings.HasSuffix(name, " HTTP PUT"):
			p.Writes += float64(count) / n
		}
	}
	p.Capture.Seconds = sent.took["capture capture"].Seconds() / n
	p.Recognize.Seconds += sent.took["recognize recognize"].Seconds() / n
	round(&p)
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*measureTo, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", b)
}

// size is the KiB of a page's tiles, and of what is kept of it.
func size(t *testing.T, cloud *localcloud.Cloud, id string) (kib [2]float64) {
	t.Helper()
	for at, of := range map[int][]store.URI{0: {{Bucket: localcloud.Screenshots, Object: id + "/"}}, 1: {{Bucket: localcloud.Pages, Object: id + ".json"}, {Bucket: localcloud.Results, Object: id + "/"}}} {
		for _, u := range of {
			for a, err := range cloud.Store.List(t.Context(), u.Bucket, u.Object) {
				if err != nil {
					t.Fatal(err)
				}
				kib[at] += float64(a.Size) / 1024
			}
		}
	}
	return kib
}

func round(p *plan.Profile) {
	for _, f := range []*float64{&p.Height, &p.StoredKiB, &p.KeptKiB, &p.Capture.PeakMiB, &p.Recognize.PeakMiB} {
		*f = math.Round(*f)
	}
	for _, f := range []*float64{&p.Tiles, &p.Units, &p.LogKiB, &p.Writes, &p.Reads, &p.Capture.CPUSeconds, &p.Capture.Seconds, &p.Recognize.CPUSeconds, &p.Recognize.Seconds} {
		*f = math.Round(*f*1000) / 1000
	}
}

// machine is such as "2 cores of AMD EPYC, 24 GiB".
func machine() string {
	field := func(file, name string) string {
		b, _ := os.ReadFile(file)
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
				return strings.TrimSpace(v)
			}
		}
		return "unknown"
	}
	kib, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64)
	return fmt.Sprintf("%d cores of %s, %.0f GiB", runtime.NumCPU(), field("/proc/cpuinfo", "model name"), kib/(1<<20))
}

// counter keeps what is written to it; several may write at a time.
type counter struct {
	mu sync.Mutex
	n  bytes.Buffer
}

func (c *counter) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n.Write(b)
}

// tree is a function's process and all that it started.
type tree struct {
	root string
	peak float64 // MiB
}

// newTree finds this test's own child that runs the program.
func newTree(t *testing.T, program string) *tree {
	t.Helper()
	for pid, parent := range parents() {
		exe, _ := os.Readlink(filepath.Join("/proc", pid, "exe"))
		if parent == strconv.Itoa(os.Getpid()) && exe == filepath.Join(programs, program) {
			return &tree{root: pid}
		}
	}
	t.Fatalf("%s does not run", program)
	return nil
}

// parents is every process's parent.
func parents() map[string]string {
	out := map[string]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		if f := stat(filepath.Base(filepath.Dir(file))); f != nil {
			out[filepath.Base(filepath.Dir(file))] = f[1]
		}
	}
	return out
}

// stat is what /proc says of a process, from its state on; see proc(5).
func stat(pid string) []string {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

func (tr *tree) pids() []string {
	all, out := parents(), []string{tr.root}
	for i := 0; i < len(out); i++ {
		for pid, parent := range all {
			if parent == out[i] {
				out = append(out, pid)
			}
		}
	}
	return out
}

// cpu is the seconds that the processes have used, and those that ended before
// them: a parent is charged with the children it has waited for.
func (tr *tree) cpu() float64 {
	const ticks = 100 // a second, on every Linux that Go knows
	sum := 0.0
	for _, pid := range tr.pids() {
		if f := stat(pid); f != nil {
			for _, field := range f[11:15] { // utime, stime, cutime, cstime
				n, _ := strconv.ParseFloat(field, 64)
				sum += n / ticks
			}
		}
	}
	return sum
}

// samplePeak looks at the memory in use; what processes share is counted once.
func (tr *tree) samplePeak() {
	sum := 0.0
	for _, pid := range tr.pids() {
		b, _ := os.ReadFile(filepath.Join("/proc", pid, "smaps_rollup"))
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "Pss:"); ok {
				kib, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
				sum += kib / 1024
			}
		}
	}
	tr.peak = max(tr.peak, sum)
}
