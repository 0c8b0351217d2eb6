package apachekafka

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/child"
)

// process is a Java program that ends with the test.
type process struct {
	kill  func() // SIGKILL; returns when it has ended
	log   string
	ended chan struct{} // closed when it has
	err   error         // of its end
}

// java starts a class, with what it says in dir/name.log.
func java(t testing.TB, dir, name string, env []string, classpath, class string, args ...string) *process {
	t.Helper()
	program, err := exec.LookPath("java")
	if err != nil {
		t.Fatal("java is not on the PATH; install Java 17 or later: apt-get install default-jre-headless")
	}
	logging := filepath.Join(dir, "log4j2.properties")
	write(t, logging, `rootLogger.level=info
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1}: %m%n
`)
	p := &process{log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	// A small heap and only the quick compiler: these run for a minute.
	cmd := exec.Command(program, append([]string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dlog4j2.configurationFile=" + logging, "-cp", classpath, class}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = child.Group()
	started := make(chan error)
	go func() {
		// Pdeathsig watches the thread that started the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.ended)
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	p.kill = func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-p.ended
	}
	t.Cleanup(func() {
		p.kill() // all it kept is in a directory that goes too
		if t.Failed() {
			t.Logf("the end of %s:\n%s", p.log, p.tail())
		}
	})
	return p
}

// await asks until the answer is nil, the process has ended, or patience has.
// what is a sentence, such as "Kafka is up".
func (p *process) await(t testing.TB, what string, ask func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	start := time.Now()
	for {
		err := ask(ctx)
		if err == nil {
			t.Logf("%s, after %.1f s", what, time.Since(start).Seconds())
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("waiting for %q: the process ended: %v", what, p.err)
		case <-ctx.Done():
			t.Fatalf("waiting for %q: not within %s: %v", what, patience, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tail is the end of what it said.
func (p *process) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
