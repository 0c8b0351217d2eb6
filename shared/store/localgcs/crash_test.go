package localgcs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/xattr"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/store"
)

func journalFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(dir, journalDir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, c *store.Client) []string {
	t.Helper()
	var names []string
	for a, err := range c.List(t.Context(), bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, a.Object)
	}
	return names
}

// TestRepairs makes the states that a kill leaves between two steps of a
// write, in the layout that fakestorage really has.
func TestRepairs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		breaks func(t *testing.T, s *Server, old string) // old: file of the object "old"
		want   map[string]string                         // objects afterwards
		told   []string
	}{
		{"create begun", func(t *testing.T, s *Server, old string) {
			begin(t, s, "new")
		}, map[string]string{"old": "old data"}, nil},
		{"create without attributes", func(t *testing.T, s *Server, old string) {
			begin(t, s, "new")
			write(t, s.path(ref{bucket, "new"}), "new data")
		}, map[string]string{"old": "old data"}, nil},
		{"overwrite begun", func(t *testing.T, s *Server, old string) {
			begin(t, s, "old")
		}, map[string]string{"old": "old data"}, []string{"old"}},
		{"overwrite without attributes", func(t *testing.T, s *Server, old string) {
			begin(t, s, "old")
			write(t, old+".tmp", "new data")
			if err := os.Rename(old+".tmp", old); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"old": "old data"}, []string{"old"}},
		{"two of one object under way", func(t *testing.T, s *Server, old string) {
			begin(t, s, "old")
			if err := s.journal.keepNoOld(entry{number: s.journal.last.Load()}); err != nil {
				t.Fatal(err) // the first is done and not yet told of
			}
			begin(t, s, "old")
			write(t, old+".tmp", "new data")
			if err := os.Rename(old+".tmp", old); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"old": "old data"}, []string{"old"}},
		{"undo cut off", func(t *testing.T, s *Server, old string) {
			begin(t, s, "old")
			if err := os.Remove(old); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"old": "old data"}, []string{"old"}},
		{"temporary files", func(t *testing.T, s *Server, old string) {
			write(t, filepath.Join(filepath.Dir(old), ".old123456"), "old da")
			write(t, filepath.Join(s.dir, journalDir, "7.new"), `{"buck`)
			write(t, filepath.Join(s.dir, journalDir, "8.old"), `x`)
		}, map[string]string{"old": "old data"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, Config{Dir: dir})
			a := put(t, dial(t, s), "old", "old data")
			tt.breaks(t, s, s.path(ref{bucket, "old"}))
			stop(t, s)

			r := newReceiver(t, nil)
			s = start(t, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
			c := dial(t, s)
			sameStrings(t, listed(t, c), "old")
			for name, want := range tt.want {
				data, attrs, err := c.Read(t.Context(), at(name), 100)
				if err != nil || string(data) != want || attrs.Generation != a.Generation {
					t.Errorf("%s is %q in generation %d, %v; want %q in %d", name, data, attrs.Generation, err, want, a.Generation)
				}
			}
			wait(t, s)
			names := map[string]bool{}
			for _, name := range r.names() {
				names[name] = true
			}
			if len(names) != len(tt.told) {
				t.Errorf("told of %v, want %v", names, tt.told)
			}
			// Writing goes on, over what was left too.
			if _, err := c.Create(t.Context(), at("new"), "text/plain", []byte("x"), nil); err != nil {
				t.Error(err)
			}
			put(t, c, "old", "newer")
			wait(t, s)
			if files := journalFiles(t, dir); strings.Contains(fmt.Sprint(files), entrySuffix) {
				t.Errorf("the journal still has %v", files)
			}
		})
	}
}

func begin(t *testing.T, s *Server, name string) {
	t.Helper()
	if _, err := s.journal.begin(ref{bucket, name}, s.path(ref{bucket, name})); err != nil {
		t.Fatal(err)
	}
}

// TestRepairsAttributeFiles does the same where the file system has no extended
// attributes: there an overwrite that is cut off has the new bytes under the old sum.
func TestRepairsAttributeFiles(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Config{Dir: dir})
	put(t, dial(t, s), "o", "old data")
	path := s.path(ref{bucket, "o"})
	attributes, err := xattr.Get(path, "user.metadata")
	if err != nil {
		t.Fatalf("fakestorage keeps its attributes elsewhere now: %v", err)
	}
	write(t, path+attributesSuffix, string(attributes))
	begin(t, s, "o")
	e := entry{number: s.journal.last.Load(), at: ref{bucket, "o"}}
	for _, suffix := range []string{"", attributesSuffix} {
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
		write(t, path+suffix, "new")
	}
	s.undo(e)
	for suffix, want := range map[string]string{"": "old data", attributesSuffix: string(attributes)} {
		if data, err := os.ReadFile(path + suffix); err != nil || string(data) != want {
			t.Errorf("%q after undo: %q, %v", suffix, data, err)
		}
	}
	stop(t, s)
}

// A bucket that cannot be read is no reason to move its objects about.
func TestRepairSetsAsideAndDeletesNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Config{Dir: dir})
	put(t, dial(t, s), "o", "precious")
	path := s.path(ref{bucket, "o"})
	stop(t, s)
	if err := xattr.Remove(path, "user.metadata"); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Dir: dir})
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file without attributes is still there: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, straysDir, "o.0")); err != nil || string(data) != "precious" {
		t.Errorf("set aside %q, %v", data, err)
	}
}

// childDir is set in the process that TestKill starts and kills.
const childDir = "LOCALGCS_TEST_CHILD_DIR"

const childNotify = "LOCALGCS_TEST_CHILD_NOTIFY"

func serveAsChild(dir string) {
	s, err := Start(Config{Dir: dir, Buckets: []string{bucket}, Notify: map[string]string{bucket: os.Getenv(childNotify)}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.Endpoint())
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent kills it, or is gone itself
}

func startChild(t *testing.T, dir, notify string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	// Without a TMPDIR, fakestorage has its temporary files beside the objects.
	child.Env = append(os.Environ(), childDir+"="+dir, childNotify+"="+notify, "TMPDIR="+filepath.Join(dir, "absent"))
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(child) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, ":") {
		t.Fatalf("child: %q, %v", line, err)
	}
	return child, strings.TrimSpace(line)
}

func kill(child *exec.Cmd) {
	if child.ProcessState == nil {
		_ = child.Process.Kill()
		_ = child.Wait()
	}
}

// version is what TestKill writes: long enough that half of it would show.
func version(name string, n int) []byte {
	return []byte(strings.Repeat(name+" "+strconv.Itoa(n)+"\n", 2000))
}

// TestKill uploads from many sides, kills the server in the middle, starts it
// again on the same directory, and does that a few times. Then every object
// whose write was answered must be there, whole, in the version answered or
// a later one that was sent, and must have been told of.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	r := newReceiver(t, func(event.Finalized) int {
		if rand.N(4) == 0 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	var (
		mu    sync.Mutex
		acked = map[string]int{} // name -> latest version that was answered
		sent  = map[string]int{} // name -> latest version that was sent
	)
	for round := range 4 {
		child, endpoint := startChild(t, dir, r.URL)
		c, err := store.New(t.Context(), store.Config{EmulatorHost: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		enough := make(chan struct{})
		answered := 0
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					// Half of the writes make an object, half replace one of the worker's own.
					name, next := fmt.Sprintf("r%d/w%d/%d.json", round, worker, n), 0
					if n%2 == 1 {
						name = fmt.Sprintf("shared/w%d.json", worker)
						mu.Lock()
						next = sent[name] + 1
						mu.Unlock()
					}
					mu.Lock()
					sent[name] = next
					mu.Unlock()
					if _, err := c.Put(ctx, at(name), "application/json", version(name, next), map[string]string{"v": strconv.Itoa(next)}); err != nil {
						return
					}
					mu.Lock()
					acked[name] = next
					answered++
					if answered == 60 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(60 * time.Second):
			t.Error("60 uploads took more than a minute")
		}
		kill(child)
		cancel()
		wg.Wait()
		c.Close()
	}

	s := start(t, Config{Dir: dir, Notify: map[string]string{bucket: r.URL}})
	c := dial(t, s)
	wait(t, s)
	told := map[string]bool{}
	r.mu.Lock()
	for _, f := range r.got {
		told[f.Object] = true
	}
	r.mu.Unlock()
	there := map[string]bool{}
	for _, name := range listed(t, c) {
		there[name] = true
		if !told[name] {
			t.Errorf("%s is there and nobody was told", name)
		}
	}
	for name := range acked {
		if !there[name] {
			t.Errorf("%s was answered and is not listed", name)
		}
	}
	for name := range there {
		data, a, err := c.Read(t.Context(), at(name), 1<<20)
		if err != nil {
			t.Error(err)
			continue
		}
		v, err := strconv.Atoi(a.Metadata["v"])
		if err != nil || string(data) != string(version(name, v)) || v < acked[name] || v > sent[name] || a.ContentType != "application/json" {
			t.Errorf("%s is version %q of %d bytes; %d was answered, %d sent", name, a.Metadata["v"], len(data), acked[name], sent[name])
		}
	}
	t.Logf("%d objects answered, %d there, %d notifications acknowledged", len(acked), len(there), len(r.names()))
}
