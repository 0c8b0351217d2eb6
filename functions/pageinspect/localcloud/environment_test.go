package localcloud

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheShellSetsNothing: of the settings that the functions' code reads, those
// of the shell do not reach them, except what is documented.
func TestTheShellSetsNothing(t *testing.T) {
	tag := regexp.MustCompile("`env:\"([A-Z_]+)")
	names := map[string]bool{"LOCAL_ONLY": true, "CLOUD_RUN_TIMEOUT_SECONDS": true, "FUNCTION_TARGET": true, "PORT": true, "REQUESTS_TOPIC": true}
	root := os.DirFS("../../..")
	for _, dir := range []string{"capture", "functions", "recognize", "shared"} {
		err := fs.WalkDir(root, dir, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			b, err := fs.ReadFile(root, name)
			for _, m := range tag.FindAllSubmatch(b, -1) {
				names[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) < 20 {
		t.Fatalf("only %d settings were found: %v", len(names), names)
	}
	var shell []string
	for name := range names {
		shell = append(shell, name+"=0")
	}
	got := environment(append(shell, "HOME=/root", "TOKEN=secret"), []string{"MAX_ATTEMPTS=5"})
	slices.Sort(got)
	want := []string{"CHROME_PATH=0", "GOOGLE_CLOUD_PROJECT=0", "HOME=/root", "MAX_ATTEMPTS=5", "OTEL_EXPORTER_OTLP_ENDPOINT=0", "TOKEN=secret"}
	if !slices.Equal(got, want) {
		t.Errorf("the functions get %v, want %v", got, want)
	}
}
