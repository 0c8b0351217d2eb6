package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestServeSurvivesKill submits pages to a local cloud, kills it with SIGKILL
// when a quarter is done, starts it again on the same state, and demands
// exactly one result for each page. KILL_PAGES says how many (make chaos: 50).
func TestServeSurvivesKill(t *testing.T) {
	wholeProgram(t)
	pages := 16
	if n, err := strconv.Atoi(os.Getenv("KILL_PAGES")); err == nil {
		pages = n
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>%s</title><body style='font:40px sans-serif'>PAGE %s", r.URL.Path, r.URL.Path[1:])
	}))
	defer site.Close()

	dir := t.TempDir()
	addr := map[string]string{}
	args := []string{"serve", "--quiet", "--state", dir, "--allow", site.Listener.Addr().String()}
	for _, part := range []string{"kafka", "storage", "vision", "capture", "recognize"} {
		addr[part] = freeAddress(t)
		args = append(args, "--"+part, addr[part])
	}
	kafka := topic.Config{Brokers: []string{addr["kafka"]}}

	server := startServe(t, args)
	list := filepath.Join(dir, "urls.txt")
	var urls strings.Builder
	for i := range pages {
		fmt.Fprintf(&urls, "{\"id\":\"p-%d\",\"url\":\"%s/p-%d\"}\n", i, site.URL, i)
	}
	if err := os.WriteFile(list, []byte(urls.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KAFKA_BROKERS", addr["kafka"])
	if code, _, stderr := pageinspect(t, "submit", "--file", list); code != 0 {
		t.Fatalf("submit: exit %d: %s", code, stderr)
	}
	waitForResults(t, kafka, pages/4)
	server.Process.Kill() //nolint:errcheck // SIGKILL; Wait tells
	server.Wait()         //nolint:errcheck // it was killed

	server = startServe(t, args)
	events := waitForResults(t, kafka, pages)
	for id, n := range events {
		if n > 1 {
			t.Logf("%s was announced %d times, which consumers tell by its id", id, n)
		}
	}
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: addr["storage"]})
	if err != nil {
		t.Fatal(err)
	}
	defer objects.Close()
	got := map[string]int{}
	for a, err := range objects.List(t.Context(), localcloud.Results, "") {
		if err != nil {
			t.Fatal(err)
		}
		if id, file, _ := strings.Cut(a.Object, "/"); file == "result.json" {
			got[id]++
		}
	}
	if len(got) != pages {
		t.Errorf("%d result objects for %d pages", len(got), pages)
	}
	for i := range pages {
		if got[fmt.Sprintf("p-%d", i)] != 1 {
			t.Errorf("p-%d has %d results", i, got[fmt.Sprintf("p-%d", i)])
		}
	}
	if err := topic.Scan(t.Context(), kafka, localcloud.ErrorsTopic, func(m topic.Message) error {
		return fmt.Errorf("a failure was recorded: %s", m.Value)
	}); err != nil {
		t.Error(err)
	}
	server.Process.Signal(os.Interrupt) //nolint:errcheck // Wait tells
	if err := server.Wait(); err != nil {
		t.Errorf("serve did not stop cleanly: %v", err)
	}
}

func freeAddress(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// startServe starts the local cloud and returns when it is up.
func startServe(t *testing.T, args []string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs, "pageinspect"), args...)
	up := make(chan struct{})
	out := &awaiting{text: "is up", found: up}
	var stderr writer
	cmd.Stdout, cmd.Stderr = out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		if t.Failed() {
			t.Logf("serve said: %s", stderr.String())
		}
	})
	select {
	case <-up:
	case <-time.After(2 * time.Minute):
		t.Fatalf("serve is not up after 2 minutes: %s", stderr.String())
	}
	return cmd
}

// awaiting closes found when text has been written.
type awaiting struct {
	mu    sync.Mutex
	all   strings.Builder
	text  string
	found chan struct{}
	done  bool
}

func (a *awaiting) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all.Write(b)
	if !a.done && strings.Contains(a.all.String(), a.text) {
		a.done = true
		close(a.found)
	}
	return len(b), nil
}

// String is all that was written.
func (a *awaiting) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all.String()
}

// waitForResults follows the results topic until so many pages have a result,
// and returns how often each was announced.
func waitForResults(t *testing.T, kafka topic.Config, pages int) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	var mu sync.Mutex // Follow reads the partitions side by side
	seen := map[string]int{}
	topic.Follow(ctx, kafka, localcloud.ResultsTopic, nil, func(m topic.Message) error { //nolint:errcheck // ends with ctx; the count tells
		mu.Lock()
		defer mu.Unlock()
		var r result.Result
		if err := json.Unmarshal(m.Value, &r); err != nil {
			return err
		}
		if seen[r.ID]++; len(seen) == pages {
			cancel()
		}
		return nil
	})
	mu.Lock()
	defer mu.Unlock()
	if len(seen) < pages {
		t.Fatalf("%d of %d pages have a result", len(seen), pages)
	}
	return seen
}
