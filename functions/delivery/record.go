package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// maxRecord is what of a message is left to a record beside its key.
const maxRecord = topic.MaxMessageBytes - job.MaxIDBytes

// publishTimeout bounds telling the errors topic; see reserve.
const publishTimeout = 10 * time.Second

// record writes a failure down, first where it stays decided and then where
// people see it. The request may be gone from the platform after this, so both
// are waited for. own is nil where nothing was claimed.
func (h *Handler) record(ctx context.Context, own *lease.Lease, f job.Failure) error {
	b, err := json.Marshal(f)
	if err == nil && len(b) > maxRecord {
		if f.RequestObject, err = h.setAside(ctx, f); err != nil {
			return err
		}
		f.Request, f.RequestBase64 = nil, nil
		b, err = json.Marshal(f)
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the failure")
	}
	if err := own.Fail(ctx, b); err != nil {
		return fault.Wrap(fault.Transient, err, "record the failure")
	}
	return h.publish(ctx, f.ID, b)
}

// setAside stores an original that no message can hold, and returns where.
func (h *Handler) setAside(ctx context.Context, f job.Failure) (string, error) {
	original := f.Original()
	uri := store.URI{Bucket: h.Leases.Bucket, Object: "set-aside/" + job.ShortSum(original)}
	_, err := h.Leases.Store.Create(ctx, uri, "application/octet-stream", original, nil)
	if errors.Is(err, store.ErrExists) { // of an earlier delivery
		err = nil
	}
	return uri.String(), fault.Wrap(fault.Transient, err, "set the request aside")
}

func (h *Handler) publish(ctx context.Context, id string, record json.RawMessage) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	return h.Errors.Publish(ctx, topic.Message{Topic: h.Topic, Key: []byte(id), Value: record, Headers: telemetry.Carry(ctx, nil)})
}
