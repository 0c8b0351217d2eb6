package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// stored brings up a store and a broker that the environment names, with a
// result of each id, which passed and says 우리집 크림.
func stored(t *testing.T, ids ...string) (*store.Client, topic.Config) {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Buckets: []string{"test-results"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(t.Context()) }) //nolint:errcheck // nothing of it is kept
	broker, err := localkafka.Start(localkafka.Config{Addr: "127.0.0.1:0", Topics: map[string]int{"results": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { broker.Close() })
	for k, v := range map[string]string{"STORAGE_EMULATOR_HOST": storage.Endpoint(), "KAFKA_BROKERS": broker.Addr(), "RESULTS_BUCKET": "test-results", "RESULTS_TOPIC": "results"} {
		t.Setenv(k, v)
	}
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	for _, id := range ids {
		box := page.Box{X: 1, Y: 20, W: 30, H: 40}
		r := result.Result{Schema: result.Schema, ID: id, Verdict: result.Pass, Findings: []result.Finding{}, Page: result.Page{Width: 100, Height: 100, Scale: 1}, CapturedAt: time.Unix(1, 0).UTC(),
			Lines: []result.Line{{Text: "우리집 크림", Box: box, Words: []result.Word{{Text: "우리집", Box: box, Space: true}, {Text: "크림", Box: box}}}}}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		put(t, objects, id+"/result.json", b)
	}
	return objects, topic.Config{Brokers: []string{broker.Addr()}}
}

func put(t *testing.T, objects *store.Client, name string, b []byte) {
	t.Helper()
	if _, err := objects.Put(t.Context(), store.URI{Bucket: "test-results", Object: name}, "application/json", b, nil); err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text := "version: v1\npack: mine\nrules:\n  - id: mine.miracle\n    mode: enforce\n    severity: high\n    message: 과장\n    match: {any: [\"우리집 크림\"]}\n    tests: {hit: [\"우리집 크림\"], miss: [\"크림\"]}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReinspectCommand(t *testing.T) {
	objects, kafka := stored(t, "shop-1", "shop-2", "other-1")
	put(t, objects, "cache/document_text_detection/google/abc", []byte("no result"))
	put(t, objects, "unfinished/report.html", []byte("a report alone"))
	rules := pack(t)
	verdict := func(id string) string {
		b, _, err := objects.Read(t.Context(), store.URI{Bucket: "test-results", Object: id + "/result.json"}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		var r result.Result
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		return string(r.Verdict)
	}
	exit, out, errs := pageinspect(t, "reinspect", "--prefix", "shop-", "--rules", rules, "--dry-run")
	if exit != 0 || verdict("shop-1") != "pass" || strings.Count(out, "pass -> reject\n  + mine.miracle (high) \"우리집 크림\" at 20 px\n") != 2 || !strings.Contains(errs, "2 would change, 0 the same, 0 failed") {
		t.Errorf("dry run: exit %d\n%s%s", exit, out, errs)
	}
	exit, out, errs = pageinspect(t, "reinspect", "shop-1", "--rules", rules, "--dry-run", "--json")
	var c changed
	if err := json.Unmarshal([]byte(out), &c); exit != 0 || err != nil || c.ID != "shop-1" || c.Before != result.Pass || c.After != result.Reject || len(c.Added) == 0 || c.Added[0].Rule != "mine.miracle" || len(c.Removed) != 0 {
		t.Errorf("as JSON: exit %d, %+v, %v\n%s%s", exit, c, err, out, errs)
	}
	exit, out, errs = pageinspect(t, "reinspect", "--prefix", "shop-", "--rules", rules)
	if exit != 0 || verdict("shop-1") != "reject" || verdict("shop-2") != "reject" || verdict("other-1") != "pass" || !strings.Contains(errs, "2 changed, 0 the same, 0 failed") || !strings.Contains(errs, "2 pass -> reject") {
		t.Errorf("by prefix: exit %d\n%s%s", exit, out, errs)
	}
	events := map[string]string{}
	err := topic.Scan(t.Context(), kafka, "results", func(m topic.Message) error {
		var r result.Result
		err := json.Unmarshal(m.Value, &r)
		events[string(m.Key)] = string(r.Verdict)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 2 || events["shop-1"] != "reject" || events["shop-2"] != "reject" {
		t.Errorf("events %v", events)
	}
	if report, _, err := objects.Read(t.Context(), store.URI{Bucket: "test-results", Object: "shop-1/report.html"}, 1<<20); err != nil || !strings.Contains(string(report), "mine.miracle") {
		t.Errorf("report: %v", err)
	}
	// All: one more changes, the two are the same, and one page has no result.
	exit, out, errs = pageinspect(t, "reinspect", "--all", "--rules", rules)
	if exit != 0 || verdict("other-1") != "reject" || !strings.Contains(errs, "3 results") || !strings.Contains(errs, "1 changed, 2 the same, 0 failed; 1 pages without one") {
		t.Errorf("all: exit %d\n%s%s", exit, out, errs)
	}
	exit, out, errs = pageinspect(t, "reinspect", "shop-1", "other-1")
	if exit != 0 || strings.Count(out, "reject -> pass\n  - mine.miracle") != 2 || verdict("shop-2") != "reject" || !strings.Contains(errs, "2 reject -> pass") {
		t.Errorf("by id, without the rules: exit %d\n%s%s", exit, out, errs)
	}
}

func TestReinspectSaysWhatIsWrong(t *testing.T) {
	stored(t, "shop-1")
	for _, c := range []struct{ args, say string }{
		{"", "say which results"},
		{"--all shop-1", "say which results"},
		{"--all --prefix x", "say which results"},
		{"--all --at-once 0", "--at-once"},
		{"--all --packs nonesuch", "nonesuch"},
		{"--all --rules /nonesuch.yaml", "nonesuch.yaml"},
		{"--all --bucket no-such-bucket", "no such bucket"},
		{"--file /nonesuch", "nonesuch"},
		{"nonesuch", "no such object"},
	} {
		if exit, _, errs := pageinspect(t, append([]string{"reinspect"}, strings.Fields(c.args)...)...); exit != 2 || !strings.Contains(errs, c.say) {
			t.Errorf("%q: exit %d, %s; want %q", c.args, exit, errs, c.say)
		}
	}
}
