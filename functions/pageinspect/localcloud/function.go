package localcloud

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pageinspect/pageinspect/shared/child"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// function is one of the two functions as a process, restarted when it ends.
type function struct {
	name, addr string
	done       chan struct{} // closed when it will not be started again
	mu         sync.Mutex
	said       string // what it said that is no log entry: why it could not start
	exits      int
	up         bool // it has answered
}

func startFunction(ctx context.Context, name, addr string, env []string, cfg Config) (*function, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	// Asking for the port first gives a clear message, and finds a free one.
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Internal, "%s cannot listen at %s: %v; stop what listens there or choose another port", name, addr, err)
	}
	if at, ok := ln.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		ln.Close()
		return nil, fault.New(fault.Invalid, "%s listens at 127.0.0.1 alone, not at %s: the local Kafka delivers to it; name 127.0.0.1 and a port", name, addr)
	}
	f := &function{name: name, addr: ln.Addr().String(), done: make(chan struct{})}
	ln.Close()
	_, port, _ := net.SplitHostPort(f.addr)
	env = environment(os.Environ(), append(env, "PORT="+port))
	go f.supervise(ctx, filepath.Join(cfg.Programs, name), env, cfg)
	return f, nil
}

// supervise runs the program until ctx ends. It stays on one OS thread, since
// Pdeathsig, which ends the program when we are killed, watches the thread.
func (f *function) supervise(ctx context.Context, program string, env []string, cfg Config) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(f.done)
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = env
		cmd.SysProcAttr = child.Group()
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 10 * time.Second
		r, w := io.Pipe()
		cmd.Stdout, cmd.Stderr = w, w
		var reading sync.WaitGroup
		reading.Go(func() { f.listen(r, cfg) })
		err := cmd.Run()
		w.Close()
		reading.Wait()
		if ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		f.exits++
		up := f.up
		f.mu.Unlock()
		if !up {
			return // it cannot start, and ready says why
		}
		cfg.Log.Warn("a function ended; starting it again", "function", f.name, "error", fmt.Sprint(err))
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// listen takes the program's output, a log entry a line.
func (f *function) listen(r io.Reader, cfg Config) {
	unsandboxed := false // it was said
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		line := lines.Text()
		var entry map[string]any
		if json.Unmarshal(lines.Bytes(), &entry) != nil {
			f.mu.Lock()
			if len(f.said) < 10_000 {
				f.said += line + "\n"
			}
			f.mu.Unlock()
		} else if entry["sandbox"] == "off" && cfg.LogTo == nil && !unsandboxed {
			unsandboxed = true
			cfg.Log.Warn(fmt.Sprint(entry["message"]))
		} else if cfg.Hear != nil {
			cfg.Hear(entry)
		}
		if cfg.LogTo != nil {
			fmt.Fprintln(cfg.LogTo, line)
		}
	}
	io.Copy(io.Discard, r) //nolint:errcheck // a line too long to read must not stop the program
}

// ready waits until the function answers. One that ends before has said why.
func (f *function) ready(life context.Context) error {
	ctx, cancel := context.WithTimeout(life, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+f.addr+"/", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			f.mu.Lock()
			f.up = true
			f.mu.Unlock()
			return nil
		}
		f.mu.Lock()
		exits, said := f.exits, f.said
		f.mu.Unlock()
		if exits > 0 {
			return fault.New(fault.Internal, "%s", strings.TrimSpace(said))
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-life.Done():
			return life.Err()
		case <-ctx.Done():
			return fault.New(fault.Internal, "%s did not answer at %s in time", f.name, f.addr)
		}
	}
}

// wait returns once the program has ended for good.
func (f *function) wait() { <-f.done }
