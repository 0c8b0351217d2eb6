package evidence

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

const keyPrefix = "ed25519:"

// NewKey makes a key, writes it to a file that is not there yet, which only its
// owner may read, and returns the public key. The file is PKCS #8 in PEM.
func NewKey(file string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "make a key")
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "encode the key")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fault.New(fault.Invalid, "%s is there already, and a key that is written over is lost; name another file", file)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "make a key")
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fault.Wrap(fault.Invalid, errors.Join(err, os.Remove(file)), "write %s", file)
	}
	return public, nil
}

// ParseKey reads a private key: PKCS #8 in PEM, as NewKey or
// "openssl genpkey -algorithm ed25519" writes it.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fault.New(fault.Invalid, `the key is no PEM file; make one with "pageinspect evidence --new-key FILE"`)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fault.New(fault.Invalid, `the key is no Ed25519 private key (PKCS #8); make one with "pageinspect evidence --new-key FILE"`)
	}
	return private, nil
}

// KeyText writes a public key in one word: ed25519:BASE64.
func KeyText(key ed25519.PublicKey) string {
	return keyPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParsePublicKey reads a public key as KeyText writes it, or as PEM (PKIX).
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	if word, ok := strings.CutPrefix(strings.TrimSpace(text), keyPrefix); ok {
		if b, err := base64.StdEncoding.DecodeString(word); err == nil && len(b) == ed25519.PublicKeySize {
			return b, nil
		}
		return nil, fault.New(fault.Invalid, "%q is no public key: want %s and 44 letters", text, keyPrefix)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fault.New(fault.Invalid, "the public key is neither %sBASE64 nor a PEM file", keyPrefix)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fault.New(fault.Invalid, "the public key is no Ed25519 key")
	}
	return public, nil
}

// publicPEM is a public key as openssl reads it.
func publicPEM(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), fault.Wrap(fault.Internal, err, "encode the public key")
}
