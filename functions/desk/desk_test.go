package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/iap"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
)

// proxied is a desk as production has it: results in a bucket, and a proxy that
// signs, whose keys are on loopback.
type proxied struct {
	*httptest.Server
	key *ecdsa.PrivateKey
	*instance
}

func startProxied(t *testing.T, results int) *proxied {
	t.Helper()
	storage, err := localgcs.Start(localgcs.Config{Dir: t.TempDir(), Buckets: []string{"test-shots", "test-pages", "test-results", "test-decisions"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: storage.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() }) //nolint:errcheck // nothing of it is kept
	for _, r := range desktest.Results(results) {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := objects.Put(t.Context(), store.URI{Bucket: "test-results", Object: r.ID + "/result.json"}, "application/json", b, nil); err != nil {
			t.Fatal(err)
		}
	}
	p := &proxied{}
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k"}}}) //nolint:errcheck // the client says so
	}))
	t.Cleanup(keys.Close)
	settings(t, map[string]string{"STORAGE_EMULATOR_HOST": storage.Endpoint(), "DECISIONS_BUCKET": "test-decisions", "DESK_INDEX_DIR": t.TempDir()})
	cfg, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.keys = keys.URL
	if p.instance, err = open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.drain(context.WithoutCancel(t.Context()))
		p.index.Close() //nolint:errcheck // it is thrown away
	})
	p.Server = httptest.NewServer(p.instance)
	t.Cleanup(p.Server.Close)
	return p
}

// token is what the proxy signs for an address.
func (p *proxied) token(t *testing.T, key *ecdsa.PrivateKey, email string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"iss": "https://cloud.google.com/iap", "aud": service, "email": email,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *proxied) get(t *testing.T, path string, header http.Header) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := p.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestStrangersAtTheDesk see nothing, whatever they write into headers; whom the
// proxy signs for does. A probe, for whom nobody signs, is answered.
func TestStrangersAtTheDesk(t *testing.T) {
	p := startProxied(t, 3)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	email := "accounts.google.com:kim@example.com"
	for name, header := range map[string]http.Header{
		"nobody":            {},
		"unsigned headers":  {"X-Goog-Authenticated-User-Email": {email}, "X-Goog-Authenticated-User-Id": {"accounts.google.com:1"}, "X-Serverless-Authorization": {"Bearer x"}},
		"another's signing": {iap.Header: {p.token(t, other, "kim@example.com")}, "X-Goog-Authenticated-User-Email": {email}},
	} {
		for _, path := range []string{"/", "/status", "/p/any", "/p/any/data.json", "/export?format=jsonl"} {
			if status, body := p.get(t, path, header); status != http.StatusForbidden {
				t.Errorf("%s at %s: %d %s", name, path, status, body)
			}
		}
	}
	if status, body := p.get(t, "/", http.Header{iap.Header: {p.token(t, p.key, "kim@example.com")}}); status != http.StatusOK {
		t.Errorf("a reviewer: %d %s", status, body)
	}
	if status, body := p.get(t, "/health", nil); status != http.StatusOK || body != "ok\n" {
		t.Errorf("a probe: %d %q", status, body)
	}
}

// TestTheIndexCatchesUpBehind: a desk answers at once, and is current a little later.
func TestTheIndexCatchesUpBehind(t *testing.T) {
	p := startProxied(t, 20)
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		list, err := p.index.Pages(t.Context(), index.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if list.Total == 20 {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d of 20 pages", list.Total)
		}
	}
}

// TestWithoutItsBuckets nothing starts, and every setting is named.
func TestWithoutItsBuckets(t *testing.T) {
	storage, err := localgcs.Start(localgcs.Config{Buckets: []string{"test-shots"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { storage.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // nothing of it is kept
	settings(t, map[string]string{"STORAGE_EMULATOR_HOST": storage.Endpoint(), "DECISIONS_BUCKET": "test-decisions"})
	_, err = start(t.Context())
	for _, say := range []string{"PAGES_BUCKET", "RESULTS_BUCKET", "DECISIONS_BUCKET"} {
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%v; want it to say %s", err, say)
		}
	}
}
