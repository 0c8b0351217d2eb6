package delivery

import (
	"errors"
	"net/http"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/telemetry"
)

// Requests reads the requests that a delivery holds, in whatever envelope. One
// that is not a request, or that gives an id to another address than an earlier
// one of the same delivery, is an item that failed; the others carry on.
func Requests(header http.Header, body []byte) ([]Item, error) {
	// A body that is no event at all is one record too, with its error.
	records, err := event.Records(header, body)
	if len(records) == 0 {
		return nil, err
	}
	items := make([]Item, 0, len(records))
	first := map[string]job.Request{} // of each id
	for _, r := range records {
		item := Item{Value: r.Value, Source: r.Source(), Trace: r.Headers[telemetry.Traceparent], Err: r.Err}
		if r.Err == nil {
			item.Request, item.Err = job.DecodeRequest(r.Value)
		}
		item.Request = item.Request.Identify(item.Source, item.Value)
		if earlier, again := first[item.Request.ID]; item.Err == nil && again && !item.Request.Force {
			item.Err = item.Request.Conflict(earlier)
		} else if item.Err == nil {
			first[item.Request.ID] = item.Request
		}
		items = append(items, item)
	}
	return items, nil
}

// Finalize reads what was put into a bucket: an item whose request's URL is the
// object's gs:// address, until its manifest tells more. Other events of the
// bucket are none of our work, and no item.
func Finalize(header http.Header, body []byte) ([]Item, error) {
	f, err := event.Finalization(header, body)
	switch {
	case errors.Is(err, event.ErrIgnored):
		return nil, nil
	case err != nil:
		return nil, err
	}
	uri := store.URI{Bucket: f.Bucket, Object: f.Object}
	return []Item{{
		Request: job.Request{URL: uri.String()}, Value: body,
		Source: job.Source{Via: f.Via, Partition: -1, Offset: -1}, Trace: f.Headers[telemetry.Traceparent],
	}}, nil
}
