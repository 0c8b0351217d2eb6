package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAloneItBuildsItsPrograms: pageinspect as go install leaves it, typed where a
// stranger's programs lie, starts its own, built from its own sources.
func TestAloneItBuildsItsPrograms(t *testing.T) {
	wholeProgram(t)
	bin, cache, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	b, err := os.ReadFile(filepath.Join(programs, "pageinspect"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "pageinspect"), b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(bin, "pageinspect"), filepath.Join(elsewhere, "pageinspect")); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"go.mod": "module github.com/pageinspect/pageinspect\n", "functions/capture/cmd/main.go": "package main\n\nfunc main() { panic(1) }\n"}
	for _, name := range []string{"capture", "recognize", "bin/capture", "bin/recognize"} {
		files[name] = "#!/bin/sh\ntouch ran\n"
	}
	for name, text := range files {
		path := filepath.Join(elsewhere, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// The list that is not there ends the run as soon as the programs are found.
	run := func(env ...string) string {
		cmd := exec.CommandContext(t.Context(), "./pageinspect", "run", "no-such.csv")
		cmd.Dir, cmd.Env = elsewhere, append(os.Environ(), env...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitFailed {
			t.Errorf("%v: %v\n%s", env, err, errs.String())
		}
		return errs.String()
	}
	goCache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	said := run("XDG_CACHE_HOME="+cache, "GOCACHE="+strings.TrimSpace(string(goCache)))
	if !strings.Contains(said, "building capture and recognize from") || !strings.Contains(said, "no-such.csv") {
		t.Errorf("with Go: %s", said)
	}
	built, err := filepath.Glob(filepath.Join(cache, "pageinspect", "*", "*"))
	if err != nil || len(built) != 2 || filepath.Base(built[0]) != "capture" || filepath.Base(built[1]) != "recognize" {
		t.Errorf("built %v, %v", built, err)
	}
	if said := run("PATH="+t.TempDir(), "XDG_CACHE_HOME="+cache); !strings.Contains(said, `"capture" is not beside pageinspect in `+bin) || !strings.Contains(said, "put go on the PATH") {
		t.Errorf("without Go: %s", said)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "ran")); err == nil {
		t.Error("a stranger's program was run")
	}
}
