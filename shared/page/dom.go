package page

import (
	"encoding/json"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// DOMSchema names the contract in every DOM text object.
const DOMSchema = "pageinspect.dom/v1"

// DOM is pageinspect.dom/v1: the text that the page's HTML shows, as the
// browser laid it out when the tiles were drawn. It lies beside the tiles, and
// what the tiles say and it does not is said in pictures only.
type DOM struct {
	Schema string    `json:"schema"`
	Texts  []DOMText `json:"texts"`
}

// DOMText is one run of text on one line, in page coordinates (CSS pixels from
// the top left of what was photographed).
type DOMText struct {
	Text string `json:"text"`
	Box  Box    `json:"box"`
}

// DecodeDOM reads a DOM text object. Its errors are fault.Invalid.
func DecodeDOM(b []byte) (DOM, error) {
	var d DOM
	if len(b) > MaxDOMBytes {
		return d, fault.New(fault.Invalid, "DOM text: %d bytes, more than %d", len(b), MaxDOMBytes)
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return d, fault.Wrap(fault.Invalid, err, "DOM text is not JSON of %s", DOMSchema)
	}
	if d.Schema != DOMSchema {
		return d, fault.New(fault.Invalid, "DOM text: schema: is %q, want %q", d.Schema, DOMSchema)
	}
	return d, nil
}
