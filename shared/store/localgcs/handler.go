package localgcs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
)

// publicHost is the Host under which fakestorage serves /bucket/object; under
// others it takes the host itself for the bucket.
const publicHost = "storage.googleapis.com"

// ref names an object.
type ref struct{ bucket, object string }

func (r ref) String() string { return "gs://" + r.bucket + "/" + r.object }

// action is what a request does to an object.
type action int

const (
	refuse      action = iota
	pass               // nothing to any one object
	readObject         // GET and HEAD
	upload             // an object in one request
	beginUpload        // the start of a resumable upload
	continueUpload
	derive // compose, copy, rewrite
	remove
)

// classify reads the action and, except for uploads, the object from a request.
// The allow-list is what keeps every write behind the lock and the journal.
func classify(r *http.Request) (action, ref) {
	path := r.URL.EscapedPath()
	method := r.Method
	reads := method == http.MethodGet || method == http.MethodHead
	switch {
	case path == "/_internal/healthcheck" && reads:
		return pass, ref{}
	case strings.HasPrefix(path, "/storage/v1/b"):
		return classifyJSON(method, reads, strings.TrimPrefix(strings.TrimPrefix(path, "/storage/v1/b"), "/"))
	case strings.HasPrefix(path, "/upload/storage/v1/b/"):
		bucket, rest, _ := strings.Cut(strings.TrimPrefix(path, "/upload/storage/v1/b/"), "/")
		query := r.URL.Query()
		switch {
		case strings.TrimSuffix(rest, "/") != "o":
		case (method == http.MethodPut || method == http.MethodPost) && query.Has("upload_id"):
			return continueUpload, ref{bucket: unescape(bucket)}
		case method != http.MethodPost:
		case query.Get("uploadType") == "resumable" || r.Header.Get("X-Goog-Upload-Protocol") == "resumable":
			return beginUpload, ref{bucket: unescape(bucket)}
		default:
			return upload, ref{bucket: unescape(bucket)}
		}
	case strings.HasPrefix(path, "/download/storage/v1/b/") && reads:
		bucket, object, ok := strings.Cut(strings.TrimPrefix(path, "/download/storage/v1/b/"), "/o/")
		if ok && object != "" {
			return readObject, ref{unescape(bucket), unescape(object)}
		}
	case reads && !strings.HasPrefix(path, "/_internal/"):
		bucket, object, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if bucket != "" && object != "" {
			return readObject, ref{unescape(bucket), unescape(object)}
		}
	}
	return refuse, ref{}
}

// classifyJSON takes what follows /storage/v1/b/.
func classifyJSON(method string, reads bool, rest string) (action, ref) {
	bucket, rest, _ := strings.Cut(rest, "/")
	object, isObject := strings.CutPrefix(rest, "o/")
	switch {
	case !isObject || object == "":
		ofBucket := (rest == "" || rest == "storageLayout") && (reads || method == http.MethodPost && bucket == "" || method == http.MethodDelete)
		if ofBucket || reads && (rest == "o" || rest == "o/") {
			return pass, ref{bucket: unescape(bucket)}
		}
	case reads && !strings.Contains(object, "/acl"):
		return readObject, ref{unescape(bucket), unescape(object)}
	case method == http.MethodDelete && !strings.Contains(object, "/acl/"):
		return remove, ref{unescape(bucket), unescape(object)}
	case method == http.MethodPost:
		if target, ok := strings.CutSuffix(object, "/compose"); ok {
			return derive, ref{unescape(bucket), unescape(target)}
		}
		for _, verb := range []string{"/rewriteTo/b/", "/copyTo/b/"} {
			if _, target, ok := strings.Cut(object, verb); ok {
				to, name, _ := strings.Cut(target, "/o/")
				return derive, ref{unescape(to), unescape(name)}
			}
		}
	}
	return refuse, ref{}
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// ServeHTTP answers as Cloud Storage would.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what, at := classify(r)
	switch what {
	case pass:
		if at.bucket != "" && s.checkName(ref{at.bucket, "any"}) != nil {
			refusal(w, http.StatusNotFound, "no such bucket")
			return
		}
		s.fake.HTTPHandler().ServeHTTP(w, r)
	case readObject:
		s.serveRead(w, r, at)
	case beginUpload:
		s.serveBegin(w, r)
	case upload, continueUpload, derive, remove:
		s.serveWrite(w, r, what, at)
	default:
		refusal(w, http.StatusNotImplemented, "the local stand-in for Cloud Storage has no "+r.Method+" "+r.URL.Path)
	}
}

// serveRead copies the answer before it is sent, so that a slow reader keeps
// no writer waiting.
func (s *Server) serveRead(w http.ResponseWriter, r *http.Request, at ref) {
	if err := s.checkName(at); err != nil {
		refusal(w, http.StatusNotFound, err.Error())
		return
	}
	inner := r
	if !strings.HasPrefix(r.URL.Path, "/storage/") && !strings.HasPrefix(r.URL.Path, "/download/") {
		inner = r.Clone(r.Context())
		inner.Host = publicHost
	}
	lock := s.lock(at)
	lock.RLock()
	answer := s.inner(inner)
	lock.RUnlock()
	send(w, answer)
}

// serveBegin remembers the object that a resumable upload is for: later
// requests name it in ways that differ between clients.
func (s *Server) serveBegin(w http.ResponseWriter, r *http.Request) {
	answer := s.inner(r)
	if answer.Code == http.StatusOK {
		var object resource
		location, err := url.Parse(answer.Header().Get("Location"))
		if err != nil || json.Unmarshal(answer.Body.Bytes(), &object) != nil {
			refusal(w, http.StatusInternalServerError, "resumable upload without a location")
			return
		}
		at := ref{object.Bucket, object.Name}
		if err := s.checkName(at); err != nil {
			refusal(w, http.StatusBadRequest, err.Error())
			return
		}
		s.uploads.Store(location.Query().Get("upload_id"), at)
	}
	send(w, answer)
}

// inner lets fakestorage answer.
func (s *Server) inner(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	s.fake.HTTPHandler().ServeHTTP(answer, r)
	return answer
}

func send(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client went away: nothing is left to do for it
}

// refusal is an error in the form of the JSON API.
func refusal(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "message": message}})
}

var lockSeed = maphash.MakeSeed()

func (s *Server) lock(at ref) *sync.RWMutex {
	return &s.locks[maphash.Comparable(lockSeed, at)%uint64(len(s.locks))]
}

// The longest part of a name between slashes. File systems take 255 bytes, and
// fakestorage appends up to 20 digits and ".metadata" to them.
const maxSegment = 225

// checkName refuses, in memory as well as on disk, the names that as paths
// would be another object's, or a file outside of the bucket.
func (s *Server) checkName(at ref) error {
	if strings.ContainsAny(at.bucket, "/\\\x00") || at.bucket == "" || at.bucket == "." || at.bucket == ".." {
		return fmt.Errorf("%q is no name of a bucket", at.bucket)
	}
	for segment := range strings.SplitSeq(at.object, "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return fmt.Errorf("the local stand-in for Cloud Storage keeps objects as files and cannot keep %q: it has an empty part, or . or .. between slashes",
				at.object)
		case len(segment) > maxSegment:
			return fmt.Errorf("the local stand-in for Cloud Storage keeps objects as files and cannot keep %q: more than %d bytes between slashes",
				at.object, maxSegment)
		}
	}
	if strings.ContainsAny(at.object, "\x00\r\n") || strings.HasSuffix(at.object, ".metadata") {
		return fmt.Errorf("the local stand-in for Cloud Storage keeps objects as files and cannot keep %q", at.object)
	}
	return nil
}

// checkPath refuses an object whose name is another's folder, or the reverse.
func (s *Server) checkPath(at ref) error {
	if s.dir == "" {
		return nil
	}
	info, err := os.Stat(s.path(at))
	if err == nil && info.IsDir() || err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("the local stand-in for Cloud Storage keeps objects as files and cannot keep %q "+
			"beside an object whose name begins with it and a slash, or the reverse",
			at.object)
	}
	return nil
}

// generationUnmet says whether a precondition on the generation fails. Uploads
// are checked by fakestorage, under its own lock; it ignores those of the others.
func generationUnmet(query url.Values, current int64) bool {
	want, err := strconv.ParseInt(query.Get("ifGenerationMatch"), 10, 64)
	if query.Has("ifGenerationMatch") && (err != nil || want != current) {
		return true
	}
	not, err := strconv.ParseInt(query.Get("ifGenerationNotMatch"), 10, 64)
	return query.Has("ifGenerationNotMatch") && (err != nil || not == current)
}

// body reads all of a request, so that a slow client keeps no lock.
func body(r *http.Request) ([]byte, error) {
	data, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(data))
	return data, err
}
