package delivery

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Callers says who may deliver to Capture, which callers without a Google token
// reach too, such as Kafka Connect sinks that send a fixed header. The zero
// value asks for nothing: the platform checks who calls.
type Callers struct {
	Public bool   // nothing in front of the function checks who calls
	Secret string // what callers send as "Authorization: Bearer …"
	// Next is good beside Secret, so that one can replace the other without a
	// moment in which a caller is refused.
	Next string
}

// minSecret is as many characters as 128 random bits have in hexadecimal.
const minSecret = 32

// Validate reports what is wrong, with the variable to change, and no secret.
func (c Callers) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fault.New(fault.Internal, format, args...)) }
	if c.Public && c.Secret == "" && c.Next == "" {
		bad("CAPTURE_PUBLIC is true and CAPTURE_CALLER_SECRET is missing: anybody could have pages inspected; set a secret (openssl rand -hex 32), or have the platform check its callers and unset CAPTURE_PUBLIC")
	}
	for name, secret := range map[string]string{"CAPTURE_CALLER_SECRET": c.Secret, "CAPTURE_CALLER_SECRET_NEXT": c.Next} {
		if secret != "" && (len(clean(secret)) < minSecret || strings.ContainsAny(clean(secret), " \t\r\n")) {
			bad("%s: want at least %d characters without a space; openssl rand -hex 32 makes one", name, minSecret)
		}
	}
	return errors.Join(errs...)
}

// clean takes off the line end that a file or an echo puts behind a secret.
func clean(secret string) string { return strings.TrimSpace(secret) }

// admits says whether a delivery may come in. It takes as long whatever is
// wrong with what was shown.
func (c Callers) admits(h http.Header) bool {
	shown, isBearer := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	got := sha256.Sum256([]byte(shown))
	open, known := 1, 0
	for _, secret := range []string{clean(c.Secret), clean(c.Next)} {
		if secret == "" {
			continue
		}
		open = 0
		want := sha256.Sum256([]byte(secret))
		known |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return open|known == 1 && (open == 1 || isBearer)
}
