package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// contract is a Go type and what its published schema says beyond the type.
type contract struct {
	file, name, title, description string
	root                           reflect.Type
	parts                          []reflect.Type // the structs in it; each becomes a $def
}

var contracts = []contract{
	{"request.json", job.RequestSchema, "Request", "One page to inspect. A producer publishes it to the requests topic.",
		reflect.TypeFor[job.Request](), nil},
	{"page.json", page.Schema, "Page manifest", "One captured page: written last and only if absent, so that every tile it names is in the screenshots bucket, whole. Lengths are CSS pixels from the page's top left.",
		reflect.TypeFor[page.Manifest](), []reflect.Type{reflect.TypeFor[job.Request](), reflect.TypeFor[job.Source](), reflect.TypeFor[page.Tile]()}},
	{"result.json", result.Schema, "Result", "What Pageinspect says about a page. On the results topic text and lines are left out and result_object says where they are. Lengths are CSS pixels from the page's top left.",
		reflect.TypeFor[result.Result](), []reflect.Type{reflect.TypeFor[page.Tile](), reflect.TypeFor[page.Box](), reflect.TypeFor[result.Page](),
			reflect.TypeFor[result.Point](), reflect.TypeFor[result.Word](), reflect.TypeFor[result.Line](), reflect.TypeFor[result.Finding](), reflect.TypeFor[result.Vision](),
			reflect.TypeFor[result.Code](), reflect.TypeFor[result.Quality](), reflect.TypeFor[result.SafeSearch]()}},
	{"error.json", job.FailureSchema, "Error", "Why a request failed for good, and the request itself, whole, so that it can be published again. A record of the errors topic.",
		reflect.TypeFor[job.Failure](), []reflect.Type{reflect.TypeFor[job.Source]()}},
	{"decision.json", decision.Schema, "Decision", "What a person decided about a page or a picture. A record of the decisions topic, under the subject as its key; later decisions of a series on a subject have higher numbers. Boxes are CSS pixels from the page's top left, those of the series picture from the picture's.",
		reflect.TypeFor[decision.Decision](), []reflect.Type{reflect.TypeFor[page.Box](), reflect.TypeFor[decision.Mark](), reflect.TypeFor[decision.UnseenMark](), reflect.TypeFor[decision.Shown]()}},
}

func enum[T ~string](values ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// leaves are the types that are more than their kind.
var leaves = map[reflect.Type]*jsonschema.Schema{
	reflect.TypeFor[fault.Kind]():        enum(fault.Kinds()...),
	reflect.TypeFor[job.Stage]():         enum(job.StageDeliver, job.StageCapture, job.StageRecognize),
	reflect.TypeFor[result.Verdict]():    enum(result.Pass, result.Review, result.Reject),
	reflect.TypeFor[result.Severity]():   enum(result.High, result.ReviewSeverity, result.Info),
	reflect.TypeFor[result.Mode]():       enum(result.Off, result.Report, result.Enforce),
	reflect.TypeFor[result.Match]():      enum(result.Exact, result.Spacing, result.Fuzzy),
	reflect.TypeFor[result.Kind]():       enum(result.Kinds...),
	reflect.TypeFor[result.Source]():     enum(result.InPicture, result.InBoth, result.InHTML, result.InCode),
	reflect.TypeFor[result.CodeFormat](): enum(result.QR, result.EAN13, result.EAN8, result.Code128),
	reflect.TypeFor[decision.Series]():   enum(decision.AllSeries...),
	reflect.TypeFor[decision.Action]():   enum(decision.Actions...),
	reflect.TypeFor[decision.Reason]():   enum(decision.Reasons...),
	reflect.TypeFor[json.RawMessage]():   {},
	reflect.TypeFor[[]byte]():            {Type: "string", ContentEncoding: "base64"},
	reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time",
		Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`},
}

// derive makes the schema of a contract from its Go types.
func (c contract) derive() (*jsonschema.Schema, error) {
	types := maps.Clone(leaves)
	for _, t := range c.parts {
		types[t] = &jsonschema.Schema{Ref: "#/$defs/" + t.Name()}
	}
	structure := func(t reflect.Type) (*jsonschema.Schema, error) {
		others := maps.Clone(types)
		delete(others, t)
		s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: others})
		if err != nil {
			return nil, err
		}
		return s, describe(t, s)
	}
	s, err := structure(c.root)
	if err != nil {
		return nil, err
	}
	for _, t := range c.parts {
		def, err := structure(t)
		if err != nil {
			return nil, err
		}
		if s.Defs == nil {
			s.Defs = map[string]*jsonschema.Schema{}
		}
		s.Defs[t.Name()] = def
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.ID = "urn:pageinspect:" + strings.ReplaceAll(strings.TrimPrefix(c.name, "pageinspect."), "/", ":")
	s.Title, s.Description = c.title, c.description
	s.Properties["schema"] = &jsonschema.Schema{Const: jsonschema.Ptr[any](c.name), Description: "Names this contract."}
	if constrain := constraints[c.file]; constrain != nil {
		constrain(s)
	}
	return s, nil
}

// describe opens a struct's schema to unknown fields and describes its fields.
// A field without a description is an error, and so is the other way round.
func describe(t reflect.Type, s *jsonschema.Schema) error {
	s.AdditionalProperties = nil
	of, ok := descriptions[t]
	if !ok {
		return fmt.Errorf("%s: no descriptions", t)
	}
	for name, p := range s.Properties {
		if of[name] == "" {
			return fmt.Errorf("%s: field %q has no description", t, name)
		}
		p.Description = of[name]
		if p.Type == "object" && p.AdditionalProperties != nil { // a map, which Go writes as null if it is nil
			p.Type, p.Types = "", []string{"null", "object"}
		}
		if p.Ref != "" { // a pointer to a struct that has a $def: left out where it is nil, and never null
			p.Types = nil
		}
	}
	for name := range of {
		if s.Properties[name] == nil {
			return fmt.Errorf("%s: description of %q, which is no field", t, name)
		}
	}
	return nil
}

const (
	idPattern     = `^[\p{L}\p{N}_~-][\p{L}\p{N}._~-]*$`
	objectPattern = `^gs://`
	// Letters of either case in the scheme; user information may precede the host,
	// which may not be empty.
	urlPattern = `^[Hh][Tt][Tt][Pp][Ss]?://([^/?#]*@)?[^/?#@:][^/?#@]*([/?#]|$)`
)

// constraints are what the decoders demand beyond the types.
var constraints = map[string]func(*jsonschema.Schema){
	"request.json": func(s *jsonschema.Schema) {
		s.Properties["url"].Pattern = urlPattern
		s.Properties["id"].Pattern = `^$|` + idPattern
		s.Properties["id"].MaxLength = jsonschema.Ptr(job.MaxIDBytes)
	},
	"page.json": func(s *jsonschema.Schema) {
		s.Properties["id"].Pattern = idPattern
		s.Properties["id"].MaxLength = jsonschema.Ptr(job.MaxIDBytes)
		s.Properties["final_url"].MinLength = jsonschema.Ptr(1)
		for _, name := range []string{"width", "height"} {
			s.Properties[name].Minimum = jsonschema.Ptr(1.0)
		}
		s.Properties["scale"].ExclusiveMinimum = jsonschema.Ptr(0.0)
		s.Properties["scale"].Maximum = jsonschema.Ptr(10.0)
		tiles := s.Properties["tiles"]
		tiles.Type, tiles.Types = "array", nil
		tiles.MinItems, tiles.MaxItems = jsonschema.Ptr(1), jsonschema.Ptr(page.MaxTiles)
		tile(s)
	},
	"result.json": func(s *jsonschema.Schema) {
		tile(s)
		recall := s.Defs["Quality"].Properties["dom_recall"]
		recall.Minimum, recall.Maximum = jsonschema.Ptr(0.0), jsonschema.Ptr(1.0)
		for _, kind := range []string{"adult", "racy", "violence", "medical", "spoof"} {
			s.Defs["SafeSearch"].Properties[kind].Enum = []any{"unknown", "very_unlikely", "unlikely", "possible", "likely", "very_likely"}
		}
		for _, def := range []string{"Word", "Line"} {
			s.Defs[def].Properties["confidence"].Minimum = jsonschema.Ptr(0.0)
			s.Defs[def].Properties["confidence"].Maximum = jsonschema.Ptr(1.0)
		}
	},
	"decision.json": func(s *jsonschema.Schema) {
		p := s.Properties
		p["subject"].Pattern, p["subject"].MaxLength = idPattern, jsonschema.Ptr(job.MaxIDBytes) // a SHA-256 in hex, too
		p["n"].Minimum, p["undoes"].Minimum = jsonschema.Ptr(1.0), jsonschema.Ptr(1.0)
		p["by"].Pattern = `\S`
		p["words"].MaxLength = jsonschema.Ptr(decision.MaxWords)
		p["marks"].MaxItems, p["unseen"].MaxItems = jsonschema.Ptr(decision.MaxMarks), jsonschema.Ptr(decision.MaxMarks)
	},
	"error.json": func(s *jsonschema.Schema) {
		s.Properties["attempt"].Minimum = jsonschema.Ptr(1.0)
	},
}

func tile(s *jsonschema.Schema) {
	p := s.Defs["Tile"].Properties
	p["object"].Pattern = objectPattern
	p["x"].Minimum, p["y"].Minimum = jsonschema.Ptr(0.0), jsonschema.Ptr(0.0)
	p["width"].Minimum, p["height"].Minimum = jsonschema.Ptr(1.0), jsonschema.Ptr(1.0)
}
