package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs is the folder with pageinspect, capture and recognize, built once
// for the tests: they run what a user runs.
var programs string

func TestMain(m *testing.M) {
	if part := os.Getenv(partVariable); part != "" {
		runPart(part)
	}
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "pageinspect-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, p := range [][2]string{{"pageinspect", "."}, {"capture", "../capture/cmd"}, {"recognize", "../recognize/cmd"}} { // the command first: an older program is built anew
		name, pkg := p[0], p[1]
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), pkg).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, out)
			os.Exit(1)
		}
	}
	programs = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// wholeProgram leaves a test out of make quick: it takes the programs, which
// most tests run with a browser and Tesseract.
func wholeProgram(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes the built programs, which -short leaves out")
	}
}

// pageinspect runs the command and returns its exit code and output.
func pageinspect(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	wholeProgram(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), args...)
	var out, errs writer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}
