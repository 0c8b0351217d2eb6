package event

import (
	"maps"
	"math"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// push is a message as a Pub/Sub push subscription sends it, and as Eventarc
// wraps it in messagePublished.
type push struct {
	data         []byte
	attributes   map[string]string
	orderingKey  string
	publishTime  time.Time
	attempt      int // 0 without a dead-letter policy, where Pub/Sub does not count
	subscription string
	raw          []byte // the envelope, whole
	err          error  // data is not base64
}

// openPush reads {"subscription","message":{"data","messageId","attributes"},"deliveryAttempt"}.
func openPush(o object, raw []byte) (push, bool) {
	p := push{raw: raw}
	var ok bool
	if p.subscription, ok = o.str("subscription"); !ok || p.subscription == "" {
		return push{}, false
	}
	m, ok := o.object("message")
	if !ok {
		return push{}, false
	}
	if _, ok := m.str("messageId"); !ok {
		if _, ok := m.str("message_id"); !ok {
			return push{}, false
		}
	}
	if attributes, ok := m.object("attributes"); ok {
		p.attributes = attributes.strings()
	}
	p.orderingKey, _ = m.str("orderingKey")
	if s, ok := m.str("publishTime"); ok {
		p.publishTime, _ = time.Parse(time.RFC3339Nano, s)
	}
	if n, ok := o.integer("deliveryAttempt"); ok && n <= math.MaxInt32 {
		p.attempt = int(n)
	}
	switch data := m.get("data"); {
	case data == nil || isNull(data):
	case data[0] != '"':
		p.err = fault.New(fault.Invalid, "message.data from %s is not a string of base64", p.subscription)
	default:
		var err error
		p.data, err = decodeBase64(data)
		p.err = fault.Wrap(fault.Invalid, err, "message.data from %s", p.subscription)
	}
	return p, true
}

// record reads the attributes that the Pub/Sub group connector sets from the
// Kafka record: key, kafka.topic, kafka.partition, kafka.offset and
// kafka.timestamp. The others are Kafka's headers.
func (p push) record(via string) Record {
	r := newRecord(via, p.data)
	r.Time, r.Attempt = p.publishTime, p.attempt
	r.Topic = p.attributes["kafka.topic"]
	if n, ok := natural(p.attributes["kafka.partition"]); ok && n <= math.MaxInt32 {
		r.Partition = int(n)
	}
	if n, ok := natural(p.attributes["kafka.offset"]); ok {
		r.Offset = n
	}
	if ms, ok := natural(p.attributes["kafka.timestamp"]); ok {
		r.Time = time.UnixMilli(ms).UTC()
	}
	if key, ok := p.attributes["key"]; ok {
		r.Key = []byte(key)
	} else if p.orderingKey != "" {
		r.Key = []byte(p.orderingKey)
	}
	r.Headers = p.headers()
	if p.err != nil {
		r.Value, r.Err = p.raw, p.err
	}
	return r
}

// headers is the attributes that are not about the record itself. The trace
// context that Pub/Sub's own clients add stands in for a producer's.
func (p push) headers() map[string]string {
	h := maps.Clone(p.attributes)
	for _, name := range []string{"key", "kafka.topic", "kafka.partition", "kafka.offset", "kafka.timestamp"} {
		delete(h, name)
	}
	if trace, ok := h["googclient_"+traceparent]; ok && h[traceparent] == "" {
		h[traceparent] = trace
	}
	if len(h) == 0 {
		return nil
	}
	return h
}
