package browser

import (
	"log/slog"

	"github.com/chromedp/chromedp"
)

// sandbox is the switch for Chromium's own sandbox. It is off only where
// Chromium would not start with it, and the log says so each time: with the
// attribute sandbox=off, which a console shows to its user.
func sandbox(log *slog.Logger) chromedp.ExecAllocatorOption {
	why := noSandbox()
	if why != "" {
		log.Warn("the browser runs WITHOUT ITS SANDBOX: "+why, "sandbox", "off")
	}
	return chromedp.Flag("no-sandbox", why != "")
}
