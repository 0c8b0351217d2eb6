package loopback

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// listens is what opens a port, in our code.
var listens = regexp.MustCompile(`\b(net\.Listen\(|net\.ListenConfig|http\.Server\{|http\.ListenAndServe|httptest\.New(Unstarted|TLS)?Server|StartHostPort\(|grpc\.NewServer\(|kfake\.NewCluster\()`)

// spoken are the listeners that take this package's guard for something else, or need none.
var spoken = map[string]string{
	"capture/browser/guard/door.go":                   "SOCKS5: the first byte of a browser's own requests is not its version",
	"recognize/localvision/localvision.go":            "gRPC: a page cannot speak HTTP/2 without TLS",
	"functions/pageinspect/localcloud/function.go":    "looks for a free port and closes it",
	"functions/pageinspect/samples/generate/check.go": "go generate: serves the samples for a moment",
}

// TestEveryListener: whatever listens on a user's machine lets no web page in.
func TestEveryListener(t *testing.T) {
	root, found := os.DirFS("../.."), 0
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "bin" || entry.Name() == "out"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"), strings.HasSuffix(entry.Name(), "test.go"), strings.HasPrefix(name, "shared/loopback/"),
			strings.HasPrefix(name, "shared/topic/apachekafka/"): // a real Kafka, of tests
			return nil
		}
		b, err := fs.ReadFile(root, name)
		if err != nil || !listens.Match(b) {
			return err
		}
		found++
		guarded := strings.Contains(string(b), "loopback.Only(") || strings.Contains(string(b), "loopback.NoBrowsers(")
		if why := spoken[name]; guarded == (why != "") {
			t.Errorf("%s listens, guarded: %v, said of it: %q; pass what listens to loopback.Only or NoBrowsers, or say here why it needs neither", name, guarded, why)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < len(spoken)+4 {
		t.Errorf("only %d files that listen were found", found)
	}
}
