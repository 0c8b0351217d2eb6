package capture

import (
	"net"
	"net/netip"
	"strings"

	"github.com/pageinspect/pageinspect/capture/browser"
)

// named are the private addresses that a request's URL names itself, with their
// port: a literal loopback or private address, or localhost. Whoever types one
// may see it. A name never opens anything, whatever it resolves to: it is
// somebody else's.
func named(address string) []netip.AddrPort {
	u, err := browser.Origin(address)
	if err != nil {
		return nil
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	hosts := []string{u.Hostname()}
	if strings.EqualFold(u.Hostname(), "localhost") {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var out []netip.AddrPort
	for _, host := range hosts {
		ap, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
		if ip := ap.Addr().Unmap(); err == nil && (ip.IsLoopback() || ip.IsPrivate()) {
			out = append(out, netip.AddrPortFrom(ip, ap.Port()))
		}
	}
	return out
}
