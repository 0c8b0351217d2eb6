package recognize

import (
	"context"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/recognize/selfcheck"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// A recall below lowRecall of enough text is unusual. What a page's HTML has
// and hides (menus, other tabs' panels) is not in its DOM text, so most of what
// is there can be read.
const (
	lowRecall = 0.6
	enough    = 100 // letters and digits; of fewer, a logo and a button say nothing
)

// selfCheck holds what was read against the page's own text, where Capture kept
// it. That it cannot be had is a warning: the reading stands without it.
func (j *Job) selfCheck(ctx context.Context) error {
	if j.manifest.DOM == "" {
		return nil
	}
	dom, err := j.readDOM(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		j.warn("the reading could not be held against the page's own text: %v", err)
		return nil
	}
	limited, cancel := halfOf(ctx)
	defer cancel()
	q, err := selfcheck.Compare(limited, dom.Texts, j.result.Lines, float64(j.manifest.Width), float64(j.manifest.Height))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // a page may have so much text in one place that comparing it takes for ever
		j.warn("the page's own text is too much, or too densely laid, to be compared with what was read")
		if j.manifest.Partial == "" {
			j.manifest.Partial = "what was read could not be held against the page's own text in time"
		}
		return nil
	}
	j.result.Quality = q
	if q.DOMRunes >= enough && q.DOMRecall < lowRecall {
		j.warn("only %.0f%% of the page's own text was also read in its pictures; look at the page itself", q.DOMRecall*100)
	}
	return nil
}

// halfOf leaves half of the time to what comes after.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-time.Until(end)/2))
}

func (j *Job) readDOM(ctx context.Context) (page.DOM, error) {
	uri, err := store.ParseURI(j.manifest.DOM)
	if err != nil {
		return page.DOM{}, err
	}
	b, _, err := j.Store.Read(ctx, uri, page.MaxDOMBytes)
	if err != nil {
		return page.DOM{}, err
	}
	return page.DecodeDOM(b)
}

func (j *Job) warn(format string, args ...any) {
	j.manifest.Warnings = append(j.manifest.Warnings, fmt.Sprintf(format, args...))
}
