package functions_test

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	decision = regexp.MustCompile(`(^|/)decisions/[^/]+\.md$`)
)

// TestDocuments: every link of the documents to a file of the repository leads
// somewhere, and every decision is complete and in CONTRIBUTING's index.
func TestDocuments(t *testing.T) {
	root := os.DirFS("..")
	linked := map[string]bool{} // from CONTRIBUTING
	var decisions []string
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || name == "bin" || name == "out") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".md") {
			return nil
		}
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			to, err := url.Parse(m[1])
			if err != nil || to.Scheme != "" || to.Path == "" {
				continue // an address, or a place in the document itself
			}
			target := path.Join(path.Dir(name), to.Path)
			if _, err := fs.Stat(root, target); err != nil {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			}
			if name == "CONTRIBUTING.md" {
				linked[target] = true
			}
		}
		if decision.MatchString(name) {
			decisions = append(decisions, name)
			at := 0
			for _, part := range []string{"# ", "\n20", "\n## Context\n", "\n## Decision\n", "\n## Consequence\n", "\n## Evidence\n"} {
				n := strings.Index(string(b)[at:], part)
				if n < 0 {
					t.Errorf("%s: no %q where it should be", name, strings.TrimSpace(part))
					break
				}
				at += n + len(part) - 1
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(decisions) < 20 {
		t.Errorf("only %d decisions were found", len(decisions))
	}
	for _, name := range decisions {
		if !linked[name] {
			t.Errorf("%s is not in CONTRIBUTING's index", name)
		}
	}
}
