package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Door is the way of one page to the network: a SOCKS5 proxy (RFC 1928) on
// loopback that connects and nothing else. The browser sends names to it, and
// resolves none itself.
type Door struct {
	guard    *Guard
	ln       net.Listener
	allow    []netip.AddrPort
	limit    int64
	over     func()
	ctx      context.Context
	cancel   context.CancelFunc
	received atomic.Int64

	mu     sync.Mutex
	failed map[string]error // host:port as asked for, in lower case -> why
}

const (
	// maxFailed bounds what is remembered of the addresses that one page asked for in vain.
	maxFailed = 1000
	// greetLimit is how long a browser may take to say where it wants to go.
	greetLimit = 30 * time.Second
)

// Open opens a door for one page, which may visit the addresses listed beside
// those that the guard allows. Over is called, once, when more than limit bytes
// have come in.
func (g *Guard) Open(allow []netip.AddrPort, limit int64, over func()) (*Door, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "listen for the browser's requests")
	}
	d := &Door{guard: g, ln: ln, allow: allow, limit: limit, over: sync.OnceFunc(over), failed: map[string]error{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	go d.accept()
	return d, nil
}

// Address is the proxy's, as Chromium wants it: socks5://host:port.
func (d *Door) Address() string { return "socks5://" + d.ln.Addr().String() }

// Received is how many bytes have come in so far.
func (d *Door) Received() int64 { return d.received.Load() }

// Close ends every connection.
func (d *Door) Close() {
	d.cancel()
	d.ln.Close()
}

// Refused says whether a host and port, as in "[::1]:80", was asked for and is not public.
func (d *Door) Refused(hostport string) bool { return errors.Is(d.Failure(hostport), errRefused) }

// Failure says why there was no connection to a host and port; nil if there was one, or none was asked for.
func (d *Door) Failure(hostport string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed[strings.ToLower(hostport)]
}

func (d *Door) note(hostport string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := strings.ToLower(hostport)
	if err == nil {
		delete(d.failed, key)
	} else if len(d.failed) < maxFailed {
		d.failed[key] = err
	}
}

func (d *Door) accept() {
	for {
		c, err := d.ln.Accept()
		if err != nil {
			return // closed
		}
		go d.serve(c.(*net.TCPConn))
	}
}

func (d *Door) serve(client *net.TCPConn) {
	defer context.AfterFunc(d.ctx, func() { client.Close() })()
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(greetLimit))
	hostport, err := greet(client)
	if err != nil {
		return
	}
	_ = client.SetDeadline(time.Time{})
	server, err := d.guard.dial(d.ctx, hostport, d.allow)
	d.note(hostport, err)
	if answer(client, err == nil) != nil || err != nil {
		return
	}
	defer context.AfterFunc(d.ctx, func() { server.Close() })()
	defer server.Close()
	d.tunnel(client, server)
}

// tunnel passes bytes on until both sides have ended or one has broken. How the
// server ended is how the browser sees it end: a body that breaks off does not
// look like one that is complete.
func (d *Door) tunnel(client, server *net.TCPConn) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		io.Copy(server, client) //nolint:errcheck // the browser went, or the server did: the other direction tells
		server.Close()          // a browser does not half-close
	}()
	if err := d.receive(client, server); err != nil {
		d.drain(client, sent)
		_ = client.SetLinger(0) // a reset, not an end
		client.Close()
	} else {
		_ = client.CloseWrite()
	}
	<-sent
}

// drainStep is how often what the browser has not taken yet is looked at.
const drainStep = 5 * time.Millisecond

// drain waits until the browser has taken what came before a reset: that throws
// away what is still on its way, and a server may reset after a whole body.
func (d *Door) drain(client *net.TCPConn, left <-chan struct{}) {
	tick := time.NewTicker(drainStep)
	defer tick.Stop()
	for queued(client) > 0 {
		select {
		case <-tick.C:
		case <-left:
			return
		case <-d.ctx.Done():
			return
		}
	}
}

// queued is how many bytes the other side of a connection has not taken yet; 0
// if that cannot be told.
func queued(c *net.TCPConn) (n int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = sendQueue(int(fd)) }) // it is closed
	return n
}

// receive counts what comes in. An error is the server's; the browser's own
// departure is none.
func (d *Door) receive(client, server *net.TCPConn) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		if n > 0 {
			if d.received.Add(int64(n)) > d.limit {
				d.over()
				d.Close()
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// What RFC 1928 says in numbers.
const (
	version         = 5
	noAuth          = 0
	connect         = 1
	ip4, name, ip6  = 1, 3, 4
	succeeded       = 0
	hostUnreachable = 4 // the one failure that Chromium does not take for a broken proxy
)

var errNoSOCKS = errors.New("not a SOCKS5 client that asks for a connection")

// greet reads where the browser wants to go, as host:port.
func greet(rw io.ReadWriter) (string, error) {
	var b [256]byte
	if _, err := io.ReadFull(rw, b[:2]); err != nil {
		return "", err
	}
	if b[0] != version {
		return "", errNoSOCKS
	}
	if _, err := io.ReadFull(rw, b[:b[1]]); err != nil { // the ways it could authenticate
		return "", err
	}
	if _, err := rw.Write([]byte{version, noAuth}); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(rw, b[:4]); err != nil {
		return "", err
	}
	if b[0] != version || b[1] != connect {
		return "", errNoSOCKS
	}
	length := map[byte]byte{ip4: 4, ip6: 16}[b[3]]
	isName := b[3] == name
	if isName {
		if _, err := io.ReadFull(rw, b[:1]); err != nil {
			return "", err
		}
		length = b[0]
	}
	if length == 0 {
		return "", errNoSOCKS
	}
	host := make([]byte, length)
	if _, err := io.ReadFull(rw, host); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(rw, b[:2]); err != nil {
		return "", err
	}
	port := uint16(b[0])<<8 | uint16(b[1])
	if isName {
		return net.JoinHostPort(strings.Trim(string(host), "[]"), strconv.Itoa(int(port))), nil
	}
	ip, _ := netip.AddrFromSlice(host)
	return netip.AddrPortFrom(ip, port).String(), nil
}

// answer says whether there is a connection.
func answer(w io.Writer, ok bool) error {
	code := byte(hostUnreachable)
	if ok {
		code = succeeded
	}
	_, err := w.Write([]byte{version, code, 0, ip4, 0, 0, 0, 0, 0, 0})
	return err
}
