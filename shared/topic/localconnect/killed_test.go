package localconnect_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localconnect"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// These make this test binary the process that is killed; see serveUntilKilled.
const (
	dirVariable = "LOCALCONNECT_TEST_DIR"
	urlVariable = "LOCALCONNECT_TEST_URL"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		fmt.Fprintln(os.Stderr, "ended:", serveUntilKilled(dir, os.Getenv(urlVariable)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// serveUntilKilled is a broker and a connector in one process, as the command runs them.
func serveUntilKilled(dir, url string) error {
	b, err := localkafka.Start(localkafka.Config{Dir: dir})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) // outlives no test
	defer cancel()
	return localconnect.Run(ctx, localconnect.Config{
		Kafka: topic.Config{Brokers: []string{b.Addr()}}, Group: group, Topic: requests, URL: url,
		Tasks: 2, InFlight: 3, Backoff: time.Millisecond,
		DeadLetter: func(_ context.Context, m topic.Message, err error) error {
			return fmt.Errorf("%s must not be dead-lettered: %w", m.Value, err)
		},
	})
}

// TestKilled kills a broker and its connector several times mid-way; in the end
// the function has seen everything, and most of it once.
func TestKilled(t *testing.T) {
	const n = 200
	dir := t.TempDir()
	b, err := localkafka.Start(localkafka.Config{Dir: dir, Topics: map[string]int{requests: 4}})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, topic.Config{Brokers: []string{b.Addr()}}, numbers(0, n)...)
	b.Close()

	f := newFunction(t, func(w http.ResponseWriter, r *http.Request, value string, before int) {
		if before == 0 && len(value)%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable) // some are in a pause when the process dies
		}
	})
	spawn := func() (kill func()) {
		cmd := exec.CommandContext(soon(t), os.Args[0])
		cmd.Env = append(os.Environ(), dirVariable+"="+dir, urlVariable+"="+f.URL)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	for _, after := range []int{1, 60, 130} {
		kill := spawn()
		f.await(t, "some", func(seen []string) bool { return len(seen) >= after })
		kill()
	}
	kill := spawn()
	defer kill()
	f.await(t, "all", all(numbers(0, n)))
}
