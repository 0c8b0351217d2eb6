package job

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// FailureSchema names the contract in every record of the errors topic.
const FailureSchema = "pageinspect.error/v1"

// Stage is the part of the flow that failed.
type Stage string

// The stages.
const (
	StageDeliver   Stage = "deliver"   // a connector gave up
	StageCapture   Stage = "capture"   // URL -> tiles and manifest
	StageRecognize Stage = "recognize" // tiles -> text -> findings
)

// Failure is pageinspect.error/v1: why a request failed for good, and the
// request itself, so that it can be published again.
type Failure struct {
	Schema  string     `json:"schema"`
	ID      string     `json:"id"`
	URL     string     `json:"url,omitempty"`
	Stage   Stage      `json:"stage"`
	Kind    fault.Kind `json:"kind"`
	Message string     `json:"message"`
	Attempt int        `json:"attempt"`
	// Request is the original, whole: the JSON that arrived or, where it was
	// not a JSON value, or was itself a string, a JSON string of it. Bytes that are not UTF-8 are in RequestBase64.
	Request       json.RawMessage `json:"request,omitempty"`
	RequestBase64 []byte          `json:"request_base64,omitempty"`
	// RequestObject is the gs:// URI of an original that no message can hold.
	RequestObject string    `json:"request_object,omitempty"`
	Source        Source    `json:"source"`
	At            time.Time `json:"at"`
}

// NewFailure records err for the request r that arrived as value. An id that
// cannot be one is replaced by that of the delivery: a failure's id is asked
// for, and becomes the name of files and objects. The original keeps its own.
func NewFailure(stage Stage, err error, r Request, value []byte, s Source, at time.Time) Failure {
	r = r.Identify(s, value)
	f := Failure{
		Schema: FailureSchema, ID: r.ID, URL: Bare(r.URL),
		Stage: stage, Kind: fault.KindOf(err), Message: Bare(err.Error()),
		Attempt: max(r.Attempt, 1), Source: s, At: at.UTC(),
	}
	switch trimmed := bytes.TrimSpace(value); {
	case !utf8.Valid(value): // JSON that is not would spoil the topic's
		f.RequestBase64 = value
	case json.Valid(value) && trimmed[0] != '"':
		f.Request = value
	default:
		f.Request, _ = json.Marshal(string(value))
	}
	return f
}

// Original is the request as it arrived, byte for byte; of JSON the same value,
// without white space between its tokens.
func (f Failure) Original() []byte {
	if len(f.RequestBase64) > 0 {
		return f.RequestBase64
	}
	var s string
	if len(f.Request) > 0 && f.Request[0] == '"' && json.Unmarshal(f.Request, &s) == nil {
		return []byte(s)
	}
	return f.Request
}
