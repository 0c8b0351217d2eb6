// Package job is what one piece of work is called and asked for: the request
// that a producer publishes, the identity by which it is done once, and the
// record of its failure.
package job

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// RequestSchema names the contract in every request.
const RequestSchema = "pageinspect.request/v1"

// MaxRequestBytes bounds a request; Kafka's own default record limit is 1 MB.
const MaxRequestBytes = 1 << 20

// MaxURLBytes bounds an address. Servers refuse more than 8 to 32 KB; Chromium
// takes 2 MB.
const MaxURLBytes = 64 << 10

// Request is pageinspect.request/v1: one page to inspect.
type Request struct {
	Schema string `json:"schema"`
	// ID names the work, its objects and its result. Delivering the same ID
	// twice does the work once. Without one, see Identify.
	ID       string            `json:"id,omitempty"`
	URL      string            `json:"url"`
	Profile  string            `json:"profile,omitempty"`  // how to capture; empty: by host
	Category string            `json:"category,omitempty"` // rules may be scoped to categories
	Rules    []string          `json:"rules,omitempty"`    // names of rule packs; empty: all that are loaded
	Labels   map[string]string `json:"labels,omitempty"`   // returned in the result, untouched
	Force    bool              `json:"force,omitempty"`    // inspect again although a result exists
	// SafeSearch has the pictures judged for indecency too: a second Vision unit a tile.
	SafeSearch bool `json:"safe_search,omitempty"`
	// Attempt counts the runs that an operator asked for: absent or 1 for the
	// first, one more each time that a failure is published again. Deliveries of
	// one attempt, however many, are one run.
	Attempt int `json:"attempt,omitempty"`
}

// Source says where a request came from, for the error record and the logs.
// Partition and Offset are -1 where the carrier does not tell.
type Source struct {
	Via       string `json:"via,omitempty"`
	Topic     string `json:"topic,omitempty"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
}

// DecodeRequest reads and checks a request. Unknown fields are ignored. Its
// errors are fault.Invalid and name the field, or the converter's setting, and
// the cure.
func DecodeRequest(b []byte) (Request, error) {
	var r Request
	b = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(b), bom))
	if err := Misencoded(b); err != nil {
		return r, fault.Wrap(fault.Invalid, err, "request")
	}
	if len(b) > MaxRequestBytes {
		return r, fault.New(fault.Invalid, "request has %d bytes, more than %d", len(b), MaxRequestBytes)
	}
	if connectEnvelope(b) {
		return r, fault.New(fault.Invalid, "request: has schema and payload, as Connect's JsonConverter writes them; set value.converter.schemas.enable=false")
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fault.Wrap(fault.Invalid, describeJSON(err), "request is not JSON of %s", RequestSchema)
	}
	return r, r.Validate()
}

// Validate reports the first field that is missing or wrong.
func (r Request) Validate() error {
	switch r.Schema {
	case RequestSchema:
	case "":
		return fault.New(fault.Invalid, "request: schema: missing; want %q", RequestSchema)
	default:
		return fault.New(fault.Invalid, "request: schema: is %q, want %q", r.Schema, RequestSchema)
	}
	if r.ID != "" {
		if err := CheckID(r.ID); err != nil {
			return fault.Wrap(fault.Invalid, err, "request: id")
		}
		if strings.HasPrefix(r.ID, ImagePrefix) {
			return fault.New(fault.Invalid, "request: id: %q begins with %q, which is for images; choose another", r.ID, ImagePrefix)
		}
	}
	if err := CheckURL(r.URL); err != nil {
		return fault.Wrap(fault.Invalid, err, "request: url")
	}
	return nil
}

// CheckURL says what is wrong with an address, if anything: it must be an
// absolute http or https URL with a host.
func CheckURL(s string) error {
	if strings.TrimSpace(s) == "" {
		return fault.New(fault.Invalid, "missing; want an http or https address")
	}
	if len(s) > MaxURLBytes {
		return fault.New(fault.Invalid, "has %d bytes, more than %d", len(s), MaxURLBytes)
	}
	u, err := url.Parse(s)
	if _, escape := errors.AsType[url.EscapeError](err); escape { // a browser sends "/100%.html" as it is
		u, err = url.Parse(server(s))
	}
	s = Bare(s)
	switch {
	case strings.ContainsRune(s, utf8.RuneError):
		// It would be another page's address, or a page that says "not found" and passes.
		return fault.New(fault.Invalid, "%q has U+FFFD where bytes were lost on the way; send the address as UTF-8 or percent-encoded", s)
	case err != nil:
		return fault.New(fault.Invalid, "%q cannot be parsed: %s", s, Bare(err.Error()))
	case u.Scheme != "http" && u.Scheme != "https":
		return fault.New(fault.Invalid, "%q is not an http or https address; write it as https://…", s)
	case u.Hostname() == "":
		return fault.New(fault.Invalid, "%q has no host", s)
	}
	return nil
}

// server is an address without its path and what comes after.
func server(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// An ID becomes part of object names and of local file names, so it has no
// separators and does not begin with a dot.
var idPattern = regexp.MustCompile(`^[\p{L}\p{N}_~-][\p{L}\p{N}._~-]*$`)

// ImagePrefix begins the ids of images that were put into the pages bucket by
// anybody, and no request's: neither can take the place of the other's result.
const ImagePrefix = "image~"

// MaxIDBytes bounds an ID; object names have 1,024 bytes and file names 255.
const MaxIDBytes = 200

// CheckID says what is wrong with an id, if anything.
func CheckID(id string) error {
	switch {
	case len(id) > MaxIDBytes:
		return fault.New(fault.Invalid, "has %d bytes, more than %d", len(id), MaxIDBytes)
	case !idPattern.MatchString(id):
		return fault.New(fault.Invalid, "%q may have letters, digits, and . _ ~ - and may not begin with a dot", id)
	}
	return nil
}

// Identify gives a request that has no ID, or none that can be one, the
// identity of its delivery, the same at every redelivery: topic, partition and
// offset where they are known, else a hash of the value. Never a carrier's
// message id, which may change.
func (r Request) Identify(s Source, value []byte) Request {
	if CheckID(r.ID) == nil {
		return r
	}
	if s.Topic != "" && s.Partition >= 0 && s.Offset >= 0 {
		// A topic's name arrives with the delivery, and is no better than an id.
		if r.ID = fmt.Sprintf("%s-%d-%d", strings.TrimLeft(s.Topic, "."), s.Partition, s.Offset); CheckID(r.ID) == nil {
			return r
		}
	}
	sum := sha256.Sum256(bytes.TrimSpace(value))
	r.ID = "v-" + hex.EncodeToString(sum[:12])
	return r
}

// Sum tells two requests apart that have one id. The attempt is no part of what
// is asked for.
func (r Request) Sum() string {
	r.Attempt = 0
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a request cannot be encoded: %v", err)) // it has strings, numbers and booleans only
	}
	return ShortSum(b)
}

// Conflict says whether the request gives an id to another address than an
// earlier request did. It is fault.Invalid and names both.
func (r Request) Conflict(earlier Request) error {
	r, earlier = r.Bare(), earlier.Bare()
	if r.URL == earlier.URL {
		return nil
	}
	return fault.New(fault.Invalid, "the id %s was given to %s before and now to %s; give each address an id of its own, or say force to inspect this one in place of the other",
		r.ID, earlier.URL, r.URL)
}

// ShortSum is enough of a hash to tell apart what lies under one id.
func ShortSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Record names the Kafka record that a request came as, or is "" where the
// carrier does not tell.
func (s Source) Record() string {
	if s.Topic == "" || s.Partition < 0 || s.Offset < 0 {
		return ""
	}
	return fmt.Sprintf("%s/%d/%d", s.Topic, s.Partition, s.Offset)
}

// describeJSON turns encoding/json's errors into ones that name the field.
func describeJSON(err error) error {
	if e, ok := err.(*json.UnmarshalTypeError); ok && e.Field != "" {
		return fmt.Errorf("%s: is a JSON %s, want %s", e.Field, e.Value, e.Type)
	}
	return err
}
