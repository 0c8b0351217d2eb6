package evidence

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// authority is a timestamp authority on loopback, with a certificate of its own.
type authority struct {
	roots  *x509.CertPool
	url    string
	at     time.Time
	change func(t *timestamp.Timestamp)
	answer func(w http.ResponseWriter) bool
}

func newAuthority(t *testing.T, use x509.ExtKeyUsage) *authority {
	t.Helper()
	a := &authority{roots: x509.NewCertPool(), at: now.Add(time.Minute)}
	make := func(name string, isCA bool, parent *x509.Certificate, signer crypto.Signer) (*x509.Certificate, *ecdsa.PrivateKey) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(now.Unix()), Subject: pkix.Name{CommonName: name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(100, 0, 0), IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
		if !isCA {
			c.ExtKeyUsage, c.KeyUsage, c.SerialNumber = []x509.ExtKeyUsage{use}, x509.KeyUsageDigitalSignature, big.NewInt(2)
		}
		if parent == nil {
			parent, signer = c, private
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, private.Public(), signer)
		if err == nil {
			c, err = x509.ParseCertificate(der)
		}
		if err != nil {
			t.Fatal(err)
		}
		return c, private
	}
	root, rootKey := make("Root of a test", true, nil, nil)
	a.roots.AddCert(root)
	cert, private := make("Authority of a test", false, root, rootKey)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.answer != nil && a.answer(w) {
			return
		}
		b, err := io.ReadAll(r.Body)
		ask, parseErr := timestamp.ParseRequest(b)
		if err != nil || parseErr != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
			t.Errorf("the authority was asked %v, %v", err, parseErr)
			return
		}
		stamped := timestamp.Timestamp{
			HashAlgorithm: ask.HashAlgorithm, HashedMessage: ask.HashedMessage, Nonce: ask.Nonce, Time: a.at, Policy: asn1.ObjectIdentifier{1, 2, 3}, Certificates: []*x509.Certificate{root}, AddTSACertificate: true,
		}
		if a.change != nil {
			a.change(&stamped)
		}
		answer, err := stamped.CreateResponseWithOpts(cert, private, crypto.SHA256)
		if err != nil {
			t.Error(err)
			return
		}
		w.Write(answer) //nolint:errcheck // of a test
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *authority) stamp() Authority { return Authority{URL: a.url, Client: http.DefaultClient} }

// TestTimestamp: it says when, and by whom, to who trusts the authority.
func TestTimestamp(t *testing.T) {
	a := newAuthority(t, x509.ExtKeyUsageTimeStamping)
	p, r := desk(t)
	p.Stamp = a.stamp().Stamp
	b := pack(t, p, r.ID)
	v, err := verify(b, Trust{Authorities: a.roots})
	if err != nil {
		t.Fatal(err)
	}
	if v.Stamped == nil || !v.Stamped.Trusted || !v.Stamped.At.Equal(a.at) || v.Stamped.By != "CN=Authority of a test" {
		t.Errorf("%+v", v.Stamped)
	}
	if v, err = verify(b, Trust{}); err != nil || v.Stamped.Trusted || !strings.Contains(strings.Join(v.Proves(), " "), "Who that is, the archive cannot prove") {
		t.Errorf("%v, %q", err, v.Proves())
	}
	if _, err := verify(b, Trust{Authorities: newAuthority(t, x509.ExtKeyUsageTimeStamping).roots}); err == nil || !strings.Contains(err.Error(), "do not vouch") {
		t.Errorf("an authority that nobody vouches for: %v", err)
	}
	// Of another statement, or with bytes that are others.
	all := apart(t, b)
	last := len(all) - 1
	if all[last].name != timestampName || all[last-2].name != statementName {
		t.Fatalf("the last file is %s", all[last].name)
	}
	token := all[last].data
	other, err := a.stamp().Stamp(t.Context(), []byte("something else"))
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{"of something else": other, "cut off": token[:len(token)-1], "followed by more": append(bytes.Clone(token), 0), "nothing": {}} {
		all[last].data = data
		if _, err := verify(together(t, all), Trust{}); err == nil {
			t.Errorf("a timestamp that is %s holds", what)
		}
	}
	// Whatever byte is another, it does not say another time.
	for i := range token {
		spoilt := bytes.Clone(token)
		spoilt[i] ^= 1
		if s, err := readStamp(spoilt, all[last-2].data, a.roots); err == nil && !s.At.Equal(a.at) {
			t.Errorf("byte %d of the timestamp is another, and it says %v", i, s.At)
		}
	}
	if _, err := verify(pack(t, &Packer{Pages: p.Pages, Ledger: p.Ledger, Now: p.Now}, r.ID), Trust{Authorities: a.roots}); err == nil {
		t.Error("one without a timestamp holds, though one was asked for")
	}
	if _, err := verify(b, Trust{Key: key.Public().(ed25519.PublicKey), Authorities: a.roots}); err != nil {
		t.Error(err)
	}
}

// TestAuthoritiesThatLie give no timestamp.
func TestAuthoritiesThatLie(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *timestamp.Timestamp)
		answer func(w http.ResponseWriter) bool
	}{
		"of something else":  {change: func(t *timestamp.Timestamp) { t.HashedMessage = bytes.Repeat([]byte{1}, 32) }},
		"another question":   {change: func(t *timestamp.Timestamp) { t.Nonce = big.NewInt(1) }},
		"no nonce":           {change: func(t *timestamp.Timestamp) { t.Nonce = nil }},
		"without its letter": {change: func(t *timestamp.Timestamp) { t.AddTSACertificate, t.Certificates = false, nil }},
		"an error":           {answer: func(w http.ResponseWriter) bool { w.WriteHeader(500); return true }},
		"no answer":          {answer: func(w http.ResponseWriter) bool { return true }},
		"without end":        {answer: func(w http.ResponseWriter) bool { _, err := w.Write(make([]byte, maxToken+1)); return err == nil }},
		"a refusal": {answer: func(w http.ResponseWriter) bool {
			b, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadRequest)
			w.Write(b) //nolint:errcheck // of a test
			return err == nil
		}},
	} {
		a := newAuthority(t, x509.ExtKeyUsageTimeStamping)
		a.change, a.answer = c.change, c.answer
		if _, err := a.stamp().Stamp(t.Context(), []byte("statement")); err == nil {
			t.Errorf("%s: it gives a timestamp", name)
		}
	}
	// A certificate for something else is no authority's, whoever vouches for it.
	a := newAuthority(t, x509.ExtKeyUsageServerAuth)
	token, err := a.stamp().Stamp(t.Context(), []byte("statement"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readStamp(token, []byte("statement"), a.roots); err == nil {
		t.Error("a web server's certificate stamps")
	}
}
