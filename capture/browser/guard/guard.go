// Package guard stands between a browser and the network: a page may reach the
// public internet and nothing of ours (SSRF).
//
// # What it promises
//
// Not one packet goes to an address that is not public, or allowed. It is the
// resolved address that is judged, at the moment of dialling, so redirects,
// rebinding names, decimal or IPv6 spellings, frames, workers, WebSockets and
// beacons are all covered by one check. Each page has a door of its own, with
// its own exceptions and its own account. What passes through is not read: the
// browser parses it, and hears of a connection that breaks as if it were its own.
package guard

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Guard says which addresses may be reached.
type Guard struct {
	prefixes []netip.Prefix
	ports    []netip.AddrPort
}

// New allows public addresses, and those listed: CIDR, IP or IP:port. Its
// error names every entry that is none of these.
func New(allow []string) (*Guard, error) {
	g := &Guard{}
	var errs []error
	for _, a := range allow {
		if p, err := netip.ParsePrefix(a); err == nil {
			g.prefixes = append(g.prefixes, p)
		} else if ip, err := netip.ParseAddr(a); err == nil {
			g.prefixes = append(g.prefixes, netip.PrefixFrom(ip, ip.BitLen()))
		} else if ap, err := netip.ParseAddrPort(a); err == nil {
			g.ports = append(g.ports, ap)
		} else {
			errs = append(errs, fault.New(fault.Internal, "CAPTURE_ALLOW has %q; write an address as 10.0.0.5, 10.0.0.0/8 or 127.0.0.1:8080", a))
		}
	}
	return g, errors.Join(errs...)
}

// errRefused happens if an address is not public.
var errRefused = errors.New("address is not public")

// dialLimit is how long a server may take to accept a connection.
const dialLimit = 20 * time.Second

// browserHosts are what Chromium itself calls for updates, accounts and models;
// no page needs them.
var browserHosts = map[string]bool{
	"accounts.google.com": true, "android.clients.google.com": true, "clients2.google.com": true,
	"content-autofill.googleapis.com": true, "edgedl.me.gvt1.com": true, "optimizationguide-pa.googleapis.com": true,
	"redirector.gvt1.com": true, "safebrowsing.googleapis.com": true, "update.googleapis.com": true,
}

// notPublic are the ranges that netip has no name for (RFC 6890 and its updates).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("2002::/16"),       // 6to4 reaches IPv4 addresses unseen
	netip.MustParsePrefix("2001::/32"),       // Teredo, likewise
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
}

// public6 is the only part of IPv6 that is in use for the internet (RFC 4291,
// 2.4); NAT64, IPv4-compatible and site-local addresses are outside of it.
var public6 = netip.MustParsePrefix("2000::/3")

// dial connects to what addr resolves to, if that is public, or allowed by the
// guard or by the list.
func (g *Guard) dial(ctx context.Context, addr string, allow []netip.AddrPort) (*net.TCPConn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err == nil && browserHosts[strings.ToLower(strings.TrimSuffix(host, "."))] {
		return nil, errRefused
	}
	d := net.Dialer{Timeout: dialLimit, Control: func(_, resolved string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(resolved)
		if err != nil || !g.allowed(ap) && !listed(allow, ap) {
			return errRefused
		}
		return nil
	}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// allowed judges a resolved address.
func (g *Guard) allowed(ap netip.AddrPort) bool {
	ip := ap.Addr().Unmap()
	for _, p := range g.prefixes {
		if p.Contains(ip) {
			return true
		}
	}
	if listed(g.ports, ap) {
		return true
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !public6.Contains(ip) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

func listed(list []netip.AddrPort, ap netip.AddrPort) bool {
	for _, a := range list {
		if a.Addr().Unmap() == ap.Addr().Unmap() && a.Port() == ap.Port() {
			return true
		}
	}
	return false
}
