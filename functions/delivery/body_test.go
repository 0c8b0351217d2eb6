package delivery

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
)

func send(h http.Handler, method, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestMethods: only a POST delivers, and only an empty GET or HEAD asks how the
// instance is. Whatever else came with a request must not be taken for delivered.
func TestMethods(t *testing.T) {
	w := newWorker(newLeases(t))
	close(w.proceed)
	for _, c := range []struct {
		method, body string
		status       int
	}{
		{"GET", "", 200}, {"HEAD", "", 200}, {"POST", one, 200},
		{"GET", one, 405}, {"HEAD", one, 405}, {"PUT", one, 405}, {"PATCH", one, 405}, {"DELETE", one, 405},
		{"PUT", "", 405}, {"DELETE", "", 405}, {"OPTIONS", "", 405}, {"PROPFIND", "", 405}, {"post", one, 405},
	} {
		got := send(w, c.method, c.body)
		if got.Code != c.status || (got.Code == 405) != (got.Header().Get("Allow") == "POST") {
			t.Errorf("%s of %d bytes: %d, Allow %q", c.method, len(c.body), got.Code, got.Header().Get("Allow"))
		}
	}
	if n := w.runs.Load(); n != 1 || len(w.errs.msgs) != 0 {
		t.Errorf("%d runs, %d failures", n, len(w.errs.msgs))
	}
}

// chunked hides a body's length, as a client does that streams it.
type chunked struct{ io.Reader }

func TestGetWithChunkedBody(t *testing.T) {
	w := newWorker(newLeases(t))
	server := httptest.NewServer(w)
	defer server.Close()
	r, err := http.NewRequest(http.MethodGet, server.URL, chunked{strings.NewReader(one)})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("answered %d", res.StatusCode)
	}
}

func gzipped(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// batchOf makes a Confluent batch of n requests, each padded to about size bytes.
func batchOf(n, size int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%c{"topic":"requests","partition":0,"offset":%d,"value":{"schema":"pageinspect.request/v1","url":"https://shop.example/%d","labels":{"x":"%s"}}}`,
			"[,"[min(i, 1)], i, i, strings.Repeat("x", size))
	}
	return b.String() + "]"
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		name, body string
		encoding   string
		status     int
		runs       int
		say        string // of the one failure, if there is one
	}{
		{"gzip", gzipped(t, one), "gzip", 200, 1, ""},
		{"gzip, in capitals", gzipped(t, one), "GZIP", 200, 1, ""},
		{"gzip that nobody named", gzipped(t, one), "", 200, 1, ""},
		{"named identity", one, "identity", 200, 1, ""},
		{"no gzip although named", one, "gzip", 200, 0, "not whole gzip"},
		{"cut-off gzip", gzipped(t, one)[:40], "gzip", 200, 0, "not whole gzip"},
		{"brotli", one, "br", 200, 0, `Content-Encoding: is \"br\"`},
		{"twice", gzipped(t, one), "gzip, gzip", 200, 0, ""},
		{"a gzip bomb", gzipped(t, strings.Repeat(" ", event.MaxBody+1)), "gzip", 413, 0, ""},
		{"100 records, 31 MB", batchOf(100, 310_000), "", 200, 100, ""},
		{"one byte too many", strings.Repeat(" ", event.MaxBody+1), "", 413, 0, ""},
		{"as much as there may be", strings.Repeat(" ", event.MaxBody-len(one)) + one, "", 200, 1, ""},
		{"a byte order mark", "\xef\xbb\xbf" + one, "", 200, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorker(newLeases(t))
			w.begun = make(chan struct{}, 1000)
			w.AtOnce = 16
			close(w.proceed)
			header := []string{}
			if c.encoding != "" {
				header = []string{"Content-Encoding", c.encoding}
			}
			got := send(w, http.MethodPost, c.body, header...)
			if c.name == "twice" { // inflated once it is gzip or JSON; what is in it is what it is
				return
			}
			if got.Code != c.status || int(w.runs.Load()) != c.runs {
				t.Errorf("answered %d %s, %d runs; want %d, %d", got.Code, got.Body, w.runs.Load(), c.status, c.runs)
			}
			if c.say == "" {
				if len(w.errs.msgs) != 0 {
					t.Errorf("recorded %s", w.errs.msgs[0].Value)
				}
				return
			}
			if len(w.errs.msgs) != 1 || !strings.Contains(string(w.errs.msgs[0].Value), c.say) {
				t.Fatalf("recorded %v, want one: …%s…", w.errs.msgs, c.say)
			}
			var f job.Failure
			if err := json.Unmarshal(w.errs.msgs[0].Value, &f); err != nil || string(f.Original()) != c.body && !bytes.Equal(compact(c.body), f.Original()) {
				t.Errorf("the original is %q, %v", f.Original(), err)
			}
		})
	}
}

func compact(s string) []byte {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return nil
	}
	return b.Bytes()
}

// TestLargeRecords: of a batch with records of 12 MB each is recorded by itself,
// whole, and the others are worked on.
func TestLargeRecords(t *testing.T) {
	w := newWorker(newLeases(t))
	close(w.proceed)
	large := fmt.Sprintf(`{"topic":"requests","partition":6,"offset":2,"value":{"schema":"pageinspect.request/v1","url":"https://shop.example/large","labels":{"x":"%s"}}}`, strings.Repeat("x", 12<<20))
	body := batchOf(3, 10)
	got := send(w, http.MethodPost, body[:len(body)-1]+","+large+"]")
	if got.Code != 200 || w.runs.Load() != 3 || len(w.errs.msgs) != 1 {
		t.Fatalf("answered %d, %d runs, %d failures", got.Code, w.runs.Load(), len(w.errs.msgs))
	}
	var f job.Failure
	if err := json.Unmarshal(w.errs.msgs[0].Value, &f); err != nil || f.ID != "requests-6-2" || f.Source.Offset != 2 || f.Source.Partition != 6 {
		t.Errorf("%v: %+v", err, f)
	}
	uri, err := store.ParseURI(f.RequestObject)
	if err != nil {
		t.Fatal(err)
	}
	if b, _, err := w.Leases.Store.Read(t.Context(), uri, event.MaxBody); err != nil || len(b) < 12<<20 || !json.Valid(b) {
		t.Errorf("set aside: %d bytes, %v", len(b), err)
	}
}

// TestNotUTF8: such bytes never become another address, and the errors topic
// stays JSON.
func TestNotUTF8(t *testing.T) {
	for name, body := range map[string]string{
		"CP949 address":    "{\"schema\":\"pageinspect.request/v1\",\"id\":\"p-1\",\"url\":\"https://shop.example/\xbb\xf3\xc7\xb0\"}",
		"latin-1 label":    "{\"schema\":\"pageinspect.request/v1\",\"id\":\"p-1\",\"url\":\"https://shop.example/\",\"labels\":{\"a\":\"caf\xe9\"}}",
		"half a surrogate": `{"schema":"pageinspect.request/v1","id":"p-1","url":"https://shop.example/\ud800"}`,
		"in an envelope":   "[{\"topic\":\"requests\",\"partition\":0,\"offset\":1,\"value\":{\"schema\":\"pageinspect.request/v1\",\"url\":\"https://shop.example/\xbb\xf3\"}}]",
		"UTF-16":           "\xff\xfe{\x00\"\x00",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorker(newLeases(t))
			close(w.proceed)
			if got := send(w, http.MethodPost, body); got.Code != 200 || w.runs.Load() != 0 || len(w.errs.msgs) != 1 {
				t.Fatalf("answered %d %s, %d runs, %d failures", got.Code, got.Body, w.runs.Load(), len(w.errs.msgs))
			}
			record := w.errs.msgs[0].Value
			var f job.Failure
			if err := json.Unmarshal(record, &f); err != nil || f.Kind != fault.Invalid || job.CheckID(f.ID) != nil {
				t.Errorf("%v: %s", err, record)
			}
			if !bytes.Equal(bytes.ToValidUTF8(record, nil), record) {
				t.Errorf("the record is not UTF-8: %q", record)
			}
		})
	}
}

// TestConverters: what a converter made of a record is told with the setting.
func TestConverters(t *testing.T) {
	envelope := func(value string) string {
		return `[{"topic":"requests","partition":0,"offset":1,"value":` + value + `}]`
	}
	for name, c := range map[string]struct{ body, say string }{
		"Schema Registry, bare":   {"\x00\x00\x00\x00\x01\x0cabcdef", "Schema Registry"},
		"Schema Registry, base64": {envelope(`"AAAAAAEMYWJjZGVm"`), "Schema Registry"},
		"schemas.enable":          {`{"schema":{"type":"struct","fields":[]},"payload":{"schema":"pageinspect.request/v1","url":"https://a.example"}}`, "value.converter.schemas.enable=false"},
		"schemas.enable, wrapped": {envelope(`{"schema":null,"payload":{"url":"https://a.example"}}`), "value.converter.schemas.enable=false"},
		"a tombstone":             {envelope("null"), "tombstone"},
		"an empty body":           {"", "tombstone"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorker(newLeases(t))
			if got := send(w, http.MethodPost, c.body); got.Code != 200 || len(w.errs.msgs) != 1 {
				t.Fatalf("answered %d %s, %d failures", got.Code, got.Body, len(w.errs.msgs))
			}
			if record := string(w.errs.msgs[0].Value); !strings.Contains(record, c.say) || !strings.Contains(record, `"kind":"invalid"`) {
				t.Errorf("recorded %s, want …%s…", record, c.say)
			}
		})
	}
}

// TestOneIDOneAddress: in a batch, the later of two requests that give one id to
// two addresses is recorded, naming both, and the first is done.
func TestOneIDOneAddress(t *testing.T) {
	w := newWorker(newLeases(t))
	close(w.proceed)
	other := strings.Replace(one, "/1", "/2", 1)
	for range 3 {
		if got := send(w, http.MethodPost, "["+one+","+other+","+one+"]"); got.Code != 200 {
			t.Fatalf("answered %d %s", got.Code, got.Body)
		}
	}
	if w.runs.Load() != 1 || len(w.errs.msgs) != 3 {
		t.Fatalf("%d runs, %d failures", w.runs.Load(), len(w.errs.msgs))
	}
	for _, m := range w.errs.msgs {
		if s := string(m.Value); !strings.Contains(s, "https://shop.example/1 ") || !strings.Contains(s, "https://shop.example/2;") || !bytes.Equal(m.Value, w.errs.msgs[0].Value) {
			t.Errorf("recorded %s", s)
		}
	}
}

// TestFailureOfLookIsDecidedOnce: what cannot even be looked at fails under an
// id that people can ask for, and its record is repeated, not made anew.
func TestFailureOfLookIsDecidedOnce(t *testing.T) {
	errs := &recorded{}
	h := &Handler{Leases: newLeases(t), Stage: job.StageRecognize, Topic: "errors", Errors: errs, Log: slog.New(slog.DiscardHandler), Now: time.Now, Decode: words,
		Open: func(*Item) Job { return broken{} }}
	for range 2 {
		if got := send(h, http.MethodPost, "x"); got.Code != 200 {
			t.Errorf("answered %d %s", got.Code, got.Body)
		}
	}
	if len(errs.msgs) != 2 || !bytes.Equal(errs.msgs[0].Value, errs.msgs[1].Value) || string(errs.msgs[0].Key) != "0-x" {
		t.Errorf("recorded %v", errs.msgs)
	}
}

// broken is a job that cannot be looked at.
type broken struct{}

func (broken) Ready(context.Context) (func(), error) { return func() {}, nil }

func (broken) Look(context.Context) (lease.Run, bool, error) {
	return lease.Run{Request: "seen"}, false, fault.New(fault.Invalid, "no manifest")
}

func (broken) Do(context.Context, *lease.Lease) error { return errors.New("never done") }
