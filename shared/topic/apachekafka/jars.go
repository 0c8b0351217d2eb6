package apachekafka

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// lists hold the closure of what is run, a line a jar as sha256sum writes and
// checks it: the sum, and the path in a Maven repository. They are the runtime
// scope of Maven's dependency:copy-dependencies: kafka.sha256 of kafka_2.13 and
// connect-runtime 4.3.1 with log4j-slf4j-impl; camel.sha256 of Camel's
// camel-kafka-connector 0.11.0 with camel-http 3.11.1, without Kafka's own jars
// and the Apicurio, Avro and Kotlin that only its converters need; pubsub.sha256
// of pubsub-group-kafka-connector 1.3.3, one jar.
//
//go:embed *.sha256
var lists embed.FS

const mavenCentral = "https://repo1.maven.org/maven2"

// fetch returns the files of a list, and downloads those that the cache lacks.
func fetch(t testing.TB, list string) []string {
	t.Helper()
	content, err := lists.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	repository := strings.TrimSuffix(os.Getenv("MAVEN_REPO"), "/")
	if repository == "" {
		repository = mavenCentral
	}
	var files []string
	var all errgroup.Group
	var fetched atomic.Int32
	all.SetLimit(8)
	for line := range strings.Lines(string(content)) {
		sum, path, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("%s: the line %q is not a sum and a path", list, line)
		}
		file := filepath.Join(cache, "pageinspect", "maven", filepath.FromSlash(path))
		files = append(files, file)
		all.Go(func() error {
			if got, err := sumOf(file); err == nil && got == sum {
				return nil
			}
			if n := fetched.Add(1); n == 1 {
				t.Logf("fetching what the cache lacks of %s from %s", list, repository)
			}
			return download(repository+"/"+path, file, sum)
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatalf("%v; MAVEN_REPO names another repository (it is %s)", err, repository)
	}
	return files
}

func sumOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// download brings a file whole and checked, or not at all.
func download(url, file, sum string) error {
	client := http.Client{Timeout: 5 * time.Minute}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".part-")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	defer part.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(part, h), resp.Body); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("%s has the sha256 %s, want %s: it is not the file that was pinned", url, got, sum)
	}
	if err := part.Close(); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}
