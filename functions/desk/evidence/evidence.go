// Package evidence packs what was seen, read and decided of a page into one
// archive that can be kept, and verifies such archives without a network.
//
// # The archive
//
// A ZIP with stored (uncompressed) entries in a fixed order and with fixed times,
// so that the same files make the same bytes:
//
//	README.txt                       how to check it with other tools
//	result.json                      pageinspect.result/v1, as it was stored
//	page/manifest.json               pageinspect.page/v1, as Capture stored it, if there is one
//	page/dom.json                    the page's own text, if it was kept
//	tiles/000.jpg …                  the pictures, in the order of the result's tiles
//	report.html                      the result's report, which shows the tiles beside it
//	decisions/page/00001.json …      what people decided about the page
//	decisions/picture/<sha256>/00001.json …  and about its pictures
//	shown/<sha256>.json              results that were shown when it was decided, if others than result.json
//	public-key.pem                   of who signed, if somebody did
//	evidence.json                    the Statement: who packed what and when, and the SHA-256 of every file above
//	evidence.sig                     Ed25519 signature of evidence.json, if somebody signed
//	evidence.tsr                     RFC 3161 timestamp token of evidence.json, if one was asked for
//
// # What it promises
//
// Verify takes an archive only if it is, to the byte, what Pack makes of its files:
// there is one way to read it. EVIDENCE.md beside this package says what that
// proves and what it does not.
package evidence

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Schema names the contract in every statement.
const Schema = "pageinspect.evidence/v1"

// The entries that the others hang on.
const (
	readmeName    = "README.txt"
	resultName    = "result.json"
	manifestName  = "page/manifest.json"
	domName       = "page/dom.json"
	reportName    = "report.html"
	keyName       = "public-key.pem"
	statementName = "evidence.json"
	signatureName = "evidence.sig"
	timestampName = "evidence.tsr"
)

// listed are the names that a statement may list: there is no other.
var listed = regexp.MustCompile(`^(README\.txt|result\.json|page/manifest\.json|page/dom\.json|report\.html|public-key\.pem|tiles/\d{3,5}\.(jpg|png|webp|bin)|` +
	`decisions/page/\d{5}\.json|decisions/picture/[0-9a-f]{64}/\d{5}\.json|shown/[0-9a-f]{64}\.json)$`)

// Statement is pageinspect.evidence/v1: what is in the archive and where it comes
// from. Its bytes are canonical: they are those that encoding it gives.
type Statement struct {
	Schema string `json:"schema"`
	// ID to ReinspectedAt repeat the result.
	ID            string         `json:"id"`
	URL           string         `json:"url"`
	FinalURL      string         `json:"final_url"`
	Title         string         `json:"title"`
	Verdict       result.Verdict `json:"verdict"`
	CapturedAt    time.Time      `json:"captured_at"`
	RecognizedAt  time.Time      `json:"recognized_at"`
	ReinspectedAt time.Time      `json:"reinspected_at,omitzero"`
	PackedAt      time.Time      `json:"packed_at"` // by the packer's clock
	PackedBy      string         `json:"packed_by"` // a name that the packer gives themselves
	Tool          string         `json:"tool"`      // pageinspect and its version
	// Key is the public key of who signs, as ed25519:BASE64; empty: nobody does.
	Key string `json:"key,omitempty"`
	// Missing says what the archive does not have, a sentence each.
	Missing []string `json:"missing,omitempty"`
	Files   []File   `json:"files"` // in the order in which they lie in the archive
}

// File is an entry of the archive.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// encode writes the canonical bytes.
func (s Statement) encode() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), fault.Wrap(fault.Internal, err, "encode %s", statementName)
}

// decodeStatement reads a statement, which must be canonical: no field that is
// unknown or stands twice, no other spelling of the same.
func decodeStatement(b []byte) (Statement, error) {
	var s Statement
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fault.New(fault.Invalid, "%s is no statement of %s: %v", statementName, Schema, err)
	}
	if s.Schema != Schema {
		return s, fault.New(fault.Invalid, "%s: its schema is %q, want %q", statementName, s.Schema, Schema)
	}
	again, err := s.encode()
	if err != nil {
		return s, err
	}
	if !bytes.Equal(again, b) {
		return s, fault.New(fault.Invalid, "%s is not written as this tool writes it; it could be read in two ways", statementName)
	}
	seen := map[string]bool{}
	for _, f := range s.Files {
		if !listed.MatchString(f.Name) || seen[f.Name] {
			return s, fault.New(fault.Invalid, "%s lists %q, which is no file of such an archive, or lists it twice", statementName, f.Name)
		}
		seen[f.Name] = true
	}
	return s, nil
}

// Tool is this program and its version, as statements name it.
func Tool() string {
	version := "of no version"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return "pageinspect " + version
}
