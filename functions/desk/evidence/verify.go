package evidence

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"io"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Trust is what a verifier knows from elsewhere.
type Trust struct {
	Key         ed25519.PublicKey // who must have signed; nil: anybody, or nobody
	Authorities *x509.CertPool    // roots of timestamp authorities; nil: any will do, and none is trusted
}

// Verified is what an archive that holds was found to be.
type Verified struct {
	Statement Statement
	Result    result.Result
	Signed    bool
	Trusted   bool     // by the key that was asked for
	Stamped   *Stamped // nil: there is no timestamp
	Tiles     Tiles
	Decisions Decisions
}

// Verify reads an archive and holds everything in it against everything else: each
// file against its sum, the statement against signature and timestamp, the pictures
// against result and manifest, the decisions against the result. Its error is
// fault.Invalid, tells all that is wrong, and means that nothing of it can be
// relied on.
func Verify(r io.ReaderAt, size int64, trust Trust) (Verified, error) {
	var v Verified
	a, err := readArchive(r, size, func(name string) bool { return name == statementName || !isTile(name) && name != reportName })
	if err != nil {
		return v, err
	}
	statement, ok := a.data[statementName]
	if !ok {
		return v, fault.New(fault.Invalid, "it has no %s, and is no archive of evidence", statementName)
	}
	if v.Statement, err = decodeStatement(statement); err != nil {
		return v, err
	}
	if err := a.meets(v.Statement); err != nil {
		return v, err
	}
	return v, errors.Join(v.signature(a, statement, trust), v.timestamp(a, statement, trust), v.content(a))
}

// meets says whether the archive has exactly the files that its statement lists, in
// their order, and behind them the statement, its signature and its timestamp.
func (a archive) meets(s Statement) error {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fault.New(fault.Invalid, format, args...)) }
	there := map[string]File{}
	for _, f := range a.files {
		there[f.Name] = f
	}
	var want []string
	for _, f := range s.Files {
		want = append(want, f.Name)
		switch got, ok := there[f.Name]; {
		case !ok:
			bad("%s is missing", f.Name)
		case got != f:
			bad("%s is not what was packed: its SHA-256 is %s, and %s says %s", f.Name, got.SHA256, statementName, f.SHA256)
		}
		delete(there, f.Name)
	}
	for _, name := range []string{statementName, signatureName, timestampName} {
		if _, ok := there[name]; ok {
			want = append(want, name)
			delete(there, name)
		}
	}
	for _, f := range a.files {
		if _, ok := there[f.Name]; ok {
			bad("%s is not in %s: it was added", f.Name, statementName)
		}
	}
	if len(wrong) == 0 {
		for i, f := range a.files {
			if f.Name != want[i] {
				bad("its files do not lie in the order in which %s lists them", statementName)
				break
			}
		}
	}
	return errors.Join(wrong...)
}

// signature checks who signed.
func (v *Verified) signature(a archive, statement []byte, trust Trust) error {
	signature, signed := a.data[signatureName]
	if !signed && v.Statement.Key == "" && a.data[keyName] == nil {
		if trust.Key != nil {
			return fault.New(fault.Invalid, "it is not signed, and so not by %s", KeyText(trust.Key))
		}
		return nil
	}
	key, err := ParsePublicKey(v.Statement.Key)
	if err != nil || !signed {
		return fault.New(fault.Invalid, "it says that %q signs, and the signature is not there, or the key is none", v.Statement.Key)
	}
	if text, err := publicPEM(key); err != nil || !bytes.Equal(text, a.data[keyName]) {
		return fault.New(fault.Invalid, "%s is another key than %s names", keyName, statementName)
	}
	if !ed25519.Verify(key, statement, signature) {
		return fault.New(fault.Invalid, "the signature is wrong: %s was changed, or somebody else signed", statementName)
	}
	if trust.Key != nil && !key.Equal(trust.Key) {
		return fault.New(fault.Invalid, "it is signed by %s, and not by %s", KeyText(key), KeyText(trust.Key))
	}
	v.Signed, v.Trusted = true, trust.Key != nil
	return nil
}

// timestamp checks when the statement existed.
func (v *Verified) timestamp(a archive, statement []byte, trust Trust) error {
	token, ok := a.data[timestampName]
	if !ok {
		if trust.Authorities != nil {
			return fault.New(fault.Invalid, "it has no timestamp")
		}
		return nil
	}
	s, err := readStamp(token, statement, trust.Authorities)
	if err != nil {
		return err
	}
	v.Stamped = &s
	return nil
}
