package event

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden.json")

// sample is one HTTP request as a carrier sends it.
type sample struct {
	name   string
	header http.Header
	body   []byte
}

// samples reads testdata/*.http. They have no Content-Length, so the body is
// what follows the headers, to the end of the file.
func samples(tb testing.TB) []sample {
	tb.Helper()
	paths, err := filepath.Glob("testdata/*.http")
	if err != nil || len(paths) != 12 {
		tb.Fatalf("testdata has %d samples (%v), want 12", len(paths), err)
	}
	var all []sample
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		buffered := bufio.NewReader(bytes.NewReader(b))
		req, err := http.ReadRequest(buffered)
		if err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(buffered)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, sample{strings.TrimSuffix(filepath.Base(path), ".http"), req.Header, body})
	}
	return all
}

// shown is a Record as the golden files have it: readable, nothing left out.
type shown struct {
	Topic      string            `json:"topic"`
	Partition  int               `json:"partition"`
	Offset     int64             `json:"offset"`
	Key        string            `json:"key"`
	Value      string            `json:"value"`
	Headers    map[string]string `json:"headers,omitempty"`
	Time       time.Time         `json:"time"`
	Via        string            `json:"via"`
	Attempt    int               `json:"attempt"`
	Err        string            `json:"err,omitempty"`
	RequestID  string            `json:"request_id"`
	RequestErr string            `json:"request_err,omitempty"`
}

type golden struct {
	Records      []shown    `json:"records"`
	RecordsErr   string     `json:"records_err,omitempty"`
	Finalized    *Finalized `json:"finalized,omitempty"`
	FinalizedErr string     `json:"finalized_err,omitempty"`
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func decodeBoth(h http.Header, body []byte) golden {
	records, err := Records(h, body)
	g := golden{RecordsErr: text(err)}
	for _, r := range records {
		req, reqErr := job.DecodeRequest(r.Value)
		g.Records = append(g.Records, shown{r.Topic, r.Partition, r.Offset, string(r.Key), string(r.Value), r.Headers,
			r.Time.UTC(), r.Via, r.Attempt, text(r.Err), req.ID, text(reqErr)})
	}
	f, err := Finalization(h, body)
	if g.FinalizedErr = text(err); err == nil {
		g.Finalized = &f
	}
	return g
}

// Each sample decodes to what its golden file says, under its own Content-Type
// and under every wrong one.
func TestSamples(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			path := filepath.Join("testdata", s.name+".golden.json")
			got := decodeBoth(s.header, s.body)
			if *update {
				b, err := json.MarshalIndent(got, "", "  ")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want golden
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, contentType := range []string{"", "application/json", "text/plain", "application/octet-stream", "image/png",
				"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/x-ndjson",
				"application/cloudevents+json", "application/cloudevents-batch+json", "not a type;;"} {
				h := s.header.Clone()
				h.Set("Content-Type", contentType)
				if contentType == "" {
					h.Del("Content-Type")
				}
				if diff := cmp.Diff(want, decodeBoth(h, s.body)); diff != "" {
					t.Errorf("Content-Type %q (-want +got)\n%s", contentType, diff)
				}
			}
		})
	}
}

// What the samples have in common, said apart from the golden files so that
// -update cannot approve a mistake: every sample of a request carries p-1001,
// readable, from where its carrier says.
func TestSamplesCarryTheRequest(t *testing.T) {
	kafka := job.Source{Topic: "pageinspect.requests", Partition: 3, Offset: 42}
	unknown := job.Source{Partition: -1, Offset: -1}
	for _, s := range samples(t) {
		if strings.Contains(s.name, "storage") {
			continue
		}
		want := unknown
		switch {
		case strings.HasPrefix(s.name, "confluent"):
			want, want.Via = kafka, ViaConfluent
		case s.name == "eventarc-pubsub":
			want, want.Via = kafka, ViaEventarc
		case s.name == "pubsub-push":
			want, want.Via = kafka, ViaPubSub
		case s.name == "knative-kafkasource":
			want, want.Via = kafka, ViaKnative
		case strings.HasPrefix(s.name, "cloudevent"):
			want.Via = ViaCloudEvents
		default:
			want.Via = ViaHTTP
		}
		records, err := Records(s.header, s.body)
		if err != nil || len(records) == 0 {
			t.Errorf("%s: %d records, error %v", s.name, len(records), err)
			continue
		}
		r := records[0]
		if req, err := job.DecodeRequest(r.Value); err != nil || req.ID != "p-1001" {
			t.Errorf("%s: request %q, error %v", s.name, req.ID, err)
		}
		if got := r.Source(); got != want {
			t.Errorf("%s: source %+v, want %+v", s.name, got, want)
		}
		if want.Topic != "" && string(r.Key) != "p-1001" {
			t.Errorf("%s: key %q, want p-1001", s.name, r.Key)
		}
		if want.Topic != "" && r.Time.IsZero() {
			t.Errorf("%s: no time", s.name)
		}
		if n := map[string]int{"http-sink-array": 2, "http-sink-ndjson": 2, "cloudevent-batch": 2}[s.name]; n != 0 && len(records) != n {
			t.Errorf("%s: %d records, want %d", s.name, len(records), n)
		}
		if _, err := Finalization(s.header, s.body); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: as a finalize: %v, want invalid", s.name, err)
		}
	}
}
