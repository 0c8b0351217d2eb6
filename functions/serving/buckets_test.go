package serving

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

func client(t *testing.T, endpoint string) *store.Client {
	t.Helper()
	c, err := store.New(t.Context(), store.Config{EmulatorHost: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // nothing of it is kept
	return c
}

func TestCheckBuckets(t *testing.T) {
	storage, err := localgcs.Start(localgcs.Config{Buckets: []string{"test-pages", "test-results"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	for _, c := range []struct {
		name     string
		settings map[string]string
		say      []string // each setting and the name that is wrong
	}{
		{"all there", map[string]string{"PAGES_BUCKET": "test-pages", "RESULTS_BUCKET": "test-results"}, nil},
		{"one is not", map[string]string{"PAGES_BUCKET": "test-pages", "RESULTS_BUCKET": "test-result"}, []string{"RESULTS_BUCKET", "test-result", "create it"}},
		{"two are not", map[string]string{"PAGES_BUCKET": "test-page", "RESULTS_BUCKET": "test-result"}, []string{"PAGES_BUCKET", "test-page", "RESULTS_BUCKET", "test-result"}},
		{"no name of a bucket", map[string]string{"PAGES_BUCKET": "gs://test-pages", "RESULTS_BUCKET": "test-results"}, []string{"PAGES_BUCKET", "gs://test-pages"}},
	} {
		var log bytes.Buffer
		err := CheckBuckets(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), client(t, storage.Endpoint()), c.settings)
		if (err == nil) != (c.say == nil) || log.Len() > 0 {
			t.Errorf("%s: %v, logged %q", c.name, err, log.String())
			continue
		}
		for _, say := range c.say {
			if !strings.Contains(err.Error(), say) {
				t.Errorf("%s: %v; want it to say %s", c.name, err, say)
			}
		}
	}
}

// TestBucketsThatCannotBeLookedAt stop no start, and are told.
func TestBucketsThatCannotBeLookedAt(t *testing.T) {
	for _, code := range []int{http.StatusForbidden, http.StatusUnauthorized, http.StatusServiceUnavailable} {
		refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		if code == http.StatusServiceUnavailable {
			cancel() // that the start's own time is over changes nothing
		}
		err := CheckBuckets(ctx, slog.New(slog.NewTextHandler(&log, nil)), client(t, refusing.URL), map[string]string{"PAGES_BUCKET": "test-pages"})
		cancel()
		refusing.Close()
		if err != nil || !strings.Contains(log.String(), "PAGES_BUCKET") {
			t.Errorf("answered %d: %v, logged %q", code, err, log.String())
		}
	}
}
