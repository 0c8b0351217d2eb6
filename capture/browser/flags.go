package browser

import "github.com/chromedp/chromedp"

// flags are the browser's switches beside chromedp's own.
func flags(proxy string) []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{
		// Everything goes through the guard. Chromium exempts loopback from
		// any proxy unless told <-loopback>, and WebRTC unless told so twice.
		chromedp.Flag("proxy-server", "http://"+proxy),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-quic", true),
		// A page looks the same whatever the machine.
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("disable-smooth-scrolling", true),
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
	}
}
