package browser

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/elazarl/goproxy"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// guard is the forward proxy that every request of every page goes through. It
// judges the address that a name resolves to at the moment of dialling, so
// redirects, rebinding names, decimal or IPv6 spellings, frames, workers and
// beacons are all covered by one check: a page may reach the public internet
// and nothing of ours.
type guard struct {
	allow  []netip.Prefix
	allowP []netip.AddrPort
	ln     net.Listener
	srv    *http.Server
	tr     *http.Transport

	mu      sync.Mutex
	refused map[string]struct{} // host:port as asked for
}

// errRefused happens if an address is not public.
var errRefused = errors.New("address is not public")

// maxRefused bounds the memory of a guard that lives as long as its instance.
const maxRefused = 10_000

// RefusedHeader marks the guard's own answer to a plain http request.
const RefusedHeader = "X-Pageinspect-Refused"

// FailedHeader marks the guard's answer when a plain http server gives none; it says why.
const FailedHeader = "X-Pageinspect-Failed"

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

func newGuard(allow []string) (*guard, error) {
	g := &guard{refused: map[string]struct{}{}}
	var errs []error
	for _, a := range allow {
		if p, err := netip.ParsePrefix(a); err == nil {
			g.allow = append(g.allow, p)
		} else if ip, err := netip.ParseAddr(a); err == nil {
			g.allow = append(g.allow, netip.PrefixFrom(ip, ip.BitLen()))
		} else if ap, err := netip.ParseAddrPort(a); err == nil {
			g.allowP = append(g.allowP, ap)
		} else {
			errs = append(errs, fault.New(fault.Internal, "CAPTURE_ALLOW has %q; write an address as 10.0.0.5, 10.0.0.0/8 or 127.0.0.1:8080", a))
		}
	}
	return g, errors.Join(errs...)
}

func startGuard(allow []string) (*guard, error) {
	g, err := newGuard(allow)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "listen for the browser's requests")
	}
	g.ln = ln
	proxy := goproxy.NewProxyHttpServer()
	proxy.Logger = log.New(io.Discard, "", 0)
	g.tr = &http.Transport{DialContext: g.dial, MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}
	proxy.Tr = g.tr
	proxy.ConnectDialWithReq = func(r *http.Request, network, addr string) (net.Conn, error) {
		return g.dial(r.Context(), network, addr)
	}
	proxy.OnResponse().DoFunc(func(resp *http.Response, ctx *goproxy.ProxyCtx) *http.Response {
		switch {
		case resp != nil: // what is said in our name, nobody else says
			resp.Header.Del(RefusedHeader)
			resp.Header.Del(FailedHeader)
		case errors.Is(ctx.Error, errRefused):
			resp = goproxy.NewResponse(ctx.Req, "text/plain", http.StatusForbidden, "refused")
			resp.Header.Set(RefusedHeader, "1")
		case ctx.Error != nil:
			resp = goproxy.NewResponse(ctx.Req, "text/plain", http.StatusBadGateway, "failed")
			resp.Header.Set(FailedHeader, ctx.Error.Error())
		}
		return resp
	})
	g.srv = &http.Server{Handler: promptly(proxy), ReadHeaderTimeout: 30 * time.Second, ErrorLog: proxy.Logger.(*log.Logger)}
	go g.srv.Serve(ln) //nolint:errcheck // ends with close
	return g, nil
}

// promptly passes each piece of a plain http answer on as it comes: a page
// that is sent slowly, or never ends, is to be seen as far as it got.
func promptly(proxy http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect && r.Header.Get("Upgrade") == "" {
			w = prompt{w}
		}
		proxy.ServeHTTP(w, r)
	})
}

type prompt struct{ http.ResponseWriter }

func (p prompt) Write(b []byte) (int, error) {
	n, err := p.ResponseWriter.Write(b)
	if err == nil {
		err = http.NewResponseController(p.ResponseWriter).Flush()
	}
	return n, err
}

func (p prompt) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (g *guard) address() string { return g.ln.Addr().String() }

func (g *guard) close() {
	g.srv.Close()
	g.tr.CloseIdleConnections()
}

// dial connects to what addr resolves to, if that is allowed.
func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err == nil && browserHosts[strings.ToLower(host)] {
		return nil, errRefused
	}
	d := net.Dialer{Timeout: 20 * time.Second, Control: func(_, resolved string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(resolved)
		if err != nil || !g.allowed(ap) {
			return errRefused
		}
		return nil
	}}
	conn, err := d.DialContext(ctx, network, addr)
	if errors.Is(err, errRefused) {
		g.mu.Lock()
		if len(g.refused) < maxRefused {
			g.refused[strings.ToLower(addr)] = struct{}{}
		}
		g.mu.Unlock()
	}
	return conn, err
}

// allowed judges a resolved address.
func (g *guard) allowed(ap netip.AddrPort) bool {
	ip := ap.Addr().Unmap()
	for _, p := range g.allow {
		if p.Contains(ip) {
			return true
		}
	}
	for _, a := range g.allowP {
		if a.Addr().Unmap() == ip && a.Port() == ap.Port() {
			return true
		}
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

// refusedURL says whether the guard has turned this host and port away.
func (g *guard) refusedURL(hostport string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, yes := g.refused[strings.ToLower(hostport)]
	return yes
}
