// Package functions_test checks what the functions' containers share with the
// module. Building them takes a container engine: make images.
package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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
	for _, function := range []string{"capture", "recognize", "desk"} {
		b, err := os.ReadFile(filepath.Join(function, "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		file := string(b)
		if want := "ARG GO=golang:" + string(version[1]) + "-"; !strings.Contains(file, want) {
			t.Errorf("%s: go.mod asks for Go %s, the container has another", function, version[1])
		}
		runs := file[strings.LastIndex(file, "\nFROM "):]
		if !regexp.MustCompile(`(?m)^USER [1-9]\d*$`).MatchString(runs) {
			t.Errorf("%s: it runs as root, or as a user whose number nobody can check", function)
		}
	}
}
