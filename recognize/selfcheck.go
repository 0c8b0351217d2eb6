package recognize

import (
	"context"
	"fmt"
	"time"

	"github.com/pageinspect/pageinspect/recognize/selfcheck"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// selfCheck holds what was read against the page's own text, where Capture kept
// it. Without it the reading stands, but a page of which that text was not judged
// goes to a person; a store that may have it next time is asked next time.
func (j *Job) selfCheck(ctx context.Context) error {
	if j.manifest.DOM == "" {
		return nil
	}
	dom, err := j.readDOM(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case fault.KindOf(err).Retryable():
		return err
	case err != nil:
		j.warn("the reading could not be held against the page's own text: %v", err)
		j.partial("the page's own text could not be had, and was not judged")
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
		j.partial("what was read could not be held against the page's own text in time")
		return nil
	}
	j.result.Quality = q.Quality
	missed := make([]bool, len(dom.Texts))
	for i := range missed {
		missed[i] = q.Read[i] < q.Letters[i]
	}
	j.result.HTML = htmlLines(dom.Texts, missed, j.manifest.Width, j.manifest.Height)
	j.checked = &q
	j.dom = dom.Texts
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

// partial says why not all of the page was read, unless something else was said before.
func (j *Job) partial(why string) {
	if j.manifest.Partial == "" {
		j.manifest.Partial = why
	}
}

func (j *Job) warn(format string, args ...any) {
	j.manifest.Warnings = append(j.manifest.Warnings, fmt.Sprintf(format, args...))
}
