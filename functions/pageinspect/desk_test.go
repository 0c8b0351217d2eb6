package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// runningDesk is a desk that serves in this process.
type runningDesk struct {
	address string
	stop    context.CancelFunc
	ended   chan error
	said    *awaiting // on standard error
}

func startDesk(t *testing.T, o deskOptions) *runningDesk {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	up, current := make(chan struct{}), make(chan struct{})
	stdout := &awaiting{text: "decisions are kept in", found: up}
	d := &runningDesk{stop: stop, ended: make(chan error, 1), said: &awaiting{text: "the index is current", found: current}}
	go func() { d.ended <- desk(ctx, o, stdout, d.said) }()
	t.Cleanup(stop)
	for _, ready := range []chan struct{}{up, current} {
		select {
		case <-ready:
		case err := <-d.ended:
			t.Fatalf("the desk ended: %v", err)
		case <-time.After(time.Minute):
			t.Fatal("the desk does not come up")
		}
	}
	d.address = regexp.MustCompile(`http://[0-9.:]+`).FindString(stdout.String())
	return d
}

// end interrupts the desk, and waits until it has ended tidily.
func (d *runningDesk) end(t *testing.T) {
	t.Helper()
	d.stop()
	select {
	case err := <-d.ended:
		if _, ok := errors.AsType[interrupted](err); !ok {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}

func (d *runningDesk) ask(t *testing.T, method, path string, body any, host string) (int, []byte) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, d.address+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Host = host
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// TestDeskOfADirectory: what run wrote is shown and decided on; the decision, and the
// tiles that it was about, are there after the desk has ended and run has inspected
// the page again.
func TestDeskOfADirectory(t *testing.T) {
	dir := t.TempDir()
	all, err := desktest.Folder(dir, 4)
	if err != nil {
		t.Fatal(err)
	}
	o := deskOptions{place: deskPlace{dir: dir}, as: "kim"}
	d := startDesk(t, o)
	if status, body := d.ask(t, "GET", "/", nil, ""); status != http.StatusOK || !strings.Contains(string(body), all[0].ID) {
		t.Fatalf("the list: %d %.300s", status, body)
	}
	if status, _ := d.ask(t, "GET", "/", nil, "evil.test"); status != http.StatusForbidden {
		t.Errorf("for another host: %d", status)
	}
	if err := desk(t.Context(), o, io.Discard, io.Discard); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "another desk has "+dir) {
		t.Errorf("a second desk: %v", err)
	}
	id := all[0].ID
	_, body := d.ask(t, "GET", "/p/"+id+"/data.json", nil, "")
	var shown struct{ Version json.Number }
	if err := json.Unmarshal(body, &shown); err != nil || shown.Version == "" {
		t.Fatalf("%.300s: %v", body, err)
	}
	wish := map[string]any{"known": 0, "action": "confirm", "whole": true, "policy": "mine", "version": shown.Version}
	if status, body := d.ask(t, "POST", "/p/"+id+"/decide", wish, ""); status != http.StatusOK {
		t.Fatalf("decide: %d %s", status, body)
	}
	d.end(t)

	d = startDesk(t, o)
	_, body = d.ask(t, "GET", "/p/"+id+"/data.json", nil, "")
	if !strings.Contains(string(body), `"confirm"`) || !strings.Contains(string(body), `"kim"`) {
		t.Errorf("after a new start: %.500s", body)
	}
	d.end(t)
	if code, stdout, stderr := resultsPrinted(t, "--dir", dir); code == exitFailed || strings.Contains(stdout+stderr, ".desk") {
		t.Errorf("the desk's own folder is taken for a page: exit %d\n%s%s", code, stdout, stderr)
	}
}

// resultsPrinted is what "pageinspect results" prints, in this process.
func resultsPrinted(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := root()
	c.SetArgs(append([]string{"results"}, args...))
	c.SetOut(&stdout)
	c.SetErr(&stderr)
	return code(t.Context(), c.ExecuteContext(t.Context()), &stderr), stdout.String(), stderr.String()
}

// TestDeskMistakes are named with their cures.
func TestDeskMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing comes
	port, err := strconv.Atoi(taken.Addr().String()[len("127.0.0.1:"):])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o   deskOptions
		say []string
	}{
		"no directory":          {deskOptions{place: deskPlace{dir: filepath.Join(t.TempDir(), "none")}}, []string{"--dir", "the one that run wrote"}},
		"directory and bucket":  {deskOptions{place: deskPlace{dir: t.TempDir(), bucket: "b"}}, []string{"--dir", "buckets"}},
		"a port that is taken":  {deskOptions{port: port, place: deskPlace{dir: t.TempDir()}}, []string{"in use", "--port"}},
		"no storage there":      {deskOptions{place: deskPlace{bucket: "bbb", emulator: "127.0.0.1:1"}}, []string{"127.0.0.1:1"}},
		"no bucket of pictures": {deskOptions{place: deskPlace{bucket: "shop-results"}}, []string{"--screenshots-bucket", "--pages-bucket"}},
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", "")
		err := desk(t.Context(), c.o, io.Discard, io.Discard)
		for _, say := range c.say {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%s: %v; want it to say %s", name, err, say)
			}
		}
	}
}

// shop is a results bucket beside a Kafka.
type shop struct {
	objects *store.Client
	kafka   topic.Config
	place   deskPlace
	ids     []string // of pages captured 10, 9, 8 … days ago
}

func newShop(t *testing.T, n int) *shop {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Dir: t.TempDir(), Buckets: []string{"results", "shots", "pages"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	broker, err := localkafka.Start(localkafka.Config{Addr: "127.0.0.1:0", Topics: map[string]int{"pageinspect.requests": 1, "pageinspect.results": 1, "pageinspect.decisions": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	s := &shop{kafka: topic.Config{Brokers: []string{broker.Addr()}}}
	if s.objects, err = store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.objects.Close() }) //nolint:errcheck // nothing of it is kept
	for i, r := range desktest.Results(n) {
		r.CapturedAt = time.Now().Add(-time.Duration(10-i) * 24 * time.Hour)
		r.URL = fmt.Sprintf("https://shop.example/%d", i)
		s.ids = append(s.ids, r.ID)
		s.put(t, "results", r.ID+"/result.json", r)
	}
	s.place = deskPlace{bucket: "results", pages: "pages", screenshots: "shots", emulator: storage.Endpoint(), kafka: &s.kafka, indexDir: t.TempDir()}
	return s
}

func (s *shop) put(t *testing.T, bucket, object string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.objects.Put(t.Context(), store.URI{Bucket: bucket, Object: object}, "application/json", b, nil); err != nil {
		t.Fatal(err)
	}
}

// asked are the requests that were published, in order.
func (s *shop) asked(t *testing.T) (all []job.Request) {
	t.Helper()
	if err := topic.Scan(t.Context(), s.kafka, "pageinspect.requests", func(m topic.Message) error {
		r, err := job.DecodeRequest(m.Value)
		all = append(all, r)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRecheck: pages that are old enough are asked for, the oldest first, once, as they
// were asked for before, and what they said is kept.
func TestRecheck(t *testing.T) {
	s := newShop(t, 6)
	first := job.Request{Schema: job.RequestSchema, ID: s.ids[0], URL: "https://shop.example/first", Profile: "mobile", Labels: map[string]string{"a": "b"}, Attempt: 3}
	s.put(t, "pages", s.ids[0]+".json", page.Manifest{Schema: page.Schema, ID: s.ids[0], Request: first, FinalURL: first.URL, CapturedAt: time.Now(), Width: 1, Height: 1, Scale: 1,
		Tiles: []page.Tile{{Object: "gs://shots/a", Width: 1, Height: 1}}})
	o := recheckOptions{place: s.place, older: "180h", limit: 2, as: "night", json: true}
	run := func(o recheckOptions) (string, error) {
		t.Helper()
		var stdout bytes.Buffer
		err := recheck(t.Context(), o, &stdout, io.Discard)
		return stdout.String(), err
	}
	dry := o
	dry.dryRun, dry.limit = true, 100
	out, err := run(dry)
	if n := strings.Count(out, `"asked":true`); n != 3 || err != nil || len(s.asked(t)) != 0 {
		t.Fatalf("tried: %d pages, %v\n%s", n, err, out)
	}
	for i, want := range []int{2, 3, 3} {
		if out, err = run(o); err != nil || len(s.asked(t)) != want {
			t.Fatalf("run %d: %d asked for, want %d, %v\n%s", i+1, len(s.asked(t)), want, err, out)
		}
	}
	got := map[string]job.Request{}
	for i, r := range s.asked(t) {
		if got[r.ID] = r; !r.Force {
			t.Errorf("%s: without force, nothing would be inspected", r.ID)
		}
		if i < 2 && r.ID != s.ids[0] && r.ID != s.ids[1] {
			t.Errorf("%s was asked for before those that are older", r.ID)
		}
	}
	if r := got[s.ids[0]]; r.URL != first.URL || r.Profile != "mobile" || r.Labels["a"] != "b" || r.Attempt != 0 {
		t.Errorf("asked otherwise than before: %+v", r)
	}
	if r := got[s.ids[1]]; r.URL != "https://shop.example/1" {
		t.Errorf("without a manifest: %+v", r)
	}
	book := &ledger.Ledger{Store: s.objects, Bucket: "results", Now: time.Now}
	for _, id := range s.ids[:3] {
		if kept, err := book.AllKept(t.Context(), id); len(kept) != 1 || err != nil {
			t.Errorf("%s: %d results are kept, %v", id, len(kept), err)
		}
	}
}

// TestRecheckAtTheSameTime: two schedulers ask for each page once.
func TestRecheckAtTheSameTime(t *testing.T) {
	s := newShop(t, 6)
	var both sync.WaitGroup
	for i := range 2 {
		o := recheckOptions{place: s.place, older: "36h", limit: 100, as: "night"}
		o.place.indexDir = t.TempDir()
		both.Go(func() {
			if err := recheck(t.Context(), o, io.Discard, io.Discard); err != nil {
				t.Errorf("scheduler %d: %v", i, err)
			}
		})
	}
	both.Wait()
	if n := len(s.asked(t)); n != len(s.ids) {
		t.Errorf("%d requests for %d pages", n, len(s.ids))
	}
}

func TestRecheckMistakes(t *testing.T) {
	s := newShop(t, 1)
	noKafka := s.place
	noKafka.kafka = nil
	t.Setenv("KAFKA_BROKERS", "")
	for say, o := range map[string]recheckOptions{
		"--older":       {place: s.place, older: "a week", limit: 1},
		"--limit":       {place: s.place, older: "7d"},
		"verdicts":      {place: s.place, older: "7d", limit: 1, query: index.Query{Verdicts: []string{"fail"}}},
		"KAFKA_BROKERS": {place: noKafka, older: "7d", limit: 1},
		"--force":       {place: deskPlace{dir: t.TempDir()}, older: "7d", limit: 1},
	} {
		if err := recheck(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%v; want it to say %s", err, say)
		}
	}
}

// TestDeskOfTheSamples is make desk: the samples are inspected by a local cloud of its
// own and appear at the desk as they are recognized; an interrupt ends all of it.
func TestDeskOfTheSamples(t *testing.T) {
	wholeProgram(t)
	d, cmd, stderr := sampleDesk(t)
	deadline := time.After(10 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for d.status(t).Total == 0 {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no page appears\n%s", stderr.String())
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // its code tells
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit %d, want %d\n%s", got, exitInterrupted, stderr.String())
	}
}

// sampleDesk is make desk, which ends with the test.
func sampleDesk(t *testing.T) (*runningDesk, *exec.Cmd, *writer) {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs, "pageinspect"), "desk", "--samples", "--port", "0", "--as", "reviewer")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	up := make(chan struct{})
	stdout := &awaiting{text: "decisions are kept in", found: up}
	stderr := new(writer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // as it does
		if t.Failed() {
			t.Log(stderr.String())
		}
	})
	select {
	case <-up:
	case <-time.After(2 * time.Minute):
		t.Fatalf("it does not come up\n%s", stderr.String())
	}
	return &runningDesk{address: regexp.MustCompile(`http://[0-9.:]+`).FindString(stdout.String())}, cmd, stderr
}

type deskStatus struct {
	Total  int
	States map[string]int
}

func (d *runningDesk) status(t *testing.T) (s deskStatus) {
	t.Helper()
	_, body := d.ask(t, "GET", "/status", nil, "")
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return s
}
