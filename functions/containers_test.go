// Package functions_test checks what the containers share with the module and
// with each other. Building them takes a container engine: make images.
package functions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// containers are the Dockerfiles that make images builds, by their folder.
func containers(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Dir(name)] = string(b)
	}
	for _, name := range []string{"capture", "recognize", "pageinspect"} {
		if out[name] == "" {
			t.Errorf("%s has no container", name)
		}
	}
	return out
}

// TestContainers: a Go too old for go.mod fails only when the images are built,
// and root would be noticed by nobody.
func TestContainers(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if version == nil {
		t.Fatal("go.mod names no version of Go")
	}
	for name, file := range containers(t) {
		if want := "ARG GO=golang:" + string(version[1]) + "-"; !strings.Contains(file, want) {
			t.Errorf("%s: go.mod asks for Go %s, the container has another", name, version[1])
		}
		runs := file[strings.LastIndex(file, "\nFROM "):]
		if !regexp.MustCompile(`(?m)^USER [1-9]\d*$`).MatchString(runs) {
			t.Errorf("%s: it runs as root, or as a user whose number nobody can check", name)
		}
		if from, _, _ := strings.Cut(runs, "\n\n"); !regexp.MustCompile(`^\nFROM (\$\{DEBIAN\}|scratch)\n`).MatchString(from) {
			t.Errorf("%s: what it runs on is neither Debian, which DEBIAN pins, nor nothing", name)
		}
		for _, program := range regexp.MustCompile(`\./functions/\S+`).FindAllString(file, -1) {
			if _, err := os.Stat(filepath.Join("..", program)); err != nil {
				t.Errorf("%s: builds %s, which is not there", name, program)
			}
		}
		if !regexp.MustCompile(`apt-get install`).MatchString(runs) {
			continue
		}
		for _, want := range []string{"--no-install-recommends", "rm -rf /var/lib/apt/lists/*", `ENTRYPOINT ["/usr/bin/tini", "--", `} {
			if !strings.Contains(runs, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
	}
}

// browserPackages are what a container with a browser draws by.
var browserPackages = []string{"ca-certificates", "chromium-headless-shell", "fonts-nanum", "fonts-noto-cjk", "fonts-noto-color-emoji", "tini"}

// TestBrowsersDrawAlike: each container with a browser has the same packages of it, and
// leaves the same files out of them.
func TestBrowsersDrawAlike(t *testing.T) {
	browsers := 0
	for name, file := range containers(t) {
		if !strings.Contains(file, "chromium") {
			continue
		}
		browsers++
		words := strings.Fields(file)
		for _, p := range browserPackages {
			if !slices.Contains(words, p) {
				t.Errorf("%s: no %s", name, p)
			}
		}
		left := strings.Index(file, "COPY functions/capture/dpkg-excludes /etc/dpkg/dpkg.cfg.d/")
		if left < 0 || left > strings.Index(file, "apt-get install") {
			t.Errorf("%s: what the browser never opens is not left out before packages are installed", name)
		}
	}
	if browsers < 2 {
		t.Errorf("%d containers have a browser", browsers)
	}
}

// TestSeccompProfile: the profile leaves Chromium's sandbox what it is made of, and
// gives nothing else that Docker's own refuses.
func TestSeccompProfile(t *testing.T) {
	b, err := os.ReadFile("pageinspect/seccomp.json")
	if err != nil {
		t.Fatal(err)
	}
	var profile struct {
		DefaultAction string
		Syscalls      []struct {
			Names  []string
			Action string
			Args   []any
		}
	}
	if err := json.Unmarshal(b, &profile); err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, s := range profile.Syscalls {
		if s.Action != "SCMP_ACT_ERRNO" {
			t.Errorf("%v: %s", s.Names, s.Action)
		}
		if len(s.Args) == 0 {
			refused = append(refused, s.Names...)
		}
	}
	for _, name := range []string{"clone", "clone3", "unshare", "chroot", "socket", "ptrace"} {
		if slices.Contains(refused, name) {
			t.Errorf("%s is refused, and the browser needs it", name)
		}
	}
	for _, name := range []string{"mount", "umount2", "move_mount", "fsopen", "setns", "pivot_root", "bpf", "keyctl", "add_key", "request_key", "perf_event_open", "userfaultfd",
		"io_uring_setup", "kexec_load", "init_module", "finit_module", "delete_module", "open_by_handle_at", "reboot", "swapon", "settimeofday", "quotactl", "personality"} {
		if !slices.Contains(refused, name) {
			t.Errorf("%s is not refused", name)
		}
	}
}
