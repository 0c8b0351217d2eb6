package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"
)

// nowhere is a proxy that does not exist: the port is reserved (RFC 1078).
const nowhere = "socks5://127.0.0.1:1"

// flags are the browser's switches beside chromedp's own. Memory is what a page
// may take, in bytes.
func flags(memory int64) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{
		// A page goes through its own door of the guard. What belongs to no page
		// goes nowhere: nobody answers there. No name is resolved by the browser
		// itself, not even that of a TURN server. WebRTC is told twice to use the proxy.
		chromedp.Flag("proxy-server", nowhere),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-quic", true),
		// A page looks the same whatever the machine.
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("disable-smooth-scrolling", true),
		// No picture is left out of a frame because it is still being decoded.
		chromedp.Flag("disable-checker-imaging", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("disable-notifications", true),
		// Sellers' descriptions often stand in a frame of another site. In a
		// process of its own, what it loads would not be heard of. This switch
		// alone turns site isolation off; no name in disable-features does. A page
		// has a process and a browser context of its own all the same.
		chromedp.Flag("disable-site-isolation-trials", true),
		// The tabs are dealt with one by one, so a popup is not wanted.
		chromedp.Flag("block-new-web-contents", true),
		chromedp.Flag("disable-gpu", true),
		// V8 collects garbage by the room that it believes it has: the machine's, else.
		chromedp.Flag("js-flags", fmt.Sprintf("--max-old-space-size=%d", memory>>20)),
	}
}
