package browser

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// SetHeaders sends headers along with the requests whose address allowed says
// may have them, and with no other: those of third parties and of other sites
// that a redirect leads to go without. Network.setExtraHTTPHeaders would send
// them with every request of the page.
func (t *Tab) SetHeaders(ctx context.Context, headers map[string]string, allowed func(address string) bool) error {
	if len(headers) == 0 {
		return nil
	}
	t.mu.Lock()
	t.headers, t.allowed = maps.Clone(headers), allowed
	t.mu.Unlock()
	_, err := Call(ctx, t, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*", RequestStage: fetch.RequestStageRequest}}})
	return err
}

// paused lets a request go on, with the headers if it may have them. Of a
// redirect each hop is paused and asked about by itself.
func (t *Tab) paused(e *fetch.EventRequestPaused) {
	t.mu.Lock()
	headers, allowed := t.headers, t.allowed
	t.mu.Unlock()
	params := fetch.ContinueRequestParams{RequestID: e.RequestID}
	if allowed != nil && allowed(e.Request.URL) {
		for name, value := range e.Request.Headers {
			if s, ok := value.(string); ok && !holds(headers, name) {
				params.Headers = append(params.Headers, &fetch.HeaderEntry{Name: name, Value: s})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			params.Headers = append(params.Headers, &fetch.HeaderEntry{Name: name, Value: headers[name]})
		}
	}
	chromedp.Call(t.ctx, fetch.ContinueRequest, params) //nolint:errcheck // the request, or the tab, is gone
}

func holds(headers map[string]string, name string) bool {
	for have := range headers {
		if strings.EqualFold(have, name) {
			return true
		}
	}
	return false
}
