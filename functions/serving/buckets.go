package serving

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
)

// checkTime is what a start waits for Cloud Storage.
const checkTime = 2 * time.Second

// CheckBuckets looks whether the buckets are there, each under the name of its
// setting. Its error names every setting whose bucket is not: a deployment with
// it fails, and the revision before goes on. A store that does not answer, or
// refuses, may heal, and work waits for it meanwhile: that is logged and stops
// no start.
func CheckBuckets(ctx context.Context, log *slog.Logger, objects *store.Client, settings map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	names := slices.Sorted(maps.Keys(settings))
	found := make([]error, len(names))
	var all errgroup.Group
	for i, name := range names {
		all.Go(func() error {
			found[i] = fault.Wrap(fault.Invalid, objects.CheckBucket(ctx, settings[name]), "%s", name)
			return nil
		})
	}
	_ = all.Wait() // which has no error of its own
	var wrong []error
	for i, err := range found {
		switch {
		case err == nil:
		case errors.Is(err, store.ErrNotExist) || fault.KindOf(err) == fault.Invalid:
			wrong = append(wrong, err)
		default:
			log.ErrorContext(ctx, "a bucket could not be looked at; work waits until it can", "setting", names[i], "error", err.Error())
		}
	}
	return errors.Join(wrong...)
}
