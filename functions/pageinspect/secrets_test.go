package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/twmb/franz-go/pkg/kfake"
)

// marked are secrets that are easily found again.
const (
	markedPassword = "MARKED-kafka-password-0123456789abcdef"
	markedToken    = "MARKED-profile-token-0123456789abcdef"
	markedSecret   = "MARKED-caller-secret-0123456789abcdef"
	markedNext     = "MARKED-caller-next-0123456789abcdef"
)

// together is what several write.
type together struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *together) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *together) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// tells fails the test where something holds a secret.
func tells(t *testing.T, what string, b []byte) {
	t.Helper()
	if at := bytes.Index(b, []byte("MARKED-")); at >= 0 {
		t.Errorf("%s tells a secret: …%.80s…", what, b[max(0, at-20):])
	}
}

// processes looks at the command lines and environments of the browsers of dir.
func processes(t *testing.T, dir string) (found int) {
	t.Helper()
	for pid, kind := range browsertest.In(browsertest.Groups(dir + "/")) { // a browser has a folder of its own in it
		for _, file := range []string{"cmdline", "environ"} {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
			if err == nil { // it may have ended
				found++
				tells(t, fmt.Sprintf("%s of the browser's process %q", file, kind), b)
			}
		}
	}
	return found
}

// everything reads all files below a folder.
func everything(t *testing.T, what, dir string) (found int) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		found++
		tells(t, what+" "+name, b)
		tells(t, "the name of a file of "+what, []byte(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSecretsAreLeftNowhere: a run with a password for Kafka and a profile's
// token, of pages that succeed and that fail, leaves neither in its logs,
// objects, results, failures, events, temporary files or processes.
func TestSecretsAreLeftNowhere(t *testing.T) {
	wholeProgram(t)
	t.Setenv("SHOP_TOKEN", markedToken)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "pageinspect", markedPassword))
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.Close()
	sasl := topic.Config{Brokers: kafka.ListenAddrs(), SASLMechanism: "SCRAM-SHA-512", SASLUsername: "pageinspect", SASLPassword: markedPassword}

	heard, browsers := make(chan string, 100), 0
	var mu sync.Mutex
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		browsers += processes(t, temp) // a browser is open just now
		mu.Unlock()
		if r.URL.Path != "/favicon.ico" {
			heard <- r.URL.Path + " " + r.Header.Get("X-Token")
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/gone":
			http.Error(w, "no", http.StatusNotFound)
		case "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		default:
			fmt.Fprint(w, `<title>크림</title><body style="font:40px NanumGothic"><p>여드름 치료 크림<script>document.title = document.cookie || "no cookie"</script><img src="/missing.png">`)
		}
	}))
	defer site.Close()
	profiles := filepath.Join(t.TempDir(), "profiles.yaml")
	if err := os.WriteFile(profiles, []byte("version: v1\nprofiles:\n - {name: shop, hosts: ['127.0.0.1'], headers: {X-Token: 'Bearer ${SHOP_TOKEN}'}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var logs together
	dir := t.TempDir()
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Dir: dir, Programs: programs, External: &sasl, Allow: []string{"127.0.0.1"}, Profiles: profiles,
		Log: slog.New(slog.NewTextHandler(&logs, nil)), LogTo: &logs,
	})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			cloud.Close()
		}
		if t.Failed() {
			t.Logf("the functions said:\n%s", logs.String())
		}
	}()
	for id, path := range map[string]string{"good": "/", "gone": "/gone", "away": "/away", "elsewhere": ""} {
		address := site.URL + path
		if path == "" {
			address = "http://localhost:1/" // not a host of the profile
		}
		resp, err := http.Post("http://"+cloud.Addresses.Capture+"/", "application/json", strings.NewReader(fmt.Sprintf(`{"schema":"pageinspect.request/v1","id":%q,"url":%q,"profile":"shop"}`, id, address)))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		tells(t, "the answer for "+id, b)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", id, resp.Status, b)
		}
	}
	results := 0
	waitFor(t, "the result of the good page", func() bool {
		results = 0
		if err := topic.Scan(t.Context(), sasl, localcloud.ResultsTopic, func(m topic.Message) error {
			results++
			tells(t, "a result's event", fmt.Append(m.Key, m.Headers, string(m.Value)))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return results == 1
	})
	failed := map[string]bool{}
	if err := topic.Scan(t.Context(), sasl, localcloud.ErrorsTopic, func(m topic.Message) error {
		var f job.Failure
		failed[f.ID] = json.Unmarshal(m.Value, &f) == nil
		failed[f.ID] = true
		tells(t, "a failure", fmt.Append(m.Key, m.Headers, string(m.Value)))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !failed["gone"] || !failed["away"] || !failed["elsewhere"] {
		t.Errorf("recorded failures %v", failed)
	}
	cloud.Close()
	closed = true
	close(heard)
	token := false
	for line := range heard {
		token = token || line == "/ Bearer "+markedToken
	}
	if !token {
		t.Error("the shop was not shown its token, so that there was nothing to tell")
	}
	if browsers < 4 {
		t.Errorf("only %d files of the browsers' processes were looked at", browsers)
	}
	tells(t, "the log", []byte(logs.String()))
	if n := everything(t, "the local cloud", dir); n < 10 {
		t.Errorf("only %d files were found", n)
	}
	everything(t, "the temporary files", temp)

	// The commands that sign in to Kafka, too, when it refuses them.
	t.Setenv("KAFKA_BROKERS", sasl.Brokers[0])
	t.Setenv("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
	t.Setenv("KAFKA_SASL_USERNAME", "pageinspect")
	for _, password := range []string{markedPassword, markedPassword + "-wrong"} {
		t.Setenv("KAFKA_SASL_PASSWORD", password)
		for _, args := range [][]string{{"submit", "https://shop.example/"}, {"status", "--json"}, {"errors", "--json"}} {
			code, stdout, stderr := pageinspect(t, args...)
			tells(t, fmt.Sprint(args), []byte(stdout+stderr))
			if wrong := strings.HasSuffix(password, "wrong"); wrong && (code != exitFailed || !strings.Contains(stderr, "KAFKA_SASL_PASSWORD")) || !wrong && stdout+stderr == "" {
				t.Errorf("%v: exit %d, %s", args, code, stderr)
			}
		}
	}
}

// waitFor asks until it is so, for at most a minute.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, late := time.NewTicker(200*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// TestAPublicCaptureAsksForASecret: the program itself does not start without
// one, refuses who shows none, and tells nobody.
func TestAPublicCaptureAsksForASecret(t *testing.T) {
	wholeProgram(t)
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	_, port, _ := strings.Cut(freeAddress(t), ":")
	settings := append(os.Environ(), "CAPTURE_PUBLIC=true", "KAFKA_BROKERS=127.0.0.1:1", "SCREENSHOTS_BUCKET=test-tiles", "PAGES_BUCKET=test-pages", "STORAGE_EMULATOR_HOST=127.0.0.1:1",
		"KAFKA_SASL_MECHANISM=SCRAM-SHA-512", "KAFKA_SASL_USERNAME=u", "KAFKA_SASL_PASSWORD="+markedPassword, "FUNCTION_TARGET=Capture", "PORT="+port)
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "capture"))
	cmd.Env = settings
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "CAPTURE_CALLER_SECRET is missing") {
		t.Errorf("%v: %s", err, out)
	}
	tells(t, "why it does not start", out)

	cmd = exec.CommandContext(t.Context(), filepath.Join(programs, "capture"))
	cmd.Env = append(settings, "CAPTURE_CALLER_SECRET="+markedSecret, "CAPTURE_CALLER_SECRET_NEXT="+markedNext)
	var said together
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // Wait tells
		cmd.Wait()                       //nolint:errcheck // it was interrupted
		tells(t, "the log", []byte(said.String()))
	}()
	waitFor(t, "Capture is up", func() bool {
		resp, err := http.Get("http://127.0.0.1:" + port + "/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if processes(t, temp) < 2 {
		t.Error("no browser was looked at")
	}
	for authorization, want := range map[string]int{"": 401, "Bearer " + strings.Repeat("x", 40): 401, "Bearer " + markedSecret: 200, "Bearer " + markedNext: 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+port+"/", strings.NewReader("[]"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q is answered %s: %s", authorization, resp.Status, b)
		}
		tells(t, "an answer", b)
	}
}
