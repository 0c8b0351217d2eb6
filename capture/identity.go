package capture

import (
	"context"
	"regexp"
	"strings"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/pageinspect/pageinspect/capture/browser"
)

// identity is what a tab says of itself: to the server in headers and client
// hints, to the page in navigator and screen. All of it tells the same story,
// because pages branch on each part of it.
type identity struct {
	agent     emulation.SetUserAgentOverrideParams
	metrics   emulation.SetDeviceMetricsOverrideParams
	windowTop int64 // the window's own bar, in CSS pixels
}

const (
	// Desktop pages take a narrower screen for a tablet, and serve it another page.
	desktopWidth, desktopHeight = 1920, 1080
	// windowBar is the height of a desktop window's tabs and address bar.
	windowBar = 85
	// phone is the one a mobile profile shows.
	phone, phoneVersion = "Pixel 8", "14"
)

func identify(own string, p Profile) identity {
	id := identity{
		agent: emulation.SetUserAgentOverrideParams{UserAgent: userAgent(own, p), AcceptLanguage: acceptLanguage(p.Locale)},
		metrics: emulation.SetDeviceMetricsOverrideParams{
			Width: int64(p.Viewport.Width), Height: int64(p.Viewport.Height), DeviceScaleFactor: p.Scale, Mobile: p.Mobile,
			ScreenWidth: int64(p.Viewport.Width), ScreenHeight: int64(p.Viewport.Height),
		},
	}
	if !p.Mobile {
		id.windowTop = windowBar
		id.metrics.ScreenWidth = max(desktopWidth, id.metrics.Width)
		id.metrics.ScreenHeight = max(desktopHeight, id.metrics.Height+windowBar)
	}
	id.agent.Platform, id.agent.UserAgentMetadata = hints(id.agent.UserAgent, fullVersion(own))
	return id
}

// userAgent is the profile's, else the browser's own as a person's browser
// spells it: without the word that makes sites turn it away, its version
// reduced, and of a phone for a mobile profile.
func userAgent(own string, p Profile) string {
	if p.UserAgent != "" {
		return p.UserAgent
	}
	agent := strings.ReplaceAll(own, "Headless", "")
	agent = chromeVersion.ReplaceAllString(agent, "Chrome/$1.0.0.0")
	if p.Mobile {
		if at := systemOf.FindStringIndex(agent); at != nil { // the first one alone: (KHTML, like Gecko) stays
			agent = agent[:at[0]] + "(Linux; Android " + phoneVersion + "; " + phone + ")" + agent[at[1]:]
		}
		agent = strings.Replace(agent, " Safari/", " Mobile Safari/", 1)
	}
	return agent
}

var (
	systemOf      = regexp.MustCompile(`\([^)]*\)`)
	chromeVersion = regexp.MustCompile(`Chrome/(\d+)[\d.]*`)
)

func fullVersion(agent string) string {
	_, v, _ := strings.Cut(agent, "Chrome/")
	v, _, _ = strings.Cut(v, " ")
	return v
}

// hints are navigator.platform and the client hints (Sec-CH-UA-*) that go with
// a user agent. Browsers that are not Chromium send no hints.
func hints(agent, full string) (platform string, m *emulation.UserAgentMetadata) {
	m = &emulation.UserAgentMetadata{Architecture: "x86", Bitness: "64", Mobile: strings.Contains(agent, "Mobile")}
	switch {
	case strings.Contains(agent, "Android"):
		platform, m.Platform, m.PlatformVersion = "Linux armv81", "Android", phoneVersion+".0.0"
		m.Architecture, m.Bitness = "", ""
		if strings.Contains(agent, phone) {
			m.Model = phone
		}
	case strings.Contains(agent, "Windows"):
		platform, m.Platform, m.PlatformVersion = "Win32", "Windows", "10.0.0"
	case strings.Contains(agent, "iPhone"), strings.Contains(agent, "iPad"):
		platform, _, _ = strings.Cut(strings.TrimLeft(systemOf.FindString(agent), "("), ";")
	case strings.Contains(agent, "Mac OS X"):
		platform, m.Platform, m.PlatformVersion = "MacIntel", "macOS", "14.0.0"
	default:
		platform, m.Platform = "Linux x86_64", "Linux"
	}
	version := chromeVersion.FindStringSubmatch(agent)
	if version == nil {
		return platform, nil
	}
	if !strings.HasPrefix(full, version[1]+".") {
		full = version[1] + ".0.0.0"
	}
	for _, b := range []struct{ brand, major, full string }{
		{"Chromium", version[1], full}, {"Google Chrome", version[1], full}, {"Not)A;Brand", "8", "8.0.0.0"}, // a name that keeps servers from parsing it
	} {
		m.Brands = append(m.Brands, &emulation.UserAgentBrandVersion{Brand: b.brand, Version: b.major})
		m.FullVersionList = append(m.FullVersionList, &emulation.UserAgentBrandVersion{Brand: b.brand, Version: b.full})
	}
	return platform, m
}

// acceptLanguage lists a locale, its language, and English. Chromium adds the
// weights for the header; given with them, navigator.languages is malformed,
// and pages that hand it to Intl die.
func acceptLanguage(locale string) string {
	lang, _, _ := strings.Cut(locale, "-")
	list := locale
	if lang != locale {
		list += "," + lang
	}
	if lang != "en" {
		list += ",en"
	}
	return list
}

// sizeWindow makes the window as large as what is emulated in it, for outerWidth and outerHeight.
func (s *shot) sizeWindow(ctx context.Context, id identity) func() error {
	return func() error {
		w, err := browser.Call(ctx, s.tab, cdpbrowser.GetWindowForTarget, cdpbrowser.GetWindowForTargetParams{})
		if err != nil {
			return err
		}
		bounds := &cdpbrowser.Bounds{Width: id.metrics.Width, Height: id.metrics.Height + id.windowTop}
		return command(ctx, s.tab, cdpbrowser.SetWindowBounds, cdpbrowser.SetWindowBoundsParams{WindowID: w.WindowID, Bounds: bounds})()
	}
}
