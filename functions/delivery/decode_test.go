package delivery

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
)

func TestRequests(t *testing.T) {
	const good = `{"schema":"pageinspect.request/v1","id":"p-1","url":"https://shop.example/1"}`
	const anonymous = `{"schema":"pageinspect.request/v1","url":"https://shop.example/1"}`
	for _, c := range []struct{ name, body, id, complaint string }{
		{"a request", good, "p-1", ""},
		{"no id, with an offset", `[{"key":null,"value":` + anonymous + `,"topic":"requests","partition":3,"offset":42,"timestamp":1}]`, "requests-3-42", ""},
		{"no id, no offset", anonymous, "v-", ""},
		{"no url", `{"schema":"pageinspect.request/v1","id":"p-1"}`, "p-1", "url: missing"},
		{"no schema", `{"id":"p-1","url":"https://shop.example"}`, "p-1", "schema: missing"},
		{"bad id", `{"schema":"pageinspect.request/v1","id":"../up","url":"https://shop.example"}`, "", "id"},
		{"not JSON", `hello`, "v-", "not JSON"},
		{"wrong type", `{"schema":"pageinspect.request/v1","url":7}`, "", "url: is a JSON number"},
		{"ftp", `{"schema":"pageinspect.request/v1","id":"p-1","url":"ftp://x/y"}`, "p-1", "http or https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, err := Requests(http.Header{}, []byte(c.body))
			if err != nil || len(items) != 1 {
				t.Fatalf("%d items, %v", len(items), err)
			}
			i := items[0]
			if !strings.HasPrefix(i.Request.ID, c.id) {
				t.Errorf("id %q, want %q", i.Request.ID, c.id)
			}
			if c.complaint == "" && i.Err != nil {
				t.Errorf("unexpected: %v", i.Err)
			}
			if c.complaint != "" && (fault.KindOf(i.Err) != fault.Invalid || !strings.Contains(i.Err.Error(), c.complaint)) {
				t.Errorf("got %v, want %q", i.Err, c.complaint)
			}
		})
	}
}

// TestIdentityIsTheSameAtEveryDelivery: without an id of its own, a request has
// that of its offset, however often and in whatever shape it arrives.
func TestIdentityIsTheSameAtEveryDelivery(t *testing.T) {
	ids := map[string]bool{}
	for _, body := range []string{`{"schema":"pageinspect.request/v1","url":"https://shop.example/1"}`, ` {"schema":"pageinspect.request/v1","url":"https://shop.example/1"} `} {
		items, err := Requests(http.Header{}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		ids[items[0].Request.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("one value has the ids %v", ids)
	}
}

func TestFinalize(t *testing.T) {
	header := http.Header{}
	for k, v := range map[string]string{"ce-id": "1", "ce-specversion": "1.0", "ce-source": "//storage.googleapis.com/projects/_/buckets/pages", "ce-type": "google.cloud.storage.object.v1.finalized"} {
		header.Set(k, v)
	}
	body := `{"bucket":"pages","name":"p-1.json","generation":"7"}`
	items, err := Finalize(header, []byte(body))
	if err != nil || len(items) != 1 || items[0].Request.URL != "gs://pages/p-1.json" || string(items[0].Value) != body {
		t.Errorf("%+v, %v", items, err)
	}
	header.Set("ce-type", "google.cloud.storage.object.v1.deleted")
	if items, err := Finalize(header, []byte(body)); err != nil || len(items) != 0 {
		t.Errorf("a deletion gives %+v, %v", items, err)
	}
	if _, err := Finalize(http.Header{}, []byte(`{"hello":1}`)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("something else gives %v", err)
	}
}
