package browser

import (
	"strings"
	"testing"
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
