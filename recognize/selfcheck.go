package recognize

import (
	"context"
	"fmt"

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
	q := selfcheck.Compare(dom.Texts, j.result.Lines)
	j.result.Quality = q
	if q.DOMRunes >= enough && q.DOMRecall < lowRecall {
		j.warn("only %.0f%% of the page's own text was also read in its pictures; look at the page itself", q.DOMRecall*100)
	}
	return nil
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
