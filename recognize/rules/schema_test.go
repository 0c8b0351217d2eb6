package rules

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
)

func packSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	b, err := os.ReadFile("pack.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func validate(t *testing.T, s *jsonschema.Resolved, data []byte) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return err
	}
	return s.Validate(v)
}

// What loads is valid for editors, and what is wrong in its form is not.
func TestEditorsSchemaAgreesWithTheReader(t *testing.T) {
	s := packSchema(t)
	packs, err := fs.Glob(bundled, "packs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range packs {
		b, err := bundled.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, good := range []string{sample, notice, pack("a", "a.one")} {
		if err := validate(t, s, []byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	broken, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// Mistakes that no schema can see.
	beyond := []string{"duplicate-", "failing-tests", "dates", "patterns", "second-document", "fuzzy", "require", "cure-",
		"anchors", "not-", "sets", "names"}
	for _, name := range broken {
		base := filepath.Base(name)
		seen := func() bool {
			for _, b := range beyond {
				if strings.HasPrefix(base, b) {
					return true
				}
			}
			return false
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, b); err == nil && !seen() {
			t.Errorf("%s is valid for editors and does not load", base)
		}
	}
}
