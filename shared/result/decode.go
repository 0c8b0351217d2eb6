package result

import (
	"encoding/json"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// names has fields found as encoding/json finds them: whatever the case of their letters.
var names = jsonv2.JoinOptions(jsonv2.MatchCaseInsensitiveNames(true), jsonv1.MatchCaseSensitiveDelimiter(true))

// spelled has lines, which are nearly all of a result, read by how they are spelled.
var spelled = jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(readLines))

// quick is a result as the quick decoder reads it.
type quick struct {
	Result
	CapturedAt    stamp `json:"captured_at"`
	RecognizedAt  stamp `json:"recognized_at"`
	ReinspectedAt stamp `json:"reinspected_at"`
}

// stamp is a time that encoding/json, too, would take: spelled without escapes.
type stamp struct{ time.Time }

// Decode reads a result as encoding/json does, in about half the time. The
// quick decoder is stricter; what it refuses, as a repeated field or bytes that
// are not UTF-8, encoding/json reads, or refuses in its own words.
func Decode(b []byte) (Result, error) {
	var q quick
	if jsonv2.Unmarshal(b, &q, names, spelled) == nil {
		q.Result.CapturedAt, q.Result.RecognizedAt, q.Result.ReinspectedAt = q.CapturedAt.Time, q.RecognizedAt.Time, q.ReinspectedAt.Time
		return q.Result, nil
	}
	var r Result
	err := json.Unmarshal(b, &r)
	return r, err
}
