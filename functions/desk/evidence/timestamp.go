package evidence

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// maxToken bounds what a timestamp authority answers: a token with its chain of
// certificates has a few KiB.
const maxToken = 1 << 20

// Authority asks a timestamp authority (RFC 3161) over HTTP.
type Authority struct {
	URL    string // http or https; the token is signed, so either will do
	Client *http.Client
}

// Stamp returns the token for a statement: the authority says that data with its
// SHA-256 existed at its time. Nothing but that sum is sent.
func (a Authority) Stamp(ctx context.Context, statement []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make a nonce")
	}
	ask, err := timestamp.CreateRequest(bytes.NewReader(statement), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true, Nonce: nonce})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make a timestamp request")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(ask))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "timestamp authority")
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	answer, err := a.Client.Do(request)
	if err != nil {
		return nil, fault.Wrap(fault.Transient, err, "ask the timestamp authority")
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxToken+1))
	switch {
	case err != nil:
		return nil, fault.Wrap(fault.Transient, err, "the timestamp authority's answer")
	case answer.StatusCode != http.StatusOK:
		return nil, fault.New(fault.Transient, "the timestamp authority %s answers %s", a.URL, answer.Status)
	case len(b) > maxToken:
		return nil, fault.New(fault.Invalid, "the timestamp authority %s answers with more than %d bytes", a.URL, maxToken)
	}
	t, err := timestamp.ParseResponse(b)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the timestamp authority %s gives no timestamp: %v", a.URL, err)
	}
	if t.Nonce == nil || t.Nonce.Cmp(nonce) != 0 {
		return nil, fault.New(fault.Invalid, "the timestamp authority %s answers another question: its nonce is not ours", a.URL)
	}
	if _, err := readStamp(t.RawToken, statement, nil); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the timestamp authority %s", a.URL)
	}
	return t.RawToken, nil
}

// Stamped is what a timestamp says.
type Stamped struct {
	At      time.Time
	By      string // whom the authority's certificate names
	Trusted bool   // its certificate leads to one that the verifier trusts
}

var (
	contentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	tstInfo     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// readStamp checks a token for a statement. With roots, the authority's
// certificate must lead to one of them, and have been valid at the time it says.
// Its errors are fault.Invalid.
func readStamp(token, statement []byte, roots *x509.CertPool) (Stamped, error) {
	bad := func(format string, args ...any) (Stamped, error) {
		return Stamped{}, fault.New(fault.Invalid, format, args...)
	}
	var whole asn1.RawValue
	if rest, err := asn1.Unmarshal(token, &whole); err != nil || len(rest) > 0 {
		return bad("the timestamp is no token, or something stands behind it")
	}
	t, err := timestamp.Parse(token)
	if err != nil {
		return bad("the timestamp cannot be read, or its signature is wrong: %v", err)
	}
	p, err := pkcs7.Parse(token)
	if err != nil {
		return bad("the timestamp cannot be read: %v", err)
	}
	var kind asn1.ObjectIdentifier
	signer := p.GetOnlySigner()
	if signer == nil || p.UnmarshalSignedAttribute(contentType, &kind) != nil || !kind.Equal(tstInfo) {
		return bad("the timestamp is not signed by one authority whose certificate it has")
	}
	if sum := sha256.Sum256(statement); t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, sum[:]) {
		return bad("the timestamp is of something else")
	}
	s := Stamped{At: t.Time.UTC(), By: signer.Subject.String()}
	if roots == nil {
		return s, nil
	}
	chain := x509.NewCertPool()
	for _, c := range p.Certificates {
		chain.AddCert(c)
	}
	if _, err := signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: chain, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return bad("the timestamp is by %s, whom the given certificates do not vouch for: %v", s.By, err)
	}
	s.Trusted = true
	return s, nil
}
