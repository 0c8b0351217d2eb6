package localcloud

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// checkout is a module of our name with three programs that do nothing, in a
// repository of one commit, tagged v1.2.0.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"go.mod": "module " + module + "\n\ngo 1.26.0\n"}
	for _, pkg := range []string{"functions/pageinspect", "functions/capture/cmd", "functions/recognize/cmd"} {
		files[pkg+"/main.go"] = "package main\n\nfunc main() {}\n"
	}
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	for _, args := range []string{"init -q", "add .", "-c user.name=t -c user.email=t@example.com commit -q -m one", "tag v1.2.0"} {
		command(t, dir, "git", strings.Fields(args)...)
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GIT_CONFIG_GLOBAL=/dev/null", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// install builds all three programs of a checkout into a folder.
func install(t *testing.T, checkout, into, stamped string) {
	t.Helper()
	for _, name := range []string{"pageinspect", "capture/cmd", "recognize/cmd"} {
		command(t, checkout, "go", "build", "-buildvcs="+stamped, "-o", filepath.Join(into, strings.TrimSuffix(name, "/cmd")), "./functions/"+name)
	}
}

// finderIn is that of the pageinspect in dir.
func finderIn(t *testing.T, dir, sources string, say *bytes.Buffer) finder {
	t.Helper()
	self := filepath.Join(dir, "pageinspect")
	own, err := buildinfo.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	return finder{self: self, own: own, sources: sources, say: say}
}

// TestProgramsAreFoundOrBuilt follows one checkout through all that may lie beside a pageinspect.
func TestProgramsAreFoundOrBuilt(t *testing.T) {
	sources, bin, cache := checkout(t), t.TempDir(), t.TempDir()
	cacheIn(t, cache)
	install(t, sources, bin, "true")
	capture := filepath.Join(bin, "capture")
	find := func(sources string) (dir, said, failed string) {
		t.Helper()
		var say bytes.Buffer
		dir, err := finderIn(t, bin, sources, &say).find(t.Context())
		if err != nil {
			failed = err.Error()
		}
		return dir, say.String(), failed
	}
	if dir, said, failed := find("/nowhere"); dir != bin || said != "" || failed != "" {
		t.Fatalf("beside: %q %q %q", dir, said, failed)
	}

	before := touched(t, capture)
	command(t, sources, "go", "build", "-buildvcs=true", "-o", capture, "./functions/capture/cmd")
	if !touched(t, capture).After(before) {
		t.Error("go build does not touch what has not changed: make build would leave programs that look old")
	}

	write(t, filepath.Join(sources, "functions/capture/cmd/main.go"), "package main\n\nfunc main() { println() }\n")
	command(t, sources, "git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-a", "-m", "two")
	command(t, sources, "git", "tag", "v1.3.0")
	command(t, sources, "go", "build", "-buildvcs=true", "-o", capture, "./functions/capture/cmd")
	if _, _, failed := find("/nowhere"); !strings.Contains(failed, "capture is of version v1.3.0") || !strings.Contains(failed, "pageinspect of v1.2.0") {
		t.Errorf("of another version: %q", failed)
	}
	dir, said, failed := find(sources)
	if !strings.HasPrefix(dir, cache) || !strings.Contains(said, "building capture and recognize from "+sources) || failed != "" {
		t.Fatalf("of another version, with sources: %q %q %q", dir, said, failed)
	}
	for _, name := range functionPrograms {
		if info, err := buildinfo.ReadFile(filepath.Join(dir, name)); err != nil || info.Path != module+"/functions/"+name+"/cmd" {
			t.Errorf("%s was built as %v, %v", name, info, err)
		}
	}

	write(t, capture, "#!/bin/sh\n")
	if _, _, failed := find("/nowhere"); !strings.Contains(failed, "another program") || !strings.Contains(failed, "go install "+module+"/functions/pageinspect@v1.2.0") {
		t.Errorf("a stranger's: %q", failed)
	}
	os.Remove(capture)
	t.Setenv("PATH", t.TempDir())
	if _, _, failed := find(sources); !strings.Contains(failed, `the program "capture" is not beside pageinspect`) || !strings.Contains(failed, "cannot be built from "+sources+"; put go on the PATH") {
		t.Errorf("without Go: %q", failed)
	}
}

// TestOlderPrograms: of builds that have no version, the time tells.
func TestOlderPrograms(t *testing.T) {
	sources, bin := checkout(t), t.TempDir()
	cacheIn(t, t.TempDir())
	install(t, sources, bin, "false")
	var say bytes.Buffer
	if dir, err := finderIn(t, bin, sources, &say).find(t.Context()); dir != bin || err != nil || say.Len() > 0 {
		t.Fatalf("built together: %q %v %q", dir, err, say.String())
	}
	hourAgo := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(bin, "recognize"), hourAgo, hourAgo); err != nil {
		t.Fatal(err)
	}
	if dir, err := finderIn(t, bin, "/nowhere", &say).find(t.Context()); dir != bin || err != nil || !strings.Contains(say.String(), "recognize is older than pageinspect") {
		t.Errorf("older, without sources: %q %v %q", dir, err, say.String())
	}
	if dir, err := finderIn(t, bin, sources, &say).find(t.Context()); dir == bin || err != nil || !strings.Contains(say.String(), "building") {
		t.Errorf("older, with sources: %q %v %q", dir, err, say.String())
	}
}

// TestOnlyTrustedSourcesAreBuilt: what is built is run.
func TestOnlyTrustedSourcesAreBuilt(t *testing.T) {
	dir := t.TempDir()
	if trusted(dir) || trusted("github.com/pageinspect/pageinspect") {
		t.Error("a folder without go.mod is taken for sources")
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.com/other\n")
	if trusted(dir) {
		t.Error("another module is taken for ours")
	}
	write(t, filepath.Join(dir, "go.mod"), "module "+module+"\n")
	if !trusted(dir) {
		t.Error("our sources are not taken")
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(dir, "go.mod"), 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if trusted(dir) {
			t.Error("sources of another user are taken")
		}
	}
}

func touched(t *testing.T, name string) time.Time {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// cacheIn has the user's cache in dir, but for Go's own: a new one would have the
// standard library compiled again.
func cacheIn(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out)))
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir) // whose Library/Caches macOS takes
}
