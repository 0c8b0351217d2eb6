package loopback

import (
	"errors"
	"net"
)

// errBrowser happens if what connects speaks HTTP or TLS where neither is spoken.
var errBrowser = errors.New("that is a browser's connection")

// NoBrowsers ends the connections that begin as a browser's do, with the name of
// an HTTP method or a TLS greeting, before what listens has seen a byte. It is
// for protocols that are neither: to a Kafka broker "POST" is the size of a
// request of 1.3 GB.
func NoBrowsers(l net.Listener) net.Listener { return noBrowsers{l} }

type noBrowsers struct{ net.Listener }

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
