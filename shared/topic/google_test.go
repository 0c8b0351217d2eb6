package topic_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pageinspect/pageinspect/shared/topic"
)

// TestGoogleToken signs in with tokens of an authority whose tokens are spent
// at once: each connection must bring a new one.
func TestGoogleToken(t *testing.T) {
	var given atomic.Int32
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":1}`, given.Add(1))
	}))
	defer authority.Close()
	file := filepath.Join(t.TempDir(), "credentials.json")
	credentials := fmt.Sprintf(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":%q}`, authority.URL)
	if err := os.WriteFile(file, []byte(credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)

	cert, ca := certificate(t)
	cluster := func(token string) *kfake.Cluster {
		c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.SeedTopics(1, "t"),
			kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}), kfake.Superuser(topic.Plain, "a@p.iam.gserviceaccount.com", token))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	cfg := topic.Config{SASLMechanism: topic.Google, SASLUsername: "a@p.iam.gserviceaccount.com", TLS: true, TLSCA: ca}

	cfg.Brokers = cluster("token-1").ListenAddrs()
	w, err := topic.NewWriter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	// The writer's second connection, to the partition's leader, has the second
	// token, which this cluster does not know.
	err = w.Publish(t.Context(), topic.Message{Topic: "t", Value: []byte("v")})
	if err == nil || !strings.Contains(err.Error(), "KAFKA_SASL_") || given.Load() < 2 {
		t.Errorf("with a spent token: %v, after %d tokens", err, given.Load())
	}

	cfg.Brokers = cluster(fmt.Sprintf("token-%d", given.Load()+1)).ListenAddrs()
	if err := topic.Ping(t.Context(), cfg); err != nil {
		t.Error(err)
	}
}
