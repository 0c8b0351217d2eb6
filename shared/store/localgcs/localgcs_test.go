package localgcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"go.uber.org/goleak"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
)

const bucket = "test-pages"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serveAsChild(dir)
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	cfg.Buckets = []string{bucket, "test-quiet"}
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func dial(t testing.TB, s *Server) *store.Client {
	t.Helper()
	client, err := store.New(t.Context(), store.Config{EmulatorHost: s.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func at(name string) store.URI { return store.URI{Bucket: bucket, Object: name} }

func put(t testing.TB, c *store.Client, name, data string) store.Attrs {
	t.Helper()
	a, err := c.Put(t.Context(), at(name), "application/json", []byte(data), map[string]string{"k": "v"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// receiver is a function's stand-in: it decodes what arrives as a function does.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(f event.Finalized) int // nil: 204
	got      []event.Finalized
	failures []string
}

func newReceiver(t testing.TB, answer func(event.Finalized) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.Close()
		for _, f := range r.failures {
			t.Error(f)
		}
	})
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil { // the sender was killed
		return
	}
	f, err := event.Finalization(req.Header, body)
	code := http.StatusNoContent
	if r.answer != nil {
		code = r.answer(f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failures = append(r.failures, err.Error())
	}
	if code/100 == 2 {
		r.got = append(r.got, f)
	}
	if code/100 == 3 {
		w.Header().Set("Location", r.URL+"/elsewhere")
	}
	w.WriteHeader(code)
}

func (r *receiver) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, f := range r.got {
		names = append(names, f.Object)
	}
	slices.Sort(names)
	return names
}

func wait(t testing.TB, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func sameStrings(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// eachKind runs a test in memory and on disk.
func eachKind(t *testing.T, test func(t *testing.T, dir string)) {
	t.Run("memory", func(t *testing.T) { test(t, "") })
	t.Run("directory", func(t *testing.T) { test(t, t.TempDir()) })
}

func TestNotifiesOfWhatIsCompleted(t *testing.T) {
	eachKind(t, func(t *testing.T, dir string) {
		r := newReceiver(t, nil)
		s := start(t, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
		c := dial(t, s)
		a := put(t, c, "p-1 한글/a+b.json", "{}")
		wait(t, s)
		if len(r.got) != 1 {
			t.Fatalf("%d notifications, want 1", len(r.got))
		}
		f := r.got[0]
		if f.Bucket != bucket || f.Object != a.Object || f.Generation != a.Generation || f.ContentType != "application/json" ||
			f.Size != 2 || f.CRC32C != store.CRC32CBase64([]byte("{}")) || f.Via != event.ViaEventarc {
			t.Errorf("notified of %+v, stored %+v", f, a)
		}

		gcs, err := storage.NewClient(t.Context(), clientOptions(s)...)
		if err != nil {
			t.Fatal(err)
		}
		defer gcs.Close()
		b := gcs.Bucket(bucket)

		// A resumable upload in three parts is one object.
		w := b.Object("resumed").NewWriter(t.Context())
		w.ChunkSize = 256 << 10
		_, err = w.Write(make([]byte, 600<<10))
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		wait(t, s)
		sameStrings(t, r.names(), a.Object, "resumed")
		if f := r.got[1]; f.Size != 600<<10 {
			t.Errorf("notified of %d bytes, want %d", f.Size, 600<<10)
		}

		if _, err := b.Object("copied").CopierFrom(b.Object("resumed")).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Object("composed").ComposerFrom(b.Object("resumed"), b.Object("copied")).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		wait(t, s)
		sameStrings(t, r.names(), "composed", "copied", a.Object, "resumed")

		// None of these completes an object of this bucket.
		_, err = c.Create(t.Context(), at("copied"), "text/plain", nil, nil)
		if !errors.Is(err, store.ErrExists) {
			t.Fatal(err)
		}
		if _, err := c.Create(t.Context(), store.URI{Bucket: "test-quiet", Object: "o"}, "text/plain", nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Delete(t.Context(), at("copied")); err != nil {
			t.Fatal(err)
		}
		wait(t, s)
		if n := len(r.names()); n != 4 {
			t.Errorf("%d notifications, want 4", n)
		}
		if dir != "" {
			sameStrings(t, journalFiles(t, dir))
		}
	})
}

func TestRepeatsUntilAcknowledged(t *testing.T) {
	tries := 0
	r := newReceiver(t, func(event.Finalized) int {
		tries++ // deliveries of one event come one after the other
		return []int{http.StatusServiceUnavailable, http.StatusBadRequest, http.StatusMovedPermanently, http.StatusOK}[tries-1]
	})
	s := start(t, Config{Notify: map[string]string{bucket: r.URL}})
	put(t, dial(t, s), "p", "{}")
	wait(t, s)
	sameStrings(t, r.names(), "p")
	if tries != 4 {
		t.Errorf("acknowledged at try %d, want 4", tries)
	}
}

func TestBoundsDeliveries(t *testing.T) {
	var mu sync.Mutex
	under, most := 0, 0
	full := make(chan struct{})
	r := newReceiver(t, func(event.Finalized) int {
		mu.Lock()
		under++
		most = max(most, under)
		if under == 3 && most == 3 {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full // until three are under way at once
		mu.Lock()
		under--
		mu.Unlock()
		return http.StatusOK
	})
	s := start(t, Config{Deliveries: 3, Notify: map[string]string{bucket: r.URL}})
	c := dial(t, s)
	for n := range 20 {
		put(t, c, fmt.Sprint(n), "{}")
	}
	wait(t, s)
	if most != 3 {
		t.Errorf("%d deliveries at once, want 3", most)
	}
}

func TestWaitsForAnAddress(t *testing.T) {
	r := newReceiver(t, nil)
	s := start(t, Config{Notify: map[string]string{bucket: ""}})
	put(t, dial(t, s), "p", "{}")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Idle(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("idle with a notification that waits: %v", err)
	}
	s.SetNotify(bucket, r.URL)
	wait(t, s)
	sameStrings(t, r.names(), "p")
}

func TestKeepsEverythingOverARestart(t *testing.T) {
	dir := t.TempDir()
	r := newReceiver(t, func(event.Finalized) int { return http.StatusServiceUnavailable })
	s := start(t, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
	c := dial(t, s)
	a := put(t, c, "x/p.json", "{}")
	put(t, c, "gone.json", "{}")
	if err := c.Delete(t.Context(), at("gone.json")); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if n := len(journalFiles(t, dir)); n != 2 {
		t.Errorf("%d notifications in the journal, want 2", n)
	}

	r = newReceiver(t, nil)
	s = start(t, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
	c = dial(t, s)
	stat, err := c.Stat(t.Context(), a.URI)
	if err != nil || stat.Generation != a.Generation || stat.CRC32C != a.CRC32C || stat.ContentType != a.ContentType ||
		stat.Metadata["k"] != "v" || !stat.Created.Equal(a.Created) {
		t.Errorf("after a restart %+v, %v; before %+v", stat, err, a)
	}
	wait(t, s)
	sameStrings(t, r.names(), "x/p.json") // what is gone is not told of
	if f := r.got[0]; f.Generation != a.Generation || f.CRC32C != store.CRC32CBase64([]byte("{}")) || f.ContentType != a.ContentType {
		t.Errorf("notified of %+v, stored %+v", f, a)
	}
	sameStrings(t, journalFiles(t, dir))
}

func TestOpen(t *testing.T) {
	eachKind(t, func(t *testing.T, dir string) {
		s := start(t, Config{Dir: dir})
		put(t, dial(t, s), "p", "data")
		if data, err := s.Open(t.Context(), at("p").String()); err != nil || string(data) != "data" {
			t.Errorf("%q, %v", data, err)
		}
		for uri, want := range map[string]error{"gs://" + bucket + "/absent": store.ErrNotExist, "p": nil, "gs://" + bucket + "/../x": nil} {
			if _, err := s.Open(t.Context(), uri); fault.KindOf(err) != fault.Invalid || want != nil && !errors.Is(err, want) {
				t.Errorf("%s: %v", uri, err)
			}
		}
	})
}

// TestEveryAddress: what listens at every address, in a container, names itself and
// is called 127.0.0.1.
func TestEveryAddress(t *testing.T) {
	s := start(t, Config{Addr: "0.0.0.0:0"})
	if !strings.HasPrefix(s.Endpoint(), "127.0.0.1:") {
		t.Fatalf("it is at %s", s.Endpoint())
	}
	put(t, dial(t, s), "p", "data") // by that name
	for host, want := range map[string]int{"": http.StatusOK, "localhost:5000": http.StatusOK, "172.17.0.2:4443": http.StatusForbidden, "shop.example": http.StatusForbidden} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Endpoint()+"/storage/v1/b/"+bucket+"/o", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("asked for as %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	s := start(t, Config{})
	_, err := Start(Config{Addr: s.Endpoint()})
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), s.Endpoint()+" is in use") {
		t.Errorf("error %v", err)
	}
	if _, err := Start(Config{Addr: "no address"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("error %v", err)
	}
	if _, err := Start(Config{Buckets: []string{"../x"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("error %v", err)
	}
}

func BenchmarkCreate(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "directory": b.TempDir()} {
		b.Run(name, func(b *testing.B) {
			r := newReceiver(b, nil)
			s := start(b, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
			c := dial(b, s)
			data := make([]byte, 3500)
			var mu sync.Mutex
			n := 0
			b.SetParallelism(4)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					n++
					uri := at(fmt.Sprintf("%s-%d-%d.json", b.Name()[10:], b.N, n))
					mu.Unlock()
					if _, err := c.Create(context.Background(), uri, "application/json", data, nil); err != nil {
						b.Error(err)
					}
				}
			})
			b.StopTimer()
			wait(b, s)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}
