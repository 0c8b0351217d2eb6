// Package functions_test checks the functions' containers as they are written.
// Building them takes a container engine: make images.
package functions_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func TestContainers(t *testing.T) {
	for _, function := range []string{"capture", "recognize"} {
		t.Run(function, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(function, "Dockerfile"))
			if err != nil {
				t.Fatal(err)
			}
			ast, err := parser.Parse(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			lint := linter.New(&linter.Config{Warn: func(rule, _, _, msg string, _ []parser.Range) { t.Errorf("%s: %s", rule, msg) }})
			stages, args, err := instructions.Parse(ast.AST, lint)
			if err != nil {
				t.Fatal(err)
			}
			if len(stages) != 2 {
				t.Fatalf("%d stages, want one that builds and one that runs", len(stages))
			}
			for _, a := range args {
				base := *a.Args[0].Value
				if _, tag, ok := strings.Cut(base, ":"); !ok || tag == "latest" {
					t.Errorf("the base %s is not pinned", base)
				}
			}
			if m := goVersion(t); !strings.Contains(string(file), "ARG GO=golang:"+m+"-") {
				t.Errorf("go.mod asks for Go %s, the container has another", m)
			}
			runs := stages[1]
			user, entry := "root", []string(nil)
			for _, c := range runs.Commands {
				switch c := c.(type) {
				case *instructions.UserCommand:
					user = c.User
				case *instructions.EntrypointCommand:
					entry = c.CmdLine
				case *instructions.CopyCommand:
					if c.From != "build" || !slices.Equal(c.SourcePaths, []string{"/function"}) {
						t.Errorf("the container gets more than the program: %v from %q", c.SourcePaths, c.From)
					}
				}
			}
			if user != "10001" {
				t.Errorf("it runs as %s", user)
			}
			if !slices.Equal(entry, []string{"/usr/bin/tini", "--", "/function"}) {
				t.Errorf("it starts %q", entry)
			}
			if _, err := os.Stat(filepath.Join(function, "cmd", "main.go")); err != nil || !strings.Contains(string(file), " ./functions/"+function+"/cmd\n") {
				t.Errorf("it does not build this function: %v", err)
			}
		})
	}
}

// goVersion is go.mod's, without the patch.
func goVersion(t *testing.T) string {
	b, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "\ngo ")
	version := strings.SplitN(strings.Fields(rest)[0], ".", 3)
	return version[0] + "." + version[1]
}
