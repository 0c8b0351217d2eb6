package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/fault"
)

var update = flag.Bool("update", false, "write the golden messages anew")

// Each fixture is broken in one way; beside it is what people are told.
func TestBrokenPacks(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		t.Run(name, func(t *testing.T) {
			s, err := Load(os.DirFS("testdata/broken"), name)
			if err == nil || s != nil {
				t.Fatal("loaded")
			}
			if k := fault.KindOf(err); k != fault.Invalid {
				t.Errorf("kind %q, want invalid", k)
			}
			golden := strings.TrimSuffix(f, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, rerr := os.ReadFile(golden)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if d := cmp.Diff(string(want), err.Error()+"\n"); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// pack is a pack file of one rule for each id: phrase "최고", tests and all.
func pack(name string, ids ...string) string {
	var b strings.Builder
	b.WriteString("version: v1\npack: " + name + "\nrules:\n")
	for _, id := range ids {
		b.WriteString("  - id: " + id + `
    mode: enforce
    severity: high
    message: "m"
    match: {any: ["최고"]}
    tests: {hit: ["최고"], miss: ["최저"]}
`)
	}
	return b.String()
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, s := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(s *Set) (all []string) {
	for _, p := range s.Packs() {
		ids := p.Name
		for _, r := range p.Rules {
			ids += " " + r.ID
		}
		all = append(all, ids)
	}
	return all
}

func TestLoadFilesReadsFilesAndDirectories(t *testing.T) {
	dir := write(t, map[string]string{"b.yaml": pack("b", "b.one"), "a.yml": pack("a", "a.one", "a.two"), "README.md": "no pack"})
	more := write(t, map[string]string{"c.txt": pack("c", "c.one")})
	s, err := LoadFiles(dir, filepath.Join(more, "c.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a a.one a.two", "b b.one", "c c.one"}, names(s)); d != "" {
		t.Error(d)
	}
	if err := s.Verify(); err != nil {
		t.Error(err)
	}
}

func TestLoadFilesReportsEveryFile(t *testing.T) {
	dir := write(t, map[string]string{
		"a.yaml": pack("a", "same"), "b.yaml": pack("b", "same"), "c.yaml": pack("a", "other"),
		"d.yaml": strings.Replace(pack("d", "d.one"), "mode: enforce", "mode: on", 1),
	})
	_, err := LoadFiles(dir, filepath.Join(dir, "none.yaml"), t.TempDir())
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("error %v, want an invalid one", err)
	}
	for _, want := range []string{
		`b.yaml:4: duplicate rule id "same", which is at ` + dir + "/a.yaml:4; rename one",
		`c.yaml: pack "a" is in ` + dir + "/a.yaml already; rename one",
		`d.yaml:5: mode: "on" is none of off, report, enforce`,
		"none.yaml: cannot be read: ", "no .yaml file in this directory",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestLoadRefusesALargePack(t *testing.T) {
	_, err := Load(fstest.MapFS{"a.yaml": {Data: make([]byte, maxPackBytes+1)}}, "a.yaml")
	if err == nil || !strings.Contains(err.Error(), "split the pack") {
		t.Errorf("error %v", err)
	}
}

func TestAPackMayBeginAsWindowsBeginsFiles(t *testing.T) {
	if _, err := Load(fstest.MapFS{"a.yaml": {Data: []byte("\ufeff" + pack("a", "a.one"))}}, "a.yaml"); err != nil {
		t.Error(err)
	}
}

func TestMerge(t *testing.T) {
	load := func(files map[string]string) *Set {
		t.Helper()
		s, err := LoadFiles(write(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	base := load(map[string]string{"a.yaml": pack("a", "a.one", "a.two"), "b.yaml": pack("b", "b.one")})
	own := strings.Replace(pack("a", "a.one"), "pack: a", "pack: a\nreplace: true", 1)
	got, err := Merge(base, load(map[string]string{"mine.yaml": own, "new.yaml": pack("c", "a.two")}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a a.one", "b b.one", "c a.two"}, names(got)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a a.one a.two", "b b.one"}, names(base)); d != "" {
		t.Errorf("base was changed: %s", d)
	}
	_, err = Merge(base, load(map[string]string{"mine.yaml": pack("a", "a.other")}))
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "would take its 2 rules away; rename it, or say replace: true") {
		t.Errorf("error %v, want one about the two rules of a", err)
	}
	_, err = Merge(base, load(map[string]string{"c.yaml": pack("c", "a.two")}))
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), `duplicate rule id "a.two"`) {
		t.Errorf("error %v, want one about a.two", err)
	}
}

func TestHashIsOfTheContent(t *testing.T) {
	load := func(s string) Pack {
		set, err := LoadFiles(write(t, map[string]string{"a.yaml": s}))
		if err != nil {
			t.Fatal(err)
		}
		return set.Packs()[0]
	}
	one, same, other := load(pack("a", "a.one")), load(pack("a", "a.one")), load(pack("a", "a.two"))
	if one.String() != same.String() || one.Hash == other.Hash || len(one.Hash) != 12 {
		t.Errorf("%s, %s, %s", one, same, other)
	}
}

func TestVerifyFindsAFailingTest(t *testing.T) {
	s, err := LoadFiles(write(t, map[string]string{"a.yaml": pack("a", "a.one")}))
	if err != nil {
		t.Fatal(err)
	}
	s.packs[0].Rules[0].Miss = []string{"최 고"}
	if err := s.Verify(); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), `"최 고" should miss and hits`) {
		t.Errorf("error %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	broken, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range broken {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(pack("a", "a.one")))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Load(fstest.MapFS{"a.yaml": {Data: b}}, "a.yaml")
		switch {
		case err == nil:
			if err := s.Verify(); err != nil {
				t.Errorf("loaded, and then: %v", err)
			}
		case fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "a.yaml"):
			t.Errorf("error of kind %s, or without the file: %v", fault.KindOf(err), err)
		}
	})
}
