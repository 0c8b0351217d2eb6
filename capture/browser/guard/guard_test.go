package guard

import (
	"net/netip"
	"testing"
)

func TestGuardJudgesAddresses(t *testing.T) {
	for _, c := range []struct {
		allow []string
		addr  string
		want  bool
	}{
		{nil, "8.8.8.8:443", true},
		{nil, "[2606:4700::1111]:443", true},
		{nil, "127.0.0.1:80", false},
		{nil, "127.9.9.9:80", false},
		{nil, "0.0.0.0:80", false},
		{nil, "0.1.2.3:80", false},
		{nil, "10.0.0.1:80", false},
		{nil, "172.16.0.1:80", false},
		{nil, "172.32.0.1:80", true},
		{nil, "192.168.1.1:80", false},
		{nil, "169.254.169.254:80", false},
		{nil, "100.64.0.1:80", false},
		{nil, "198.18.0.1:80", false},
		{nil, "203.0.113.9:80", false},
		{nil, "224.0.0.1:80", false},
		{nil, "255.255.255.255:80", false},
		{nil, "[::1]:80", false},
		{nil, "[::]:80", false},
		{nil, "[fe80::1]:80", false},
		{nil, "[fd00:ec2::254]:80", false},
		{nil, "[ff02::1]:80", false},
		{nil, "[::ffff:127.0.0.1]:80", false},
		{nil, "[::ffff:10.0.0.1]:80", false},
		{nil, "[::7f00:1]:80", false},
		{nil, "[64:ff9b::7f00:1]:80", false},
		{nil, "[2002:7f00:1::]:80", false},
		{nil, "[2001:0:7f00:1::]:80", false},
		{nil, "[fec0::1]:80", false},
		{nil, "[2001:db8::1]:80", false},
		{[]string{"127.0.0.1"}, "127.0.0.1:80", true},
		{[]string{"127.0.0.1"}, "[::ffff:127.0.0.1]:80", true},
		{[]string{"127.0.0.1"}, "127.0.0.2:80", false},
		{[]string{"10.0.0.0/8"}, "10.200.0.1:80", true},
		{[]string{"127.0.0.1:8080"}, "127.0.0.1:8080", true},
		{[]string{"127.0.0.1:8080"}, "127.0.0.1:8081", false},
		{[]string{"[::1]:8080"}, "[::1]:8080", true},
	} {
		g, err := New(c.allow)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.allowed(netip.MustParseAddrPort(c.addr)); got != c.want {
			t.Errorf("allow %q: %s is allowed: %v, want %v", c.allow, c.addr, got, c.want)
		}
	}
	if _, err := New([]string{"nonsense"}); err == nil {
		t.Error("CAPTURE_ALLOW of nonsense is accepted")
	}
}
