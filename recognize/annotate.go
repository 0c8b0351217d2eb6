package recognize

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/recognize/annotate"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// tileText is what Vision said of one tile.
type tileText struct {
	annotation *visionpb.TextAnnotation       // nil when there is no text
	safe       *visionpb.SafeSearchAnnotation // nil unless it was asked for
	err        error                          // why the tile could not be read
}

// annotate has Vision read the tiles that it has not read before. What stays
// unreadable is named and makes the result partial, and only a page of which
// nothing can be read fails.
func (j *Job) annotate(ctx context.Context) error {
	features := []visionpb.Feature_Type{annotate.Text}
	if j.manifest.SafeSearch {
		features = append(features, annotate.SafeSearch)
	}
	j.client.Vision, j.client.Limit, j.client.Cache, j.client.Parent, j.client.Sheets = j.Vision, j.Limit, j.Cache, j.Parent, j.sheets()
	j.client.Page = j.manifest.ID
	for i, f := range j.founds {
		j.pictures[i].Width, j.pictures[i].Height = f.Width, f.Height
	}
	readings, cost, err := j.client.Read(j.asking, j.pictures, features, func(done int) {
		j.progress(j.manifest.ID, "annotate", done, len(j.pictures))
	})
	j.result.Vision = cost
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && cutShort(readings) {
		err = nil // what was read is shown
	}
	if err != nil {
		return err
	}
	j.texts = make([]tileText, len(readings))
	for i, r := range readings {
		j.texts[i] = tileText{annotation: r.Text, safe: r.Safe, err: r.Err}
		if r.Page != "" && r.Page != j.manifest.ID {
			j.result.Shown = append(j.result.Shown, result.Shown{Picture: j.pictures[i].SHA256, Tile: i, Page: r.Page})
		}
	}
	if err := j.checkSizes(); err != nil {
		return err
	}
	return j.noteUnread()
}

// mostOf leaves a tenth of the time to report what was read when it runs out.
func mostOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-time.Until(end)/10))
}

// cutShort marks the pictures for which the time ran out, and says whether any was read.
func cutShort(readings []annotate.Reading) (any bool) {
	for i := range readings {
		switch r := &readings[i]; {
		case r.Text != nil && r.Err == nil:
			any = true
		case r.Err == nil:
			r.Err = status.Error(codes.DeadlineExceeded, "time ran out before it was")
		}
	}
	return any
}

// noteUnread names the tiles that could not be read.
func (j *Job) noteUnread() error {
	var unread []string
	var errs []error
	healing, waiting := false, false
	for i, t := range j.manifest.Tiles {
		err := j.texts[i].err
		if err == nil {
			continue
		}
		errs = append(errs, err)
		healing = healing || annotate.Heals(status.Code(err))
		waiting = waiting || annotate.Waits(status.Code(err))
		j.unread(page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)}, "the picture could not be read: %s", status.Convert(err).Message())
		unread = append(unread, fmt.Sprintf("tile %d (y %d to %d) could not be read: %s", i, t.Y, t.Bottom(), status.Convert(err).Message()))
	}
	switch {
	case len(unread) == 0:
		return nil
	case len(unread) == len(j.texts) && waiting:
		return fault.Busy(fault.New(fault.Transient, "Vision could read no tile of the page: %w", errors.Join(errs...)))
	case len(unread) == len(j.texts):
		kind := fault.Invalid
		if healing {
			kind = fault.Transient
		}
		return fault.New(kind, "Vision could read no tile of the page: %w", errors.Join(errs...))
	}
	j.manifest.Warnings = append(j.manifest.Warnings, unread...)
	j.partial(fmt.Sprintf("%d of %d tiles could not be read", len(unread), len(j.texts)))
	return nil
}
