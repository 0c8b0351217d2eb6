package loopback

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestNoBrowsers(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		ok   bool
	}{
		"a Kafka request":  {"\x00\x00\x00\x05hello", true},
		"a fetch":          {"GET / HTTP/1.1\r\nHost: 127.0.0.1:9092\r\n\r\n", false},
		"a form":           {"POST / HTTP/1.1\r\n\r\n", false},
		"a preflight":      {"OPTIONS / HTTP/1.1\r\n\r\n", false},
		"a proxy's client": {"CONNECT x:1 HTTP/1.1\r\n\r\n", false},
		"HTTP/2":           {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false},
		"TLS":              {"\x16\x03\x01\x02\x00\x01", false},
	} {
		t.Run(name, func(t *testing.T) {
			plain, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := NoBrowsers(plain)
			defer l.Close()
			client, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			io.WriteString(client, c.sent)     //nolint:errcheck // the server may have gone
			client.(*net.TCPConn).CloseWrite() //nolint:errcheck // likewise
			got, err := io.ReadAll(server)
			if c.ok && (err != nil || string(got) != c.sent) || !c.ok && (!errors.Is(err, errBrowser) || len(got) > 0) {
				t.Errorf("read %q, %v", got, err)
			}
			if c.ok {
				return
			}
			if n, _ := client.Read(make([]byte, 1)); n > 0 {
				t.Error("it was answered")
			}
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := NoBrowsers(l).Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a listener that is closed: %v", err)
	}
}

func TestReached(t *testing.T) {
	for listened, want := range map[string]string{"0.0.0.0:0": "127.0.0.1", ":0": "127.0.0.1", "127.0.0.1:0": "127.0.0.1", "127.0.0.2:0": "127.0.0.2"} {
		l, err := net.Listen("tcp", listened)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		if got := Reached(l.Addr()).String(); got != want+":"+port {
			t.Errorf("what listens at %s is reached at %s, want %s:%s", listened, got, want, port)
		}
		if got := NoBrowsers(l).Addr().String(); got != want+":"+port {
			t.Errorf("a broker at %s tells its clients %s, want %s:%s", listened, got, want, port)
		}
	}
	other := &net.UnixAddr{Name: "socket", Net: "unix"}
	if got := Reached(other); got != other {
		t.Errorf("%v became %v", other, got)
	}
}
