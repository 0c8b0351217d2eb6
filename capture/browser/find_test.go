package browser

import (
	"strings"
	"testing"

	pages "github.com/pageinspect/pageinspect/shared/page"
)

// TestHowToInstall: one command, of the system's own packages.
func TestHowToInstall(t *testing.T) {
	if got := installing("darwin"); got != "brew install --cask google-chrome" {
		t.Error(got)
	}
	if got := installing("linux"); !strings.Contains(got, "apt-get install -y chromium-headless-shell") {
		t.Error(got)
	}
}

// TestHostPort: whose an address is does not depend on what comes after its host.
func TestHostPort(t *testing.T) {
	for address, want := range map[string]string{
		"http://10.0.0.1/100%.jpg":         "10.0.0.1:80",
		"https://10.0.0.1:81/%EC%97%AC?%z": "10.0.0.1:81",
		"https://[::1]:8443/%":             "[::1]:8443",
		"http://shop.example?%":            "shop.example:80",
		`http://shop.example\@10.0.0.1/`:   "shop.example:80", // a browser takes it for a slash
		Key("http://shop.example/" + strings.Repeat("a", pages.MaxNoteBytes-len("http://shop.example/")-1) + "%EC%97%AC"): "shop.example:80",
		"http://shop%zz.example/": "",
	} {
		if got := hostPort(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
