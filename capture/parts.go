package capture

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/page"
	"golang.org/x/net/publicsuffix"
)

// This file decides which parts of a page matter: whose absence is told and
// keeps the page from passing. It goes by what a part would show a shopper, its
// kind, its place and its size, so that the trackers, pixels, advertisements
// and chat windows which fail on ordinary pages do not. The pages' facts come
// from arrive.js; TestPartsThatMatter holds both sides.
const (
	// A picture that is narrower, lower or smaller than this can hold no claim
	// that could be read: pixels, bullets, icons.
	pictureWidth, pictureHeight, pictureArea = 40, 20, 3000
	// A frame that is smaller than this holds a button or a counter.
	frameWidth, frameHeight = 120, 80
	// A page with fewer characters and less of its area in pictures and colours
	// than this shows little: a shell that waits for its script.
	littleText, littleArea = 100, 100_000
	// A page with no more characters than this may be a wall, and one with no
	// more elements may be it without a script of its own.
	wallText, wallElements = 600, 200
	// A document with so many rules of style has its looks. What its server says is
	// not there beside them is not there for any shopper.
	dressed = 10
	// fontWords are words in the address of what brings fonts or icons, an expression.
	fontWords = `(font|typeface|icon|xeicon|pretendard|notosans|nanum)`
)

// part is something that a page would show, and the facts by which it matters or not.
type part struct {
	URL     string
	State   string // shown, broken, coming, waiting (for a script), painted (by a style), fallen (an object), unknown
	Box     page.Box
	Shown   bool   // it is rendered at all
	Sized   bool   // the page says how large it is, come or not
	Marks   string // ids, classes and names of it and of what is around it
	Handled bool   // the page itself deals with its failure
	frame   bool
	foreign bool // of another site than the page
}

// matters says whether a shopper could have seen something in this part.
func (p part) matters() bool {
	switch {
	case !p.Shown || p.Box.Right() <= 0 || p.Box.Bottom() < 0:
		return false
	case p.foreign && (aside.MatchString(p.Marks) || p.frame && adSizes[[2]int{int(p.Box.W), int(p.Box.H)}]):
		return false
	case p.frame:
		return p.Box.W >= frameWidth && p.Box.H >= frameHeight
	case p.Sized || p.State == "painted":
		return p.Box.W >= pictureWidth && p.Box.H >= pictureHeight && p.Box.W*p.Box.H >= pictureArea
	}
	// It would have had the size of the picture, which nobody knows now. A
	// description's picture is called one; what is called something else, at
	// another site, counts visitors.
	return !p.foreign || pictureName.MatchString(path.Ext(pathOf(p.URL)))
}

var (
	// aside are words for what stands beside a page's own content.
	aside = regexp.MustCompile(`(?i)(^|[-_ ])(ads?|adv|advert\w*|adsbygoogle|sponsor\w*|dfp|gpt|taboola|outbrain|criteo|dable|track\w*|pixel|beacon|analytics|` +
		`chat\w*|messenger|channel-?io|ch-plugin|zendesk|intercom|livechat|talk)($|[-_ \d])`)
	pictureName = regexp.MustCompile(`(?i)^\.(jpe?g|png|gif|webp|avif|bmp|svg)$`)
	// fontSheet is a style sheet that brings nothing but fonts or icons: the text is there without it.
	fontSheet = regexp.MustCompile("(?i)" + fontWords)
	// adSizes are the units of the IAB's ad portfolio, in CSS pixels.
	adSizes = map[[2]int]bool{
		{300, 250}: true, {336, 280}: true, {728, 90}: true, {160, 600}: true, {300, 600}: true, {120, 600}: true, {970, 250}: true, {970, 90}: true,
		{320, 50}: true, {320, 100}: true, {300, 50}: true, {468, 60}: true, {234, 60}: true, {250, 250}: true, {200, 200}: true, {180, 150}: true,
	}
)

// content is how much a page shows, as far as it is little, and what in it waits.
type content struct {
	Chars int
	Area  float64
	Busy  []place // that say they are loading
	Holes []hole  // that are empty and have a name
}

type place struct {
	Why string
	Box page.Box
}

type hole struct {
	place
	Place bool // its name or its size says that it would be seen
}

// little says that the page shows next to nothing.
func (c content) little() bool { return c.Chars < littleText && c.Area < littleArea }

// scant says that there is so little that it may be no page at all.
func (c content) scant() bool { return c.Chars <= wallText && c.Area < 2*littleArea }

// lacks says what is missing for want of a script, or of what a script asked
// for, and where; nothing if the page looks whole without it. ours says that it
// is of the page's own site, data that it would be put into the page.
func (c content) lacks(ours, data bool) (place, bool) {
	switch {
	case c.little():
		return place{Why: "the page shows next to nothing"}, true
	case len(c.Busy) > 0:
		return place{fmt.Sprintf("a place of the page still says %q", c.Busy[0].Why), c.Busy[0].Box}, true
	}
	for _, h := range c.Holes {
		if h.Place || ours && data {
			return place{fmt.Sprintf("the place %q is empty", h.Why), h.Box}, true
		}
	}
	return place{}, false
}

// sheetMatters says whether a style sheet that failed, and would be applied, could change what is seen.
func (s *shot) sheetMatters(f browser.Failure) bool {
	return !s.foreign(f.URL) || f.Parsed && !fontSheet.MatchString(f.URL)
}

// foreign says whether an address is of another site than the page.
func (s *shot) foreign(address string) bool { return siteOf(address) != siteOf(s.manifest.FinalURL) }

// siteOf is the domain that somebody registered, or the address and port of a server without a name.
func siteOf(address string) string {
	u, err := browser.Origin(address)
	if err != nil {
		return address
	}
	if net.ParseIP(u.Hostname()) != nil {
		return u.Host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(u.Hostname())); err == nil {
		return domain
	}
	return strings.ToLower(u.Host)
}

// pathOf is an address's path, as it is written there.
func pathOf(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	_, rest, _ := strings.Cut(address, "://")
	_, rest, _ = strings.Cut(rest, "/")
	return rest
}

// called is what a kind of request is called in a sentence.
var called = map[network.ResourceType]string{
	network.ResourceTypeScript: "a script", network.ResourceTypeFetch: "what a script asked for", network.ResourceTypeXHR: "what a script asked for",
	network.ResourceTypeStylesheet: "a style sheet", network.ResourceTypeDocument: "a frame", network.ResourceTypeImage: "a picture",
}
