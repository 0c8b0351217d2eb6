package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// climbing are ids that lead somewhere else if they are taken for a path.
var climbing = []string{"..", ".", "../precious", "../../precious", "a/../../precious", "/precious", `..\precious`, "out/../../precious", "precious/.", ".hidden", "a\x00b", "a\nb", strings.Repeat("x", 300)}

// precious makes a directory beside out that nothing may touch, and says whether it is as it was.
func precious(t *testing.T) (out string, whole func() bool) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "precious", "deep", "thesis.txt")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("years"), 0o644); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "out"), func() bool {
		b, err := os.ReadFile(file)
		beside, _ := os.ReadDir(dir)
		inside, _ := os.ReadDir(filepath.Join(dir, "precious"))
		return err == nil && string(b) == "years" && len(beside) <= 2 && len(inside) == 1
	}
}

func TestNothingIsWrittenOutsideOfOut(t *testing.T) {
	dir, whole := precious(t)
	out, err := openOut(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	for _, id := range climbing {
		if err := out.saveFailure(id, []byte(`{}`)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("id %q: %v, want it refused", id, err)
		}
	}
	if err := os.Symlink(filepath.Join("..", "precious"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := out.saveFailure("link", []byte(`{}`)); err == nil {
		t.Error("a folder that is a link to elsewhere was written into")
	}
	if !whole() {
		t.Error("the directory beside was touched")
	}
}

// TestWhatIsNotOursStays: a folder that has an id's name may be anybody's.
func TestWhatIsNotOursStays(t *testing.T) {
	dir := t.TempDir()
	out, err := openOut(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	for _, name := range []string{"p/notes.txt", "p/tiles/mine.jpg", "p/tiles/000.jpg/deep", "p/src/main.go", "p/result.json", "p/tiles/001.jpg"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.saveFailure("p", []byte(`{"kind":"invalid"}`)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"p/notes.txt": true, "p/tiles/mine.jpg": true, "p/tiles/000.jpg/deep": true, "p/src/main.go": true, "p/error.json": true,
		"p/result.json": false, "p/tiles/001.jpg": false, // of an earlier run
	} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); (err == nil) != want {
			t.Errorf("%s: there %t, want %t", name, err == nil, want)
		}
	}
}

// TestRunWithClimbingIDs: a list that somebody else made has ids that are
// paths. Each such line fails under a name of ours, and nothing beside --out is
// touched.
func TestRunWithClimbingIDs(t *testing.T) {
	wholeProgram(t)
	dir, whole := precious(t)
	var list bytes.Buffer
	for _, id := range climbing {
		line, err := json.Marshal(map[string]string{"id": id, "url": "https://example.invalid/"})
		if err != nil {
			t.Fatal(err)
		}
		list.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), "run", "--json", "--out", dir, "-")
	cmd.Stdin = &list
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Fatalf("exit %d (%v), want %d\n%s", code, err, exitFailed, stderr.String())
	}
	if !whole() {
		t.Error("the directory beside --out was touched")
	}
	folders, err := os.ReadDir(dir)
	if err != nil || len(folders) != len(climbing) {
		t.Errorf("%d folders for %d lines, %v", len(folders), len(climbing), err)
	}
	lines := bytes.Split(bytes.TrimSpace(stdout), []byte("\n"))
	if len(lines) != len(climbing) {
		t.Fatalf("%d outcomes for %d lines\n%s", len(lines), len(climbing), stderr.String())
	}
	for i, l := range lines {
		var f job.Failure
		if err := json.Unmarshal(l, &f); err != nil || f.Kind != fault.Invalid || job.CheckID(f.ID) != nil || !strings.Contains(f.Message, "id") {
			t.Errorf("line %d: %s, %v", i, l, err)
		}
		var original job.Request
		if err := json.Unmarshal(f.Original(), &original); err != nil || original.ID != climbing[i] {
			t.Errorf("line %d: its original is %s", i, f.Original())
		}
	}
}
