// Package iap says who asks, by the header that Identity-Aware Proxy signs:
// X-Goog-IAP-JWT-Assertion, a JSON Web Token of ES256.
//
// The plain headers beside it (X-Goog-Authenticated-User-Email) are never read:
// whoever reaches the service past the proxy can write them.
// https://cloud.google.com/iap/docs/signed-headers-howto
package iap

import (
	"context"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// Header is what the proxy signs.
const Header = "X-Goog-IAP-JWT-Assertion"

const (
	issuer = "https://cloud.google.com/iap"
	// skew is how far the proxy's clock may be from ours, and lifetime how long a
	// token may be good, as the proxy's guide has both.
	skew     = 30 * time.Second
	lifetime = 10 * time.Minute
	maxToken = 16 << 10 // bytes; a header that Cloud Run lets through is no longer
)

// Verifier knows the signature of one proxied service. It is safe for concurrent use.
type Verifier struct {
	// Audience names the service: /projects/NUMBER/locations/REGION/services/NAME for
	// Cloud Run. It must be set: a token for another service is nobody's here.
	Audience string
	Keys     *Keys
	Now      func() time.Time
}

// claims is what a token says. A second audience is refused: it would be good
// elsewhere, too.
type claims struct {
	jwt.Claims
	Email string `json:"email"`
}

// Who is the address of whom the proxy vouches for, in lower case. Its errors are
// fault.Blocked where it vouches for nobody, and fault.Transient where its keys
// could not be had.
func (v *Verifier) Who(r *http.Request) (string, error) {
	given := r.Header.Values(Header)
	switch {
	case len(given) == 0:
		return "", fault.New(fault.Blocked, "nobody vouches for you: %s is missing; come through Identity-Aware Proxy", Header)
	case len(given) > 1 || len(given[0]) > maxToken:
		return "", fault.New(fault.Blocked, "%s: want one token of at most %d bytes", Header, maxToken)
	}
	token, err := jwt.ParseSigned(given[0], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(token.Headers) != 1 {
		return "", fault.New(fault.Blocked, "%s: is no token signed with ES256", Header)
	}
	key, err := v.Keys.key(context.WithoutCancel(r.Context()), token.Headers[0].KeyID, v.Now())
	if err != nil {
		return "", err
	}
	var c claims
	if err := token.Claims(key, &c); err != nil {
		return "", fault.New(fault.Blocked, "%s: its signature is not the proxy's", Header)
	}
	return v.holder(c)
}

// holder is whom a token of the proxy is for, if it is for this service and now.
func (v *Verifier) holder(c claims) (string, error) {
	now := v.Now()
	switch {
	case v.Audience == "" || len(c.Audience) != 1:
		return "", fault.New(fault.Blocked, "%s: is not for this service alone", Header)
	case c.Expiry == nil || c.IssuedAt == nil:
		return "", fault.New(fault.Blocked, "%s: does not say from when to when it is good", Header)
	case c.Expiry.Time().Sub(c.IssuedAt.Time()) > lifetime+2*skew:
		return "", fault.New(fault.Blocked, "%s: is good for longer than the proxy's are", Header)
	}
	err := c.ValidateWithLeeway(jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{v.Audience}, Time: now}, skew)
	if err != nil {
		return "", fault.New(fault.Blocked, "%s: %v", Header, err)
	}
	return address(c.Email)
}

// address is an address as it is compared. One with a name space, as those of
// identities that are not Google's have it, is no address: it could end as a
// trusted one does.
func address(email string) (string, error) {
	email = strings.ToLower(email)
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || strings.ContainsAny(email, "\":/ ") {
		return "", fault.New(fault.Blocked, "%s: has no address of a Google account", Header)
	}
	return email, nil
}
