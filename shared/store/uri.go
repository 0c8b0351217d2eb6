package store

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// URI is where an object is: gs://Bucket/Object.
type URI struct {
	Bucket string
	Object string
}

// String spells the URI as Vision, the manifests and the logs do. It is not
// percent-encoded: gs:// URIs never are.
func (u URI) String() string { return scheme + u.Bucket + "/" + u.Object }

const scheme = "gs://"

// maxObjectBytes is Cloud Storage's limit for an object's name.
const maxObjectBytes = 1024

// Lower case, digits, dashes, underscores and dots; 222 bytes if it has dots, else 63.
// https://cloud.google.com/storage/docs/buckets#naming
var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)

// ParseURI reads gs://bucket/object. Its errors are fault.Invalid.
func ParseURI(s string) (URI, error) {
	rest, ok := strings.CutPrefix(s, scheme)
	if !ok {
		return URI{}, fault.New(fault.Invalid, "%q is not a gs:// URI; want gs://bucket/object", s)
	}
	bucket, object, _ := strings.Cut(rest, "/")
	u := URI{Bucket: bucket, Object: object}
	if err := u.Check(); err != nil {
		return URI{}, fault.Wrap(fault.Invalid, err, "%q", s)
	}
	return u, nil
}

// Check reports, as fault.Invalid, what Cloud Storage would refuse in a way that is hard to read.
func (u URI) Check() error {
	switch {
	case !bucketPattern.MatchString(u.Bucket):
		return fault.New(fault.Invalid,
			"%q is no name of a bucket: want 3 to 63 lower-case letters, digits, dashes, underscores or dots", u.Bucket)
	case u.Object == "":
		return fault.New(fault.Invalid, "the name of the object is missing; want gs://bucket/object")
	case len(u.Object) > maxObjectBytes:
		return fault.New(fault.Invalid, "the name of the object has %d bytes, more than %d", len(u.Object), maxObjectBytes)
	case !utf8.ValidString(u.Object) || strings.ContainsAny(u.Object, "\r\n\x00"):
		return fault.New(fault.Invalid, "the name of the object %q is not one line of UTF-8", u.Object)
	case u.Object == "." || u.Object == "..":
		return fault.New(fault.Invalid, "an object cannot be named %q", u.Object)
	}
	return nil
}
