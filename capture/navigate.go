package capture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
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
func (t *tab) emulate(ctx context.Context, p Profile) error {
	agent, err := t.userAgent(ctx, p)
	if err != nil {
		return err
	}
	headers := network.Headers{}
	for k, v := range p.Headers {
		headers[k] = v
	}
	for _, c := range []func() error{
		func() error {
			_, err := call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: int64(p.Viewport.Width), Height: int64(p.Viewport.Height), DeviceScaleFactor: p.Scale, Mobile: p.Mobile})
			return err
		},
		func() error {
			_, err := call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: acceptLanguage(p.Locale)})
			return err
		},
		func() error {
			_, err := call(ctx, t, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: p.Locale})
			return err
		},
		func() error {
			_, err := call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: p.TimeZone})
			return err
		},
		func() error {
			_, err := call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
			return err
		},
		func() error {
			if !p.Mobile {
				return nil
			}
			_, err := call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
			return err
		},
		func() error {
			if len(headers) == 0 {
				return nil
			}
			_, err := call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
			return err
		},
		func() error {
			// Service workers answer from outside the tab, unseen by its count of requests.
			_, err := call(ctx, t, network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true})
			return err
		},
	} {
		if err := c(); err != nil {
			return fault.Wrap(fault.Internal, err, "emulate profile %s", p.Name)
		}
	}
	return nil
}

// userAgent is the profile's, else the browser's own without the word that
// makes sites turn it away, in a phone's spelling for a mobile profile.
func (t *tab) userAgent(ctx context.Context, p Profile) (string, error) {
	if p.UserAgent != "" {
		return p.UserAgent, nil
	}
	run, cancel := context.WithCancel(t.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	v, err := chromedp.CallBrowser(run, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return "", t.explain(ctx, err)
	}
	agent := strings.ReplaceAll(v.UserAgent, "Headless", "")
	if p.Mobile {
		agent = platform.ReplaceAllLiteralString(agent, "(Linux; Android 14; Pixel 8)")
		agent = strings.Replace(agent, " Safari/", " Mobile Safari/", 1)
	}
	return agent, nil
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
	t := s.tab
	for name, value := range s.profile.Cookies {
		if _, err := call(ctx, t, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: s.req.URL}); err != nil {
			return fault.Wrap(fault.Internal, err, "set cookie %s", name)
		}
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	res, err := call(limited, t, page.Navigate, page.NavigateParams{URL: s.req.URL})
	switch {
	case err != nil && limited.Err() != nil:
		return fault.New(fault.Timeout, "%s did not answer within %v", s.req.URL, time.Since(began).Round(100*time.Millisecond))
	case err != nil:
		return err
	case res.IsDownload:
		return fault.New(fault.Invalid, "%s is a download, not a page", s.req.URL)
	case res.ErrorText != "":
		return s.unreachable(res.ErrorText)
	}
	return s.arrive(ctx)
}

// arrive waits for the document that the page shows now, notes what it is, and
// makes our world in it. A page that goes on to another is followed a few times.
func (s *shot) arrive(ctx context.Context) error {
	for try := 0; ; try++ {
		limit := atMost(ctx, loadLimit, loadShare)
		loaded, err := s.tab.until(ctx, limit, func() bool { return s.tab.document.id != "" && s.tab.document.loaded })
		if err != nil {
			return err
		}
		if !loaded {
			s.partial(fmt.Sprintf("the page was still loading after %v", limit.Round(100*time.Millisecond)))
			if err := s.insist(ctx, func(ctx context.Context) error {
				_, err := call(ctx, s.tab, page.StopLoading, cdp.Empty{})
				return err
			}); err != nil {
				return err
			}
		}
		err = s.insist(ctx, s.describe)
		if try == moves && errors.Is(err, errLeft) {
			return fault.New(fault.Unreachable, "%s goes from page to page and does not stay", s.req.URL)
		}
		if !errors.Is(err, errLeft) {
			return err
		}
	}
}

// unreachable says why there is no document, in the words of net/base/net_error_list.h.
func (s *shot) unreachable(reason string) error {
	if s.tab.guard.refusedURL(hostPort(s.req.URL)) || len(s.tab.refused()) > 0 {
		return fault.New(fault.Blocked, "%s leads to an address that is not public; pages may visit the internet only (see CAPTURE_ALLOW)", s.req.URL)
	}
	return fault.New(fault.Unreachable, "%s cannot be reached: %s", s.req.URL, reason)
}

// describe takes the document's status, address and title, and makes our world in it.
func (s *shot) describe(ctx context.Context) error {
	t := s.tab
	t.mu.Lock()
	response, frame := t.document.response, t.frame
	t.mu.Unlock()
	m := &s.manifest
	m.FinalURL = s.req.URL
	if response != nil {
		m.FinalURL, m.Status = response.URL, int(response.Status)
		if _, refused := response.Headers[refusedHeader]; refused {
			return s.unreachable("refused")
		}
		if why, failed := response.Headers[failedHeader]; failed {
			return s.unreachable(fmt.Sprint(why))
		}
		if m.Status >= 400 && !s.profile.AcceptError {
			kind := fault.Unreachable
			if m.Status == 403 || m.Status == 429 || m.Status == 451 {
				kind = fault.Blocked
			}
			return fault.New(kind, "%s answered HTTP %d %s", m.FinalURL, m.Status, response.StatusText)
		}
		switch media := response.MimeType; {
		case strings.Contains(media, "html"), strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "text/"), strings.Contains(media, "xml"):
		default:
			return fault.New(fault.Invalid, "%s is %s, which is not a page", m.FinalURL, media)
		}
	}
	if err := s.enterWorld(ctx, frame); err != nil {
		return err
	}
	return s.identify(ctx)
}

// identify notes the address and the title that the page shows now.
func (s *shot) identify(ctx context.Context) error {
	doc, err := evaluate[struct{ Title, URL string }](ctx, s.tab, `({Title: document.title, URL: location.href})`)
	if err != nil {
		return err
	}
	s.manifest.Title = doc.Title
	if u, err := url.Parse(doc.URL); err == nil && u.Host != "" {
		s.manifest.FinalURL = doc.URL
	}
	return nil
}

// enterWorld makes an isolated world in the current document, with our
// functions in it. A document that the page replaces takes it along, so it is
// made again after a navigation.
func (s *shot) enterWorld(ctx context.Context, frame cdp.FrameID) error {
	t := s.tab
	t.mu.Lock()
	t.gone = t.document.gone
	t.mu.Unlock()
	res, err := call(ctx, t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame, WorldName: "pageinspect"})
	if err != nil {
		return err
	}
	t.world = runtime.ExecutionContextID(res.ExecutionContextID)
	s.worlds++
	_, err = evaluate[chromedp.Void](ctx, t, pageScript)
	return err
}
