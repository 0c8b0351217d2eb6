package iap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/pageinspect/pageinspect/shared/fault"
)

const audience = "/projects/123456789012/locations/asia-northeast3/services/pageinspect-desk"

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// proxy is an Identity-Aware Proxy on loopback, with keys of its own.
type proxy struct {
	*httptest.Server
	key    *ecdsa.PrivateKey
	kid    string
	status atomic.Int32 // of its answers; 0: 200
	asked  atomic.Int32
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{key: key, kid: "k1"}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.asked.Add(1)
		if status := p.status.Load(); status != 0 {
			w.WriteHeader(int(status))
			return
		}
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.kid, Algorithm: "ES256", Use: "sig"}}}) //nolint:errcheck // the client says so
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) verifier(now *time.Time) *Verifier {
	return &Verifier{Audience: audience, Keys: &Keys{URL: p.URL, Client: p.Client()}, Now: func() time.Time { return *now }}
}

// good is what a token of the proxy says.
func good() map[string]any {
	return map[string]any{"iss": issuer, "aud": audience, "email": "Reviewer@Example.com", "sub": "accounts.google.com:1",
		"iat": noon.Unix(), "exp": noon.Add(lifetime).Unix()}
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, payload any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(payload)
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

func ask(v *Verifier, tokens ...string) (string, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, t := range tokens {
		r.Header.Add(Header, t)
	}
	return v.Who(r)
}

func TestWhoTheProxyVouchesFor(t *testing.T) {
	p, now := newProxy(t), noon
	v := p.verifier(&now)
	for range 2 {
		if who, err := ask(v, sign(t, jose.ES256, p.key, p.kid, good())); who != "reviewer@example.com" || err != nil {
			t.Fatalf("%q, %v", who, err)
		}
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
}

// TestForgedTokens: what says that it is the proxy's, and is not, or is for another
// service or time, is nobody's.
func TestForgedTokens(t *testing.T) {
	p, now := newProxy(t), noon
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string, value any) map[string]any {
		c := good()
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	ours := func(payload any) []string { return []string{sign(t, jose.ES256, p.key, p.kid, payload)} }
	encode := base64.RawURLEncoding.EncodeToString
	whole := ours(good())[0]
	parts := strings.Split(whole, ".")
	for name, tokens := range map[string][]string{
		"none":                       nil,
		"empty":                      {""},
		"two":                        {whole, whole},
		"not a token":                {"x"},
		"three empty parts":          {".."},
		"null":                       {encode([]byte("null")) + "." + encode([]byte("null")) + "." + encode([]byte("x"))},
		"unsigned":                   {encode([]byte(`{"alg":"none","kid":"k1"}`)) + "." + parts[1] + "."},
		"signature cut":              {parts[0] + "." + parts[1] + "." + parts[2][:8]},
		"signature of another token": {parts[0] + "." + encode([]byte(`{"email":"a@b.c"}`)) + "." + parts[2]},
		"too long":                   {whole + strings.Repeat("A", maxToken)},
		"another's key, our key id":  {sign(t, jose.ES256, other, p.kid, good())},
		"a key that is nobody's":     {sign(t, jose.ES256, other, "k2", good())},
		"HMAC with the public key":   {sign(t, jose.HS256, elliptic.MarshalCompressed(p.key.Curve, p.key.X, p.key.Y), p.kid, good())},
		"RSA, as Google's accounts":  {sign(t, jose.RS256, wide, p.kid, good())},
		"another issuer":             ours(with("iss", "https://accounts.google.com")),
		"no issuer":                  ours(with("iss", nil)),
		"another service":            ours(with("aud", "/projects/123456789012/locations/asia-northeast3/services/other")),
		"this service and another":   ours(with("aud", []string{audience, "other"})),
		"no audience":                ours(with("aud", nil)),
		"expired":                    ours(with("exp", noon.Add(-skew-time.Second).Unix())),
		"no expiry":                  ours(with("exp", nil)),
		"not yet issued":             ours(with("iat", noon.Add(skew+time.Second).Unix())),
		"no time of issue":           ours(with("iat", nil)),
		"good for a day":             ours(with("exp", noon.Add(24*time.Hour).Unix())),
		"no address":                 ours(with("email", nil)),
		"an address that is a name":  ours(with("email", "x <reviewer@example.com>")),
		"another name space":         ours(with("email", "securetoken.google.com/p:mallory@example.com")),
		"two addresses":              ours(with("email", "a@evil.example, reviewer@example.com")),
	} {
		who, err := ask(p.verifier(&now), tokens...)
		if who != "" || fault.KindOf(err) != fault.Blocked {
			t.Errorf("%s: %q, %v", name, who, err)
		}
	}
}

// TestPlainHeadersAreNothing: what anybody can write is not read.
func TestPlainHeadersAreNothing(t *testing.T) {
	p, now := newProxy(t), noon
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, name := range []string{"X-Goog-Authenticated-User-Email", "X-Forwarded-User", "X-Forwarded-Email", "X-Goog-Iap-Attr-Email"} {
		r.Header.Set(name, "accounts.google.com:reviewer@example.com")
	}
	r.Header.Set("Authorization", "Bearer "+sign(t, jose.ES256, p.key, p.kid, good()))
	if who, err := p.verifier(&now).Who(r); who != "" || fault.KindOf(err) != fault.Blocked {
		t.Errorf("%q, %v", who, err)
	}
}

// TestClocksMayDiffer by half a minute, and no more.
func TestClocksMayDiffer(t *testing.T) {
	p, now := newProxy(t), noon
	v, token := p.verifier(&now), sign(t, jose.ES256, p.key, p.kid, good())
	for at, good := range map[time.Duration]bool{
		-skew - time.Second: false, -skew + time.Second: true, lifetime + skew - time.Second: true, lifetime + skew + 2*time.Second: false,
	} {
		now = noon.Add(at)
		if _, err := ask(v, token); (err == nil) != good {
			t.Errorf("%v after it was issued: %v", at, err)
		}
	}
}

// TestKeysThatChangeOrCannotBeHad: a new key is asked for once a minute at most,
// and an outage of the keys stops nobody whose key is known.
func TestKeysThatChangeOrCannotBeHad(t *testing.T) {
	p, now := newProxy(t), noon
	v := p.verifier(&now)
	token := func() string {
		c := good()
		c["iat"], c["exp"] = now.Unix(), now.Add(lifetime).Unix()
		return sign(t, jose.ES256, p.key, p.kid, c)
	}
	p.status.Store(http.StatusServiceUnavailable)
	if _, err := ask(v, token()); fault.KindOf(err) != fault.Transient {
		t.Fatalf("without keys: %v", err)
	}
	p.status.Store(0)
	if _, err := ask(v, token()); fault.KindOf(err) != fault.Transient || p.asked.Load() != 1 {
		t.Errorf("at once: %v, asked %d times", err, p.asked.Load())
	}
	now = now.Add(again)
	if _, err := ask(v, token()); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	p.kid = "k2"
	now = now.Add(again)
	for range 3 {
		if _, err := ask(v, token()); err != nil {
			t.Errorf("with a new key: %v", err)
		}
	}
	if n := p.asked.Load(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	p.status.Store(http.StatusServiceUnavailable)
	now = now.Add(2 * fresh)
	if _, err := ask(v, token()); err != nil || p.asked.Load() != 4 {
		t.Errorf("with keys that are old: %v, asked %d times", err, p.asked.Load())
	}
}
