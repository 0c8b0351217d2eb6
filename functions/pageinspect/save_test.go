package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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

// TestAFileIsWholeOrNotThere: what cannot be written leaves nothing that looks
// like a report, and says what to do.
func TestAFileIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	out, err := openOut(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	if err := os.MkdirAll(filepath.Join(dir, "p", "error.json", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := out.saveFailure("p", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "choose another directory with --out") {
		t.Errorf("%v", err)
	}
	folder, err := out.page("q")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if err := os.MkdirAll(filepath.Join(dir, "q", "report.html", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(folder, "report.html", []byte("x")); err == nil {
		t.Error("a directory was written over")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "q", "*.part")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// TestOnePageThatCannotBeSaved stops no other.
func TestOnePageThatCannotBeSaved(t *testing.T) {
	wholeProgram(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<title>fine</title><h1 style='font:40px sans-serif'>HELLO WORLD</h1>")
	}))
	defer site.Close()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "p-1", "report.html", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list.csv")
	text := fmt.Sprintf("id,url\np-1,%s/1\np-2,%s/2\n,%s/3\n,\nx,\n", site.URL, site.URL, site.URL)
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() (stdout, stderr string) {
		code, stdout, stderr := pageinspect(t, "run", "--out", dir, "--stable-ids", list)
		if code != exitFailed {
			t.Errorf("exit %d\n%s%s", code, stdout, stderr)
		}
		return stdout, stderr
	}
	stdout, stderr := run()
	if !strings.Contains(stdout, "4 pages: 2 pass, 2 failed (1 internal, 1 invalid)") || !strings.Contains(stderr, "the result cannot be saved") || !strings.Contains(stderr, "choose another directory with --out") {
		t.Errorf("%s%s", stdout, stderr)
	}
	// Once there is room, the same command does the rest, and only that.
	if err := os.RemoveAll(filepath.Join(dir, "p-1")); err != nil {
		t.Fatal(err)
	}
	stdout, stderr = run()
	if !strings.Contains(stdout, "4 pages: 3 pass, 1 failed (1 invalid)") || !strings.Contains(stderr, "2 of 3 pages: "+dir+" has results of them already") || strings.Contains(stderr, "p-2") {
		t.Errorf("again: %s%s", stdout, stderr)
	}
	folders, err := os.ReadDir(dir)
	if err != nil || len(folders) != 4 {
		t.Errorf("%d folders, %v", len(folders), err)
	}
	if code, stdout, stderr := pageinspect(t, "results", "--dir", dir, "--verdict", "failed", "--json"); code != exitFailed || !strings.Contains(stdout, `"request":"x,"`) {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

// TestDryRun says what would be inspected, and neither starts nor writes anything.
func TestDryRun(t *testing.T) {
	t.Chdir(t.TempDir())
	exit, out, errs := inside(t, strings.NewReader("상품URL,상품번호,카테고리\nhttps://shop.example/1,P-1,화장품\nhttps://shop.example/2,,\nhttps://shop.example/1,P-1,화장품\nx,,\n"), "run", "-n", "--category", "food", "-")
	if exit != exitFailed || !strings.Contains(out, "P-1") || !strings.Contains(out, "화장품") || !strings.Contains(out, "food") || !strings.Contains(errs, "4 lines: 2 would be inspected, 1 wrong, 1 repeated") || !strings.Contains(errs, "standard input:5: ") {
		t.Errorf("exit %d\n%s%s", exit, out, errs)
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("wrote %v", left)
	}
	for want, args := range map[string][]string{"no address given": {"run", "-n"}, "no address given; name some": {"submit"}} {
		if exit, _, errs := inside(t, nil, args...); exit != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %s", args, exit, errs)
		}
	}
}
