package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestChaos publishes requests, some of them several times, while every part is
// killed, frozen and made to fail by the schedule of a seed, and then demands
// that each request has a result or a failure, and not both, and that all that
// a result names is there. CHAOS_PAGES and CHAOS_SEED say how many and which
// (make chaos); the seed fixes the schedule, not how the processes interleave.
func TestChaos(t *testing.T) {
	wholeProgram(t)
	pages, seed := 120, uint64(7)
	if n, err := strconv.Atoi(os.Getenv("CHAOS_PAGES")); err == nil {
		pages = n
	}
	if n, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64); err == nil {
		seed = n
	}
	c := newChaos(t, seed)
	ids := c.publish(pages)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		c.wait(ids)
	}()
	faults := schedule(seed, 10+pages/8)
	var under sync.WaitGroup
	for n, e := range faults {
		select {
		case <-time.After(e.after):
		case <-finished:
			t.Logf("all was done after %d of %d faults", n, len(faults))
			faults = nil
		}
		if faults == nil {
			break
		}
		t.Logf("%d: %s", n, e)
		under.Go(func() { c.do(e) })
	}
	under.Wait()
	began := time.Now()
	<-finished
	t.Logf("seed %d: the last outcome came %s after the last fault", seed, time.Since(began).Round(100*time.Millisecond))
	c.check(ids)
}

type chaos struct {
	*testing.T
	parts   map[string]*part
	gates   map[string]*gate
	kafka   topic.Config
	objects *store.Client
	site    string
	hang    string // a file; while it is there, browsers that are started hang
	seed    uint64

	mu sync.Mutex // of the outcomes
	// events are what was announced of each id: the times of recognition, or of failure.
	results, failures map[string]map[time.Time]int
}

func newChaos(t *testing.T, seed uint64) *chaos {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bomb" {
			io.WriteString(w, bomb) //nolint:errcheck // the browser may have gone
			return
		}
		fmt.Fprintf(w, "<title>%s</title><h1 style='font:40px sans-serif'>PAGE", r.URL.Path)
	}))
	t.Cleanup(site.Close)
	c := &chaos{T: t, seed: seed, site: site.URL, parts: map[string]*part{}, gates: map[string]*gate{}, results: map[string]map[time.Time]int{}, failures: map[string]map[time.Time]int{}}
	dir, addr := t.TempDir(), map[string]string{}
	c.hang = filepath.Join(dir, "hang")
	for _, name := range []string{"kafka", "storage", "vision", "capture-a", "capture-b", "capture-real", "recognize-a", "recognize-b", "connector"} {
		addr[name] = freeAddress(t)
	}
	either := func(name string) func([]byte, int) string {
		return func(_ []byte, n int) string { return addr[name+[]string{"-a", "-b"}[n%2]] }
	}
	c.gates["to-storage"] = newGate(t, seed, func([]byte, int) string { return addr["storage"] })
	c.gates["to-recognize"] = newGate(t, seed, either("recognize"))
	c.gates["to-capture"] = newGate(t, seed, func(body []byte, n int) string {
		if strings.Contains(string(body), `"category":"real"`) {
			return addr["capture-real"]
		}
		return either("capture")(body, n)
	})
	storage := c.gates["to-storage"].Listener.Addr().String()
	common := []string{
		"KAFKA_BROKERS=" + addr["kafka"], "STORAGE_EMULATOR_HOST=" + storage, "VISION_EMULATOR_HOST=" + addr["vision"],
		"SCREENSHOTS_BUCKET=" + localcloud.Screenshots, "PAGES_BUCKET=" + localcloud.Pages, "RESULTS_BUCKET=" + localcloud.Results,
		"CLOUD_RUN_TIMEOUT_SECONDS=120", "LOCAL_ONLY=true", "LEASE_TTL=" + chaosTTL.String(), "CAPTURE_TABS=3", "CAPTURE_ALLOW=" + site.Listener.Addr().String(),
		"CHROME_PATH=" + wrapBrowser(t, dir, c.hang), "CAPTURE_PAGE_MEMORY_MB=300",
	}
	self := func(part, name, target, skew string) {
		c.parts[name] = startPart(t, name, os.Args[0], append(common, partVariable+"="+part, partAddr+"="+addr[name],
			partDir+"="+filepath.Join(dir, part), partTarget+"="+target, partSkew+"="+skew)...)
	}
	program := func(name, target string) {
		_, port, _ := strings.Cut(addr[name], ":")
		c.parts[name] = startPart(t, name, filepath.Join(programs, strings.ToLower(target)), append(common, "FUNCTION_TARGET="+target, "PORT="+port)...)
	}
	for _, name := range []string{"kafka", "storage"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	self("kafka", "kafka", "", "0s")
	self("storage", "storage", c.gates["to-recognize"].URL, "0s")
	self("vision", "vision", "", "0s")
	self("capture", "capture-a", "", "0s")
	self("capture", "capture-b", "", "-3h") // its clock is hours behind
	program("capture-real", "Capture")
	program("recognize-a", "Recognize")
	program("recognize-b", "Recognize")
	self("connector", "connector", c.gates["to-capture"].URL, "0s")
	c.kafka = topic.Config{Brokers: []string{addr["kafka"]}}
	var err error
	if c.objects, err = store.New(t.Context(), store.Config{EmulatorHost: addr["storage"]}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.objects.Close() })
	return c
}

// publish sends the requests, every tenth for the real browser, some bad, some
// twice, before anything fails.
func (c *chaos) publish(pages int) []string {
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	for topic.Ensure(ctx, c.kafka, topic.Spec{Name: localcloud.RequestsTopic}, topic.Spec{Name: localcloud.ResultsTopic}, topic.Spec{Name: localcloud.ErrorsTopic}) != nil && ctx.Err() == nil {
	}
	w, err := topic.NewWriter(c.kafka)
	if err != nil {
		c.Fatal(err)
	}
	defer w.Close()
	var ids []string
	var msgs []topic.Message
	for n := range pages {
		r := job.Request{Schema: job.RequestSchema, ID: fmt.Sprintf("p-%d", n), URL: fmt.Sprintf("%s/%d", c.site, n), Category: "stub"}
		if n%10 == 0 {
			r.Category = "real"
		}
		if isBomb(n) {
			r.URL = c.site + "/bomb"
		}
		if n%30 == 11 {
			r.URL = "ftp://shop.example"
		}
		ids = append(ids, r.ID)
		for range 1 + n%7/6 { // every seventh twice
			msgs = append(msgs, topic.Message{Topic: localcloud.RequestsTopic, Key: []byte(r.ID), Value: encode(r)})
		}
	}
	if err := w.Publish(ctx, msgs...); err != nil {
		c.Fatal(err)
	}
	return ids
}

// wait follows the topics until every request has an outcome.
func (c *chaos) wait(ids []string) {
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute+time.Duration(len(ids))*time.Second)
	defer cancel()
	note := func(all map[string]map[time.Time]int, id string, at time.Time) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if all[id] == nil {
			all[id] = map[time.Time]int{}
		}
		all[id][at]++
		missing := slices.ContainsFunc(ids, func(id string) bool { return c.results[id] == nil && c.failures[id] == nil })
		if !missing {
			cancel()
		}
	}
	var both sync.WaitGroup
	both.Go(func() {
		topic.Follow(ctx, c.kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error { //nolint:errcheck // check tells
			var r result.Result
			err := json.Unmarshal(m.Value, &r)
			note(c.results, r.ID, r.RecognizedAt)
			return err
		})
	})
	both.Go(func() {
		topic.Follow(ctx, c.kafka, localcloud.ErrorsTopic, nil, func(m topic.Message) error { //nolint:errcheck // check tells
			var f job.Failure
			err := json.Unmarshal(m.Value, &f)
			note(c.failures, f.ID, f.At)
			return err
		})
	})
	both.Wait()
}

// do is one fault, from its beginning to its end.
func (c *chaos) do(e event) {
	p, isPart := c.parts[e.target]
	switch g := c.gates[e.target]; {
	case e.target == "functions": // as when a revision is replaced
		for name, p := range c.parts {
			if strings.HasPrefix(name, "capture") || strings.HasPrefix(name, "recognize") {
				p.signal(syscall.SIGTERM)
			}
		}
	case isPart && e.what == "stop":
		p.signal(syscall.SIGTERM)
	case e.what == "hang":
		c.hangBrowser(e.for_)
	case e.target == "browser":
		if pid := c.parts["capture-real"].child(); pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
		}
	case g != nil:
		g.set(trouble(e.what))
		time.Sleep(e.for_)
		g.set(none)
	case isPart && e.what == "kill":
		p.signal(syscall.SIGKILL)
	case isPart && e.what == "freeze":
		p.signal(syscall.SIGSTOP)
		time.Sleep(e.for_)
		p.signal(syscall.SIGCONT)
	case isPart && e.what == "fill":
		p.fill(100)
		time.Sleep(e.for_)
		p.fill(0)
	default:
		c.Errorf("no such fault: %s", e)
	}
}

// hangBrowser ends the real browser and has those that are started meanwhile hang.
func (c *chaos) hangBrowser(for_ time.Duration) {
	kill := func() {
		if pid := c.parts["capture-real"].child(); pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
		}
	}
	if err := os.WriteFile(c.hang, nil, 0o600); err != nil {
		c.Error(err)
		return
	}
	kill()
	time.Sleep(for_)
	os.Remove(c.hang) //nolint:errcheck // two may overlap
	kill()
}

// wrapBrowser makes a program that is the browser, unless the file hang is there.
func wrapBrowser(t *testing.T, dir, hang string) string {
	t.Helper()
	real, err := browser.Find(os.Getenv("CHROME_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	wrapper := filepath.Join(dir, "browser")
	script := fmt.Sprintf("#!/bin/sh\nif [ -e %q ]; then exec sleep 600; fi\nexec %q \"$@\"\n", hang, real)
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	return wrapper
}

// bomb is a page that takes more memory than one may have.
const bomb = `<title>bomb</title><p>글<script>const held = []; while (true) held.push(new Uint8Array(16 << 20).fill(1))</script>`

// isBomb says whether the request of that number is for the bomb.
func isBomb(n int) bool { return n%60 == 40 }

// check demands what the design promises.
func (c *chaos) check(ids []string) {
	objects := map[string]map[string]store.Attrs{}
	for _, bucket := range []string{localcloud.Screenshots, localcloud.Pages, localcloud.Results} {
		objects[bucket] = map[string]store.Attrs{}
		for a, err := range c.objects.List(c.Context(), bucket, "") {
			if err != nil {
				c.Fatal(err)
			}
			objects[bucket][a.Object] = a
		}
	}
	repeated := 0
	for n, id := range ids {
		if isBomb(n) && c.failures[id] == nil {
			c.Errorf("%s took more memory than a page may, and did not fail", id)
		}
		_, made := objects[localcloud.Results][id+"/result.json"]
		results, failures := c.results[id], c.failures[id]
		if made == (len(failures) > 0) || made != (len(results) > 0) {
			c.Errorf("%s: result object %t, announced %v, failures %v; want one outcome", id, made, results, failures)
		}
		// However often they were repeated, they are one event.
		for _, n := range []map[time.Time]int{results, failures} {
			if len(n) > 1 {
				c.Errorf("%s: its events differ: %v", id, n)
			}
			for _, times := range n {
				repeated += times - 1
			}
		}
		if made {
			c.checkTiles(id, objects[localcloud.Screenshots])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.results)) {
		if !slices.Contains(ids, id) {
			c.Errorf("a result for %q, which nobody asked for", id)
		}
	}
	c.Logf("%d results, %d failures, %d repeated events", len(c.results), len(c.failures), repeated)
}

// checkTiles demands that every tile of a finished page is there, whole, and of one run.
func (c *chaos) checkTiles(id string, shots map[string]store.Attrs) {
	b, _, err := c.objects.Read(c.Context(), store.URI{Bucket: localcloud.Pages, Object: id + ".json"}, page.MaxManifestBytes)
	if err != nil {
		c.Errorf("%s has a result and no manifest: %v", id, err)
		return
	}
	m, err := page.Decode(b)
	if err != nil {
		c.Errorf("%s: %v", id, err)
		return
	}
	runs := map[string]bool{}
	for _, tile := range m.Tiles {
		uri, _ := store.ParseURI(tile.Object)
		a, there := shots[uri.Object]
		if !there || a.Size != int64(tile.Bytes) {
			c.Errorf("%s: tile %s has %d bytes, want %d", id, uri, a.Size, tile.Bytes)
		}
		runs[path.Dir(uri.Object)] = true
	}
	if len(runs) != 1 {
		c.Errorf("%s: its tiles are of the runs %v", id, runs)
	}
	if _, left := shots[lease.URI("", id).Object]; left {
		if b, _, err := c.objects.Read(c.Context(), lease.URI(localcloud.Screenshots, id), 1<<20); err == nil {
			if l, err := lease.Decode(b); err != nil || l.Failure != nil {
				c.Errorf("%s has a result and a failure in its lease: %s, %v", id, b, err)
			}
		}
	}
}
