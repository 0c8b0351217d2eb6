package reader

import "testing"

// TestHowToInstall: one command, of the system's own packages.
func TestHowToInstall(t *testing.T) {
	for system, want := range map[string]string{"darwin": "brew install tesseract tesseract-lang", "linux": "sudo apt-get install tesseract-ocr tesseract-ocr-script-hang"} {
		if got := installing(system); got != want {
			t.Errorf("%s: %s", system, got)
		}
	}
}
