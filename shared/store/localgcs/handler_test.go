package localgcs

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/api/option"
)

func clientOptions(s *Server) []option.ClientOption {
	return []option.ClientOption{option.WithEndpoint("http://" + s.Endpoint() + "/storage/v1/"), option.WithoutAuthentication()}
}

func request(t *testing.T, s *Server, method, path, contentType, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// Every way to write that is not behind the lock and the journal is closed.
func TestRefusesWhatItCannotKeepPromisesFor(t *testing.T) {
	eachKind(t, func(t *testing.T, dir string) {
		s := start(t, Config{Dir: dir})
		put(t, dial(t, s), "p", "data")
		form := "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nq\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ndata\r\n--x--\r\n"
		for _, tt := range []struct{ method, path, contentType, body string }{
			{"PATCH", "/storage/v1/b/test-pages/o/p", "application/json", `{"contentType":"x/y"}`},
			{"PUT", "/storage/v1/b/test-pages/o/p", "application/json", `{"contentType":"x/y"}`},
			{"POST", "/storage/v1/b/test-pages/o/p", "application/json", `{"contentType":"x/y"}`},
			{"POST", "/storage/v1/b/test-pages/o/p/acl", "application/json", `{}`},
			{"DELETE", "/storage/v1/b/test-pages/o/p/acl/allUsers", "", ""},
			{"POST", "/storage/v1/b/test-pages/notificationConfigs", "application/json", `{"topic":"t"}`},
			{"PUT", "/test-pages/q?X-Goog-Algorithm=x", "text/plain", "data"},
			{"POST", "/test-pages", "multipart/form-data; boundary=x", form},
			{"POST", "/batch/storage/v1", "multipart/mixed; boundary=x", ""},
			{"POST", "/_internal/delete_all", "", ""},
			{"PUT", "/_internal/reseed", "", ""},
			{"PUT", "/_internal/config", "application/json", `{"externalUrl":"http://x"}`},
			{"PUT", "/upload/resumable/1", "", ""},
			{"GET", "/", "", ""},
		} {
			if code, answer := request(t, s, tt.method, tt.path, tt.contentType, tt.body); code != http.StatusNotImplemented || !strings.Contains(answer, tt.method) {
				t.Errorf("%s %s: %d %s, want 501 that names it", tt.method, tt.path, code, answer)
			}
		}
		if code, answer := request(t, s, "GET", "/storage/v1/b/test-pages/o", "", ""); code != 200 || strings.Count(answer, `"storage#object"`) != 1 {
			t.Errorf("%d %s: want the one object", code, answer)
		}
		if code, answer := request(t, s, "GET", "/test-pages/p", "", ""); code != 200 || answer != "data" {
			t.Errorf("%d %q: want it as it was", code, answer)
		}
	})
}

func TestRefusesNamesThatAreNoFiles(t *testing.T) {
	eachKind(t, func(t *testing.T, dir string) {
		s := start(t, Config{Dir: dir})
		for _, name := range []string{"..%2F..%2Fescaped", "a%2F..%2Fb", "a%2F%2Fb", "%2Fa", "a%2F", "a%2F.", "a%00b", "a.metadata", "", strings.Repeat("x", 226)} {
			if code, answer := request(t, s, "POST", "/upload/storage/v1/b/test-pages/o?uploadType=media&name="+name, "text/plain", "data"); code != http.StatusBadRequest {
				t.Errorf("%s: %d %s, want 400", name, code, answer)
			}
			if code, _ := request(t, s, "POST", "/upload/storage/v1/b/test-pages/o?uploadType=resumable&name="+name, "text/plain", ""); code != http.StatusBadRequest {
				t.Errorf("resumable %s: %d, want 400", name, code)
			}
			if name == "" {
				continue
			}
			if code, _ := request(t, s, "DELETE", "/storage/v1/b/test-pages/o/"+name, "", ""); code/100 != 4 {
				t.Errorf("delete %s: %d, want a refusal", name, code)
			}
			if code, _ := request(t, s, "GET", "/storage/v1/b/test-pages/o/"+name+"?alt=media", "", ""); code != http.StatusNotFound {
				t.Errorf("get %s: %d, want 404", name, code)
			}
		}
		for _, path := range []string{"/storage/v1/b/..", "/storage/v1/b/%2E%2E", "/storage/v1/b/..%2F..", "/storage/v1/b/../o"} {
			if code, _ := request(t, s, "DELETE", path, "", ""); code/100 == 2 {
				t.Errorf("delete %s: %d, want a refusal", path, code)
			}
		}
		if code, _ := request(t, s, "POST", "/upload/storage/v1/b/..%2Fx/o?uploadType=media&name=n", "text/plain", "data"); code/100 != 4 {
			t.Errorf("upload to ..: %d, want a refusal", code)
		}
	})
}

func TestRefusesAnObjectInTheWayOfAnother(t *testing.T) {
	s := start(t, Config{Dir: t.TempDir()})
	put(t, dial(t, s), "a/b", "data")
	put(t, dial(t, s), "c", "data")
	for _, name := range []string{"a", "c/d"} {
		if code, answer := request(t, s, "POST", "/upload/storage/v1/b/test-pages/o?uploadType=media&name="+name, "text/plain", "data"); code != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", name, code, answer)
		}
	}
}

// fakestorage checks the preconditions of uploads alone.
func TestChecksPreconditionsOfAllWrites(t *testing.T) {
	eachKind(t, func(t *testing.T, dir string) {
		s := start(t, Config{Dir: dir})
		c := dial(t, s)
		put(t, c, "p", "data")
		put(t, c, "q", "other")
		for _, tt := range []struct{ method, path, body string }{
			{"DELETE", "/storage/v1/b/test-pages/o/p?ifGenerationMatch=1", ""},
			{"DELETE", "/storage/v1/b/test-pages/o/p?ifGenerationMatch=x", ""},
			{"POST", "/storage/v1/b/test-pages/o/q/rewriteTo/b/test-pages/o/p?ifGenerationMatch=0", ""},
			{"POST", "/storage/v1/b/test-pages/o/q/copyTo/b/test-pages/o/p?ifGenerationMatch=0", ""},
			{"POST", "/storage/v1/b/test-pages/o/p/compose?ifGenerationMatch=0", `{"sourceObjects":[{"name":"q"}]}`},
			{"POST", "/upload/storage/v1/b/test-pages/o?uploadType=media&name=p&ifGenerationMatch=0", "x"},
		} {
			if code, answer := request(t, s, tt.method, tt.path, "", tt.body); code != http.StatusPreconditionFailed {
				t.Errorf("%s %s: %d %s, want 412", tt.method, tt.path, code, answer)
			}
		}
		if data, err := s.Open(t.Context(), at("p").String()); err != nil || string(data) != "data" {
			t.Errorf("%q, %v: want it as it was", data, err)
		}
	})
}

func TestMultipartNameInMetadata(t *testing.T) {
	r := newReceiver(t, nil)
	s := start(t, Config{Notify: map[string]string{bucket: r.URL}})
	body := "--x\r\nContent-Type: application/json\r\n\r\n{\"name\":\"in/json\"}\r\n--x\r\nContent-Type: text/plain\r\n\r\ndata\r\n--x--\r\n"
	if code, answer := request(t, s, "POST", "/upload/storage/v1/b/test-pages/o?uploadType=multipart", "multipart/related; boundary=x", body); code != http.StatusOK {
		t.Fatalf("%d %s", code, answer)
	}
	wait(t, s)
	sameStrings(t, r.names(), "in/json")
	// A body that breaks off is no object.
	if code, _ := request(t, s, "POST", "/upload/storage/v1/b/test-pages/o?uploadType=multipart&name=cut", "multipart/related; boundary=x", body[:100]); code < 400 {
		t.Errorf("%d for half a body", code)
	}
	if _, err := s.Open(t.Context(), at("cut").String()); err == nil {
		t.Error("half a body became an object")
	}
}

func TestResumableUploadThatIsUnknown(t *testing.T) {
	s := start(t, Config{})
	if code, answer := request(t, s, "PUT", "/upload/storage/v1/b/test-pages/o?uploadType=resumable&upload_id=0", "", "data"); code != http.StatusNotFound || !strings.Contains(answer, "begin again") {
		t.Errorf("%d %s", code, answer)
	}
}
