package apachekafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// certify makes an authority and a certificate of it for 127.0.0.1, and returns
// the files with the authority's certificate and with the server's key and
// certificate, as Kafka's PEM store wants them.
func certify(t testing.TB, dir string) (ca, keystore string) {
	t.Helper()
	fatal := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of the tests"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kafka"}, NotBefore: from, NotAfter: to,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	fatal(err)
	serverDER, err := x509.CreateCertificate(rand.Reader, server, authority, &serverKey.PublicKey, authorityKey)
	fatal(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(serverKey)
	fatal(err)
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	ca, keystore = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "server.pem")
	write(t, ca, block("CERTIFICATE", authorityDER))
	write(t, keystore, block("PRIVATE KEY", keyDER)+block("CERTIFICATE", serverDER)+block("CERTIFICATE", authorityDER))
	return ca, keystore
}
