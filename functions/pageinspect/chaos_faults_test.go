package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// part is a process that is started again whenever it ends.
type part struct {
	name string
	pid  atomic.Int64
	said writer // the last process's standard error
}

// startPart supervises a process until the test ends.
func startPart(t *testing.T, name, program string, env ...string) *part {
	t.Helper()
	p := &part{name: name}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		runtime.LockOSThread() // Pdeathsig watches the thread
		defer runtime.UnlockOSThread()
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, program)
			cmd.Env = append(os.Environ(), env...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			p.said = writer{}
			cmd.Stderr = &p.said
			cmd.WaitDelay = time.Second
			if err := cmd.Start(); err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			p.pid.Store(int64(cmd.Process.Pid))
			err := cmd.Wait()
			p.pid.Store(0)
			if ctx.Err() == nil && cmd.ProcessState.ExitCode() >= 0 && err != nil {
				t.Logf("%s ended by itself: %v: %s", name, err, p.said.String())
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		p.signal(syscall.SIGCONT)
		done.Wait()
	})
	return p
}

func (p *part) signal(s syscall.Signal) {
	if pid := p.pid.Load(); pid > 0 {
		syscall.Kill(int(pid), s) //nolint:errcheck // it may have ended
	}
}

// child is a process that the part started, its browser; 0 if there is none.
func (p *part) child() int {
	found, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.pid.Load()))
	for _, f := range found {
		b, _ := os.ReadFile(f)
		for _, s := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(s); err == nil {
				return pid
			}
		}
	}
	return 0
}

// fill lets the part write no file longer than some bytes, as a full disk does; 0 frees it.
func (p *part) fill(most uint64) {
	limit := unix.Rlimit{Cur: most, Max: unix.RLIM_INFINITY}
	if most == 0 {
		limit.Cur = unix.RLIM_INFINITY
	}
	if pid := p.pid.Load(); pid > 0 {
		unix.Prlimit(int(pid), unix.RLIMIT_FSIZE, &limit, nil) //nolint:errcheck // it may have ended
	}
}

// trouble is what a gate does to the requests that pass it.
type trouble string

const (
	none   trouble = ""
	refuse trouble = "errors" // every second is answered 500, 503 or 429
	reset  trouble = "resets" // every third connection is reset before it is served
	lose   trouble = "lost"   // every third is served, and its answer lost
	slow   trouble = "slow"   // each waits up to 300 ms
	cut    trouble = "cut"    // the connection is cut after 50 ms, and the work goes on
	double trouble = "twice"  // each is delivered twice, at once
	stall  trouble = "stalls" // every third is held without a word until the trouble is over
)

// gate is a proxy before a part that has instances.
type gate struct {
	*httptest.Server
	mu      sync.Mutex
	rand    *rand.Rand
	trouble trouble
	over    chan struct{}                   // closed when the trouble changes
	choose  func(body []byte, n int) string // the address of the instance
}

func newGate(t *testing.T, seed uint64, choose func([]byte, int) string) *gate {
	g := &gate{rand: rand.New(rand.NewPCG(seed, 1)), over: make(chan struct{}), choose: choose}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gate) set(t trouble) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.over)
	g.trouble, g.over = t, make(chan struct{})
}

// passing carries the requests of all gates; a cut one goes on without its client.
var passing = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	g.mu.Lock()
	t, n, third, over := g.trouble, g.rand.IntN(1000), g.rand.IntN(3) == 0, g.over
	g.mu.Unlock()
	to := g.choose(body, n)
	switch {
	case t == refuse && n%2 == 0:
		http.Error(w, "made to fail", []int{500, 503, 429}[n%3])
		return
	case t == reset && third:
		panic(http.ErrAbortHandler)
	case t == slow:
		select {
		case <-time.After(time.Duration(n) * 300 * time.Microsecond):
		case <-r.Context().Done():
		}
	case t == stall && third:
		select {
		case <-over:
		case <-r.Context().Done():
		}
	case t == double:
		go pass(context.WithoutCancel(r.Context()), r, to, body) //nolint:errcheck // its answer is nobody's
	case t == cut:
		answered := make(chan *answered, 1)
		ctx, leave := context.WithCancel(context.WithoutCancel(r.Context()))
		go func() {
			a, _ := pass(ctx, r, to, body)
			answered <- a
		}()
		select {
		case a := <-answered:
			leave()
			a.write(w)
			return
		case <-time.After(50 * time.Millisecond):
			leave()
			panic(http.ErrAbortHandler)
		}
	}
	a, _ := pass(r.Context(), r, to, body)
	if t == lose && third {
		panic(http.ErrAbortHandler)
	}
	a.write(w)
}

type answered struct {
	status int
	header http.Header
	body   []byte
}

// write sends an answer on; without one the connection is reset, as the part did.
func (a *answered) write(w http.ResponseWriter) {
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	w.Write(a.body) //nolint:errcheck // the client may have gone
}

func pass(ctx context.Context, r *http.Request, to string, body []byte) (*answered, error) {
	out := r.Clone(ctx)
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", to
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res, err := passing.Do(out)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &answered{res.StatusCode, res.Header, b}, nil
}

// event is one fault of the schedule.
type event struct {
	after  time.Duration // since the one before
	target string
	what   string
	for_   time.Duration
}

func (e event) String() string {
	return fmt.Sprintf("%s %s for %s", e.what, e.target, e.for_.Round(time.Millisecond))
}

// schedule is the faults that a seed stands for.
func schedule(seed uint64, n int) []event {
	r := rand.New(rand.NewPCG(seed, 0))
	kinds := []struct{ target, what string }{
		{"capture-a", "kill"}, {"capture-b", "kill"}, {"capture-real", "kill"}, {"recognize-a", "kill"}, {"recognize-b", "kill"},
		{"connector", "kill"}, {"kafka", "kill"}, {"storage", "kill"}, {"vision", "kill"}, {"browser", "kill"},
		{"capture-a", "freeze"}, {"capture-real", "freeze"}, {"recognize-a", "freeze"}, {"connector", "freeze"}, {"kafka", "freeze"}, {"storage", "freeze"},
		{"capture-a", "stop"}, {"capture-real", "stop"}, {"recognize-b", "stop"}, {"functions", "stop"}, {"functions", "stop"},
		{"browser", "hang"}, {"browser", "hang"},
		{"storage", "fill"}, {"to-storage", string(stall)}, {"to-storage", string(stall)},
		{"to-storage", string(refuse)}, {"to-storage", string(reset)}, {"to-storage", string(lose)}, {"to-storage", string(slow)},
		{"to-capture", string(refuse)}, {"to-capture", string(reset)}, {"to-capture", string(lose)}, {"to-capture", string(cut)}, {"to-capture", string(double)},
		{"to-recognize", string(reset)}, {"to-recognize", string(lose)}, {"to-recognize", string(cut)}, {"to-recognize", string(double)},
	}
	var all []event
	for range n {
		k := kinds[r.IntN(len(kinds))]
		all = append(all, event{time.Duration(100+r.IntN(500)) * time.Millisecond, k.target, k.what, time.Duration(300+r.IntN(2700)) * time.Millisecond})
	}
	return all
}
