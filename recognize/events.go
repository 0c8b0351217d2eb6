package recognize

import (
	"context"
	"encoding/json"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/telemetry"
	"github.com/pageinspect/pageinspect/shared/topic"
)

// Events is a Publisher: it publishes results under their ids, so that those of
// one page keep their order.
type Events struct {
	Kafka *topic.Writer
	Topic string
}

// Publish returns when the event is acknowledged.
func (e Events) Publish(ctx context.Context, r result.Result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encode the result")
	}
	at := r.RecognizedAt
	if r.ReinspectedAt.After(at) {
		at = r.ReinspectedAt
	}
	return e.Kafka.Publish(ctx, topic.Message{Topic: e.Topic, Key: []byte(r.ID), Value: b, Time: at, Headers: telemetry.Carry(ctx, nil)})
}
