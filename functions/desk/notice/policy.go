package notice

import (
	"crypto/sha256"
	"encoding/base64"
)

// Policy is the content security policy of a notice: its style by its sum, its
// pictures from itself, and nothing else. The page has it, and so must the answer
// of a server that has a stricter one for its other pages.
func Policy() string {
	sum := sha256.Sum256([]byte(stylesheet))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
}
