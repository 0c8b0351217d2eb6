// Package schema publishes the five contracts as JSON Schema (draft 2020-12):
// request.json, page.json, result.json, error.json and decision.json.
//
// The files are derived from the Go types job.Request, page.Manifest,
// result.Result, job.Failure and decision.Decision; the package's test fails when
// they drift, and `go test ./shared/schema -update` rewrites them.
//
// The decoders decide; the schemas say the same as far as a schema can. They
// cannot say that a tile leaves its page, that an address has a bad escape, or
// that an id has more bytes than characters. And what is always written is
// required by them even where page.Decode does without it, such as the title.
// Unknown fields are allowed everywhere: the contracts ignore them.
package schema

import "embed"

// Files holds the five schemas, each at its name: "request.json" and so on.
//
//go:embed request.json page.json result.json error.json decision.json
var Files embed.FS
