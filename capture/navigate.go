package capture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
)

const (
	// commitLimit is how long a site may take to answer at all.
	commitLimit = 60 * time.Second
	// loadLimit is how long a document may go on loading before what there is
	// of it is captured, as partial.
	loadLimit = 30 * time.Second
	// loadShare is the part of the time left that loading may take at most.
	loadShare = 0.3
	// moves is how often a page is followed when it goes elsewhere by itself.
	moves = 5
)

// emulate makes the tab look as the profile says, before anything is loaded.
func (s *shot) emulate(ctx context.Context) error {
	p := s.profile
	commands := []func() error{
		command(ctx, s.tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(p.Viewport.Width), Height: int64(p.Viewport.Height), DeviceScaleFactor: p.Scale, Mobile: p.Mobile}),
		command(ctx, s.tab, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: userAgent(s.tab.Agent(), p), AcceptLanguage: acceptLanguage(p.Locale)}),
		command(ctx, s.tab, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: p.Locale}),
		command(ctx, s.tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: p.TimeZone}),
		command(ctx, s.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}),
		command(ctx, s.tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: p.Mobile}),
		func() error {
			return s.tab.SetHeaders(ctx, p.Headers, func(address string) bool { return p.mayHave(s.req.URL, address) })
		},
		// Service workers answer from outside the tab, unseen by its count of requests.
		command(ctx, s.tab, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true}),
	}
	for name, value := range p.Cookies {
		commands = append(commands, command(ctx, s.tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: s.req.URL}))
	}
	return fault.Wrap(fault.Internal, browser.Together(commands...), "emulate profile %s", p.Name)
}

// command is a protocol command that is yet to be called.
func command[P, R any](ctx context.Context, t *browser.Tab, cmd cdp.Command[P, R], params P) func() error {
	return func() error {
		if _, err := browser.Call(ctx, t, cmd, params); err != nil {
			return fmt.Errorf("%s: %w", cmd.Method, err)
		}
		return nil
	}
}

// userAgent is the profile's, else the browser's own without the word that
// makes sites turn it away, in a phone's spelling for a mobile profile.
func userAgent(own string, p Profile) string {
	if p.UserAgent != "" {
		return p.UserAgent
	}
	agent := strings.ReplaceAll(own, "Headless", "")
	if p.Mobile {
		agent = platform.ReplaceAllLiteralString(agent, "(Linux; Android 14; Pixel 8)")
		agent = strings.Replace(agent, " Safari/", " Mobile Safari/", 1)
	}
	return agent
}

var platform = regexp.MustCompile(`\([^)]*\)`)

// acceptLanguage lists a locale, its language, and English, as browsers do.
func acceptLanguage(locale string) string {
	lang, _, _ := strings.Cut(locale, "-")
	if lang == locale || lang == "en" {
		return locale + ",en;q=0.8"
	}
	return fmt.Sprintf("%s,%s;q=0.9,en;q=0.8", locale, lang)
}

// navigate loads the document and notes what came of it. A document that does
// not finish is partial; one that does not come at all is an error.
func (s *shot) navigate(ctx context.Context) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	res, err := browser.Call(limited, s.tab, page.Navigate, page.NavigateParams{URL: s.req.URL})
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case err != nil && limited.Err() != nil:
		return fault.New(fault.Timeout, "%s did not answer within %v", s.req.URL, time.Since(began).Round(100*time.Millisecond))
	case err != nil:
		return err
	case res.IsDownload:
		return fault.New(fault.Invalid, "%s is a download, not a page", s.req.URL)
	case res.ErrorText != "":
		return s.unreachable(s.tab.Why(s.req.URL, res.ErrorText))
	}
	return s.arrive(ctx)
}

// arrive waits for the document that the page shows now, notes what it is, and
// makes our world in it. A page that goes on to another is followed a few times.
func (s *shot) arrive(ctx context.Context) error {
	for try := 0; ; try++ {
		limit := atMost(ctx, loadLimit, loadShare)
		loaded, err := s.tab.Loaded(ctx, limit)
		if err != nil {
			return err
		}
		if !loaded {
			s.partial(fmt.Sprintf("the page was still loading after %v", limit.Round(100*time.Millisecond)))
			if err := s.insist(ctx, func(ctx context.Context) error {
				_, err := browser.Call(ctx, s.tab, page.StopLoading, cdp.Empty{})
				if browser.IsProtocol(err) {
					return nil // between two documents nothing is loading
				}
				return err
			}); err != nil {
				return err
			}
		}
		err = s.insist(ctx, s.describe)
		if try == moves && errors.Is(err, browser.ErrLeft) {
			return fault.New(fault.Unreachable, "%s goes from page to page and does not stay", s.req.URL)
		}
		if !errors.Is(err, browser.ErrLeft) {
			return err
		}
	}
}

// unreachable says why there is no document, in the words of net/base/net_error_list.h.
func (s *shot) unreachable(reason string) error {
	if s.tab.Refuses(s.req.URL) || len(s.tab.Refused()) > 0 {
		return fault.New(fault.Blocked, "%s leads to an address that is not public; pages may visit the internet only (see CAPTURE_ALLOW, or --allow)", s.req.URL)
	}
	return fault.New(fault.Unreachable, "%s cannot be reached: %s", s.req.URL, reason)
}

// describe takes the document's status, address and title, and makes our world in it.
func (s *shot) describe(ctx context.Context) error {
	m := &s.manifest
	m.FinalURL = s.req.URL
	if gone := s.tab.Unreachable(); gone != "" {
		return s.unreachable(s.tab.Why(gone, "it went on to "+gone))
	}
	if response := s.tab.Response(); response != nil {
		m.FinalURL, m.Status = response.URL, int(response.Status)
		if err := s.accept(response); err != nil {
			return err
		}
	}
	if err := s.tab.Enter(ctx); err != nil {
		return err
	}
	s.worlds++
	doc, err := browser.Evaluate[document](ctx, s.tab, pageScript)
	if err == nil {
		s.identify(doc)
	}
	return err
}

// accept says whether what was answered is a page that is wanted.
func (s *shot) accept(response *network.Response) error {
	if response.Status >= 400 && !s.profile.AcceptError {
		kind := fault.Unreachable
		if response.Status == 403 || response.Status == 429 || response.Status == 451 {
			kind = fault.Blocked
		}
		return fault.New(kind, "%s answered HTTP %d %s", response.URL, response.Status, response.StatusText)
	}
	switch media := response.MimeType; {
	case strings.Contains(media, "html"), strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "text/"), strings.Contains(media, "xml"):
		return nil
	default:
		return fault.New(fault.Invalid, "%s is %s, which is not a page", response.URL, media)
	}
}

// document is what our functions say of the page when they are put into it,
// and when it has come to rest.
type document struct {
	Title, URL string
	Lively     bool     // something in it can still change by itself or when it is scrolled
	Missing    []string // pictures that are in the page and did not arrive
}

// identify notes the address and the title that the page shows now.
func (s *shot) identify(doc document) {
	s.manifest.Title = doc.Title
	if u, err := url.Parse(doc.URL); err == nil && u.Host != "" {
		s.manifest.FinalURL = doc.URL
	}
	s.lively = doc.Lively
}
