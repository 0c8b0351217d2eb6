package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// TestLook: a page that was captured is not captured again; its event is
// repeated, for a new attempt at once.
func TestLook(t *testing.T) {
	objects := memstore.New("pages")
	at := time.Now()
	c := &Capturer{Store: objects, Pages: "pages", Now: func() time.Time { return at }}
	here := job.Source{Topic: "requests", Partition: 1, Offset: 7}
	there := job.Source{Topic: "requests", Partition: 1, Offset: 8}
	manifest := func(id string, force bool) store.URI {
		uri := store.URI{Bucket: "pages", Object: id + ".json"}
		b := fmt.Appendf(nil, `{"schema":"pageinspect.page/v1","id":%q,"request":{"schema":"pageinspect.request/v1","url":"https://a.example","force":%t},
			"source":{"topic":"requests","partition":1,"offset":7},"final_url":"https://a.example","captured_at":"2026-11-25T00:00:00Z","width":10,"height":10,"scale":1,
			"tiles":[{"object":"gs://b/o","width":10,"height":10}]}`, id, force)
		if _, err := objects.Create(t.Context(), uri, "application/json", b, nil); err != nil {
			t.Fatal(err)
		}
		return uri
	}
	plain, forced := manifest("plain", false), manifest("forced", true)
	for _, s := range []struct {
		name           string
		uri            store.URI
		request        job.Request
		source         job.Source
		after          time.Duration
		done, repeated bool
	}{
		{"never captured", store.URI{Bucket: "pages", Object: "none.json"}, job.Request{}, here, 0, false, false},
		{"at once", plain, job.Request{}, here, 0, true, false},
		{"hours later", plain, job.Request{}, there, 5 * time.Hour, true, true},
		{"second attempt", plain, job.Request{Attempt: 2}, there, 0, true, true},
		{"second attempt, delivered again", plain, job.Request{Attempt: 2}, there, 0, true, false},
		{"first attempt, late", plain, job.Request{}, here, 0, true, false},
		{"forced", plain, job.Request{Force: true}, there, 0, false, false},
		{"forced, delivered again", forced, job.Request{Force: true}, here, 0, true, false},
		{"forced anew", forced, job.Request{Force: true}, there, 0, false, false},
		{"forced, from who knows where", forced, job.Request{Force: true}, job.Source{Partition: -1, Offset: -1}, 0, false, false},
	} {
		before, _ := objects.Stat(t.Context(), s.uri)
		at = time.Now().Add(s.after)
		s.request.ID, s.request.URL = strings.TrimSuffix(s.uri.Object, ".json"), "https://a.example"
		_, done, err := c.Job(s.request, s.source).Look(t.Context())
		after, _ := objects.Stat(t.Context(), s.uri)
		if err != nil || done != s.done || (after.Generation != before.Generation) != s.repeated {
			t.Errorf("%s: done %t, %v, generation %d then %d", s.name, done, err, before.Generation, after.Generation)
		}
	}
	if b, _, err := objects.Read(t.Context(), plain, 1<<20); err != nil || !bytes.Contains(b, []byte(`"attempt": 2`)) {
		t.Errorf("the manifest does not tell the attempt: %s, %v", b, err)
	}
	// The same id with another address is a conflict, whoever sends it, and force alone settles it.
	for _, r := range []job.Request{{}, {Attempt: 3}, {Category: "food"}} {
		r.ID, r.URL = "plain", "https://b.example"
		_, done, err := c.Job(r, there).Look(t.Context())
		if done || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "https://a.example") || !strings.Contains(err.Error(), "https://b.example") {
			t.Errorf("another address: done %t, %v", done, err)
		}
		r.Force = true
		if _, done, err := c.Job(r, there).Look(t.Context()); done || err != nil {
			t.Errorf("forced: done %t, %v", done, err)
		}
	}
}
