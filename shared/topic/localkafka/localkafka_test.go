package localkafka_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// dirVariable makes this test binary the process that is killed; see serveUntilKilled.
const dirVariable = "LOCALKAFKA_TEST_DIR"

const partitions = 3

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		if err := serveUntilKilled(dir); err != nil {
			fmt.Println("error", err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, cfg localkafka.Config) (*localkafka.Broker, topic.Config) {
	t.Helper()
	b, err := localkafka.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, topic.Config{Brokers: []string{b.Addr()}}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// serveUntilKilled runs a broker, publishes to it from several goroutines and
// consumes what it published, and prints "acked VALUE" and "committed
// PARTITION NEXT" after the broker said so.
func serveUntilKilled(dir string) error {
	b, err := localkafka.Start(localkafka.Config{Dir: dir, Topics: map[string]int{"t": partitions}})
	if err != nil {
		return err
	}
	cfg := topic.Config{Brokers: []string{b.Addr()}}
	w, err := topic.NewWriter(cfg)
	if err != nil {
		return err
	}
	g, err := topic.NewGroup(cfg, "g", "t")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // outlives no test
	defer cancel()
	failed := make(chan error)
	for i := range 4 {
		go func() {
			for j := 0; ; j++ {
				v := fmt.Appendf(nil, "%d-%d-%d", os.Getpid(), i, j)
				if err := w.Publish(ctx, topic.Message{Topic: "t", Key: v, Value: v}); err != nil {
					failed <- err
					return
				}
				fmt.Printf("acked %s\n", v)
			}
		}()
	}
	go func() {
		for {
			m, err := g.Fetch(ctx)
			if err == nil {
				err = g.Commit(ctx, m)
			}
			if err != nil {
				failed <- err
				return
			}
			fmt.Printf("committed %d %d\n", m.Partition, m.Offset+1)
		}
	}()
	return <-failed
}

// TestKilled: a process is killed while it publishes and commits, twice on the
// same directory; everything that it said was acknowledged or committed is so.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	acked := map[string]bool{}
	committed := map[int]int64{}
	for range 2 {
		killWhilePublishing(t, dir, acked, committed)
	}
	_, cfg := start(t, localkafka.Config{Dir: dir})

	lost := maps.Clone(acked)
	if err := topic.Scan(soon(t), cfg, "t", func(m topic.Message) error {
		delete(lost, string(m.Value))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(lost) > 0 {
		t.Errorf("%d of %d acknowledged messages are lost", len(lost), len(acked))
	}

	// One message more in each partition, so that there is something to fetch.
	end, err := topic.End(soon(t), cfg, "t")
	if err != nil {
		t.Fatal(err)
	}
	publishEverywhere(t, cfg, end)
	g, err := topic.NewGroup(cfg, "g", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	joining := time.Now()
	first := map[int]int64{}
	for len(first) < partitions {
		m, err := g.Fetch(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if len(first) == 0 {
			t.Logf("the group had its first message %s after the restart", time.Since(joining))
		}
		if _, ok := first[m.Partition]; !ok {
			first[m.Partition] = m.Offset
		}
	}
	for p, next := range committed {
		if first[p] < next {
			t.Errorf("partition %d: the group begins at %d although it had committed up to %d", p, first[p], next)
		}
	}
	if len(acked) < 200 || len(committed) < partitions {
		t.Errorf("%d messages and %d partitions are too few to prove anything", len(acked), len(committed))
	}
}

// publishEverywhere publishes until every partition has grown past end.
func publishEverywhere(t *testing.T, cfg topic.Config, end topic.Offsets) {
	t.Helper()
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, grown := 0, 0; grown < partitions; i++ {
		var msgs []topic.Message
		for j := range 10 {
			msgs = append(msgs, topic.Message{Topic: "t", Key: fmt.Append(nil, i, j)})
		}
		if err := w.Publish(soon(t), msgs...); err != nil {
			t.Fatal(err)
		}
		now, err := topic.End(soon(t), cfg, "t")
		if err != nil {
			t.Fatal(err)
		}
		grown = 0
		for p := range now {
			if now[p] > end[p] {
				grown++
			}
		}
	}
}

// killWhilePublishing notes what a new process says until it has said enough and is killed.
func killWhilePublishing(t *testing.T, dir string, acked map[string]bool, committed map[int]int64) {
	t.Helper()
	cmd := exec.CommandContext(soon(t), os.Args[0])
	cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); {
		var value string
		var p int
		var next int64
		switch line := lines.Text(); {
		case scanned(fmt.Sscanf(line, "acked %s", &value)):
			acked[value] = true
			n++
		case scanned(fmt.Sscanf(line, "committed %d %d", &p, &next)):
			committed[p] = max(next, committed[p])
		case strings.HasPrefix(line, "error"):
			t.Error(line)
		}
		// What it says after the signal was sent counts as well.
		if n >= 300 && len(committed) == partitions {
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != -1 {
		t.Errorf("the process was to be killed and ended by itself: %v", err)
	}
}

func scanned(_ int, err error) bool { return err == nil }

// TestRestart: after a clean end too, and on the same port, everything is there,
// topics that are new are made, and a group need not wait for members of before.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	b, cfg := start(t, localkafka.Config{Dir: dir, Topics: map[string]int{"t": 1}})
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"a", "b"} {
		if err := w.Publish(soon(t), topic.Message{Topic: "t", Value: []byte(v)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	old, err := topic.NewGroup(cfg, "g", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	m, err := old.Fetch(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Commit(soon(t), m); err != nil {
		t.Fatal(err)
	}
	b.Close() // while the member is there
	old.Close()

	_, again := start(t, localkafka.Config{Dir: dir, Addr: b.Addr(), Topics: map[string]int{"t": 5, "new": 2}})
	if again.Brokers[0] != cfg.Brokers[0] {
		t.Errorf("restarted at %s, want %s", again.Brokers[0], cfg.Brokers[0])
	}
	g, err := topic.NewGroup(again, "g", "t")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	joining := time.Now()
	m, err = g.Fetch(soon(t))
	if err != nil || string(m.Value) != "b" {
		t.Errorf("the group goes on with %q (%v), want b", m.Value, err)
	}
	// The sessions of members expire after six seconds at the earliest.
	if took := time.Since(joining); took > 5*time.Second {
		t.Errorf("the group waited %s for a member that is gone", took)
	}
	for name, want := range map[string]int{"t": 1, "new": 2} {
		if end, err := topic.End(soon(t), again, name); err != nil || len(end) != want {
			t.Errorf("topic %s has ends %v (%v), want %d partitions", name, end, err, want)
		}
	}
}

func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	usedDir := t.TempDir()
	start(t, localkafka.Config{Dir: usedDir})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "meta.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		cfg  localkafka.Config
		want []string
	}{
		"port in use":         {localkafka.Config{Addr: taken.Addr().String()}, []string{taken.Addr().String() + " is in use", "choose another port"}},
		"directory in use":    {localkafka.Config{Dir: usedDir}, []string{usedDir + " is in use", "choose another directory"}},
		"directory is a file": {localkafka.Config{Dir: file}, []string{file}},
		"damaged":             {localkafka.Config{Dir: damaged}, []string{damaged, "move it away"}},
		"no address":          {localkafka.Config{Addr: "nowhere"}, []string{"nowhere"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := localkafka.Start(test.cfg)
			if err == nil {
				b.Close()
			}
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v, want an invalid", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
		})
	}
	t.Run("a failed start holds nothing", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := localkafka.Start(localkafka.Config{Dir: dir, Addr: taken.Addr().String()}); err == nil {
			t.Fatal("the port is taken and yet it starts")
		}
		start(t, localkafka.Config{Dir: dir})
	})
}

// TestEveryAddress: a broker that listens at every address, in a container, has its
// clients call 127.0.0.1.
func TestEveryAddress(t *testing.T) {
	b, cfg := start(t, localkafka.Config{Addr: "0.0.0.0:0", Topics: map[string]int{"t": 1}})
	if !strings.HasPrefix(b.Addr(), "127.0.0.1:") {
		t.Fatalf("it is at %s", b.Addr())
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	told, err := kmsg.NewPtrMetadataRequest().RequestWith(soon(t), client)
	if err != nil {
		t.Fatal(err)
	}
	for _, broker := range told.Brokers {
		if at := fmt.Sprintf("%s:%d", broker.Host, broker.Port); at != b.Addr() {
			t.Errorf("clients are told %s, want %s", at, b.Addr())
		}
	}
	if len(told.Brokers) != 1 {
		t.Errorf("there are %d brokers", len(told.Brokers))
	}
}

func TestCloseTwice(t *testing.T) {
	b, cfg := start(t, localkafka.Config{})
	b.Close()
	b.Close()
	if err := topic.Ping(soon(t), cfg); err == nil {
		t.Error("a closed broker answers")
	}
}
