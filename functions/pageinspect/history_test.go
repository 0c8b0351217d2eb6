package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestFromFailureToResult: a page that is not there fails for good; once it is
// there, retry publishes it again, once, and it ends recognized. Twenty
// deliveries of it at once change nothing.
func TestFromFailureToResult(t *testing.T) {
	wholeProgram(t)
	var there atomic.Bool
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !there.Load() {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "<title>fine</title><h1 style='font:40px sans-serif'>HELLO WORLD</h1>")
	}))
	defer site.Close()
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Dir: t.TempDir(), Programs: programs, Allow: []string{site.Listener.Addr().String()}, Log: logger(t.Context(), t.Output()),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	t.Setenv("KAFKA_BROKERS", cloud.Addresses.Kafka)
	t.Setenv("STORAGE_EMULATOR_HOST", cloud.Addresses.Storage)
	expect := func(code int, says []string, args ...string) string {
		t.Helper()
		got, stdout, stderr := pageinspect(t, args...)
		if got != code {
			t.Errorf("%v: exit %d, want %d\n%s%s", args, got, code, stdout, stderr)
		}
		for _, s := range says {
			if !strings.Contains(stdout+stderr, s) {
				t.Errorf("%v says %q, which lacks %q", args, stdout+stderr, s)
			}
		}
		return stdout
	}
	expect(exitPass, []string{"no failures"}, "errors")
	expect(exitPass, nil, "submit", fmt.Sprintf(`{"id":"p-1","url":"%s/1"}`, site.URL))
	expect(exitFailed, []string{"failed", "capture (unreachable)"}, "status", "--watch", "p-1")
	var f job.Failure
	if err := json.Unmarshal([]byte(expect(exitFinding, nil, "errors", "--json", "--kind", "unreachable", "--since", "1h")), &f); err != nil || f.ID != "p-1" || f.Attempt != 1 {
		t.Errorf("%+v, %v", f, err)
	}
	expect(exitPass, []string{"no failures"}, "errors", "--kind", "timeout")
	expect(exitPass, []string{"1 of 1 would be published"}, "retry", "--dry-run")
	action := func(stdout string) string {
		t.Helper()
		var r retried
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.ID != "p-1" || r.URL != site.URL+"/1" || r.Kind != fault.Unreachable || r.Attempt != 1 || r.FailedAt.IsZero() {
			t.Errorf("%+v, %v of %q", r, err, stdout)
		}
		return r.Action + " " + r.Why
	}
	if got := action(expect(exitPass, nil, "retry", "--dry-run", "--json")); got != "would_publish " {
		t.Error(got)
	}

	there.Store(true)
	expect(exitPass, []string{"1 of 1 published"}, "retry", "--id", "p-1")
	expect(exitFinding, []string{"attempt 2 is published already"}, "retry")
	if got := action(expect(exitFinding, nil, "retry", "--json")); got != "left_alone attempt 2 is published already" {
		t.Error(got)
	}
	expect(exitPass, []string{"recognized"}, "status", "--watch", "p-1")
	expect(exitPass, []string{"1 request: 1 recognized (1 pass)", "Nothing is left to do"}, "status")
	expect(exitPass, []string{"1 of 1 page", "http://" + cloud.Addresses.Storage + "/local-results/p-1/report.html"}, "results")
	checkServed(t, cloud.Addresses.Storage, "local-results/p-1/report.html")
	expect(exitFailed, []string{"unknown"}, "status", "p-2")

	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			res, err := http.Post("http://"+cloud.Addresses.Capture+"/", "application/json", strings.NewReader(fmt.Sprintf(`{"schema":"pageinspect.request/v1","id":"p-1","url":"%s/1","attempt":2}`, site.URL)))
			if err != nil || res.StatusCode != 200 {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
	all.Wait()
	events := 0
	if err := topic.Scan(t.Context(), cloud.Kafka, localcloud.ResultsTopic, func(topic.Message) error { events++; return nil }); err != nil || events != 1 {
		t.Errorf("%d events, %v", events, err)
	}
}

// TestTimeRunsOut: within the platform's limit a page that answers nothing is a
// failure of kind timeout, and one that never ends is shown as far as it came.
func TestTimeRunsOut(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/endless" {
			fmt.Fprint(w, "<title>endless</title><h1 style='font:40px sans-serif'>HELLO WORLD</h1>")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}))
	defer site.Close()
	code, stdout, stderr := pageinspect(t, "run", "--json", "--out", t.TempDir(), "--timeout", "12s", site.URL+"/silent", site.URL+"/endless")
	if code != exitFailed || !strings.Contains(stdout, `"kind":"timeout"`) || !strings.Contains(stdout, `"partial":`) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.Local)
	for s, want := range map[string]time.Time{
		"": {}, "90m": now.Add(-90 * time.Minute), "2026-11-24": time.Date(2026, 11, 24, 0, 0, 0, 0, time.Local), "2026-11-24T08:00:00Z": time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
	} {
		if got, err := since(s, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"yesterday", "-1h"} {
		if _, err := since(s, now); err == nil {
			t.Errorf("%s is taken", s)
		}
	}
}
