package guard

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server answers each connection with do.
func server(t *testing.T, do func(*net.TCPConn)) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go do(c.(*net.TCPConn))
		}
	}()
	return netip.MustParseAddrPort(ln.Addr().String())
}

func door(t *testing.T, limit int64, over func(), allow ...netip.AddrPort) *Door {
	t.Helper()
	g, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.Open(allow, limit, over)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// through asks a door for a connection, as Chromium does, and returns it with the answer's code.
func through(t *testing.T, d *Door, host string, port uint16) (*net.TCPConn, byte) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(d.Address(), "socks5://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second)) //nolint:errcheck // it is a connection
	request := append([]byte{5, 1, 0, 5, 1, 0, 3, byte(len(host))}, host...)
	if _, err := c.Write(append(request, byte(port>>8), byte(port))); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := io.ReadFull(c, answer); err != nil {
		t.Fatal(err)
	}
	if answer[0] != 5 || answer[1] != 0 || answer[2] != 5 {
		t.Fatalf("answered %v", answer)
	}
	return c.(*net.TCPConn), answer[3]
}

func TestDoorPassesBothWays(t *testing.T) {
	echo := server(t, func(c *net.TCPConn) {
		line, _ := bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, "got "+line) //nolint:errcheck // the test reads it
		c.Close()
	})
	d := door(t, 1000, func() {}, echo)
	c, code := through(t, d, "127.0.0.1", echo.Port())
	if code != succeeded {
		t.Fatalf("answered %d", code)
	}
	io.WriteString(c, "hello\n") //nolint:errcheck // ReadAll tells
	if all, err := io.ReadAll(c); string(all) != "got hello\n" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	if d.Received() != 10 {
		t.Errorf("counted %d bytes", d.Received())
	}
}

// An address is refused by what it resolves to, in each spelling, and to each
// door but the one that it is allowed to; nothing is sent to it.
func TestDoorRefuses(t *testing.T) {
	var visits atomic.Int64
	secret := server(t, func(c *net.TCPConn) { visits.Add(1); c.Close() })
	d := door(t, 1000, func() {}, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 1))
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "::1", "::ffff:127.0.0.1", "0.0.0.0", "[::1]"} {
		_, code := through(t, d, host, secret.Port())
		if code != hostUnreachable {
			t.Errorf("%s: answered %d", host, code)
		}
		if at := net.JoinHostPort(strings.Trim(host, "[]"), netip.AddrPortFrom(secret.Addr(), secret.Port()).String()[len("127.0.0.1:"):]); !d.Refused(at) {
			t.Errorf("%s is not known as refused: %v", at, d.Failure(at))
		}
	}
	if n := visits.Load(); n > 0 {
		t.Errorf("the address was reached %d times", n)
	}
}

// Nobody listens: that is a failure with its reason, and no refusal.
func TestDoorSaysWhy(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := netip.MustParseAddrPort(ln.Addr().String())
	ln.Close()
	d := door(t, 1000, func() {}, nobody)
	if _, code := through(t, d, "127.0.0.1", nobody.Port()); code == succeeded {
		t.Error("connected to nobody")
	}
	if err := d.Failure(nobody.String()); !errors.Is(err, syscall.ECONNREFUSED) || d.Refused(nobody.String()) {
		t.Errorf("says %v", err)
	}
}

// A connection that the server resets is reset for the browser.
func TestDoorPassesAResetOn(t *testing.T) {
	broken := server(t, func(c *net.TCPConn) {
		io.WriteString(c, "half") //nolint:errcheck // the test reads it
		c.Read(make([]byte, 1))   //nolint:errcheck // until the other side has it
		c.SetLinger(0)            //nolint:errcheck // it is a connection
		c.Close()
	})
	c, _ := through(t, door(t, 1000, func() {}, broken), "127.0.0.1", broken.Port())
	half := make([]byte, 4)
	if _, err := io.ReadFull(c, half); err != nil {
		t.Fatal(err)
	}
	c.Write([]byte{1}) //nolint:errcheck // Read tells
	if _, err := c.Read(half); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("ended with %v", err)
	}
}

// What came before a reset reaches a browser that was busy meanwhile: servers
// reset after a whole body, and a browser alone would have it.
func TestDoorKeepsWhatCameBeforeAReset(t *testing.T) {
	const all = 1 << 20
	reset, received := make(chan struct{}), make(chan struct{})
	var visits atomic.Int64
	hasty := server(t, func(c *net.TCPConn) {
		if visits.Add(1) > 1 {
			c.Close()
			return
		}
		c.Write(make([]byte, all)) //nolint:errcheck // the test reads it
		<-received
		c.SetLinger(0) //nolint:errcheck // it is a connection
		c.Close()
		close(reset)
	})
	d := door(t, 2*all, func() {}, hasty)
	c, _ := through(t, d, "127.0.0.1", hasty.Port())
	for end := time.Now().Add(10 * time.Second); d.Received() < all && time.Now().Before(end); {
		runtime.Gosched()
	}
	close(received)
	<-reset
	for range 20 { // other visits, by the end of which the door has heard of it
		through(t, d, "127.0.0.1", hasty.Port())
	}
	n, err := io.Copy(io.Discard, c)
	if n != all || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d bytes of %d, %v", n, all, err)
	}
}

// Beyond its limit a door is shut, and whoever opened it hears of it once.
func TestDoorHasALimit(t *testing.T) {
	endless := server(t, func(c *net.TCPConn) {
		defer c.Close()
		for b := make([]byte, 1000); ; {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	var over atomic.Int64
	d := door(t, 1<<20, func() { over.Add(1) }, endless)
	for range 2 {
		c, err := net.Dial("tcp", strings.TrimPrefix(d.Address(), "socks5://"))
		if err != nil {
			break // shut already
		}
		c.Write(append([]byte{5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1}, byte(endless.Port()>>8), byte(endless.Port()))) //nolint:errcheck // Copy tells
		n, _ := io.Copy(io.Discard, c)
		if n > 8<<20 {
			t.Errorf("%d bytes passed", n)
		}
		c.Close()
	}
	if over.Load() != 1 {
		t.Errorf("told %d times", over.Load())
	}
}

// The end of a door ends what passes through it, and what waits for a connection.
func TestDoorCloses(t *testing.T) {
	left := make(chan struct{})
	silent := server(t, func(c *net.TCPConn) {
		c.Read(make([]byte, 1)) //nolint:errcheck // until the other side leaves
		close(left)
	})
	d := door(t, 1000, func() {}, silent)
	c, _ := through(t, d, "127.0.0.1", silent.Port())
	d.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the browser's side is open")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case <-left:
	case <-ctx.Done():
		t.Error("the server's side is open")
	}
}

// Whatever a client sends, greet ends, and what it returns is a host and a port.
func FuzzGreet(f *testing.F) {
	f.Add([]byte{5, 1, 0, 5, 1, 0, 3, 4, 'h', 'o', 's', 't', 0, 80})
	f.Add([]byte{5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80})
	f.Add([]byte{5, 1, 0, 5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80})
	f.Add([]byte{5, 0, 5, 3, 0, 3, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		hostport, err := greet(struct {
			io.Reader
			io.Writer
		}{strings.NewReader(string(b)), io.Discard})
		if err != nil {
			return
		}
		if _, _, err := net.SplitHostPort(hostport); err != nil && !strings.ContainsAny(hostport, "[]") {
			t.Errorf("%q: %v", hostport, err)
		}
	})
}
