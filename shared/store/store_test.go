package store_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/store/storetest"
)

const bucket = "test-bucket"

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

func newClient(t *testing.T, host string) *store.Client {
	t.Helper()
	client, err := store.New(t.Context(), store.Config{EmulatorHost: host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func startStandIn(t *testing.T, dir string) *localgcs.Server {
	t.Helper()
	server, err := localgcs.Start(localgcs.Config{Dir: dir, Buckets: []string{bucket}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return server
}

func TestConformance(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		storetest.Conformance(t, func(t *testing.T) (storetest.Store, string) {
			return newClient(t, startStandIn(t, "").Endpoint()), bucket
		})
	})
	t.Run("directory", func(t *testing.T) {
		storetest.Conformance(t, func(t *testing.T) (storetest.Store, string) {
			return newClient(t, startStandIn(t, t.TempDir()).Endpoint()), bucket
		})
	})
	if name := os.Getenv("PAGEINSPECT_TEST_BUCKET"); name != "" {
		t.Run("real", func(t *testing.T) {
			storetest.Conformance(t, func(t *testing.T) (storetest.Store, string) { return newClient(t, ""), name })
		})
	}
}

// lossy is a stand-in that carries requests out, but the answers to the next
// drop uploads and deletes get lost.
func lossy(t *testing.T) (client *store.Client, drop *atomic.Int64) {
	t.Helper()
	server := startStandIn(t, "")
	drop = new(atomic.Int64)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (strings.HasPrefix(r.URL.Path, "/upload/") || r.Method == http.MethodDelete) && drop.Add(-1) >= 0 {
			server.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return newClient(t, front.URL), drop
}

func TestLostAnswer(t *testing.T) {
	t.Parallel()
	uri := store.URI{Bucket: bucket, Object: "o"}
	put := func(t *testing.T, client *store.Client, data string) store.Attrs {
		t.Helper()
		a, err := client.Put(t.Context(), uri, "text/plain", []byte(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Run("of a create", func(t *testing.T) {
		t.Parallel()
		client, drop := lossy(t)
		drop.Store(1)
		created, err := client.Create(t.Context(), uri, "text/plain", []byte("data"), nil)
		if err != nil {
			t.Fatalf("a create that was carried out: %v", err)
		}
		if stat, err := client.Stat(t.Context(), uri); err != nil || stat.Generation != created.Generation {
			t.Errorf("stat %+v, %v; create told of generation %d", stat, err, created.Generation)
		}
	})
	t.Run("of a create that came too late", func(t *testing.T) {
		t.Parallel()
		client, drop := lossy(t)
		put(t, client, "somebody else's")
		drop.Store(1)
		if _, err := client.Create(t.Context(), uri, "text/plain", []byte("data"), nil); !errors.Is(err, store.ErrExists) {
			t.Errorf("error %v, want ErrExists", err)
		}
	})
	t.Run("of a replace", func(t *testing.T) {
		t.Parallel()
		client, drop := lossy(t)
		first := put(t, client, "data")
		drop.Store(1)
		second, err := client.Replace(t.Context(), uri, first.Generation, "text/plain", []byte("data"), nil)
		if err != nil || second.Generation == first.Generation {
			t.Errorf("replaced %d by %d: %v", first.Generation, second.Generation, err)
		}
	})
	t.Run("of a replace that came too late", func(t *testing.T) {
		t.Parallel()
		client, drop := lossy(t)
		first := put(t, client, "data")
		put(t, client, "somebody else's")
		drop.Store(1)
		if _, err := client.Replace(t.Context(), uri, first.Generation, "text/plain", []byte("data"), nil); !errors.Is(err, store.ErrChanged) {
			t.Errorf("error %v, want ErrChanged", err)
		}
	})
	t.Run("of a delete", func(t *testing.T) {
		t.Parallel()
		client, drop := lossy(t)
		put(t, client, "data")
		drop.Store(1)
		if err := client.Delete(t.Context(), uri); err != nil {
			t.Errorf("a delete that was carried out: %v", err)
		}
	})
}

func TestAnswersHaveKinds(t *testing.T) {
	t.Parallel()
	uri := store.URI{Bucket: bucket, Object: "o"}
	for _, tt := range []struct {
		code  int
		kind  fault.Kind
		tries int64
		says  string
	}{
		{http.StatusBadRequest, fault.Invalid, 1, ""},
		{http.StatusUnauthorized, fault.Transient, 1, "roles/storage.objectUser"},
		{http.StatusForbidden, fault.Transient, 1, "roles/storage.objectUser"},
		{http.StatusNotFound, fault.Transient, 1, "no such bucket"},
		{http.StatusRequestTimeout, fault.Transient, 5, ""},
		{http.StatusTooManyRequests, fault.Transient, 5, ""},
		{http.StatusInternalServerError, fault.Transient, 5, ""},
		{http.StatusServiceUnavailable, fault.Transient, 5, ""},
		{http.StatusTeapot, fault.Internal, 1, ""},
		{0, fault.Transient, 5, "did not answer"},
	} {
		t.Run(http.StatusText(tt.code), func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tries.Add(1)
				if tt.code == 0 {
					panic(http.ErrAbortHandler)
				}
				http.Error(w, "refused", tt.code)
			}))
			t.Cleanup(server.Close)
			_, err := newClient(t, server.URL).Create(t.Context(), uri, "text/plain", []byte("data"), nil)
			if err == nil || fault.KindOf(err) != tt.kind || tries.Load() != tt.tries ||
				!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), uri.String()) {
				t.Errorf("%d: %v is %q after %d tries; want %q after %d, and %q said", tt.code, err, fault.KindOf(err), tries.Load(), tt.kind, tt.tries, tt.says)
			}
		})
	}
}

// An answer that changes on the way must not pass for the object.
func TestReadChecksTheSum(t *testing.T) {
	t.Parallel()
	server := startStandIn(t, "")
	uri := store.URI{Bucket: bucket, Object: "o"}
	if _, err := newClient(t, server.Endpoint()).Create(t.Context(), uri, "text/plain", []byte("whole"), nil); err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		body := answer.Body.Bytes()
		if reads.Add(1) == 1 {
			body[0] ^= 1
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(front.Close)
	data, _, err := newClient(t, front.URL).Read(t.Context(), uri, 100)
	if err != nil || string(data) != "whole" || reads.Load() != 2 {
		t.Errorf("read %q after %d tries: %v; want it whole after two", data, reads.Load(), err)
	}
}

func TestWithoutCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/absent.json")
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	cfg, err := store.LoadConfig()
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.New(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "STORAGE_EMULATOR_HOST") || !strings.Contains(err.Error(), "GOOGLE_APPLICATION_CREDENTIALS") {
		t.Errorf("error %v does not say what to set", err)
	}
}

func TestLoadConfig(t *testing.T) {
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:4443")
	cfg, err := store.LoadConfig()
	if err != nil || cfg.EmulatorHost != "127.0.0.1:4443" {
		t.Fatalf("%+v, %v", cfg, err)
	}
	for host, ok := range map[string]bool{"127.0.0.1:1": true, "http://127.0.0.1:1": true, "http://": false, "http://a b": false} {
		client, err := store.New(t.Context(), store.Config{EmulatorHost: host})
		if (err == nil) != ok {
			t.Errorf("%q: %v", host, err)
		}
		if err == nil {
			if client.Emulator() != host {
				t.Errorf("emulator is %q", client.Emulator())
			}
			client.Close()
		} else if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v is %q", host, err, fault.KindOf(err))
		}
	}
}

func TestURI(t *testing.T) {
	for s, want := range map[string]store.URI{
		"gs://pages/p-1.json":   {Bucket: "pages", Object: "p-1.json"},
		"gs://a.b_c-d/x/y z#1?": {Bucket: "a.b_c-d", Object: "x/y z#1?"},
		"gs://pages//lead":      {Bucket: "pages", Object: "/lead"},
		"":                      {},
		"pages/p":               {},
		"s3://pages/p":          {},
		"gs://pages":            {},
		"gs://pages/":           {},
		"gs:///p":               {},
		"gs://Pages/p":          {},
		"gs://pages/..":         {},
		"gs://pages/a\nb":       {},
		"gs://pages/a\xffb":     {},
		"gs://pages/" + strings.Repeat("x", 1025): {},
	} {
		got, err := store.ParseURI(s)
		if got != want || (err == nil) != (want != store.URI{}) {
			t.Errorf("%q: %+v, %v; want %+v", s, got, err, want)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: kind %q", s, fault.KindOf(err))
		}
	}
}

func TestURIRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`gs://[a-z0-9._/-]{1,80}`).Draw(t, "uri")
		if u, err := store.ParseURI(s); err == nil && u.String() != s {
			t.Fatalf("%q became %q", s, u)
		}
	})
}

func FuzzParseURI(f *testing.F) {
	f.Add("gs://bucket/object")
	f.Add("gs://bucket/\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := store.ParseURI(s); err == nil && u.String() != s {
			t.Errorf("%q became %q", s, u)
		}
	})
}

// The sum of the nine digits is CRC-32C's published check value, e3069283.
func TestCRC32CBase64(t *testing.T) {
	if got := store.CRC32CBase64([]byte("123456789")); got != "4waSgw==" {
		t.Errorf("got %s, want 4waSgw==", got)
	}
}
