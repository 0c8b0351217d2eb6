package loopback

import (
	"errors"
	"net"
)

// Reached is where the programs of this machine reach what listens at addr: at
// 127.0.0.1, where it listens at every address (0.0.0.0, as in a container whose port is
// published); that is none that Only lets a request name. Another addr is returned as it is.
func Reached(addr net.Addr) net.Addr {
	a, ok := addr.(*net.TCPAddr)
	if !ok || !a.IP.IsUnspecified() {
		return addr
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a.Port}
}

// errBrowser happens if what connects speaks HTTP or TLS where neither is spoken.
var errBrowser = errors.New("that is a browser's connection")

// NoBrowsers ends the connections that begin as a browser's do, with the name of
// an HTTP method or a TLS greeting, before what listens has seen a byte. It is
// for protocols that are neither: to a Kafka broker "POST" is the size of a
// request of 1.3 GB.
func NoBrowsers(l net.Listener) net.Listener { return noBrowsers{l} }

type noBrowsers struct{ net.Listener }

// Addr is what a broker tells its clients to call.
func (l noBrowsers) Addr() net.Addr { return Reached(l.Listener.Addr()) }

func (l noBrowsers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &judged{Conn: c}, nil
}

// judged looks at the first byte that comes.
type judged struct {
	net.Conn
	seen bool
}

// tlsHandshake begins each TLS connection (RFC 8446, 5.1).
const tlsHandshake = 0x16

func (c *judged) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n == 0 || c.seen {
		return n, err
	}
	c.seen = true
	if first := b[0]; first >= 'A' && first <= 'Z' || first == tlsHandshake {
		c.Close()
		return 0, errBrowser
	}
	return n, err
}
