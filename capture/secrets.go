package capture

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// reference is how a profile refers to a variable of the environment. A dollar
// sign that stands otherwise is one.
var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// takeSecrets puts the environment's values where ${NAME} refers to them, when
// the profile is loaded, so that none is in a file and none is missed by a page.
// Its error names every one that is missing.
func (p *Profile) takeSecrets(lookup func(string) (string, bool)) error {
	var errs []error
	for field, values := range map[string]map[string]string{"headers": p.Headers, "cookies": p.Cookies} {
		for key, value := range values {
			values[key] = reference.ReplaceAllStringFunc(value, func(ref string) string {
				p.secret = true
				name := reference.FindStringSubmatch(ref)[1]
				secret, ok := lookup(name)
				if !ok {
					errs = append(errs, fault.New(fault.Invalid, "%s.%s: refers to %s, which the environment does not have; set it", field, key, name))
				}
				return secret
			})
		}
	}
	if p.secret && len(p.Hosts) == 0 {
		errs = append(errs, fault.New(fault.Invalid, "hosts: missing; its headers or cookies have secrets, so name the hosts that may have them"))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// owns says whether a host is one of the profile's.
func (p Profile) owns(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(p.Hosts, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), host)
		return ok && err == nil
	})
}

// mayHave says whether a request to address, made by the page that was asked
// for, may have the profile's headers.
func (p Profile) mayHave(asked, address string) bool {
	u, err := browser.Origin(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	if len(p.Hosts) > 0 {
		return p.owns(u.Hostname())
	}
	own, err := browser.Origin(asked)
	return err == nil && strings.EqualFold(own.Hostname(), u.Hostname())
}
