package history

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pageinspect/pageinspect/shared/event"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/lease"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// world is a Kafka and a store with a history.
type world struct {
	Places
	*testing.T
	writer *topic.Writer
	noon   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	broker, err := localkafka.Start(localkafka.Config{Topics: map[string]int{"requests": 2, "results": 2, "errors": 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	buckets, err := localgcs.Start(localgcs.Config{Buckets: []string{"shots", "pages", "results"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { buckets.Close(context.Background()) }) //nolint:errcheck // nothing is kept
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: buckets.Endpoint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	w := &world{T: t, noon: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Places: Places{
		Kafka: topic.Config{Brokers: []string{broker.Addr()}}, Requests: "requests", Results: "results", Errors: "errors",
		Store: objects, Screenshots: "shots", Pages: "pages", Output: "results",
	}}
	if w.writer, err = topic.NewWriter(w.Kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.writer.Close() })
	return w
}

func (w *world) publish(name, key string, value any) {
	w.Helper()
	b, ok := value.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(value); err != nil {
			w.Fatal(err)
		}
	}
	if err := w.writer.Publish(w.Context(), topic.Message{Topic: name, Key: []byte(key), Value: b, Time: w.noon}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) object(bucket, name, data string) {
	w.Helper()
	if _, err := w.Store.Create(w.Context(), store.URI{Bucket: bucket, Object: name}, "application/json", []byte(data), nil); err != nil {
		w.Fatal(err)
	}
}

func requestOf(id string, attempt int) job.Request {
	return job.Request{Schema: job.RequestSchema, ID: id, URL: "https://shop.example/" + id, Attempt: attempt}
}

func (w *world) fail(id string, attempt int, stage job.Stage, kind fault.Kind, after time.Duration) job.Failure {
	r := requestOf(id, attempt)
	original, _ := json.Marshal(r)
	f := job.NewFailure(stage, fault.New(kind, "made to fail"), r, original, job.Source{}, w.noon.Add(after))
	w.publish("errors", id, f)
	return f
}

func ids(all []job.Failure) (s []string) {
	for _, f := range all {
		s = append(s, fmt.Sprintf("%s/%d", f.ID, f.Attempt))
	}
	return s
}

func TestFailures(t *testing.T) {
	w := newWorld(t)
	w.fail("b", 1, job.StageCapture, fault.Blocked, 2*time.Hour)
	w.fail("a", 1, job.StageRecognize, fault.Timeout, time.Hour)
	w.fail("a", 1, job.StageRecognize, fault.Timeout, time.Hour) // repeated
	w.fail("a", 2, job.StageCapture, fault.Internal, 3*time.Hour)
	w.publish("errors", "x", []byte("somebody else's"))
	for name, c := range map[string]struct {
		filter Filter
		want   []string
	}{
		"all":     {Filter{}, []string{"a/1", "b/1", "a/2"}},
		"kinds":   {Filter{Kinds: []string{"timeout", "internal"}}, []string{"a/1", "a/2"}},
		"stage":   {Filter{Stages: []string{"recognize"}}, []string{"a/1"}},
		"id":      {Filter{IDs: []string{"b"}}, []string{"b/1"}},
		"since":   {Filter{Since: w.noon.Add(2 * time.Hour)}, []string{"b/1", "a/2"}},
		"nothing": {Filter{IDs: []string{"b"}, Kinds: []string{"timeout"}}, nil},
	} {
		got, err := w.Failures(t.Context(), c.filter)
		if diff := cmp.Diff(c.want, ids(got)); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, f := range []Filter{{Kinds: []string{"slow"}}, {Stages: []string{"upload"}}} {
		if err := f.Validate(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestRetries(t *testing.T) {
	w := newWorld(t)
	again := w.fail("again", 1, job.StageCapture, fault.Timeout, 0)
	again.Request = json.RawMessage(`{"schema":"pageinspect.request/v1","url":"https://a.example","of_the_future":[1]}`)
	w.publish("requests", "again", requestOf("again", 0))
	healed := w.fail("healed", 1, job.StageCapture, fault.Timeout, 0)
	w.publish("results", "healed", result.Result{Schema: result.Schema, ID: "healed", RecognizedAt: w.noon.Add(time.Minute)})
	older := w.fail("older", 1, job.StageCapture, fault.Timeout, time.Hour)
	w.publish("results", "older", result.Result{Schema: result.Schema, ID: "older", RecognizedAt: w.noon}) // before it failed
	tried := w.fail("tried", 1, job.StageCapture, fault.Timeout, 0)
	w.publish("requests", "tried", requestOf("tried", 2))
	twice := []job.Failure{w.fail("twice", 1, job.StageCapture, fault.Timeout, 0), w.fail("twice", 2, job.StageCapture, fault.Timeout, 0)}
	garbage := job.NewFailure(job.StageCapture, fault.New(fault.Invalid, "not JSON"), job.Request{ID: "v-1"}, []byte("hello"), job.Source{}, w.noon)

	all := append([]job.Failure{again, healed, older, tried, garbage}, twice...)
	for _, c := range []struct {
		again bool
		want  map[string]string // what is published, or why not
	}{
		{false, map[string]string{
			"again/1": `{"attempt":2,"id":"again","of_the_future":[1],"schema":"pageinspect.request/v1","url":"https://a.example"}`,
			"older/1": `{"attempt":2,"id":"older","schema":"pageinspect.request/v1","url":"https://shop.example/older"}`,
			"twice/2": `{"attempt":3,"id":"twice","schema":"pageinspect.request/v1","url":"https://shop.example/twice"}`,
			"twice/1": "a later attempt failed, too", "healed/1": "it has a result since", "tried/1": "attempt 2 is published already", "v-1/1": "request is not JSON of pageinspect.request/v1: invalid character 'h' looking for beginning of value; correct it and submit it",
		}},
		{true, map[string]string{
			"again/1":  `{"attempt":2,"id":"again","of_the_future":[1],"schema":"pageinspect.request/v1","url":"https://a.example"}`,
			"older/1":  `{"attempt":2,"id":"older","schema":"pageinspect.request/v1","url":"https://shop.example/older"}`,
			"twice/2":  `{"attempt":3,"id":"twice","schema":"pageinspect.request/v1","url":"https://shop.example/twice"}`,
			"healed/1": `{"attempt":2,"id":"healed","schema":"pageinspect.request/v1","url":"https://shop.example/healed"}`,
			"tried/1":  `{"attempt":3,"id":"tried","schema":"pageinspect.request/v1","url":"https://shop.example/tried"}`,
			"twice/1":  "a later attempt failed, too", "v-1/1": "request is not JSON of pageinspect.request/v1: invalid character 'h' looking for beginning of value; correct it and submit it",
		}},
	} {
		got := map[string]string{}
		retries, err := w.Retries(t.Context(), all, c.again)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range retries {
			got[fmt.Sprintf("%s/%d", r.Failure.ID, r.Failure.Attempt)] = r.Skip + string(r.Message.Value)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("again %t:\n%s", c.again, diff)
		}
	}
}

// TestOneUnreadableOriginalStopsNoOther: what is gone, larger than what is read,
// or named wrongly is left alone with the reason, and the rest is published.
func TestOneUnreadableOriginalStopsNoOther(t *testing.T) {
	w := newWorld(t)
	whole := `{"schema":"pageinspect.request/v1","url":"https://shop.example/1","labels":{"note":"` + strings.Repeat("x", 900<<10) + `"}}`
	w.object("shots", "set-aside/whole", whole)
	w.object("shots", "set-aside/long", strings.Repeat("x", 12<<20))
	w.object("shots", "set-aside/too-large", strings.Repeat("x", event.MaxBody+1))
	var all []job.Failure
	for id, object := range map[string]string{
		"whole": "gs://shots/set-aside/whole", "long": "gs://shots/set-aside/long", "gone": "gs://shots/set-aside/none", "large": "gs://shots/set-aside/too-large", "named": "hello",
		"fine": "",
	} {
		f := w.fail(id, 1, job.StageCapture, fault.Timeout, 0)
		if f.RequestObject = object; object != "" {
			f.Request = nil
		}
		all = append(all, f)
	}
	want := map[string]string{
		"whole": "", "fine": "", "gone": "no such object", "long": "has 12582912 bytes, more than 1048576; correct it and submit it", "large": "has 33554433 bytes, more than the 33554432", "named": "not a gs:// URI",
	}
	retries, err := w.Retries(t.Context(), all, false)
	if err != nil || len(retries) != len(want) {
		t.Fatalf("%d retries, %v", len(retries), err)
	}
	for _, r := range retries {
		if say := want[r.Failure.ID]; (r.Skip == "") != (say == "") || !strings.Contains(r.Skip, say) {
			t.Errorf("%s: left alone because %q, want …%s…", r.Failure.ID, r.Skip, say)
		}
		if r.Failure.ID == "whole" && len(r.Message.Value) < len(whole) {
			t.Errorf("whole: %d bytes are published of %d", len(r.Message.Value), len(whole))
		}
	}
	w.Store = nil
	if retries, err = w.Retries(t.Context(), all, false); err != nil || len(retries) != len(want) {
		t.Errorf("without a store: %d retries, %v", len(retries), err)
	}
	for _, r := range retries {
		if away := r.Failure.RequestObject == "gs://shots/set-aside/whole"; away && !strings.Contains(r.Skip, "set PAGES_BUCKET") {
			t.Errorf("without a store: %q", r.Skip)
		}
	}
}

// TestEveryFailureHasAnID: also those without one, or with none that can be one,
// are told apart, by what else they have, and asked for.
func TestEveryFailureHasAnID(t *testing.T) {
	w := newWorld(t)
	for i, f := range []job.Failure{
		{Message: "page a.json: not JSON"}, {Message: "page b.json: not JSON"}, {Message: "page b.json: not JSON"},
		{Message: "too large", RequestObject: "gs://shots/set-aside/1"}, {Message: "too large", RequestObject: "gs://shots/set-aside/2"},
		{Message: "bad", Request: json.RawMessage(`"hello"`)}, {Message: "bad", Request: json.RawMessage(`"hullo"`)},
		{Message: "bad", Source: job.Source{Topic: "requests", Partition: 1, Offset: 7}}, {Message: "bad", Source: job.Source{Topic: "requests", Partition: 1, Offset: 8}},
		{Message: "bad", ID: "../x"}, {Message: "worse", ID: "a\x1b[31m"},
	} {
		f.Schema, f.Attempt, f.Stage, f.Kind, f.At = job.FailureSchema, 1, job.StageCapture, fault.Invalid, w.noon.Add(time.Duration(i)*time.Second)
		w.publish("errors", "", f)
	}
	all, err := w.Failures(t.Context(), Filter{})
	if err != nil || len(all) != 10 { // one came twice
		t.Errorf("%d failures, %v: %v", len(all), err, ids(all))
	}
	tracker, err := w.Track(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	states, err := tracker.Look(t.Context())
	if err != nil || len(states) != len(all) {
		t.Errorf("%d states of %d failures, %v", len(states), len(all), err)
	}
	for _, f := range all {
		if one, err := w.Failures(t.Context(), Filter{IDs: []string{f.ID}}); job.CheckID(f.ID) != nil || err != nil || len(one) != 1 {
			t.Errorf("%q: %d failures, %v", f.ID, len(one), err)
		}
	}
}

// pull is what gcloud pubsub subscriptions pull --format=json prints of one message.
func pull(data string, attributes map[string]string) string {
	a, _ := json.Marshal(attributes)
	return fmt.Sprintf(`{"ackId":"x","message":{"attributes":%s,"data":%q,"messageId":"17","publishTime":"2026-11-25T12:00:00Z"}}`,
		a, base64.StdEncoding.EncodeToString([]byte(data)))
}

func TestDeadLetters(t *testing.T) {
	w := newWorld(t)
	w.object("pages", "p-2.json", `{"schema":"pageinspect.page/v1","id":"p-2","request":{"schema":"pageinspect.request/v1","id":"p-2","url":"https://shop.example/2","attempt":3},
		"final_url":"https://shop.example/2","captured_at":"2026-11-25T00:00:00Z","width":10,"height":10,"scale":1,"tiles":[{"object":"gs://shots/o","width":10,"height":10}]}`)
	given := map[string]string{sourceSubscription: "capture", deliveryCount: "7", "kafka.topic": "requests", "kafka.partition": "1", "kafka.offset": "42"}
	request := pull(`{"schema":"pageinspect.request/v1","url":"https://shop.example/1"}`, given)
	finalize := pull("", map[string]string{"eventType": "OBJECT_FINALIZE", "bucketId": "pages", "objectId": "p-2.json", "objectGeneration": "5"})
	for name, file := range map[string]string{"array": "[" + request + "," + finalize + "]", "lines": request + "\n" + finalize + "\n"} {
		got, err := w.DeadLetters(t.Context(), []byte(file), Filter{})
		if diff := cmp.Diff([]string{"p-2/3", "requests-1-42/1"}, ids(got)); err != nil || diff != "" {
			t.Fatalf("%s: %v %s", name, err, diff)
		}
		if f := got[1]; f.Stage != job.StageDeliver || f.Kind != fault.Transient || f.Source.Offset != 42 || !strings.Contains(f.Message, "gave up on capture after 7 deliveries") {
			t.Errorf("%+v", f)
		}
		retries, err := w.Retries(t.Context(), got, false)
		if err != nil || len(retries) != 2 || !strings.Contains(string(retries[0].Message.Value), `"attempt":4`) || !strings.Contains(string(retries[1].Message.Value), `"id":"requests-1-42"`) {
			t.Errorf("%s: %+v, %v", name, retries, err)
		}
	}
	gone := pull("", map[string]string{"eventType": "OBJECT_FINALIZE", "bucketId": "pages", "objectId": "p-3.json", "objectGeneration": "5"})
	got, err := w.DeadLetters(t.Context(), []byte("[[1],"+gone+","+request+"]"), Filter{})
	if err != nil || len(got) != 3 || !slices.ContainsFunc(got, func(f job.Failure) bool { return f.ID == "p-3" && strings.Contains(f.Message, "no such object") }) ||
		!slices.ContainsFunc(got, func(f job.Failure) bool {
			return strings.Contains(f.Message, "dead letter 1: is not a Pub/Sub message")
		}) {
		t.Errorf("among others: %+v, %v", got, err)
	}
	none := w.Places
	none.Store = nil
	if _, err := none.DeadLetters(t.Context(), []byte(finalize), Filter{}); err == nil || !strings.Contains(err.Error(), "PAGES_BUCKET") {
		t.Errorf("without a store: %v", err)
	}
	for _, bad := range []string{"hello", "[1]", `[{"message":{}}]`, `{"message":7}`} {
		if _, err := w.DeadLetters(t.Context(), []byte(bad), Filter{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestStates(t *testing.T) {
	w := newWorld(t)
	leases := func(bucket string) *lease.Leases {
		return &lease.Leases{Config: lease.Config{MaxAttempts: 5, TTL: time.Hour}, Store: w.Store, Bucket: bucket}
	}
	claim := func(bucket, id string) *lease.Lease {
		l, err := leases(bucket).Claim(t.Context(), id, lease.Run{}, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, id := range []string{"requested", "capturing", "released", "captured", "recognizing", "recognized", "silent", "failed", "retried", "decided"} {
		w.publish("requests", id, requestOf(id, 0))
	}
	for _, id := range []string{"captured", "recognizing", "silent"} {
		w.object("pages", id+".json", "{}")
	}
	claim("shots", "capturing")
	if err := claim("shots", "released").Release(t.Context(), errors.New("no quota")); err != nil {
		t.Fatal(err)
	}
	claim("results", "recognizing")
	if err := claim("shots", "decided").Fail(t.Context(), json.RawMessage(`{"stage":"capture","kind":"blocked","message":"captcha"}`)); err != nil {
		t.Fatal(err)
	}
	w.object("results", "silent/result.json", "{}") // written, not announced yet
	w.publish("results", "recognized", result.Result{Schema: result.Schema, ID: "recognized", Verdict: result.Review, RecognizedAt: w.noon})
	w.fail("failed", 1, job.StageCapture, fault.Blocked, time.Hour)
	w.fail("retried", 1, job.StageCapture, fault.Blocked, time.Hour)
	w.publish("requests", "retried", requestOf("retried", 2))

	want := map[string]State{"requested": Requested, "capturing": Capturing, "released": Requested, "captured": Captured, "recognizing": Recognizing,
		"recognized": Recognized, "silent": Recognized, "failed": Failed, "retried": Requested, "decided": Failed}
	look := func(tracker *Tracker) map[string]State {
		all, err := tracker.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]State{}
		for _, r := range all {
			got[r.ID] = r.State
		}
		return got
	}
	tracker, err := w.Track(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, look(tracker)); diff != "" {
		t.Error(diff)
	}
	some, err := w.Track(t.Context(), "failed", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]State{"failed": Failed, "nobody": Unknown}, look(some)); diff != "" {
		t.Error(diff)
	}

	// What comes later is seen by whoever follows.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	news := make(chan struct{}, 10)
	followed := make(chan error, 1)
	go func() { followed <- tracker.Follow(ctx, func() { news <- struct{}{} }) }()
	w.publish("results", "requested", result.Result{Schema: result.Schema, ID: "requested", Verdict: result.Pass, RecognizedAt: w.noon})
	<-news
	if got := look(tracker)["requested"]; got != Recognized {
		t.Errorf("after its result it is %s", got)
	}
	cancel()
	if err := <-followed; err != nil {
		t.Error(err)
	}
}

func (w *world) message(value any) topic.Message {
	b, err := json.Marshal(value)
	if err != nil {
		w.Fatal(err)
	}
	return topic.Message{Value: b, Time: w.noon}
}

// FuzzDeadLetters: whatever a file holds, it is failures that can be told and
// retried, or an error that says what is wrong.
func FuzzDeadLetters(f *testing.F) {
	for _, s := range []string{"", "[]", "[null]", "{}", "hello", `{"message":{"messageId":"1","data":"%"}}`, `{"messageId":"1"}`,
		pull(`{"schema":"pageinspect.request/v1","url":"https://shop.example/1"}`, map[string]string{sourceSubscription: "s", deliveryCount: "7"}),
		pull("\xff", nil), pull("", map[string]string{"eventType": "OBJECT_FINALIZE", "bucketId": "b", "objectId": "o", "objectGeneration": "5"})} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := Places{}.DeadLetters(context.Background(), b, Filter{})
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("error is %s: %v", fault.KindOf(err), err)
		}
		for _, r := range all {
			if _, err := json.Marshal(r); err != nil || r.ID == "" || r.Schema != job.FailureSchema || r.Stage != job.StageDeliver {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}
