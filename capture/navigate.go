package capture

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

const (
	// commitLimit is how long a site may take to answer at all.
	commitLimit = 60 * time.Second
)

// emulate makes the tab look as the profile says, before anything is loaded.
func (s *shot) emulate(ctx context.Context) error {
	p := s.profile
	id := identify(s.tab.Agent(), p)
	s.metrics = id.metrics
	commands := []func() error{
		command(ctx, s.tab, emulation.SetDeviceMetricsOverride, id.metrics),
		command(ctx, s.tab, emulation.SetUserAgentOverride, id.agent),
		s.sizeWindow(ctx, id),
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

// navigate loads the document and notes what came of it. A document that does
// not finish is partial; one that does not come at all is an error.
func (s *shot) navigate(ctx context.Context) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	res, err := browser.Call(limited, s.tab, page.Navigate, page.NavigateParams{URL: s.address})
	if err == nil && s.tab.Passing(s.req.URL, res.ErrorText) { // a browser's error page asks again, too
		res, err = browser.Call(limited, s.tab, page.Navigate, page.NavigateParams{URL: s.address})
		if err == nil && res.ErrorText == "" { // until it is heard of, the page is that error page
			_, err = s.tab.Shows(limited, res.LoaderID, commitLimit)
		}
	}
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

// unreachable says why there is no document, in the words of net/base/net_error_list.h.
func (s *shot) unreachable(reason string) error {
	if s.tab.Refuses(s.req.URL) || len(s.tab.Refused()) > 0 {
		return fault.New(fault.Blocked, "%s leads to an address that is not public; pages may visit the internet only (see CAPTURE_ALLOW, or --allow)", s.req.URL)
	}
	return fault.New(fault.Unreachable, "%s cannot be reached: %s", s.req.URL, job.Bare(reason))
}

// describe takes the document's status, address and title, and makes our world in it.
func (s *shot) describe(ctx context.Context) error {
	m := &s.manifest
	m.FinalURL = s.req.URL
	if gone := s.tab.Unreachable(); gone != "" {
		return s.unreachable(s.tab.Why(gone, "it went on to "+gone))
	}
	if response := s.tab.Response(); response != nil {
		m.FinalURL, m.Status = job.Bare(response.URL), int(response.Status)
		if err := s.accept(response); err != nil {
			return err
		}
	}
	if err := s.tab.Enter(ctx); err != nil {
		return err
	}
	s.worlds++
	var doc document
	err := browser.Together(
		func() (err error) {
			doc, err = browser.Evaluate[document](ctx, s.tab, arriveScript+pageScript)
			return err
		},
		func() error { return s.pointOut(ctx) },
	)
	if err != nil {
		return err
	}
	if broken, _ := s.tab.Broken(); doc.Elements == 0 && broken == "" { // a style sheet (XSLT) failed to make one of what came
		return fault.New(fault.Unreachable, "%s shows nothing: its document has no element", s.manifest.FinalURL)
	}
	s.identify(doc)
	found, err := s.findRoots(ctx, "", doc)
	s.lively = s.lively || found || len(s.tab.Waiting()) > 0
	return err
}

// accept says whether what was answered is a page that is wanted.
func (s *shot) accept(response *network.Response) error {
	if response.Status >= 400 && !s.profile.AcceptError {
		kind := fault.Unreachable
		if response.Status == 403 || response.Status == 429 || response.Status == 451 {
			kind = fault.Blocked
		}
		return fault.New(kind, "%s answered HTTP %d %s", job.Bare(response.URL), response.Status, response.StatusText)
	}
	switch media := response.MimeType; {
	case strings.Contains(media, "html"), strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "text/"), strings.Contains(media, "xml"):
		return nil
	default:
		return fault.New(fault.Invalid, "%s is %s, which is not a page", job.Bare(response.URL), media)
	}
}

// document is what our functions say of the page when they are put into it,
// and when it has come to rest.
type document struct {
	Title, URL string
	Lively     bool     // something in it can still change by itself or when it is scrolled
	Hosts      int      // elements that may have a closed shadow root
	Elements   int      // of the document itself
	Missing    []string // pictures that are in the page and did not arrive
}

// identify notes the address and the title that the page shows now.
func (s *shot) identify(doc document) {
	s.manifest.Title = doc.Title
	if u, err := browser.Origin(doc.URL); err == nil && u.Host != "" {
		s.manifest.FinalURL = job.Bare(doc.URL)
	}
	s.lively, s.elements, s.unshown = doc.Lively, doc.Elements, len(doc.Missing)
}
