package history

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// pulled is a message as Pub/Sub's pull gives it, alone or with its ackId around it.
type pulled struct {
	AckID   string          `json:"ackId"`
	Message json.RawMessage `json:"message"`
}

// Attributes that Pub/Sub adds to what it gives up on.
// https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts
const (
	sourceSubscription = "CloudPubSubDeadLetterSourceSubscription"
	deliveryCount      = "CloudPubSubDeadLetterSourceDeliveryCount"
)

// DeadLetters reads what a platform gave up on: the messages of a dead-letter
// subscription as `gcloud pubsub subscriptions pull --format=json` prints them, one
// or an array or one a line. Each is a failure of the stage deliver. For a
// bucket's notification the request is that of the manifest it is about, which
// is looked up in the store; where that cannot be done, the failure says why.
func (p Places) DeadLetters(ctx context.Context, b []byte, f Filter) ([]job.Failure, error) {
	var items []json.RawMessage
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(b, &items); err != nil {
			return nil, fault.New(fault.Invalid,
				"dead letters: not JSON: %v; want the output of gcloud pubsub subscriptions pull --format=json", err)
		}
	} else {
		for d := json.NewDecoder(bytes.NewReader(b)); d.More(); {
			var one json.RawMessage
			if err := d.Decode(&one); err != nil {
				return nil, fault.New(fault.Invalid,
					"dead letters: not JSON: %v; want the output of gcloud pubsub subscriptions pull --format=json", err)
			}
			items = append(items, one)
		}
	}
	var all []job.Failure
	var first error // of those that are no messages at all
	messages := 0
	for n, item := range items {
		r, err := p.deadLetter(ctx, item)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case p.Store == nil && err != nil:
			return nil, fault.Wrap(fault.Invalid, err, "dead letter %d", n+1)
		case err != nil: // told as a failure of its own, and it stops no other
			err = fault.Wrap(fault.Invalid, err, "dead letter %d", n+1)
			first = cmp.Or(first, err)
			r = job.NewFailure(job.StageDeliver, err, job.Request{}, item, job.Source{Partition: -1, Offset: -1}, time.Now())
		default:
			messages++
		}
		all = append(all, r)
	}
	if messages == 0 && first != nil {
		return nil, first
	}
	return f.choose(all), nil
}

func (p Places) deadLetter(ctx context.Context, item json.RawMessage) (job.Failure, error) {
	var outer pulled
	if err := json.Unmarshal(item, &outer); err != nil || len(outer.Message) == 0 {
		outer.Message = item // a bare message
	}
	var m struct {
		Attributes map[string]string `json:"attributes"`
	}
	if err := json.Unmarshal(outer.Message, &m); err != nil {
		return job.Failure{}, fault.New(fault.Invalid, "is not a Pub/Sub message: %v", err)
	}
	subscription := m.Attributes[sourceSubscription]
	if subscription == "" {
		subscription = "an unnamed subscription"
	}
	// The push envelope that it had, so that one decoder reads it.
	push, err := json.Marshal(map[string]any{"subscription": subscription, "message": outer.Message})
	if err != nil {
		return job.Failure{}, err
	}
	records, err := event.Records(nil, push)
	if err != nil {
		return job.Failure{}, err
	}
	if len(records) != 1 || records[0].Via != event.ViaPubSub {
		return job.Failure{}, fault.New(fault.Invalid, "is not a Pub/Sub message: want data, attributes and a messageId")
	}
	r := records[0]
	why := fmt.Errorf("the platform gave up on %s", subscription)
	if n, err := strconv.Atoi(m.Attributes[deliveryCount]); err == nil {
		why = fmt.Errorf("%w after %d deliveries", why, n)
	}
	original, source, id := r.Value, r.Source(), ""
	if m.Attributes["eventType"] != "" {
		of, from, err := p.manifestRequest(ctx, push)
		switch {
		case err == nil:
			original, source = of, from
		case p.Store == nil:
			return job.Failure{}, err
		default: // gone, or broken: there is nothing to publish again, which retry says
			original, id = outer.Message, strings.TrimSuffix(m.Attributes["objectId"], ".json")
			why = fmt.Errorf("%w; the request is not known: %w", why, err)
		}
	}
	req, _ := job.DecodeRequest(original)
	req.ID = cmp.Or(req.ID, id)
	return job.NewFailure(job.StageDeliver, fault.Wrap(fault.Transient, why, "deliver"), req.Identify(source, original),
		original, source, r.Time), nil
}

// manifestRequest finds the request behind a bucket's notification.
func (p Places) manifestRequest(ctx context.Context, push []byte) ([]byte, job.Source, error) {
	f, err := event.Finalization(nil, push)
	if err != nil {
		return nil, job.Source{}, err
	}
	uri := store.URI{Bucket: f.Bucket, Object: f.Object}
	if p.Store == nil {
		return nil, job.Source{}, fault.New(fault.Invalid,
			"is about %s, which holds the request, and there is no storage to read it from; set PAGES_BUCKET (and STORAGE_EMULATOR_HOST for a stand-in)",
			uri)
	}
	b, _, err := p.Store.Read(ctx, uri, page.MaxManifestBytes)
	if err != nil {
		return nil, job.Source{}, err
	}
	m, err := page.Decode(b)
	if err != nil {
		return nil, job.Source{}, fault.Wrap(fault.Invalid, err, "%s", uri)
	}
	m.Request.ID = strings.TrimSuffix(f.Object, ".json")
	original, err := json.Marshal(m.Request)
	return original, m.Source, err
}
