package localgcs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// resource is the part of an object's JSON that Cloud Storage's notifications
// have, and the answers to uploads as well.
type resource struct {
	Kind           string            `json:"kind"`
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Bucket         string            `json:"bucket"`
	Generation     int64             `json:"generation,string"`
	Metageneration string            `json:"metageneration"`
	ContentType    string            `json:"contentType,omitempty"`
	TimeCreated    string            `json:"timeCreated"`
	Updated        string            `json:"updated"`
	StorageClass   string            `json:"storageClass"`
	Size           int64             `json:"size,string"`
	MD5Hash        string            `json:"md5Hash,omitempty"`
	CRC32C         string            `json:"crc32c"`
	ETag           string            `json:"etag,omitempty"`
	Metadata       map[string]string `json:"metadata,omitempty"`
}

func resourceOf(a fakestorage.ObjectAttrs) resource {
	return resource{
		Kind: "storage#object", ID: fmt.Sprintf("%s/%s/%d", a.BucketName, a.Name, a.Generation),
		Name: a.Name, Bucket: a.BucketName, Generation: a.Generation, Metageneration: "1",
		ContentType: a.ContentType, TimeCreated: a.Created.Format(time.RFC3339Nano), Updated: a.Updated.Format(time.RFC3339Nano),
		StorageClass: a.StorageClass, Size: a.Size, MD5Hash: a.Md5Hash, CRC32C: a.Crc32c, ETag: a.Etag, Metadata: a.Metadata,
	}
}

// serveWrite is the way of every write: name, lock, journal, write, and only
// then the answer.
func (s *Server) serveWrite(w http.ResponseWriter, r *http.Request, what action, at ref) {
	data, err := body(r)
	if err != nil {
		refusal(w, http.StatusBadRequest, "request broke off: "+err.Error())
		return
	}
	switch what {
	case upload:
		at.object = uploadName(r, data)
	case continueUpload:
		known, ok := s.uploads.Load(r.URL.Query().Get("upload_id"))
		if !ok {
			refusal(w, http.StatusNotFound, "no such upload; it may have been begun before a restart: begin again")
			return
		}
		at = known.(ref)
	}
	if err := s.checkName(at); err != nil {
		refusal(w, http.StatusBadRequest, err.Error())
		return
	}
	lock := s.lock(at)
	lock.Lock()
	answer, news, err := s.write(r, what, at)
	lock.Unlock()
	switch {
	case err != nil:
		s.log.Error("write failed", "object", at.String(), "error", err)
		refusal(w, http.StatusInternalServerError, err.Error())
		return
	case news != nil:
		s.notifier.tell(*news)
	}
	send(w, answer)
}

// write runs with the object locked. It returns what is to be told, if anything.
func (s *Server) write(r *http.Request, what action, at ref) (*httptest.ResponseRecorder, *notice, error) {
	if what == derive || what == remove {
		var current int64
		if object, err := s.fake.GetObjectStreaming(at.bucket, at.object); err == nil {
			current = object.Generation
			object.Close()
		}
		if generationUnmet(r.URL.Query(), current) {
			answer := httptest.NewRecorder()
			refusal(answer, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
			return answer, nil, nil
		}
	}
	if what == remove { // nothing to tell of, and atomic by itself
		return s.inner(r), nil, nil
	}
	if err := s.checkPath(at); err != nil {
		answer := httptest.NewRecorder()
		refusal(answer, http.StatusBadRequest, err.Error())
		return answer, nil, nil
	}
	e, err := s.journal.begin(at, s.path(at))
	if err != nil {
		return nil, nil, err
	}
	answer := s.inner(r)
	if answer.Code >= http.StatusInternalServerError {
		s.undo(e)
		return answer, nil, s.journal.remove(e)
	}
	if err := s.journal.keepNoOld(e); err != nil {
		return nil, nil, err
	}
	object, final := finalized(what, answer)
	if what == continueUpload && (final || answer.Code >= http.StatusBadRequest) {
		s.uploads.Delete(r.URL.Query().Get("upload_id"))
	}
	if !final || !s.notifier.wants(at.bucket) {
		return answer, nil, s.journal.remove(e)
	}
	return answer, &notice{entry: e, resource: object}, nil
}

// finalized takes the completed object from an answer, if it is the answer to
// the completion of one and not to a part of an upload.
func finalized(what action, answer *httptest.ResponseRecorder) (resource, bool) {
	if answer.Code != http.StatusOK && answer.Code != http.StatusCreated ||
		answer.Header().Get("X-Http-Status-Code-Override") != "" {
		return resource{}, false
	}
	var told struct {
		resource
		Rewritten *resource `json:"resource"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &told) != nil {
		return resource{}, false
	}
	object := told.resource
	if what == derive && told.Rewritten != nil {
		object = *told.Rewritten
	}
	return object, object.Name != "" && object.Generation > 0
}

// uploadName is the name in the query or, for a multipart upload without one,
// in the JSON of its first part. Empty is refused by checkName.
func uploadName(r *http.Request, data []byte) string {
	if name := r.URL.Query().Get("name"); name != "" {
		return name
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	part, err := multipart.NewReader(bytes.NewReader(data), params["boundary"]).NextPart()
	if err != nil {
		return ""
	}
	var object struct {
		Name string `json:"name"`
	}
	if json.NewDecoder(part).Decode(&object) != nil {
		return ""
	}
	return object.Name
}
