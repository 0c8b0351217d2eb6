package delivery

import (
	"context"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
)

// Fence is the store that work is given: what it writes to the bucket of its
// commits is written only while the work is still this delivery's own. So one
// that was frozen, and taken over meanwhile by another that failed for good, does not commit
// beside that failure when it goes on.
type Fence struct {
	*store.Client
	Commits string // the bucket
}

type ownKey struct{}

// owning tells the fence whose work a context is; own is set by the claim.
func owning(ctx context.Context, own **lease.Lease) context.Context {
	return context.WithValue(ctx, ownKey{}, own)
}

func (f Fence) check(ctx context.Context, uri store.URI) error {
	own, ok := ctx.Value(ownKey{}).(**lease.Lease)
	if !ok || uri.Bucket != f.Commits {
		return nil
	}
	return fault.Wrap(fault.Transient, (*own).Check(ctx), "commit %s", uri)
}

// Create is store.Client's, behind the fence.
func (f Fence) Create(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error) {
	if err := f.check(ctx, uri); err != nil {
		return store.Attrs{}, err
	}
	return f.Client.Create(ctx, uri, contentType, data, metadata)
}

// Put is store.Client's, behind the fence.
func (f Fence) Put(ctx context.Context, uri store.URI, contentType string, data []byte, metadata map[string]string) (store.Attrs, error) {
	if err := f.check(ctx, uri); err != nil {
		return store.Attrs{}, err
	}
	return f.Client.Put(ctx, uri, contentType, data, metadata)
}
