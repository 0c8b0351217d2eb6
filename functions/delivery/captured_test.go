package delivery

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// TestRunOfPage: a manifest that is finalized again is the same run, whatever
// else was captured since is another.
func TestRunOfPage(t *testing.T) {
	m := page.Manifest{ID: "p-1", Request: job.Request{URL: "https://shop.example/1"}, CapturedAt: time.Unix(1000, 0)}
	again, later, retried := m, m, m
	later.CapturedAt = m.CapturedAt.Add(time.Millisecond)
	retried.Request.Attempt = 2
	if RunOfPage(m) != RunOfPage(again) || RunOfPage(m) == RunOfPage(later) || RunOfPage(m) == RunOfPage(retried) {
		t.Errorf("%+v, later %+v, retried %+v", RunOfPage(m), RunOfPage(later), RunOfPage(retried))
	}
}

// TestCaptured: a page that was captured is not captured again; its event is
// repeated, for a new attempt at once.
func TestCaptured(t *testing.T) {
	objects := newStore(t)
	at := time.Now()
	c := Captured{Store: objects, Pages: bucket, Now: func() time.Time { return at }}
	here := job.Source{Topic: "requests", Partition: 1, Offset: 7}
	there := job.Source{Topic: "requests", Partition: 1, Offset: 8}
	manifest := func(id string, force bool) store.URI {
		uri := store.URI{Bucket: bucket, Object: id + ".json"}
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
		{"never captured", store.URI{Bucket: bucket, Object: "none.json"}, job.Request{}, here, 0, false, false},
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
		s.request.ID = strings.TrimSuffix(s.uri.Object, ".json")
		done, err := c.Repeat(t.Context(), s.request, s.source)
		after, _ := objects.Stat(t.Context(), s.uri)
		if err != nil || done != s.done || (after.Generation != before.Generation) != s.repeated {
			t.Errorf("%s: done %t, %v, generation %d then %d", s.name, done, err, before.Generation, after.Generation)
		}
	}
	if b, _, err := objects.Read(t.Context(), plain, 1<<20); err != nil || !bytes.Contains(b, []byte(`"attempt": 2`)) {
		t.Errorf("the manifest does not tell the attempt: %s, %v", b, err)
	}
}
